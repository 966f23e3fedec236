"""How often a name was tried with a wrong password: too often, and it waits (a lock-out that tells
nothing).

Names that nobody has are counted alike, and who waits is answered as for a wrong password: neither
the answer nor its time says whether there is such an account, nor that it waits.
"""

from typing import TYPE_CHECKING
from uuid import UUID

from domain.capacity import Capacity
from domain.reading import CommandRefused
from ledger.database import Connection
from ledger.ledger import Ledger

if TYPE_CHECKING:
    from api.house import House

#: So many wrong passwords one after another, and for so many seconds the name waits.
MOST, WAIT_SECONDS = 10, 15 * 60


def waits(connection: Connection, name_mac: bytes) -> bool:
    """Whether a name was tried too often a short while ago."""
    row = connection.execute(
        "SELECT failures >= %s AND last_at > clock_timestamp() - %s * interval '1 second'"
        " FROM desk.attempt WHERE name_mac = %s",
        (MOST, WAIT_SECONDS, name_mac),
    ).fetchone()
    return bool(row and row[0])


def failed(connection: Connection, name_mac: bytes, *, waits: bool) -> None:
    """Counts a wrong password; after a while without one it begins anew.

    What is tried while a name waits takes as long and counts for nothing: else who tries again
    would wait for ever.
    """
    connection.execute(
        "INSERT INTO desk.attempt AS a (name_mac, failures) VALUES (%(name)s, 1)"
        " ON CONFLICT (name_mac) DO UPDATE SET"
        " last_at = CASE WHEN %(waits)s THEN a.last_at ELSE clock_timestamp() END,"
        " failures = CASE WHEN %(waits)s THEN a.failures"
        " WHEN a.last_at < clock_timestamp() - %(wait)s * interval '1 second' THEN 1"
        " ELSE a.failures + 1 END",
        {"name": name_mac, "wait": WAIT_SECONDS, "waits": waits},
    )


def succeeded(connection: Connection, name_mac: bytes) -> None:
    connection.execute("DELETE FROM desk.attempt WHERE name_mac = %s", (name_mac,))


def record_refused(house: "House", account_id: UUID, rule: str) -> None:
    """Whoever showed to be this account by a first step did not come in: that is recorded."""
    house.access.record(
        CommandRefused(
            originator_id=house.ledger.entropy.uuid(account_id, "access"),
            originator_version=1,
            by=account_id,
            capacity=Capacity.SYSTEM,
            what="sign-in",
            rule=rule,
            subjects=(),
        )
    )


def purge(ledger: Ledger) -> int:
    """Deletes counts that say nothing any more; returns how many."""
    with ledger.pool.connection() as connection:
        return connection.execute(
            "DELETE FROM desk.attempt WHERE last_at < clock_timestamp() - interval '1 day'"
        ).rowcount
