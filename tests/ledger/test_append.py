"""No reader of a book ever misses an event, whichever way and however crowded it was written."""

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args
from uuid import UUID, uuid4

import pytest

import ledger.recorder
from domain.event import Book, Event
from domain.refusal import StaleVersion
from ledger.database import Connection
from ledger.ledger import Ledger
from ledger.recorder import BULK_FROM
from tests.database import Template, copied, opened
from tests.ledger.tailing import Faults, Follower, account, act, faults, owners, rows_after

WRITERS = 8
BOOKS: tuple[Book, ...] = get_args(Book)

#: Of each path: the events of its transactions in turn, and from how many on COPY is taken.
PATHS = {
    "append_one": ((1,), BULK_FROM),
    "append_many": ((4,), BULK_FROM),
    "append_bulk": ((4,), 2),
    "all_three": ((1, 3, 8), 8),
}
#: In the long suite every run writes 10,000 events, in the short one all of them together.
MANY = 11 if os.environ.get("IGP_LONG") else 1
TRANSACTIONS = {"append_one": 120, "append_many": 30, "append_bulk": 30, "all_three": 30}


@pytest.fixture
def crowded(template: Template, administrator: Connection, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger with a connection for each writer."""
    with (
        copied(template, administrator) as database,
        opened(template, database, tmp_path / "keys", size=WRITERS) as ledger,
    ):
        yield ledger


@dataclass
class Writer:
    """Writes to streams of its own and, as all others do, to one that they share."""

    ledger: Ledger
    book: Book
    by: UUID
    shared: UUID
    sizes: tuple[int, ...]
    own: list[UUID] = field(default_factory=lambda: [uuid4(), uuid4()])
    versions: Counter[UUID] = field(default_factory=Counter)
    acknowledged: dict[tuple[UUID, int], int] = field(default_factory=dict)
    refused: int = 0

    def run(self, transactions: int) -> "Writer":
        for number in range(transactions):
            if number % 10 == 5:
                self._write(self._stale(number))
            while not self._write(self._batch(number)):
                pass
        return self

    def _batch(self, number: int) -> list[Event]:
        """Every fourth transaction also writes to the shared stream, where others may be first."""
        size = self.sizes[number % len(self.sizes)]
        streams = [self.own[(number + place) % 2] for place in range(size)]
        if number % 4 == 0:
            streams[-1] = self.shared
        ahead: Counter[UUID] = Counter()
        events = []
        for stream in streams:
            ahead[stream] += 1
            version = self.versions[stream] + ahead[stream]
            events.append(act(self.book, self.by, stream, version))
        return events

    def _stale(self, number: int) -> list[Event]:
        """A batch whose last event comes too late: nothing of it may be recorded."""
        events = self._batch(number + 1)
        late = events[-1].model_copy(update={"originator_version": 1, "originator_id": self.own[0]})
        return [*events[:-1], late]

    def _write(self, events: list[Event]) -> bool:
        try:
            last = self.ledger.record(*events)
        except StaleVersion as stale:
            self.refused += 1
            contended = [event for event in events if event.originator_id == self.shared]
            if contended:
                self.versions[self.shared] = stale.current
            return False
        for event, position in zip(
            events, range(last.position - len(events) + 1, last.position + 1), strict=True
        ):
            self.acknowledged[event.originator_id, event.originator_version] = position
            self.versions[event.originator_id] = event.originator_version
        return True


@pytest.mark.parametrize("book", BOOKS)
@pytest.mark.parametrize("path", PATHS)
def test_a_follower_reads_every_event_once_and_in_order_while_eight_write(
    crowded: Ledger, monkeypatch: pytest.MonkeyPatch, book: Book, path: str
) -> None:
    """Twelve runs of about 960 events; with a sequence for a lock a third of them is missed."""
    sizes, bulk_from = PATHS[path]
    monkeypatch.setattr(ledger.recorder, "BULK_FROM", bulk_from)
    authors = [account(crowded) for _ in range(3)]
    shared = {author: uuid4() for author in authors}
    if book != "notes":
        shared = dict.fromkeys(authors, uuid4())
    with (
        Follower(crowded.database, book) as follower,
        ThreadPoolExecutor(WRITERS) as threads,
    ):
        writers = [
            Writer(crowded, book, author, shared[author], sizes)
            for author in (authors[number % 3] for number in range(WRITERS))
        ]
        for each in [threads.submit(writer.run, MANY * TRANSACTIONS[path]) for writer in writers]:
            each.result()
    assert sum(writer.refused for writer in writers) >= WRITERS * 3
    recorded = {}
    with crowded.database.connect("projector") as connection:
        for owner in owners(connection, book):
            rows = rows_after(connection, book, owner, 0)
            assert faults(follower.seen[owner], rows) == Faults()
            recorded |= {(row.stream, row.version): row.position for row in rows}
    acknowledged = {key: at for writer in writers for key, at in writer.acknowledged.items()}
    assert len(acknowledged) == sum(len(writer.acknowledged) for writer in writers) >= 960 * MANY
    # The template's birth is the one event that none of the writers wrote.
    assert acknowledged.items() <= recorded.items()
    assert len(recorded) - len(acknowledged) == (1 if book == "records" else 0)


def test_the_three_ways_of_writing_leave_the_same_book(
    crowded: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after the other on the same streams, with versions that continue across the ways."""
    stream, other = uuid4(), uuid4()
    by = account(crowded)
    version = 0
    for size, bulk_from in ((1, 500), (4, 500), (4, 2), (BULK_FROM, BULK_FROM)):
        monkeypatch.setattr(ledger.recorder, "BULK_FROM", bulk_from)
        batch = [act("access", by, stream, version + 1 + number) for number in range(size)]
        crowded.record(*batch)
        crowded.record(act("access", by, other, version + 1), *_more(by, other, version, size))
        version += size
    with crowded.database.connect("projector") as connection:
        rows = rows_after(connection, "access", None, 0)
    assert len(rows) == 2 * version
    assert faults(rows, rows) == Faults()


def _more(by: UUID, stream: UUID, version: int, size: int) -> list[Event]:
    return [act("access", by, stream, version + 1 + number) for number in range(1, size)]
