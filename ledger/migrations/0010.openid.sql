-- depends: 0009.sign-in-safety
-- Which account an identity of the county's OpenID provider signs in to. Of issuer and subject an
-- HMAC is kept; one identity has one account, one account one identity.

SET lock_timeout = '5s';

CREATE TABLE desk.openid_link (
    account uuid PRIMARY KEY,
    identity_mac bytea NOT NULL UNIQUE
);

DO $$
DECLARE
    prefix text := 'igp_' || current_database() || '_';
BEGIN
    EXECUTE format(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON desk.openid_link TO %I', prefix || 'writer');
END
$$;
