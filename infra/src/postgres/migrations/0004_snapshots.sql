-- Snapshots of what was folded from streams: a cache. Dropping its rows costs the next start some time, and nothing else.

CREATE SCHEMA boxoffice_snapshots;

CREATE TABLE boxoffice_snapshots.snapshot (
    kind         text   COLLATE "C" NOT NULL,
    stream       text   COLLATE "C" NOT NULL,
    code_version bigint NOT NULL, -- which form the bytes have, and which fold made them
    version      bigint NOT NULL, -- of the last event that is in it
    position     bigint NOT NULL, -- of the same
    log_time     bigint NOT NULL, -- of the same, in milliseconds since 1970
    hash         bytea  NOT NULL, -- of the same
    seal         bytea  NOT NULL, -- SHA-256 over all of this
    bytes        bytea  NOT NULL,
    PRIMARY KEY (kind, stream)
);

-- Compressing it would take longer than writing it.
ALTER TABLE boxoffice_snapshots.snapshot ALTER COLUMN bytes SET STORAGE EXTERNAL;
