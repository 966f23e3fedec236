-- depends: 0011.passkeys
-- A bulk append takes its events in the order 1, 2, 3 ...: with a number below one the rest could
-- make up for it, and a position would be left out in a book that was empty.

SET lock_timeout = '5s';

CREATE OR REPLACE FUNCTION books.make_bulk() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
    IF to_regclass('pg_temp.bulk') IS NULL THEN
        CREATE TEMPORARY TABLE bulk (
            ord bigint CHECK (ord > 0), stream uuid, version bigint, topic text, subject uuid, body bytea
        ) ON COMMIT DELETE ROWS;
        -- Nobody but this session sees it.
        GRANT INSERT ON pg_temp.bulk TO PUBLIC;
    END IF;
END $body$;
