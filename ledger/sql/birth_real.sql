-- The clock of a real ledger: clock_timestamp() and nothing else (design D13).
INSERT INTO books.birth (clock) VALUES ('real');

CREATE FUNCTION books.ledger_now() RETURNS timestamptz
LANGUAGE sql VOLATILE AS $$ SELECT clock_timestamp() $$;

-- Somebody answered for going on although the clock is behind the last event (ledger.resumed.v1):
-- up to this time of a last event it is taken as it is.
CREATE TABLE books.resumption (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    until timestamptz NOT NULL
);

-- The time of an event. A clock more than 2 s behind the last event refuses; so does one more
-- than an hour ahead of it while the caller's own clock (`witness`) disagrees by as much.
CREATE FUNCTION books.ledger_draw(last_at timestamptz, witness timestamptz) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    instant timestamptz := clock_timestamp();
BEGIN
    IF instant < last_at - interval '2 seconds'
       AND NOT EXISTS (SELECT FROM books.resumption r WHERE last_at <= r.until) THEN
        RAISE EXCEPTION USING ERRCODE = 'IG004', MESSAGE = 'clock-behind';
    END IF;
    IF instant > last_at + interval '1 hour' AND instant > witness + interval '1 hour' THEN
        RAISE EXCEPTION USING ERRCODE = 'IG005', MESSAGE = 'clock-ahead';
    END IF;
    RETURN instant;
END $$;

-- Called in the transaction of the event that says so. Events go on from the last one's time,
-- microsecond by microsecond, until the clock has come there; the hour is room for them. Each
-- author's ledger by its own last event (design D7).
CREATE FUNCTION books.resume() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO books.resumption AS r (until)
    SELECT max(b.recorded_at) + interval '1 hour' FROM (
        SELECT recorded_at FROM books.records
        UNION ALL SELECT recorded_at FROM books.access
    ) b
    ON CONFLICT (single) DO UPDATE SET until = excluded.until;
    INSERT INTO books.notes_resumption AS r (owner, until)
    SELECT n.owner, max(n.recorded_at) + interval '1 hour' FROM books.notes n GROUP BY n.owner
    ON CONFLICT (owner) DO UPDATE SET until = excluded.until
$$;
