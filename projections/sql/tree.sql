-- The tree over a book (docs/formats/sealing.md), sixteen hashes to a row: those of the complete
-- subtrees of 16^level leaves, from the one with number 16 x "index" on. What lies between two
-- levels is folded from a row when it is asked for.
SET LOCAL lock_timeout = '5s';

CREATE TABLE {table} (
    level smallint NOT NULL,
    index bigint NOT NULL,
    -- Up to sixteen hashes of 32 bytes, one after another.
    hashes bytea NOT NULL,
    PRIMARY KEY (level, index)
);
GRANT SELECT ON {table} TO "{reader}";
