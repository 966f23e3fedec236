-- An author's own notes: which there are and about whom, encrypted under the author's key. The
-- text itself stays in the book, in one place. Every stream of the author's ledger has a row, the
-- author's reads too, so that a row says nothing about the kind of its events.
SET LOCAL lock_timeout = '5s';

CREATE TABLE own_note (
    owner uuid NOT NULL,
    note_id uuid NOT NULL,
    version bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (owner, note_id)
);
ALTER TABLE own_note ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON own_note FOR SELECT TO "{reader}"
    USING (owner = (SELECT nullif(current_setting('igp.viewer', true), '')::uuid));
GRANT SELECT ON own_note TO "{reader}";
