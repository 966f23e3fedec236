-- A student's placements and requests as they are now. `row` holds the fields, ciphertext
-- unopened, packed: see projections/placements.py. Room is left in the pages, so that a row that is
-- overwritten stays in its page, no index is touched, and the page is cleaned on the way.
SET LOCAL lock_timeout = '5s';

CREATE TABLE placement (
    placement_id uuid PRIMARY KEY,
    student uuid NOT NULL,
    school_year smallint NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by uuid NOT NULL,
    row bytea NOT NULL,
    -- Those of the newest event, and every school that the file was handed to since.
    audiences uuid[] NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX placement_student ON placement (student);

CREATE TABLE placement_request (
    request_id uuid PRIMARY KEY,
    student uuid NOT NULL,
    placement_id uuid NOT NULL,
    status text NOT NULL,
    version bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by uuid NOT NULL,
    row bytea NOT NULL,
    audiences uuid[] NOT NULL
) WITH (fillfactor = 85);
CREATE INDEX placement_request_student ON placement_request (student);

CREATE TABLE placement_school (
    student uuid PRIMARY KEY,
    organisation uuid NOT NULL
);

ALTER TABLE placement ENABLE ROW LEVEL SECURITY;
ALTER TABLE placement_request ENABLE ROW LEVEL SECURITY;
CREATE POLICY held ON placement FOR SELECT TO "{reader}"
    USING (audiences && (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[]));
CREATE POLICY held ON placement_request FOR SELECT TO "{reader}"
    USING (audiences && (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[]));
GRANT SELECT ON placement, placement_request TO "{reader}";
