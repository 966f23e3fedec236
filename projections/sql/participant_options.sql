-- An account's own list of participants: which of its streams are names that it offers, encrypted
-- under the author's key. The names stay in the book, in one place. Every event of the account's
-- own ledger changes the row, so that a change says nothing about the kind of the event.
SET LOCAL lock_timeout = '5s';

CREATE TABLE participant_list (
    owner uuid PRIMARY KEY,
    body bytea NOT NULL
) WITH (fillfactor = 50);
ALTER TABLE participant_list ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON participant_list FOR SELECT TO "{reader}"
    USING (owner = (SELECT nullif(current_setting('igp.viewer', true), '')::uuid));
GRANT SELECT ON participant_list TO "{reader}";
