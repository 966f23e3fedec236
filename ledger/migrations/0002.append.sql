-- depends: 0001.books
-- The one way to write (design D3). The text below is written once and made for each book, so
-- that no path can forget a rule: lock, idempotency, versions, position, time, insert.
-- Errors: IG001 idempotency-repeat, IG002 stale-version (detail: the current version),
-- IG003 bad batch, IG004 clock-behind, IG005 clock-ahead, IG006 clock-backwards.

SET lock_timeout = '5s';

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
    keep_head text;
BEGIN
    FOREACH book IN ARRAY ARRAY['records', 'notes', 'access'] LOOP
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

        -- What holds before anything is written: the lock first, so that no reader who has
        -- seen position 8 meets 7 later; then the key; then where the book ends and what time
        -- it is. Sets v_last and v_instant.
        EXECUTE format($make$
CREATE FUNCTION books.open_%1$s(
    p_owner uuid, p_account uuid, p_key bytea, p_witness timestamptz,
    OUT v_last bigint, OUT v_instant timestamptz
) LANGUAGE plpgsql AS $body$
DECLARE
    v_last_at timestamptz;
    v_beat timestamptz;
BEGIN
    PERFORM %2$s;
    IF p_key IS NOT NULL AND EXISTS (
        SELECT FROM desk.idempotency i WHERE i.account = p_account AND i.key = p_key
    ) THEN
        RAISE EXCEPTION USING ERRCODE = 'IG001', MESSAGE = 'idempotency-repeat';
    END IF;
    SELECT b.position, b.recorded_at INTO v_last, v_last_at
        FROM books.%1$s b %3$s ORDER BY b.position DESC LIMIT 1;
    v_last := coalesce(v_last, 0);
    v_instant := books.ledger_draw(v_last_at, p_witness);
    IF v_last_at IS NOT NULL AND v_instant <= v_last_at THEN
        v_instant := v_last_at + interval '1 microsecond';
    END IF;
    %4$s
END $body$;
$make$, book, take_lock, last_row, CASE book WHEN 'records' THEN
    'SELECT h.at INTO v_beat FROM books.heartbeat h;
    IF v_beat > v_instant THEN v_instant := v_beat; END IF;' ELSE '' END);

        EXECUTE format($make$
CREATE FUNCTION books.append_one_%1$s(
    p_owner uuid, p_stream uuid, p_version bigint, p_topic text, p_subject uuid, p_body bytea,
    p_witness timestamptz,
    p_account uuid, p_key bytea, p_request bytea, p_status int, p_record uuid, p_record_version bigint,
    OUT "position" bigint, OUT recorded_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    v_last bigint;
    v_count bigint := 1;
    v_current bigint;
BEGIN
    SELECT o.v_last, o.v_instant INTO v_last, recorded_at
        FROM books.open_%1$s(p_owner, p_account, p_key, p_witness) o;
    SELECT b.stream_version INTO v_current FROM books.%1$s b
        WHERE %2$s b.stream_id = p_stream ORDER BY b.stream_version DESC LIMIT 1;
    IF coalesce(v_current, 0) <> p_version - 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'IG002', MESSAGE = 'stale-version',
            DETAIL = coalesce(v_current, 0)::text;
    END IF;
    position := v_last + 1;
    INSERT INTO books.%1$s (%3$s position, recorded_at, stream_version, stream_id, subject, topic, body)
        VALUES (%4$s append_one_%1$s.position, append_one_%1$s.recorded_at, p_version, p_stream,
                %5$s, %6$s, p_body);
    %7$s
    IF p_key IS NOT NULL THEN
        INSERT INTO desk.idempotency (account, key, request, status, record_id, version)
            VALUES (p_account, p_key, p_request, p_status, p_record, p_record_version);
    END IF;
END $body$;
$make$, book, own, owner_name, owner_value,
            replace(subject, 'n.subject', 'p_subject'), replace(topic, 'n.topic', 'p_topic'),
            keep_head);

        -- The rules for many events, from arrays or from the caller's temporary table.
        EXECUTE format($make$
CREATE FUNCTION books.append_many_%1$s(
    p_owner uuid, p_streams uuid[], p_versions bigint[], p_topics text[], p_subjects uuid[],
    p_bodies bytea[], p_witness timestamptz,
    p_account uuid, p_key bytea, p_request bytea, p_status int, p_record uuid, p_record_version bigint,
    OUT "position" bigint, OUT recorded_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    v_last bigint;
    v_count bigint := cardinality(p_streams);
    v_current bigint;
BEGIN
    IF coalesce(v_count, 0) = 0 OR v_count IS DISTINCT FROM cardinality(p_versions)
       OR v_count IS DISTINCT FROM cardinality(p_topics)
       OR v_count IS DISTINCT FROM cardinality(p_subjects)
       OR v_count IS DISTINCT FROM cardinality(p_bodies) THEN
        RAISE EXCEPTION USING ERRCODE = 'IG003', MESSAGE = 'bad-batch';
    END IF;
    SELECT o.v_last, o.v_instant INTO v_last, recorded_at
        FROM books.open_%1$s(p_owner, p_account, p_key, p_witness) o;
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
    IF p_key IS NOT NULL THEN
        INSERT INTO desk.idempotency (account, key, request, status, record_id, version)
            VALUES (p_account, p_key, p_request, p_status, p_record, p_record_version);
    END IF;
    position := v_last + v_count;
    recorded_at := recorded_at + (v_count - 1) * interval '1 microsecond';
END $body$;
$make$, book, own, owner_name, owner_value, subject, topic, keep_head);

        EXECUTE format($make$
CREATE FUNCTION books.append_bulk_%1$s(
    p_owner uuid, p_witness timestamptz,
    p_account uuid, p_key bytea, p_request bytea, p_status int, p_record uuid, p_record_version bigint,
    OUT "position" bigint, OUT recorded_at timestamptz
) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    v_last bigint;
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
    SELECT o.v_last, o.v_instant INTO v_last, recorded_at
        FROM books.open_%1$s(p_owner, p_account, p_key, p_witness) o;
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
    IF p_key IS NOT NULL THEN
        INSERT INTO desk.idempotency (account, key, request, status, record_id, version)
            VALUES (p_account, p_key, p_request, p_status, p_record, p_record_version);
    END IF;
    position := v_last + v_count;
    recorded_at := recorded_at + (v_count - 1) * interval '1 microsecond';
END $body$;
$make$, book, own, owner_name, owner_value, subject, topic, keep_head);

        -- A stream after a version, for the decision about it.
        EXECUTE format($make$
CREATE FUNCTION books.stream_%1$s(p_owner uuid, p_stream uuid, p_after bigint)
RETURNS TABLE (
    "position" bigint, recorded_at timestamptz, stream_version bigint, subject text, topic text,
    body bytea
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    SELECT b.position, b.recorded_at, b.stream_version, b.subject::text, b.topic, b.body
    FROM books.%1$s b WHERE %2$s b.stream_id = p_stream AND b.stream_version > p_after
    ORDER BY b.stream_version
$body$;
$make$, book, own);
    END LOOP;
END $migration$;

-- The temporary table of a bulk append: the caller may fill it, and only the owner may shape it.
CREATE FUNCTION books.make_bulk() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF to_regclass('pg_temp.bulk') IS NULL THEN
        CREATE TEMPORARY TABLE bulk (
            ord bigint, stream uuid, version bigint, topic text, subject uuid, body bytea
        ) ON COMMIT DELETE ROWS;
        -- Nobody but this session sees it.
        GRANT INSERT ON pg_temp.bulk TO PUBLIC;
    END IF;
END $body$;

-- Draws a heartbeat under the append lock: every event before `at` is at or below `position`,
-- and no later one will carry an earlier time.
CREATE FUNCTION books.draw_heartbeat(OUT "position" bigint, OUT at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    PERFORM pg_advisory_xact_lock(1, 1);
    SELECT b.position, b.recorded_at INTO position, at
        FROM books.records b ORDER BY b.position DESC LIMIT 1;
    position := coalesce(position, 0);
    at := greatest(at + interval '1 microsecond', books.ledger_now());
    INSERT INTO books.heartbeat AS h (position, at)
        VALUES (draw_heartbeat.position, draw_heartbeat.at)
        ON CONFLICT (single) DO UPDATE
            SET position = excluded.position, at = greatest(h.at, excluded.at);
END $body$;

-- The last position of `records` before an instant, by bisection over the positions: time never
-- runs against position, so no index on the time is needed.
CREATE FUNCTION books.position_before(instant timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
    low bigint := 0;
    high bigint;
    middle bigint;
BEGIN
    SELECT b.position INTO high FROM books.records b ORDER BY b.position DESC LIMIT 1;
    high := coalesce(high, 0);
    WHILE low < high LOOP
        middle := (low + high + 1) / 2;
        IF (SELECT b.recorded_at FROM books.records b WHERE b.position = middle) < instant THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END $body$;
