-- Whether the schools filled in their plans: see projections/fill_status.py. Only the counts are
-- read, by those who belong to the county's audience; the records behind them name students.
SET LOCAL lock_timeout = '5s';

CREATE TABLE fill_status (
    organisation uuid NOT NULL,
    school_year smallint NOT NULL,
    item smallint NOT NULL,
    students bigint NOT NULL,
    PRIMARY KEY (school_year, organisation, item)
);

CREATE TABLE fill_record (
    record_id uuid PRIMARY KEY,
    student uuid NOT NULL,
    section text NOT NULL,
    school_year smallint,
    stage text,
    organisation uuid,
    live boolean NOT NULL
);
CREATE INDEX fill_record_student ON fill_record (student);

CREATE TABLE fill_school (
    student uuid PRIMARY KEY,
    organisation uuid NOT NULL
);

ALTER TABLE fill_status ENABLE ROW LEVEL SECURITY;
-- The first 16 bytes of the SHA-256 of "county:directory".
CREATE POLICY held ON fill_status FOR SELECT TO "{reader}"
    USING ('9b3cee10-8d53-5ad3-ee4f-c39d19064352' = ANY (
        (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[])::uuid[]));
GRANT SELECT ON fill_status TO "{reader}";
