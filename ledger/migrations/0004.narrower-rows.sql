-- depends: 0003.grants
-- The same columns in an order without gaps, and indexes of what is asked for: a note's row is a
-- few bytes under a quarter of a page now, where it was a few bytes over. Measured in
-- docs/decisions/bytes-on-disk.md. Not a byte of what an event's leaf is made of changes.

SET lock_timeout = '5s';

DO $migration$
DECLARE
    prefix text := 'igp_' || current_database() || '_';
    book text;
    owner_column text;
    owner_name text;
    position_type text;
    constants text;
    copied bigint;
    kept bigint;
BEGIN
    FOREACH book IN ARRAY ARRAY['records', 'notes', 'access'] LOOP
        IF book = 'notes' THEN
            owner_column := 'owner uuid NOT NULL,';
            owner_name := 'owner,';
            position_type := 'integer';
            -- The shortest values last: what follows an id or a number begins without a gap.
            constants := 'body bytea NOT NULL,
                topic text NOT NULL CONSTRAINT notes_topic_check CHECK (topic = ''note/1''),
                subject text NOT NULL CONSTRAINT notes_subject_check CHECK (subject = ''-'')';
        ELSE
            owner_column := 'subject uuid,';
            owner_name := '';
            position_type := 'bigint';
            constants := 'body bytea NOT NULL, topic text NOT NULL';
        END IF;
        EXECUTE format('LOCK TABLE books.%I IN ACCESS EXCLUSIVE MODE', book);
        -- No stream reaches two thousand million versions, and no author as many events.
        EXECUTE format(
            'CREATE TABLE books.next_book (
                %s stream_id uuid NOT NULL, recorded_at timestamptz NOT NULL,
                position %s NOT NULL, stream_version integer NOT NULL, %s
            )', owner_column, position_type, constants);
        -- Bodies are ciphertext: compressing them again is time lost, and a note fits in its page.
        ALTER TABLE books.next_book ALTER body SET STORAGE EXTERNAL;
        IF book <> 'access' THEN
            ALTER TABLE books.next_book SET (toast_tuple_target = 8160);
        END IF;
        EXECUTE format(
            'INSERT INTO books.next_book (%1$s subject, stream_id, recorded_at, position,
                                          stream_version, body, topic)
             SELECT %1$s subject, stream_id, recorded_at, position, stream_version, body, topic
             FROM books.%2$I ORDER BY %1$s position', owner_name, book);
        GET DIAGNOSTICS copied = ROW_COUNT;
        EXECUTE format('SELECT count(*) FROM books.%I', book) INTO kept;
        IF copied <> kept THEN
            RAISE EXCEPTION 'books.% was read in part: % of % rows', book, copied, kept;
        END IF;
        EXECUTE format('DROP TABLE books.%I', book);
        EXECUTE format('ALTER TABLE books.next_book RENAME TO %I', book);

        -- Events only ever come at the end of the positions, so their index has no use for room.
        IF book = 'notes' THEN
            ALTER TABLE books.notes ADD PRIMARY KEY (owner, position);
            ALTER TABLE books.notes ADD UNIQUE (owner, stream_id, stream_version);
        ELSE
            EXECUTE format('ALTER TABLE books.%I ADD PRIMARY KEY (position) WITH (fillfactor = 100)', book);
            EXECUTE format('ALTER TABLE books.%I ADD UNIQUE (stream_id, stream_version)', book);
        END IF;

        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON books.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION books.refuse_change()', book);
        -- ALWAYS, so that session_replication_role = replica does not open the book.
        EXECUTE format('ALTER TABLE books.%I ENABLE ALWAYS TRIGGER append_only', book);
        EXECUTE format('GRANT SELECT ON books.%I TO %I', book, prefix || 'projector');
    END LOOP;

    -- One entry for each student and not for each event: those of a student share it.
    CREATE INDEX records_subject ON books.records (subject) WHERE subject IS NOT NULL;

    ALTER TABLE books.notes ENABLE ROW LEVEL SECURITY;
    EXECUTE format('GRANT SELECT ON books.notes TO %I', prefix || 'reader');
    EXECUTE format('CREATE POLICY projector_reads ON books.notes FOR SELECT TO %I USING (true)',
                   prefix || 'projector');
    EXECUTE format(
        'CREATE POLICY author_reads ON books.notes FOR SELECT TO %I '
        'USING (owner = (SELECT nullif(current_setting(''igp.viewer'', true), '''')::uuid))',
        prefix || 'reader');
END $migration$;
