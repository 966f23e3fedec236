-- depends: 0004.narrower-rows
-- The bytes of uploaded files, encrypted (docs/formats/file.md). What a file is called, how large
-- it is and which bytes it must have is said by an event; both come in one transaction.

SET lock_timeout = '5s';

-- `stream_id` is the record that the file belongs to, `subject` the student.
CREATE TABLE books.files (
    file_id uuid PRIMARY KEY,
    stream_id uuid NOT NULL,
    subject uuid NOT NULL,
    body bytea NOT NULL
);
-- Ciphertext: compressing it would be time lost.
ALTER TABLE books.files ALTER body SET STORAGE EXTERNAL;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON books.files
    FOR EACH STATEMENT EXECUTE FUNCTION books.refuse_change();
-- ALWAYS, so that session_replication_role = replica does not open the book.
ALTER TABLE books.files ENABLE ALWAYS TRIGGER append_only;

-- The only way to write a file. A file whose event does not follow is found by verify.
CREATE FUNCTION books.keep_file(p_file uuid, p_stream uuid, p_subject uuid, p_body bytea)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    INSERT INTO books.files (file_id, stream_id, subject, body)
    VALUES (p_file, p_stream, p_subject, p_body)
$body$;

DO $$
DECLARE
    prefix text := 'igp_' || current_database() || '_';
BEGIN
    REVOKE ALL ON FUNCTION books.keep_file FROM PUBLIC;
    EXECUTE format('GRANT EXECUTE ON FUNCTION books.keep_file TO %I', prefix || 'writer');
    EXECUTE format('GRANT SELECT ON books.files TO %I, %I', prefix || 'projector', prefix || 'reader');
END $$;
