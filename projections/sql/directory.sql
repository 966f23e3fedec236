-- Who is who: students, accounts and organisations as they are now, and every card they ever had,
-- so that a report can show the names in force at a position.
--
-- Only `student` has row-level security: it is what lists are made from. Names in the other tables
-- are ciphertext, a card is found by a random id that its reader must have met in a row of a view
-- that is fenced, and which accounts and organisations there are is known to every account.
SET LOCAL lock_timeout = '5s';

CREATE TABLE card (
    kind text NOT NULL CHECK (kind IN ('student', 'account', 'organisation')),
    id uuid NOT NULL,
    position bigint NOT NULL,
    -- The fields as JSON, ciphertext unopened: see projections/directory.py.
    row bytea NOT NULL,
    PRIMARY KEY (kind, id, position)
);

CREATE TABLE student (
    student_id uuid PRIMARY KEY,
    organisation uuid NOT NULL,
    stage text NOT NULL,
    grade smallint NOT NULL,
    class_name text,
    plan_years smallint[] NOT NULL,
    version bigint NOT NULL,
    since_position bigint NOT NULL,
    row bytea NOT NULL,
    audiences uuid[] NOT NULL
);
CREATE INDEX student_organisation ON student (organisation);

CREATE TABLE account (
    account_id uuid PRIMARY KEY,
    organisation uuid NOT NULL,
    roles text[] NOT NULL,
    closed boolean NOT NULL,
    version bigint NOT NULL,
    row bytea NOT NULL
);
CREATE INDEX account_organisation ON account (organisation);

CREATE TABLE organisation (
    organisation_id uuid PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name text NOT NULL,
    kind text NOT NULL,
    county text NOT NULL,
    stage text,
    parent uuid,
    -- 行政區, of schools that have one.
    district text,
    version bigint NOT NULL
);

ALTER TABLE student ENABLE ROW LEVEL SECURITY;
CREATE POLICY held ON student FOR SELECT TO "{reader}"
    USING (audiences && (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[]));
GRANT SELECT ON card, student, account, organisation TO "{reader}";
