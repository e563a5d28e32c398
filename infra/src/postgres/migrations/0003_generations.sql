-- A projection's tables can be built anew beside those that are read. What there was before becomes generation 0.

CREATE TABLE boxoffice_views.generation (
    projection text   COLLATE "C" NOT NULL,
    version    bigint NOT NULL,
    generation bigint NOT NULL,
    position   bigint NOT NULL,
    live       bigint NOT NULL, -- 1 for what is read, 0 for what is being built
    PRIMARY KEY (projection, version, generation)
) WITH (fillfactor = 10);

INSERT INTO boxoffice_views.generation SELECT projection, version, 0, position, 1 FROM boxoffice_views.checkpoint;

DROP TABLE boxoffice_views.checkpoint;

ALTER TABLE boxoffice_views.parked ADD COLUMN generation bigint NOT NULL DEFAULT 0;
ALTER TABLE boxoffice_views.parked DROP CONSTRAINT parked_pkey;
ALTER TABLE boxoffice_views.parked ADD PRIMARY KEY (projection, version, generation, stream);

ALTER TABLE boxoffice_views.built ADD COLUMN generation bigint NOT NULL DEFAULT 0;
