"""What is kept for a time is forgotten after it."""

import time
from uuid import uuid4

from igp.housekeeping import housekeeping
from ledger.ledger import Ledger

PATIENCE_SECONDS = 20.0


def test_outcomes_are_forgotten_after_48_hours_and_not_before(ledger: Ledger) -> None:
    old, new = uuid4(), uuid4()
    with ledger.pool.connection() as connection:
        for account, age in ((old, "49 hours"), (new, "47 hours")):
            connection.execute(
                "INSERT INTO desk.idempotency (account, key, request, status, created_at)"
                " VALUES (%s, '', '', 201, clock_timestamp() - %s::interval)",
                (account, age),
            )
        with housekeeping(ledger):
            deadline = time.monotonic() + PATIENCE_SECONDS
            left = None
            while left != [(new,)] and time.monotonic() < deadline:
                left = connection.execute("SELECT account FROM desk.idempotency").fetchall()
        assert left == [(new,)]
