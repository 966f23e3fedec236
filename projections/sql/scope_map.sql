-- The chains of the scopes and the map over them (docs/formats/sealing.md), as of every root of the
-- map that was recorded. Only the keys' owner can tell which scope a key is of; `scope` and
-- `scope_step` are for the view alone.
SET LOCAL lock_timeout = '5s';

-- Every scope as it is now.
CREATE TABLE scope (
    key bytea PRIMARY KEY,
    student uuid NOT NULL,
    noun text NOT NULL,
    count bigint NOT NULL,
    last_hash bytea NOT NULL
);

-- What happened to scopes after the last recorded root's `covers`, event by event.
CREATE TABLE scope_step (
    position bigint PRIMARY KEY,
    key bytea NOT NULL,
    count bigint NOT NULL,
    last_hash bytea NOT NULL
);

-- The nodes of the map at every fourth bit, as of every root that changed them: the newest of at
-- most a root's `covers` is the one of that root. See ledger/scopes.py.
CREATE TABLE scope_node (
    path bytea NOT NULL,
    covers bigint NOT NULL,
    node bytea NOT NULL,
    PRIMARY KEY (path, covers)
);

-- The recorded roots: `position` and `version` are those of the event.
CREATE TABLE scope_root (
    covers bigint PRIMARY KEY,
    position bigint NOT NULL UNIQUE,
    version bigint NOT NULL,
    scopes bigint NOT NULL,
    root bytea NOT NULL
);
GRANT SELECT ON scope_node, scope_root TO "{reader}";
