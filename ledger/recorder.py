"""Writes stored events through the append functions, and nothing else writes them (design D3).

It stands where the library's PostgreSQL recorder would: `Application.save` calls
`insert_events`. One event goes by `append_one`, some by `append_many`, many by COPY and
`append_bulk`; the rules are the same text in all three (ledger/migrations/0006.append-in-one.sql).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn, TypeVar
from uuid import UUID

import psycopg
from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent, Subscription

from domain.refusal import StaleVersion
from ledger.database import Connection, Pool, as_array
from ledger.errors import (
    ClockBackwards,
    ClockRefused,
    IdempotencyRepeat,
    LedgerError,
    LedgerUnavailable,
    Taken,
)
from ledger.mapper import Stored

#: From how many events on COPY is quicker than arrays.
BULK_FROM = 500

#: How long an append tries to reach a database that went away.
PATIENCE_SECONDS = 5.0

#: An event that is read says its id in its body.
_NO_ID = UUID(int=0)

Beside = Callable[[Connection], None]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Idempotency:
    """What is kept of a request that must have one effect: never its body (contract 2)."""

    account: UUID
    key: bytes
    request: bytes
    status: int
    record_id: UUID | None
    version: int | None


class Position(int):
    """The position of a recorded event in its book, with the time the book gave it."""

    recorded_at: datetime

    @classmethod
    def at(cls, position: int, recorded_at: datetime) -> "Position":
        made = cls(position)
        made.recorded_at = recorded_at
        return made


class BookRecorder(ApplicationRecorder):
    """The writer of one book. Positions are gap-free, time never runs against them."""

    def __init__(self, pool: Pool, book: str) -> None:
        self._pool = pool
        self._book = book
        one = ", ".join(["%s"] * 13)
        self._append_one = f"SELECT position, recorded_at FROM books.append_one_{book}({one})"
        many = (
            "%s, %s::uuid[], %s::bigint[], %s::text[], %s::uuid[], %s::bytea[], "
            "%s, %s, %s, %s, %s, %s, %s"
        )
        self._append_many = f"SELECT position, recorded_at FROM books.append_many_{book}({many})"
        bulk = ", ".join(["%s"] * 8)
        self._append_bulk = f"SELECT position, recorded_at FROM books.append_bulk_{book}({bulk})"
        self._stream = f"SELECT * FROM books.stream_{book}(%s, %s, %s)"
        self._streams = (
            "SELECT w.stream, s.* FROM unnest(%s::uuid[], %s::bigint[]) AS w(stream, after),"
            f" LATERAL books.stream_{book}(%s, w.stream, w.after) AS s"
        )

    def insert_events(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        idempotency: Idempotency | None = None,
        beside: Beside | None = None,
        after: Beside | None = None,
        **kwargs: Any,
    ) -> Sequence[Position]:
        """Appends all or nothing; returns each event's position and time.

        `beside` and `after` run in the same transaction, before and after the append. Raises
        `StaleVersion`, `IdempotencyRepeat`, `ClockRefused`, `Taken`, `LedgerUnavailable`.
        """
        events: list[Stored] = [event for event in stored_events if isinstance(event, Stored)]
        if not events:
            return []
        deadline = time.monotonic() + PATIENCE_SECONDS
        refusal: psycopg.Error | None = None
        lost = False
        while True:
            try:
                return self._insert(events, idempotency, beside, after)
            except psycopg.errors.DeadlockDetected as error:
                # The server undid one of two that waited for each other: it is tried again.
                if time.monotonic() > deadline:
                    _translate(error)
                continue
            except psycopg.DatabaseError as error:
                if _lost(error):
                    lost = True
                else:
                    refusal = error
            # A connection was lost and its commit may or may not have happened: look. A refusal
            # after that may be the answer to our own first attempt.
            found = self._find(events, deadline) if lost else None
            if found is not None:
                return found
            if refusal is not None:
                _translate(refusal)
            if time.monotonic() > deadline:
                raise LedgerUnavailable(LedgerUnavailable.__doc__)

    def _insert(
        self,
        events: list[Stored],
        idempotency: Idempotency | None,
        beside: Beside | None,
        after: Beside | None,
    ) -> Sequence[Position]:
        with self._pool.connection(timeout=PATIENCE_SECONDS) as connection:
            if beside is None and after is None and len(events) < BULK_FROM:
                return self._append(connection, events, idempotency)
            with connection.transaction():
                if beside is not None:
                    beside(connection)
                positions = self._append(connection, events, idempotency)
                if after is not None:
                    after(connection)
                return positions

    def _append(
        self, connection: Connection, events: list[Stored], idempotency: Idempotency | None
    ) -> Sequence[Position]:
        kept = (
            (None, None, None, None, None, None)
            if idempotency is None
            else (
                idempotency.account,
                idempotency.key,
                idempotency.request,
                idempotency.status,
                idempotency.record_id,
                idempotency.version,
            )
        )
        witness = datetime.now(UTC)
        first = events[0]
        if len(events) == 1:
            row = connection.execute(
                self._append_one,
                (
                    first.owner,
                    first.originator_id,
                    first.originator_version,
                    first.topic,
                    first.subject,
                    first.state,
                    witness,
                    *kept,
                ),
                prepare=True,
            ).fetchone()
        elif len(events) < BULK_FROM:
            row = connection.execute(
                self._append_many,
                (
                    first.owner,
                    [event.originator_id for event in events],
                    [event.originator_version for event in events],
                    [event.topic for event in events],
                    [event.subject for event in events],
                    [event.state for event in events],
                    witness,
                    *kept,
                ),
            ).fetchone()
        else:
            copy_bulk(connection, events)
            row = connection.execute(self._append_bulk, (first.owner, witness, *kept)).fetchone()
        assert row is not None
        return _positions(row[0], row[1], len(events))

    def _find(self, events: list[Stored], deadline: float) -> Sequence[Position] | None:
        """After a lost connection: the positions if the events are in the book, else None."""
        first = events[0]
        stored = self._patiently(
            deadline,
            lambda: self._select(first.owner, first.originator_id, first.originator_version - 1),
        )
        # The body holds ids and nonces of this attempt, so an equal one is ours.
        if not stored or stored[0].state != first.state:
            return None
        assert stored[0].position is not None
        assert stored[0].recorded_at is not None
        last = stored[0].position + len(events) - 1
        return _positions(last, _later(stored[0].recorded_at, len(events) - 1), len(events))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
        owner: UUID | None = None,
    ) -> Sequence[Stored]:
        """The events of a stream after version `gt`, in order. Raises `LedgerUnavailable`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            stored = self._select(owner, originator_id, gt or 0)
        except psycopg.OperationalError:
            stored = self._patiently(deadline, lambda: self._select(owner, originator_id, gt or 0))
        if lte is not None:
            stored = [event for event in stored if event.originator_version <= lte]
        if desc:
            stored.reverse()
        return stored[:limit]

    def select_streams(
        self, after: Mapping[UUID, int], owner: UUID | None = None
    ) -> Sequence[Stored]:
        """The events of several streams after a version each, by one statement; those of a stream
        in order. Raises `LedgerUnavailable`."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        try:
            return self._select_streams(owner, after)
        except psycopg.OperationalError:
            return self._patiently(deadline, lambda: self._select_streams(owner, after))

    def _patiently(self, deadline: float, read: Callable[[], Found]) -> Found:
        """Reads again after a connection was lost, from a server that may just be starting."""
        while True:
            try:
                self._pool.check()
                return read()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise LedgerUnavailable(LedgerUnavailable.__doc__) from None
                time.sleep(0.05)

    def _select(self, owner: UUID | None, stream: UUID | str, after: int) -> list[Stored]:
        with self._pool.connection(timeout=PATIENCE_SECONDS) as connection:
            rows = connection.execute(
                self._stream, (owner, stream, after), prepare=True, binary=True
            ).fetchall()
        return [stored_from(self._book, stream, owner, row) for row in rows]

    def _select_streams(self, owner: UUID | None, after: Mapping[UUID, int]) -> list[Stored]:
        with self._pool.connection(timeout=PATIENCE_SECONDS) as connection:
            rows = connection.execute(
                self._streams, (as_array(after), as_array(after.values()), owner), binary=True
            ).fetchall()
        # By stream and version.
        rows.sort(key=lambda row: (row[0].int, row[3]))
        return [stored_from(self._book, row[0], owner, row[1:]) for row in rows]

    # The library's notification log is not used: projections read the books themselves (D8).

    def select_notifications(self, *args: Any, **kwargs: Any) -> Sequence[Notification]:
        raise NotImplementedError("projections read the books")

    def max_notification_id(self) -> int | None:
        raise NotImplementedError("projections read the books")

    def subscribe(self, *args: Any, **kwargs: Any) -> Subscription[ApplicationRecorder]:
        raise NotImplementedError("projections read the books")


def stored_from(book: str, stream: UUID | str, owner: UUID | None, row: Sequence[Any]) -> Stored:
    """A row (position, recorded_at, stream_version, subject, topic, body) as a stored event."""
    position, recorded_at, version, subject, topic, body = row
    return Stored(
        originator_id=stream,
        originator_version=version,
        topic=topic,
        state=bytes(body),
        book=book,
        event_id=_NO_ID,
        subject=_uuid(subject) if subject and book != "notes" else None,
        owner=owner,
        position=position,
        recorded_at=recorded_at,
    )


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)


def copy_bulk(connection: Connection, events: Sequence[Stored]) -> None:
    """Puts the events into the temporary table that `append_bulk` reads, in their order."""
    connection.execute("SELECT books.make_bulk()")
    with connection.cursor().copy("COPY pg_temp.bulk FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(["int8", "uuid", "int8", "text", "uuid", "bytea"])
        for number, event in enumerate(events, start=1):
            copy.write_row(
                (
                    number,
                    event.originator_id,
                    event.originator_version,
                    event.topic,
                    event.subject,
                    event.state,
                )
            )


def _positions(last: int, last_at: datetime, count: int) -> list[Position]:
    return [
        Position.at(last - behind, _later(last_at, -behind)) for behind in range(count - 1, -1, -1)
    ]


def _later(instant: datetime, microseconds: int) -> datetime:
    return instant + timedelta(microseconds=microseconds)


def _lost(error: psycopg.Error) -> bool:
    """Whether the connection went away, so that nobody told us what became of the commit."""
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError)
    return error.sqlstate[:2] in ("08", "57") and error.sqlstate != "57014"


def _translate(error: psycopg.Error) -> NoReturn:
    match error.sqlstate:
        case "IG001":
            raise IdempotencyRepeat(IdempotencyRepeat.__doc__) from None
        case "IG002":
            raise StaleVersion(int(error.diag.message_detail or 0)) from None
        case "IG004" | "IG005":
            raise ClockRefused(ClockRefused.__doc__) from None
        case "IG006":
            raise ClockBackwards(ClockBackwards.__doc__) from None
        case "IG009" | "IG003":
            raise LedgerError(error.diag.message_primary) from None
    if isinstance(error, psycopg.errors.UniqueViolation):
        raise Taken(error.diag.constraint_name or "") from None
    if isinstance(error, psycopg.OperationalError):
        # A full disk, a lock that nobody gave up, a server going down.
        raise LedgerUnavailable(LedgerUnavailable.__doc__) from None
    raise error
