-- depends: 0013.holder-in-doubt
-- `igp ledger resume` takes the last time of the shared books for the shared books, and of each
-- author's ledger for that ledger alone: how far the one goes on must not tell of the other.

SET lock_timeout = '5s';

CREATE TABLE books.notes_resumption (
    owner uuid PRIMARY KEY,
    until timestamptz NOT NULL
);

-- The time of a note: what was answered for in its author's ledger is no last event for the clock.
CREATE FUNCTION books.ledger_draw_notes(p_owner uuid, last_at timestamptz, witness timestamptz)
RETURNS timestamptz LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
    IF last_at > clock_timestamp() AND EXISTS (
        SELECT FROM books.notes_resumption r WHERE r.owner = p_owner AND last_at <= r.until
    ) THEN
        RETURN books.ledger_draw(NULL, witness);
    END IF;
    RETURN books.ledger_draw(last_at, witness);
END $body$;

DO $migration$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['append_one_notes', 'append_many_notes', 'append_bulk_notes'] LOOP
        EXECUTE replace(
            pg_get_functiondef(('books.' || name)::regproc),
            'books.ledger_draw(v_last_at, p_witness)',
            'books.ledger_draw_notes(p_owner, v_last_at, p_witness)'
        );
    END LOOP;
    -- A ledger that was born with a real clock has the function of its birth (birth_real.sql).
    IF to_regprocedure('books.resume()') IS NOT NULL THEN
        EXECUTE $make$
CREATE OR REPLACE FUNCTION books.resume() RETURNS void
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
$$
$make$;
    END IF;
END $migration$;
