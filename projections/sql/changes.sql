-- Every change of a student's record, once, with before and after per field; and for each
-- audience the positions it may see, so that a page is an index walk per audience (design D6).
SET LOCAL lock_timeout = '5s';

CREATE TABLE change (
    position bigint PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    student uuid NOT NULL,
    organisation uuid,
    record_id uuid NOT NULL,
    author uuid NOT NULL,
    section text NOT NULL,
    kind text NOT NULL,
    origin text NOT NULL,
    -- Who may see the row; the second fence checks it again.
    audiences uuid[] NOT NULL,
    -- What the event says, ciphertext unopened, packed: see projections/changes.py.
    body bytea NOT NULL,
    -- The programme that the record names; and the school year of a placement or a request, which
    -- belongs to the programmes of that year where it names none.
    programme text,
    school_year smallint
);
CREATE INDEX change_student ON change (student, position);
CREATE INDEX change_organisation ON change (organisation, position);

CREATE TABLE change_audience (
    audience uuid NOT NULL,
    position bigint NOT NULL,
    -- The position of the event that showed an older row to this audience, if one did.
    granted bigint,
    -- A page is read from this index alone.
    PRIMARY KEY (audience, position) INCLUDE (granted)
);

-- What each record says now, to know what the next event changes. Room is left in its pages, so
-- that a row that is overwritten stays in its page and the page is cleaned on the way.
CREATE TABLE change_state (
    record_id uuid PRIMARY KEY,
    body bytea NOT NULL
) WITH (fillfactor = 85);

CREATE TABLE change_school (
    student uuid PRIMARY KEY,
    organisation uuid NOT NULL
);

ALTER TABLE change ENABLE ROW LEVEL SECURITY;
ALTER TABLE change_audience ENABLE ROW LEVEL SECURITY;
CREATE POLICY held ON change FOR SELECT TO "{reader}"
    USING (audiences && (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[]));
CREATE POLICY held ON change_audience FOR SELECT TO "{reader}"
    USING (audience = ANY ((SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[])::uuid[]));
GRANT SELECT ON change, change_audience TO "{reader}";

-- How many changes the sections of the plans had in a school: see projections/change_tally.py.
CREATE TABLE change_tally (
    organisation uuid NOT NULL,
    section text NOT NULL,
    position bigint NOT NULL,
    changes bigint NOT NULL,
    PRIMARY KEY (organisation, section, position) INCLUDE (changes)
);
ALTER TABLE change_tally ENABLE ROW LEVEL SECURITY;
-- The first 16 bytes of the SHA-256 of "process:acceleration".
CREATE POLICY held ON change_tally FOR SELECT TO "{reader}"
    USING ('4fdf0fd2-3a5c-b3fc-bf81-5f31f32e8625' = ANY (
        (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[])::uuid[]));
GRANT SELECT ON change_tally TO "{reader}";

-- What was published of placement pages, and which windows were set anew (school_year null): see
-- projections/change_windows.py. Everybody who signs in may see it.
CREATE TABLE change_page (
    position bigint PRIMARY KEY,
    programme text NOT NULL,
    school_year smallint,
    page text,
    closes date,
    closes_at time
);
GRANT SELECT ON change_page TO "{reader}";
