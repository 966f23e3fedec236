-- The records of a programme's processes as they are now. `row` holds the steps that were taken,
-- ciphertext unopened, packed: see projections/processes.py. Room is left in the pages, so that a row
-- that is overwritten stays there.
SET LOCAL lock_timeout = '5s';

CREATE TABLE process (
    record_id uuid PRIMARY KEY,
    process text NOT NULL,
    programme text NOT NULL,
    student uuid NOT NULL,
    -- The student's school when it began.
    organisation uuid NOT NULL,
    -- The schools that it moved to since, and the version of the record after which.
    moved_to uuid[] NOT NULL,
    moved_after bigint[] NOT NULL,
    state text NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by uuid NOT NULL,
    row bytea NOT NULL,
    audiences uuid[] NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX process_programme ON process (programme, process, organisation);
CREATE INDEX process_student ON process (student);

ALTER TABLE process ENABLE ROW LEVEL SECURITY;
CREATE POLICY held ON process FOR SELECT TO "{reader}"
    USING (audiences && (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[]));
GRANT SELECT ON process TO "{reader}";

-- Where students are, kept for this view alone.
CREATE TABLE process_school (
    student uuid PRIMARY KEY,
    organisation uuid NOT NULL
);
