-- depends: 0007.checkpoints
-- The ledger's time of a sign-in: what changed since is counted by that clock, which in a simulated
-- ledger is not the machine's. Sessions that stand already do not know it.

SET lock_timeout = '5s';

ALTER TABLE desk.session ADD COLUMN ledger_time timestamptz;
