-- depends: 0012.bulk-from-one
-- Somebody who came in by a code that another person handed out is not known to be who had the
-- account before: for a while the account's own ledger is opened only from there on.

SET lock_timeout = '5s';

-- `chosen`: whether the holder set the password. What stands was set before anybody asked.
ALTER TABLE desk.credential
    ADD COLUMN chosen boolean NOT NULL DEFAULT true,
    ADD COLUMN doubted_until timestamptz,
    ADD COLUMN own_after bigint NOT NULL DEFAULT 0,
    ADD COLUMN former_hash text;
ALTER TABLE desk.credential ALTER COLUMN chosen SET DEFAULT false;

-- `proves`: whether it was registered by a holder who was not in doubt.
ALTER TABLE desk.passkey ADD COLUMN proves boolean NOT NULL DEFAULT true;

-- `behind`: 0, or by which reset of the password the draft is of who had the account before.
ALTER TABLE desk.draft ADD COLUMN behind bigint NOT NULL DEFAULT 0;
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX draft_behind ON desk.draft (owner, key, behind);
-- squawk-ignore ban-drop-constraint
ALTER TABLE desk.draft DROP CONSTRAINT draft_pkey;
ALTER TABLE desk.draft ADD CONSTRAINT draft_pkey PRIMARY KEY USING INDEX draft_behind;

ALTER POLICY author_reads ON books.notes USING (
    owner = (SELECT nullif(current_setting('igp.viewer', true), '')::uuid)
    AND "position" > (SELECT coalesce(nullif(current_setting('igp.own_after', true), '')::bigint, 0)));
