-- The tree over a book (docs/formats/sealing.md), sixteen neighbours to a row: the hashes of the
-- complete subtrees of 16^level leaves, from the one with number 16 x index on; after each four
-- the hash of the node above them. See projections/tree.py.
SET LOCAL lock_timeout = '5s';

CREATE TABLE "{table}" (
    -- level x 2^48 + index: to find rows by one number takes half of the time.
    tile bigint PRIMARY KEY,
    -- Up to sixteen hashes of 32 bytes with the four above them.
    hashes bytea NOT NULL
);
GRANT SELECT ON "{table}" TO "{reader}";
