-- The clock of a real ledger: clock_timestamp() and nothing else (design D13).
INSERT INTO books.birth (clock) VALUES ('real');

CREATE FUNCTION books.ledger_now() RETURNS timestamptz
LANGUAGE sql VOLATILE AS $$ SELECT clock_timestamp() $$;

-- The time of an event. A clock more than 2 s behind the last event refuses; so does one more
-- than an hour ahead of it while the caller's own clock (`witness`) disagrees by as much.
CREATE FUNCTION books.ledger_draw(last_at timestamptz, witness timestamptz) RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    instant timestamptz := clock_timestamp();
BEGIN
    IF instant < last_at - interval '2 seconds' THEN
        RAISE EXCEPTION USING ERRCODE = 'IG004', MESSAGE = 'clock-behind';
    END IF;
    IF instant > last_at + interval '1 hour' AND instant > witness + interval '1 hour' THEN
        RAISE EXCEPTION USING ERRCODE = 'IG005', MESSAGE = 'clock-ahead';
    END IF;
    RETURN instant;
END $$;
