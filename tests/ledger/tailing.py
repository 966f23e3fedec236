"""A reader that follows a book while others write it, and the acts that others write."""

import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from domain.capacity import Capacity
from domain.counselling_note import CounsellingNoteRead
from domain.event import Book, Event
from domain.ledger_life import SYSTEM, LedgerStarted
from domain.reading import RecordRead
from ledger.database import Connection, Database
from ledger.ledger import Ledger


class Row(NamedTuple):
    """What a reader sees of an event, its body apart."""

    owner: UUID | None
    position: int
    recorded_at: datetime
    stream: UUID
    version: int


def rows_after(connection: Connection, book: str, owner: UUID | None, after: int) -> list[Row]:
    """The events of a book, or of an author's ledger, after a position; in its order."""
    whose = "owner" if owner else "NULL::uuid"
    mine = "owner = %(owner)s AND" if owner else ""
    return [
        Row(*row)
        for row in connection.execute(
            f"SELECT {whose}, position, recorded_at, stream_id, stream_version FROM books.{book}"
            f" WHERE {mine} position > %(after)s ORDER BY position".encode(),
            {"owner": owner, "after": after},
        )
    ]


def owners(connection: Connection, book: str) -> list[UUID | None]:
    """The authors that have a ledger; of a shared book the one that is nobody's."""
    if book != "notes":
        return [None]
    return [owner for (owner,) in connection.execute("SELECT owner FROM books.notes_head")]


class Follower:
    """Reads a book by position over and over, as a projection does: `WHERE position > last`."""

    def __init__(self, database: Database, book: str) -> None:
        self.seen: defaultdict[UUID | None, list[Row]] = defaultdict(list)
        self._database = database
        self._book = book
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Follower":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            last = self._end.is_set()
            try:
                with self._database.connect("projector") as connection:
                    while True:
                        self._look(connection)
                        if last:
                            return
                        last = self._end.is_set()
            except psycopg.OperationalError:
                # The server was killed; the position is all that a reader needs to go on.
                self._end.wait(0.05)

    def _look(self, connection: Connection) -> None:
        for owner in owners(connection, self._book):
            seen = self.seen[owner]
            after = seen[-1].position if seen else 0
            seen.extend(rows_after(connection, self._book, owner, after))


@dataclass(frozen=True)
class Faults:
    """How often a reader was told something else than the book says."""

    missed: int = 0
    inverted: int = 0
    twice: int = 0
    gaps: int = 0
    time_against_position: int = 0
    versions_out_of_order: int = 0


def faults(seen: list[Row], book: list[Row]) -> Faults:
    """Compares what a reader saw, in its order, with what stands in the book at the end."""
    pairs = list(pairwise(seen))
    versions: defaultdict[UUID, int] = defaultdict(int)
    out_of_order = 0
    for row in seen:
        versions[row.stream] += 1
        out_of_order += row.version != versions[row.stream]
    return Faults(
        missed=len(set(book) - set(seen)),
        inverted=sum(after.position < before.position for before, after in pairs),
        twice=len(seen) - len({row.position for row in seen}),
        gaps=sum(row.position != number for number, row in enumerate(book, start=1)),
        time_against_position=sum(
            after.recorded_at <= before.recorded_at for before, after in pairs
        ),
        versions_out_of_order=out_of_order,
    )


def act(book: Book, by: UUID, stream: UUID, version: int, **fields: Any) -> Event:
    """An event of a book that needs nothing but its stream; `what` can be set."""
    envelope = {
        "originator_id": stream,
        "originator_version": version,
        "by": by,
        "capacity": Capacity.SYSTEM,
    }
    what = str(fields.pop("what", "/"))
    match book:
        case "records":
            return LedgerStarted(**envelope, version=what, **fields)
        case "notes":
            return CounsellingNoteRead(**envelope, what=what, **fields)
        case "access":
            return RecordRead(**envelope, what=what, subjects=(), **fields)


def account(ledger: Ledger) -> UUID:
    """A new account that has keys."""
    made = ledger.entropy.uuid(SYSTEM, "account")
    ledger.keyring.create_account(made, SYSTEM)
    return made
