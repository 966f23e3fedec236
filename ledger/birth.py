"""The birth of a ledger: its clock is fixed once, in its first event (design D13)."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from domain.capacity import Capacity
from domain.ledger_life import (
    LEDGER_STREAM,
    SYSTEM,
    ClockMoved,
    LedgerOpened,
    LedgerResumed,
    LedgerStarted,
)
from domain.refusal import StaleVersion
from ledger.database import Connection, Database
from ledger.ledger import Ledger, Recorded
from ledger.modes import Clock, Mode, WrongMode

_SQL = Path(__file__).parent / "sql"


def clock_of(database: Database) -> Clock | None:
    """The clock of the ledger in this database, or None where none was born yet."""
    with database.connect("owner") as connection:
        row = connection.execute("SELECT clock FROM books.birth").fetchone()
    return row[0] if row else None


def bear(database: Database, clock: Clock, start: datetime | None = None) -> None:
    """Makes the functions of the clock. Idempotent for the same clock.

    Raises `WrongMode` where a ledger with the other clock lives in this database.
    """
    with database.connect("owner", autocommit=False) as connection:
        # Two programs may start at the same moment; one of them bears the ledger.
        connection.execute("SELECT pg_advisory_xact_lock(1, 9)")
        row = connection.execute("SELECT clock FROM books.birth").fetchone()
        if row is not None:
            if row[0] != clock:
                raise WrongMode("這個資料庫的紀錄簿使用另一種時鐘，不能以目前的模式開啟。")
            return
        make_clock(connection, database, clock)
        if clock == "simulated":
            connection.execute("INSERT INTO books.simulated_clock (at) VALUES (%s)", (start,))
        connection.commit()


def make_clock(connection: Connection, database: Database, clock: Clock) -> None:
    """Says which clock the ledger has, in the owner's transaction. A simulated one is not set."""
    connection.execute((_SQL / f"birth_{clock}.sql").read_bytes())
    _grant_clock(connection, database, clock)


def _grant_clock(connection: Connection, database: Database, clock: Clock) -> None:
    readers = ", ".join(f'"{database.role(role)}"' for role in ("writer", "projector", "reader"))
    writer = f'"{database.role("writer")}"'
    connection.execute(f"GRANT EXECUTE ON FUNCTION books.ledger_now TO {readers}".encode())
    if clock == "simulated":
        connection.execute(
            f"GRANT EXECUTE ON FUNCTION books.move_clock, books.resume_clock TO {writer}".encode()
        )
    else:
        connection.execute(f"GRANT EXECUTE ON FUNCTION books.resume TO {writer}".encode())


def open_ledger(
    ledger: Ledger, *, mode: Mode, authority: str, start: datetime | None, version: str
) -> None:
    """Opens the books in this mode: the first event where there is none, then a start.

    A simulated clock goes on from where the books end; it runs in `demo`, stands in `test`.
    """
    clock: Clock = "real" if mode == "production" else "simulated"
    bear(ledger.database, clock, start)
    if clock == "simulated":
        with ledger.pool.connection() as connection:
            connection.execute("SELECT books.resume_clock(%s)", (mode == "demo",))

    def opened(version_now: int) -> None:
        if version_now == 0:
            ledger.keyring.create_account(SYSTEM, SYSTEM)
            ledger.record(
                LedgerOpened(
                    originator_id=LEDGER_STREAM,
                    originator_version=1,
                    by=SYSTEM,
                    capacity=Capacity.SYSTEM,
                    clock=clock,
                    start=start,
                    authority=authority,
                )
            )

    def started(version_now: int) -> None:
        ledger.record(
            LedgerStarted(
                originator_id=LEDGER_STREAM,
                originator_version=version_now + 1,
                by=SYSTEM,
                capacity=Capacity.SYSTEM,
                version=version,
            )
        )

    _after_others(ledger, opened)
    if mode != "test":
        _after_others(ledger, started)


def _after_others(ledger: Ledger, write: Callable[[int], None]) -> None:
    """Calls `write` with the version of the ledger's stream, again where another was quicker."""
    while True:
        events = ledger.events(LEDGER_STREAM)
        try:
            return write(events[-1].originator_version if events else 0)
        except StaleVersion:
            continue


def move_clock(ledger: Ledger, event: ClockMoved) -> Recorded:
    """Moves a simulated clock forward. The event carries the old time, the next one the new.

    Raises `ClockBackwards`.
    """

    def move(connection: Connection) -> None:
        connection.execute("SELECT books.move_clock(%s)", (event.now,))

    return ledger.record(event, after=move)


def resume(ledger: Ledger, event: LedgerResumed) -> Recorded:
    """Goes on although the clock is behind the last event: time stands almost still until it
    has caught up. Raises `ClockRefused` where the clock is ahead, which only setting it mends.
    """

    def allow(connection: Connection) -> None:
        connection.execute("SELECT books.resume()")

    return ledger.record(event, beside=allow if clock_of(ledger.database) == "real" else None)
