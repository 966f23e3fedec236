-- Who read, listed, looked for and exported what, and what was refused: the book of access by
-- student and by reader. It never speaks of notes, for the book does not (design D7).
--
-- An act on a page of fifty students has one entry and fifty rows of `access_subject`, which hold
-- no more than it takes to find them.
SET LOCAL lock_timeout = '5s';

CREATE TABLE access_entry (
    position bigint PRIMARY KEY,
    at timestamptz NOT NULL,
    actor uuid NOT NULL,
    record_id uuid,
    declared boolean NOT NULL,
    kind text NOT NULL,
    capacity text NOT NULL,
    -- Null where the event is of a form that did not say it.
    purpose text,
    what text NOT NULL,
    -- The rule of a refusal, or the format of an export.
    detail text
);
CREATE INDEX access_entry_actor ON access_entry (actor, position);
CREATE INDEX access_entry_at ON access_entry (at);

CREATE TABLE access_subject (
    student uuid NOT NULL,
    position bigint NOT NULL,
    actor uuid NOT NULL,
    PRIMARY KEY (student, position)
);
CREATE INDEX access_subject_position ON access_subject (position);

ALTER TABLE access_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_subject ENABLE ROW LEVEL SECURITY;
-- The audience of a student's rows is the student's own id, which nobody holds by a relation: who
-- may read them is asked when they are read (docs/decisions/access-log.md).
CREATE POLICY own ON access_subject FOR SELECT TO "{reader}"
    USING (actor = (SELECT nullif(current_setting('igp.viewer', true), '')::uuid));
CREATE POLICY held ON access_subject FOR SELECT TO "{reader}"
    USING (student = ANY ((SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[])::uuid[]));
-- The county's administration reviews the reads of all of them: the first 16 bytes of the SHA-256
-- of "county:directory".
CREATE POLICY county ON access_subject FOR SELECT TO "{reader}"
    USING ('9b3cee10-8d53-5ad3-ee4f-c39d19064352' = ANY (
        (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[])::uuid[]));
-- Of an entry the dear question is asked last, for the server asks against the order of the names;
-- and of one entry at a time: without OFFSET 0 it would look at every row there is first.
CREATE POLICY county ON access_entry FOR SELECT TO "{reader}"
    USING ('9b3cee10-8d53-5ad3-ee4f-c39d19064352' = ANY (
        (SELECT coalesce(nullif(current_setting('igp.audiences', true), ''), '{}')::uuid[])::uuid[]));
CREATE POLICY own ON access_entry FOR SELECT TO "{reader}"
    USING (actor = (SELECT nullif(current_setting('igp.viewer', true), '')::uuid));
-- Whoever may see one of its rows may see the entry, and of its rows no others.
CREATE POLICY a_row ON access_entry FOR SELECT TO "{reader}"
    USING (EXISTS (
        SELECT FROM access_subject s WHERE s.position = access_entry.position OFFSET 0));
GRANT SELECT ON access_entry, access_subject TO "{reader}";
