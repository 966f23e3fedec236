-- depends: 0004.narrower-rows
-- The append functions of 0002 with what makes them quicker (docs/decisions/append-in-one.md): the
-- key of a request is taken before the lock, what has to be known under the lock comes in one
-- statement, and the rules stand in each function instead of a function that each calls. As
-- there, the text is written once and made for each book. The errors are those of 0002.

SET lock_timeout = '5s';

-- Deleting by age happens once an hour; an index for it was written with every request. The table
-- holds the requests of two days.
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX desk.idempotency_age;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX idempotency_age ON desk.idempotency USING brin (created_at);

DO $migration$
DECLARE
    book text;
    own text;        -- the condition that narrows a book to one author's ledger
    owner_name text; -- the column `owner` in an INSERT, and its value
    owner_value text;
    topic text;
    subject text;
    take_lock text;
    last_row text;
    beat text;
    keep_head text;
    opening text;    -- the rules before anything is written; %s is the version the stream has
BEGIN
    FOREACH book IN ARRAY ARRAY['records', 'notes', 'access'] LOOP
        beat := 'NULL::timestamptz';
        IF book = 'notes' THEN
            own := 'b.owner = p_owner AND';
            owner_name := 'owner,';
            owner_value := 'p_owner,';
            topic := '''note/1''';
            subject := '''-''';
            take_lock := 'pg_advisory_xact_lock(hashtextextended(p_owner::text, 7))';
            last_row := 'WHERE b.owner = p_owner';
            keep_head := 'INSERT INTO books.notes_head AS h (owner, position)
                VALUES (p_owner, v_last + v_count)
                ON CONFLICT (owner) DO UPDATE SET position = excluded.position;';
        ELSE
            own := '';
            owner_name := '';
            owner_value := '';
            topic := 'n.topic';
            subject := 'n.subject';
            take_lock := format('pg_advisory_xact_lock(1, %s)',
                                CASE book WHEN 'records' THEN 1 ELSE 2 END);
            last_row := '';
            keep_head := '';
        END IF;
        IF book = 'records' THEN
            beat := '(SELECT h.at FROM books.heartbeat h)';
        END IF;

        -- First the key: who repeats a request that is under way waits for it here, and not with
        -- the lock of the book in hand. Then the lock, so that no reader who has seen position 8
        -- meets 7 later. Then where the book ends and what time it is.
        opening := format($make$
    IF p_key IS NOT NULL THEN
        INSERT INTO desk.idempotency (account, key, request, status, record_id, version)
            VALUES (p_account, p_key, p_request, p_status, p_record, p_record_version)
            ON CONFLICT (account, key) DO NOTHING;
        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'IG001', MESSAGE = 'idempotency-repeat';
        END IF;
    END IF;
    PERFORM %1$s;
    SELECT l.position, l.recorded_at, %2$s, %%s INTO v_last, v_last_at, v_beat, v_current
        FROM (VALUES (true)) AS one (row) LEFT JOIN LATERAL (
            SELECT b.position, b.recorded_at FROM books.%3$s b %4$s
            ORDER BY b.position DESC LIMIT 1) l ON true;
    v_last := coalesce(v_last, 0);
    recorded_at := books.ledger_draw(v_last_at, p_witness);
    IF v_last_at IS NOT NULL AND recorded_at <= v_last_at THEN
        recorded_at := v_last_at + interval '1 microsecond';
    END IF;
    IF v_beat > recorded_at THEN recorded_at := v_beat; END IF;
$make$, take_lock, beat, book, last_row);

        EXECUTE format($make$
CREATE OR REPLACE FUNCTION books.append_one_%1$s(
    p_owner uuid, p_stream uuid, p_version bigint, p_topic text, p_subject uuid, p_body bytea,
    p_witness timestamptz,
    p_account uuid, p_key bytea, p_request bytea, p_status int, p_record uuid, p_record_version bigint,
    OUT "position" bigint, OUT recorded_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    v_last bigint;
    v_last_at timestamptz;
    v_beat timestamptz;
    v_count bigint := 1;
    v_current bigint;
BEGIN
    %2$s
    IF coalesce(v_current, 0) <> p_version - 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'IG002', MESSAGE = 'stale-version',
            DETAIL = coalesce(v_current, 0)::text;
    END IF;
    position := v_last + 1;
    INSERT INTO books.%1$s (%3$s position, recorded_at, stream_version, stream_id, subject, topic, body)
        VALUES (%4$s append_one_%1$s.position, append_one_%1$s.recorded_at, p_version, p_stream,
                %5$s, %6$s, p_body);
    %7$s
END $body$;
$make$, book,
            format(opening, format('(SELECT max(b.stream_version) FROM books.%s b WHERE %s b.stream_id = p_stream)', book, own)),
            owner_name, owner_value,
            replace(subject, 'n.subject', 'p_subject'), replace(topic, 'n.topic', 'p_topic'),
            keep_head);

        -- The rules for many events, from arrays or from the caller's temporary table.
        opening := format(opening, 'NULL::bigint');
        EXECUTE format($make$
CREATE OR REPLACE FUNCTION books.append_many_%1$s(
    p_owner uuid, p_streams uuid[], p_versions bigint[], p_topics text[], p_subjects uuid[],
    p_bodies bytea[], p_witness timestamptz,
    p_account uuid, p_key bytea, p_request bytea, p_status int, p_record uuid, p_record_version bigint,
    OUT "position" bigint, OUT recorded_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    v_last bigint;
    v_last_at timestamptz;
    v_beat timestamptz;
    v_count bigint := cardinality(p_streams);
    v_current bigint;
BEGIN
    IF coalesce(v_count, 0) = 0 OR v_count IS DISTINCT FROM cardinality(p_versions)
       OR v_count IS DISTINCT FROM cardinality(p_topics)
       OR v_count IS DISTINCT FROM cardinality(p_subjects)
       OR v_count IS DISTINCT FROM cardinality(p_bodies) THEN
        RAISE EXCEPTION USING ERRCODE = 'IG003', MESSAGE = 'bad-batch';
    END IF;
    %8$s
    SELECT n.known INTO v_current
        FROM (SELECT u.version, h.known,
                     h.known + row_number() OVER (PARTITION BY u.stream ORDER BY u.ord) AS due
              FROM unnest(p_streams, p_versions) WITH ORDINALITY AS u(stream, version, ord)
              CROSS JOIN LATERAL (
                  SELECT coalesce(max(b.stream_version), 0) AS known FROM books.%1$s b
                  WHERE %2$s b.stream_id = u.stream) h) n
        WHERE n.version <> n.due LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'IG002', MESSAGE = 'stale-version', DETAIL = v_current::text;
    END IF;
    INSERT INTO books.%1$s (%3$s position, recorded_at, stream_version, stream_id, subject, topic, body)
        SELECT %4$s v_last + n.ord,
               append_many_%1$s.recorded_at + (n.ord - 1) * interval '1 microsecond',
               n.version, n.stream, %5$s, %6$s, n.body
        FROM unnest(p_streams, p_versions, p_topics, p_subjects, p_bodies)
             WITH ORDINALITY AS n(stream, version, topic, subject, body, ord);
    %7$s
    position := v_last + v_count;
    recorded_at := recorded_at + (v_count - 1) * interval '1 microsecond';
END $body$;
$make$, book, own, owner_name, owner_value, subject, topic, keep_head, opening);

        EXECUTE format($make$
CREATE OR REPLACE FUNCTION books.append_bulk_%1$s(
    p_owner uuid, p_witness timestamptz,
    p_account uuid, p_key bytea, p_request bytea, p_status int, p_record uuid, p_record_version bigint,
    OUT "position" bigint, OUT recorded_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    v_last bigint;
    v_last_at timestamptz;
    v_beat timestamptz;
    v_count bigint;
    v_current bigint;
BEGIN
    -- The table of make_bulk and nothing else: a view, a rule, an index predicate or a cast of a
    -- column's type would run the caller's functions with the owner's rights.
    IF NOT EXISTS (
        SELECT FROM pg_class c WHERE c.oid = to_regclass('pg_temp.bulk') AND c.relkind = 'r'
            AND c.relpersistence = 't' AND pg_get_userbyid(c.relowner) = current_user
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'IG003', MESSAGE = 'bad-batch';
    END IF;
    SELECT count(*) INTO v_count FROM pg_temp.bulk;
    IF v_count = 0 OR v_count <> (SELECT max(n.ord) FROM pg_temp.bulk n)
       OR v_count <> (SELECT count(DISTINCT n.ord) FROM pg_temp.bulk n) THEN
        RAISE EXCEPTION USING ERRCODE = 'IG003', MESSAGE = 'bad-batch';
    END IF;
    %8$s
    SELECT d.known INTO v_current
        FROM (SELECT s.low, s.high, s.many, s.distinct_many, s.unordered, coalesce(h.known, 0) AS known
              FROM (SELECT n.stream, min(n.version) AS low, max(n.version) AS high,
                           count(*) AS many, count(DISTINCT n.version) AS distinct_many,
                           bool_or(n.version < n.before) AS unordered
                    FROM (SELECT t.stream, t.version, lag(t.version) OVER
                                 (PARTITION BY t.stream ORDER BY t.ord) AS before
                          FROM pg_temp.bulk t) n
                    GROUP BY n.stream) s
              LEFT JOIN LATERAL (
                  SELECT b.stream_version AS known FROM books.%1$s b
                  WHERE %2$s b.stream_id = s.stream
                  ORDER BY b.stream_version DESC LIMIT 1) h ON true) d
        WHERE d.low <> d.known + 1 OR d.high <> d.known + d.many
           OR d.distinct_many <> d.many OR d.unordered LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'IG002', MESSAGE = 'stale-version', DETAIL = v_current::text;
    END IF;
    INSERT INTO books.%1$s (%3$s position, recorded_at, stream_version, stream_id, subject, topic, body)
        SELECT %4$s v_last + n.ord,
               append_bulk_%1$s.recorded_at + (n.ord - 1) * interval '1 microsecond',
               n.version, n.stream, %5$s, %6$s, n.body
        FROM pg_temp.bulk n ORDER BY n.ord;
    %7$s
    position := v_last + v_count;
    recorded_at := recorded_at + (v_count - 1) * interval '1 microsecond';
END $body$;
$make$, book, own, owner_name, owner_value, subject, topic, keep_head, opening);

        EXECUTE format('DROP FUNCTION books.open_%1$s', book);
    END LOOP;
END $migration$;
