-- A student's marks, and the status of a full skip, as they are now. `row` holds the fields,
-- ciphertext unopened, packed: see projections/marks.py. Room is left in the pages, so that a row that
-- is overwritten stays in its page.
SET LOCAL lock_timeout = '5s';

CREATE TABLE mark (
    mark_id uuid PRIMARY KEY,
    student uuid NOT NULL,
    -- `mark` or `skip_status`.
    kind text NOT NULL,
    withdrawn boolean NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by uuid NOT NULL,
    row bytea NOT NULL,
    -- Those of the newest event, and every school that the file was handed to since.
    audiences uuid[] NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX mark_student ON mark (student);

CREATE TABLE mark_school (
    student uuid PRIMARY KEY,
    organisation uuid NOT NULL
);

ALTER TABLE mark ENABLE ROW LEVEL SECURITY;
CREATE POLICY held ON mark FOR SELECT TO "{reader}"
    USING (audiences && (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[]));
GRANT SELECT ON mark TO "{reader}";
