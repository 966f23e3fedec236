-- Where each view is. A failing event stops its view and is named here (design D8).
SET LOCAL lock_timeout = '5s';

CREATE TABLE IF NOT EXISTS checkpoint (
    view text PRIMARY KEY,
    version bigint NOT NULL,
    position bigint NOT NULL,
    poison bigint,
    poison_reason text
);
-- Over `notes` each author's ledger has a position of its own.
CREATE TABLE IF NOT EXISTS owner_checkpoint (
    view text NOT NULL,
    owner uuid NOT NULL,
    position bigint NOT NULL,
    poison bigint,
    poison_reason text,
    PRIMARY KEY (view, owner)
);
ALTER TABLE owner_checkpoint ENABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own ON owner_checkpoint;
CREATE POLICY own ON owner_checkpoint FOR SELECT TO "{reader}"
    USING (owner = (SELECT nullif(current_setting('igp.viewer', true), '')::uuid));
GRANT SELECT ON checkpoint, owner_checkpoint TO "{reader}";
