-- depends: 0008.sign-ins
-- What keeps a sign-in safe: on which device a session was opened, how often a name was tried with a
-- wrong password (names that nobody has are counted alike), and codes for a new password.

SET lock_timeout = '5s';

ALTER TABLE desk.session ADD COLUMN device text;

CREATE TABLE desk.attempt (
    name_mac bytea PRIMARY KEY,
    failures bigint NOT NULL,
    last_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Of a code its SHA-256 is kept; a newer code takes its place.
CREATE TABLE desk.password_reset (
    account uuid PRIMARY KEY,
    code bytea NOT NULL,
    expires_at timestamptz NOT NULL
);

DO $$
DECLARE
    prefix text := 'igp_' || current_database() || '_';
BEGIN
    EXECUTE format(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON desk.attempt, desk.password_reset TO %I',
        prefix || 'writer');
END
$$;
