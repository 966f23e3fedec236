"""What can go wrong in the ledger. The docstring is the message: it says what to do."""


class LedgerError(Exception):
    """The ledger refused or failed; nothing was recorded."""


class LedgerUnavailable(LedgerError):
    """The database does not answer. Nothing was acknowledged; try again."""


class IdempotencyRepeat(LedgerError):
    """The key was used while this request waited. Look its outcome up and answer with it."""


class ClockRefused(LedgerError):
    """The server's clock contradicts the book. Put the clock right, or `igp ledger resume`."""


class ClockBackwards(LedgerError):
    """A simulated clock moves forward only."""


class Taken(LedgerError):
    """A reservation beside the event is already held; `args[0]` names the constraint."""
