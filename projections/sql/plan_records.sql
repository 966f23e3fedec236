-- The records of every section of the plans as they are now. `row` holds the fields and rows as
-- JSON, ciphertext unopened: see projections/plan_fold.py.
SET LOCAL lock_timeout = '5s';

CREATE TABLE plan_record (
    record_id uuid PRIMARY KEY,
    section text NOT NULL,
    student uuid NOT NULL,
    school_year smallint,
    stage text,
    status text NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by uuid NOT NULL,
    row bytea NOT NULL,
    -- Those of the newest event, and every school that the file was handed to since.
    audiences uuid[] NOT NULL
);
CREATE INDEX plan_record_student ON plan_record (student);

CREATE TABLE plan_school (
    student uuid PRIMARY KEY,
    organisation uuid NOT NULL
);

ALTER TABLE plan_record ENABLE ROW LEVEL SECURITY;
CREATE POLICY held ON plan_record FOR SELECT TO "{reader}"
    USING (audiences && (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[]));
GRANT SELECT ON plan_record TO "{reader}";
