-- What is beside the log. The tables of each projection are made when it is opened.

CREATE SCHEMA boxoffice_views;

CREATE TABLE boxoffice_views.checkpoint (
    projection text   COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    position   bigint NOT NULL,
    PRIMARY KEY (projection, version)
) WITH (fillfactor = 10);

CREATE TABLE boxoffice_views.parked (
    projection text   COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    stream     text   COLLATE "C" NOT NULL,
    position   bigint NOT NULL,
    reason     text   NOT NULL,
    PRIMARY KEY (projection, version, stream)
);

CREATE TABLE boxoffice_views.built (
    name       text   COLLATE "C" PRIMARY KEY,
    projection text   COLLATE "C" NOT NULL,
    version    bigint NOT NULL
);

CREATE SCHEMA boxoffice_vault;

CREATE TABLE boxoffice_vault.person (
    person  uuid   PRIMARY KEY,
    key     text   NOT NULL, -- which key of keys.json it is sealed with
    nonce   bytea  NOT NULL, -- 24 random bytes
    sealed  bytea  NOT NULL, -- JSON under XChaCha20-Poly1305, with the id as associated data
    kept_at bigint NOT NULL  -- milliseconds since 1970
);

CREATE INDEX person_kept_at ON boxoffice_vault.person (kept_at, person);

CREATE SCHEMA boxoffice_effects;

CREATE TABLE boxoffice_effects.cursor (
    name     text   COLLATE "C" PRIMARY KEY,
    position bigint NOT NULL
) WITH (fillfactor = 10);
