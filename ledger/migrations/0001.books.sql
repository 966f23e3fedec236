-- The three books and the tables beside them (design D2, D3).
-- The schema `books` holds what can never change, `desk` what may be overwritten,
-- `views` what can be dropped and built again.

SET lock_timeout = '5s';

CREATE SCHEMA books;
CREATE SCHEMA desk;

-- Everything shared. `subject` is the student's random id: one student's history costs that
-- student's events only.
CREATE TABLE books.records (
    position bigint PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    stream_version bigint NOT NULL,
    stream_id uuid NOT NULL,
    subject uuid,
    topic text NOT NULL,
    body bytea NOT NULL,
    UNIQUE (stream_id, stream_version)
);
CREATE INDEX records_subject ON books.records (subject, position) WHERE subject IS NOT NULL;

-- One ledger per author: position, version and time run per owner, and topic and subject are
-- constants, so that a row tells the holder of the database neither kind nor student.
CREATE TABLE books.notes (
    owner uuid NOT NULL,
    position bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    stream_version bigint NOT NULL,
    stream_id uuid NOT NULL,
    topic text NOT NULL CHECK (topic = 'note/1'),
    subject text NOT NULL CHECK (subject = '-'),
    body bytea NOT NULL,
    PRIMARY KEY (owner, position),
    UNIQUE (owner, stream_id, stream_version)
);

-- Where each author's ledger ends; written with the event, for there is no sequence across owners.
CREATE TABLE books.notes_head (
    owner uuid PRIMARY KEY,
    position bigint NOT NULL
);

-- Who read what, and what was refused; nothing about notes.
CREATE TABLE books.access (
    position bigint PRIMARY KEY,
    recorded_at timestamptz NOT NULL,
    stream_version bigint NOT NULL,
    stream_id uuid NOT NULL,
    subject uuid,
    topic text NOT NULL,
    body bytea NOT NULL,
    UNIQUE (stream_id, stream_version)
);

-- Bodies are ciphertext: compressing them again is time lost, and a note fits in its page.
ALTER TABLE books.records ALTER body SET STORAGE EXTERNAL;
ALTER TABLE books.notes ALTER body SET STORAGE EXTERNAL;
ALTER TABLE books.access ALTER body SET STORAGE EXTERNAL;
ALTER TABLE books.records SET (toast_tuple_target = 8160);
ALTER TABLE books.notes SET (toast_tuple_target = 8160);

-- Up to which instant the records are known to be complete without a newer event: drawn under
-- the append lock, and no later event may carry an earlier time (design D13).
CREATE TABLE books.heartbeat (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    position bigint NOT NULL,
    at timestamptz NOT NULL
);

-- A ledger's clock is fixed at its birth; the functions of the clock are made then.
CREATE TABLE books.birth (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    clock text NOT NULL CHECK (clock IN ('real', 'simulated'))
);

CREATE FUNCTION books.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'IG009',
        MESSAGE = format('%s of %s.%s is refused: the books are append-only',
                         TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME);
END $$;

DO $$
DECLARE
    book text;
BEGIN
    FOREACH book IN ARRAY ARRAY['records', 'notes', 'access', 'birth'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON books.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION books.refuse_change()', book);
        -- ALWAYS, so that session_replication_role = replica does not open the book.
        EXECUTE format('ALTER TABLE books.%I ENABLE ALWAYS TRIGGER append_only', book);
    END LOOP;
END $$;

-- What an idempotent request did; never its body (contract 2).
CREATE TABLE desk.idempotency (
    account uuid NOT NULL,
    key bytea NOT NULL,
    request bytea NOT NULL,
    status smallint NOT NULL,
    record_id uuid,
    version bigint,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account, key)
);
CREATE INDEX idempotency_age ON desk.idempotency (created_at);

-- That a national ID is taken, as an HMAC; the row goes when the student is erased (design D11).
CREATE TABLE desk.national_id_reservation (
    mac bytea PRIMARY KEY,
    student_id uuid NOT NULL UNIQUE
);

-- Sign-in. `name_mac` is the HMAC of the username.
CREATE TABLE desk.credential (
    account uuid PRIMARY KEY,
    name_mac bytea NOT NULL UNIQUE,
    password_hash text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Opaque tokens, kept as SHA-256.
CREATE TABLE desk.session (
    id uuid PRIMARY KEY,
    token bytea NOT NULL UNIQUE,
    account uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX session_account ON desk.session (account);

-- Drafts of any kind, encrypted under their owner's key, overwritten and deleted.
CREATE TABLE desk.draft (
    owner uuid NOT NULL,
    key bytea NOT NULL,
    version bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (owner, key)
);

-- Reports that somebody stored: their terms, digest and signature, encrypted under the owner's key.
CREATE TABLE desk.report (
    id uuid PRIMARY KEY,
    owner uuid NOT NULL,
    position bigint NOT NULL,
    body bytea NOT NULL,
    UNIQUE (owner, position)
);

-- What `igp replay rebuild` found when it compared a rebuilt view with the living one.
CREATE TABLE desk.certificate (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    view text NOT NULL,
    position bigint NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
