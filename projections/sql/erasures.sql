-- Which students were erased by order. A student is a random id here, which its reader must have met
-- in a row of a view that is fenced.
SET LOCAL lock_timeout = '5s';

CREATE TABLE erasure (
    student uuid PRIMARY KEY,
    -- Of the event in `records`.
    position bigint NOT NULL
);
CREATE INDEX erasure_position ON erasure (position);

GRANT SELECT ON erasure TO "{reader}";

-- The single scans that orders took; who carries orders out reads it, and nobody else.
CREATE TABLE erasure_scan (
    position bigint PRIMARY KEY,
    scan uuid NOT NULL
);
