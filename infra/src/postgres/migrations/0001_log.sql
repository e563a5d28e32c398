-- The event log. The tables and their columns are those of the SQLite log.

CREATE TABLE boxoffice_log.event (
    position       bigint PRIMARY KEY,
    stream         text COLLATE "C" NOT NULL,
    version        bigint NOT NULL,
    type           text   NOT NULL,
    schema_version int    NOT NULL,
    log_time       bigint NOT NULL, -- milliseconds since 1970
    command_id     uuid   NOT NULL,
    command_hash   bytea  NOT NULL, -- 32 bytes
    cause          text,
    payload        text   NOT NULL, -- RFC 8785 canonical JSON: the very bytes that were hashed
    hash           bytea  NOT NULL, -- 32 bytes
    UNIQUE (stream, version)
);

-- One row is rewritten by every event of its stream, and one by every commit: room for that on their own pages.
CREATE TABLE boxoffice_log.stream (
    stream  text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    epoch   bigint NOT NULL,
    head    bytea  NOT NULL -- the hash of the last event
) WITH (fillfactor = 50);

CREATE TABLE boxoffice_log.head (
    partition int    PRIMARY KEY,
    position  bigint NOT NULL
) WITH (fillfactor = 10);

INSERT INTO boxoffice_log.head (partition, position) VALUES (0, 0);

CREATE TABLE boxoffice_log.document (
    digest  bytea PRIMARY KEY, -- SHA-256 of the content
    content bytea NOT NULL
);
