-- Templates of courses, each its maker's alone. `row` holds the fields as JSON, ciphertext
-- unopened: see projections/course_templates.py.
SET LOCAL lock_timeout = '5s';

CREATE TABLE course_template (
    template_id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    row bytea NOT NULL
);
CREATE INDEX course_template_owner ON course_template (owner);

ALTER TABLE course_template ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON course_template FOR SELECT TO "{reader}"
    USING (owner = (SELECT nullif(current_setting('igp.viewer', true), '')::uuid));
GRANT SELECT ON course_template TO "{reader}";
