-- Which relations an account holds, to whom, from when to when; and so who could see a student on
-- a day. `reach` is a function of `reach_fact`: see projections/reach_rows.py.
SET LOCAL lock_timeout = '5s';

-- What was recorded that gives, narrows or ends a relation. `what` says which columns are given.
CREATE TABLE reach_fact (
    position bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    what text NOT NULL,
    account uuid,
    student uuid,
    organisation uuid,
    class_name text,
    kind text,
    school_year smallint,
    course uuid,
    teachers uuid[],
    dispute uuid,
    sections text[],
    -- When a relation ends of itself, where it does.
    ends timestamptz
);
CREATE INDEX reach_fact_account ON reach_fact (account, student) WHERE account IS NOT NULL;
CREATE INDEX reach_fact_student ON reach_fact (student) WHERE student IS NOT NULL;
CREATE INDEX reach_fact_class ON reach_fact (organisation, class_name) WHERE class_name IS NOT NULL;

CREATE TABLE reach_school (
    student uuid PRIMARY KEY,
    organisation uuid NOT NULL
);

CREATE TABLE reach (
    account uuid NOT NULL,
    capacity text NOT NULL,
    -- The student, the school of an administrator, or null for the county's bodies.
    target uuid,
    since timestamptz NOT NULL,
    until timestamptz,
    source_kind text NOT NULL,
    -- The one course goal of the student that the relation is about, where it is about one.
    course uuid,
    -- The dispute of a reviewer, and the student's sections that the appointment names.
    dispute uuid,
    sections text[],
    -- Who else may see that the relation exists: those who may view the student's relations,
    -- and of a reviewer those of the dispute and the authority.
    audiences uuid[] NOT NULL,
    UNIQUE NULLS NOT DISTINCT (account, target, capacity, source_kind, since, course, dispute)
);
CREATE INDEX reach_target ON reach (target) WHERE target IS NOT NULL;

ALTER TABLE reach ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON reach FOR SELECT TO "{reader}"
    USING (account = (SELECT nullif(current_setting('igp.viewer', true), '')::uuid));
CREATE POLICY held ON reach FOR SELECT TO "{reader}"
    USING (audiences && (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[]));
GRANT SELECT ON reach TO "{reader}";
