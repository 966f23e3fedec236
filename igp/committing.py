"""The daily commitment to the notes ledgers, made while the program serves."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog

from ledger.ledger import Ledger
from ledger.notes_commitment import Rhythm, make_up, until_next

#: How long it waits before it looks at the ledger's clock again, in seconds: a simulated one jumps.
LOOK_SECONDS = 60.0
#: At which times of the clock commitments are recorded; reading takes less for 30 years.
MARK = timedelta(minutes=1)

log = structlog.get_logger("igp.committing")


@contextmanager
def committing(ledger: Ledger) -> Iterator[None]:
    """Makes up what was missed, then commits at every 00:00 in Taipei, until the block ends.

    Not for mode `test`, whose clock crosses midnight by moves alone: each makes up for the one
    before it (api/simulation.py), and nothing is recorded between two calls.
    """
    ending = threading.Event()

    def reached(instant: datetime) -> bool:
        return not ending.wait(max(0.0, (instant - ledger.now()).total_seconds()))

    def run() -> None:
        while True:
            pause = LOOK_SECONDS
            try:
                made = make_up(ledger, Rhythm(MARK, reached))
                if made is not None:
                    log.info("notes.committed", position=made.position)
                pause = min(LOOK_SECONDS, until_next(ledger).total_seconds())
            except Exception as error:
                log.warning("notes.not-committed", error=type(error).__name__, again_in=pause)
            if ending.wait(pause):
                return

    thread = threading.Thread(target=run, name="committing", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
