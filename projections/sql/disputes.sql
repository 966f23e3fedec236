-- Disputes as they are now. `row` holds the fields, ciphertext unopened, packed: see
-- projections/disputes.py. Room is left in the pages, so that a row that is overwritten stays there.
SET LOCAL lock_timeout = '5s';

CREATE TABLE dispute (
    dispute_id uuid PRIMARY KEY,
    student uuid NOT NULL,
    -- The student's school when the dispute was opened.
    organisation uuid NOT NULL,
    programme text NOT NULL,
    kind text NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by uuid NOT NULL,
    row bytea NOT NULL,
    -- The reviewers of the dispute, the authority, and the school's administration.
    audiences uuid[] NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX dispute_student ON dispute (student);

ALTER TABLE dispute ENABLE ROW LEVEL SECURITY;
CREATE POLICY held ON dispute FOR SELECT TO "{reader}"
    USING (audiences && (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[]));
GRANT SELECT ON dispute TO "{reader}";
