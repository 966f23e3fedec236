-- depends: 0006.append-in-one
-- What was signed about the books, and who cosigned it (docs/formats/sealing.md). Trees and the map
-- of scopes are views and can be built again; a signature that somebody holds cannot, so these
-- tables are append-only like the books.

SET lock_timeout = '5s';

-- `note` is the signed note as it was given out, without cosignatures. `recorded_at` is the time
-- of the ledger's clock.
CREATE TABLE books.checkpoint (
    book text NOT NULL CONSTRAINT checkpoint_book CHECK (book IN ('records', 'access')),
    size bigint NOT NULL CONSTRAINT checkpoint_size CHECK (size > 0),
    root bytea NOT NULL CONSTRAINT checkpoint_root CHECK (length(root) = 32),
    recorded_at timestamptz NOT NULL,
    note text NOT NULL,
    PRIMARY KEY (book, size)
);

-- One line of a witness under a checkpoint, with its line feed; the first one is kept.
CREATE TABLE books.cosignature (
    book text NOT NULL,
    size bigint NOT NULL,
    name text NOT NULL,
    line text NOT NULL,
    PRIMARY KEY (book, size, name),
    FOREIGN KEY (book, size) REFERENCES books.checkpoint (book, size)
);

-- The only way to keep a checkpoint: of more events than the last one, of no more than there are,
-- and in `records` on the event of a map's root, so that every checkpoint says all its scopes.
CREATE FUNCTION books.keep_checkpoint(p_book text, p_size bigint, p_root bytea, p_note text)
RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    v_last bigint;
    v_end bigint;
    v_topic text;
    v_now timestamptz;
BEGIN
    -- One at a time, so that nobody keeps a smaller one between the look and the row.
    PERFORM pg_advisory_xact_lock(1, 12);
    SELECT max(c.size) INTO v_last FROM books.checkpoint c WHERE c.book = p_book;
    IF p_size <= v_last THEN
        RAISE EXCEPTION USING ERRCODE = 'IG010', MESSAGE = 'checkpoint-not-larger';
    END IF;
    IF p_book = 'records' THEN
        SELECT max(b.position) INTO v_end FROM books.records b;
    ELSE
        SELECT max(b.position) INTO v_end FROM books.access b;
    END IF;
    IF v_end IS NULL OR p_size > v_end THEN
        RAISE EXCEPTION USING ERRCODE = 'IG010', MESSAGE = 'checkpoint-beyond-book';
    END IF;
    IF p_book = 'records' THEN
        SELECT b.topic INTO v_topic FROM books.records b WHERE b.position = p_size;
        IF v_topic IS DISTINCT FROM 'ledger.map-root.v1' THEN
            RAISE EXCEPTION USING ERRCODE = 'IG010', MESSAGE = 'checkpoint-not-on-map-root';
        END IF;
    END IF;
    v_now := books.ledger_now();
    INSERT INTO books.checkpoint (book, size, root, recorded_at, note)
        VALUES (p_book, p_size, p_root, v_now, p_note);
    RETURN v_now;
END $body$;

-- The only way to keep a cosignature; whether it is true is looked at before. Returns whether it
-- is the first of this witness.
CREATE FUNCTION books.keep_cosignature(p_book text, p_size bigint, p_name text, p_line text)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    INSERT INTO books.cosignature (book, size, name, line)
        VALUES (p_book, p_size, p_name, p_line)
        ON CONFLICT (book, size, name) DO NOTHING;
    RETURN FOUND;
END $body$;

DO $$
DECLARE
    prefix text := 'igp_' || current_database() || '_';
    kept text;
BEGIN
    FOREACH kept IN ARRAY ARRAY['checkpoint', 'cosignature'] LOOP
        EXECUTE format(
            'CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON books.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION books.refuse_change()', kept);
        -- ALWAYS, so that session_replication_role = replica does not open the table.
        EXECUTE format('ALTER TABLE books.%I ENABLE ALWAYS TRIGGER append_only', kept);
        EXECUTE format('GRANT SELECT ON books.%I TO %I, %I', kept, prefix || 'projector', prefix || 'reader');
    END LOOP;
    REVOKE ALL ON FUNCTION books.keep_checkpoint, books.keep_cosignature FROM PUBLIC;
    EXECUTE format('GRANT EXECUTE ON FUNCTION books.keep_checkpoint, books.keep_cosignature TO %I',
                   prefix || 'writer');
END $$;
