-- The clock of a simulated ledger: moved forward only by the call, standing still in `test`,
-- running on in `demo`, and never while the program is stopped (design D13).
INSERT INTO books.birth (clock) VALUES ('simulated');

CREATE TABLE books.simulated_clock (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    at timestamptz NOT NULL,
    running boolean NOT NULL DEFAULT false,
    since timestamptz
);

CREATE FUNCTION books.ledger_now() RETURNS timestamptz
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.at + coalesce(clock_timestamp() - c.since, interval '0') FROM books.simulated_clock c
$$;

-- The first event after a move carries exactly the new instant; a running clock runs from there.
CREATE FUNCTION books.ledger_draw(last_at timestamptz, witness timestamptz) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    instant timestamptz := books.ledger_now();
BEGIN
    UPDATE books.simulated_clock c SET since = clock_timestamp() WHERE c.running AND c.since IS NULL;
    RETURN instant;
END $$;

-- Moves the clock forward. Called in the transaction of the event that says so.
CREATE FUNCTION books.move_clock(instant timestamptz) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last_topic text;
    last_at timestamptz;
BEGIN
    SELECT b.topic, b.recorded_at INTO last_topic, last_at
        FROM books.records b ORDER BY b.position DESC LIMIT 1;
    IF last_topic IS DISTINCT FROM 'ledger.clock-moved.v1' THEN
        RAISE EXCEPTION USING ERRCODE = 'IG003', MESSAGE = 'bad-batch';
    END IF;
    IF instant <= books.ledger_now() OR instant <= last_at THEN
        RAISE EXCEPTION USING ERRCODE = 'IG006', MESSAGE = 'clock-backwards';
    END IF;
    UPDATE books.simulated_clock c SET at = instant, since = NULL;
END $$;

-- At a start of the program: the clock goes on from where the books end.
CREATE FUNCTION books.resume_clock(p_running boolean) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE books.simulated_clock c SET running = p_running, since = NULL,
        at = greatest(c.at, (SELECT b.recorded_at FROM books.records b ORDER BY b.position DESC LIMIT 1))
$$;
