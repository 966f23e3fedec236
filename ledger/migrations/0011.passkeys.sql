-- depends: 0010.openid
-- Passkeys: what the books do not say of them, and the steps that were begun with a challenge.

SET lock_timeout = '5s';

-- The times are the ledger's, as those of the events.
CREATE TABLE desk.passkey (
    id uuid PRIMARY KEY,
    account uuid NOT NULL,
    credential bytea NOT NULL UNIQUE,
    public_key bytea NOT NULL,
    sign_count bigint NOT NULL,
    transports text[] NOT NULL,
    registered_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX passkey_account ON desk.passkey (account);

-- `holder` is the SHA-256 of what the browser shows; a step is deleted when it is taken.
CREATE TABLE desk.passkey_step (
    holder bytea PRIMARY KEY,
    account uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('prove', 'register')),
    challenge bytea NOT NULL,
    device text,
    expires_at timestamptz NOT NULL
);

DO $$
DECLARE
    prefix text := 'igp_' || current_database() || '_';
BEGIN
    EXECUTE format(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON desk.passkey, desk.passkey_step TO %I',
        prefix || 'writer');
END
$$;
