"""What is forgotten in time: kept outcomes of requests after 48 hours, old sessions, and what an
order of erasure took away."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from api import attempts, idempotency, second_factor, sign_in
from igp.erasures import finish_erasures
from ledger.ledger import Ledger

EVERY_SECONDS = 3600.0

log = structlog.get_logger("igp.housekeeping")


def purge(ledger: Ledger) -> int:
    """Deletes what is past its time; returns how many rows."""
    return sum(one.purge(ledger) for one in (idempotency, sign_in, attempts, second_factor))


@contextmanager
def housekeeping(ledger: Ledger, *, every: float = EVERY_SECONDS) -> Iterator[None]:
    """Purges at once and every hour until the block ends; a failure waits for the next hour."""
    ending = threading.Event()

    def run() -> None:
        while True:
            try:
                purge(ledger)
                # What another process erased leaves the memory of this one.
                finish_erasures(ledger)
            except Exception as error:
                log.warning("housekeeping.failed", error=type(error).__name__)
            if ending.wait(every):
                return

    thread = threading.Thread(target=run, name="housekeeping", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
