"""The server dies under eight writers and comes back: what was acknowledged is there, once."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain.event import Book
from domain.ledger_life import SYSTEM
from igp import embedded
from igp.embedded_cluster import load, postmaster
from ledger.errors import LedgerUnavailable
from ledger.ledger import Ledger
from tests.database import Template, make_template
from tests.database import opened as opened_copy
from tests.ledger.tailing import Faults, Follower, act, faults, owners, rows_after

WRITERS = 8
KILLS = 2


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[tuple[Path, Template]]:
    """A server of the test's own, which takes the time to make what it commits durable."""
    folder = tmp_path / "server"
    server = embedded.start(folder)
    try:
        yield folder, make_template(server, "killed", tmp_path / "template")
    finally:
        embedded.stop(folder)


@dataclass
class Writer:
    """Writes to its own stream until it is told to stop; after a loss it looks where it stands."""

    ledger: Ledger
    book: Book
    size: int
    done: threading.Event
    stream: UUID = field(default_factory=uuid4)
    acknowledged: dict[int, int] = field(default_factory=dict)
    lost: int = 0

    def run(self) -> None:
        version = 0
        while not self.done.is_set():
            try:
                last = self.ledger.record(
                    *(
                        act(self.book, SYSTEM, self.stream, version + number)
                        for number in range(1, self.size + 1)
                    )
                )
            except LedgerUnavailable:
                self.lost += 1
                version = self._stands_at()
                continue
            for behind in range(self.size):
                self.acknowledged[last.version - behind] = last.position - behind
            version = last.version

    def _stands_at(self) -> int:
        while True:
            try:
                with self.ledger.database.connect("projector") as connection:
                    owner = SYSTEM if self.book == "notes" else None
                    rows = rows_after(connection, self.book, owner, 0)
                    return sum(row.stream == self.stream for row in rows)
            except Exception:
                self.done.wait(0.05)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("book", ["records", pytest.param("notes", marks=pytest.mark.long)])
def test_what_was_acknowledged_before_a_kill_is_in_the_book_once(
    lasting: tuple[Path, Template], tmp_path: Path, book: Book
) -> None:
    folder, template = lasting
    done = threading.Event()
    with (
        opened_copy(template, template.database, tmp_path / "keys", size=WRITERS) as ledger,
        Follower(ledger.database, book) as follower,
        ThreadPoolExecutor(WRITERS) as threads,
    ):
        writers = [Writer(ledger, book, 1 + number % 3, done) for number in range(WRITERS)]
        running = [threads.submit(writer.run) for writer in writers]
        try:
            for _ in range(KILLS):
                _until(writers, more=200)
                pid = postmaster(load(folder))
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
                embedded.start(folder)
            _until(writers, more=200)
        finally:
            done.set()
        for each in running:
            each.result()
    recorded: dict[tuple[UUID, int], int] = {}
    with template.database.connect("projector") as connection:
        for owner in owners(connection, book):
            rows = rows_after(connection, book, owner, 0)
            assert faults(follower.seen[owner], rows) == Faults()
            recorded |= {(row.stream, row.version): row.position for row in rows}
    for writer in writers:
        acknowledged = {(writer.stream, v): at for v, at in writer.acknowledged.items()}
        assert acknowledged.items() <= recorded.items()


def _until(writers: list[Writer], *, more: int) -> None:
    """Waits until so many events more are acknowledged."""
    start = sum(len(writer.acknowledged) for writer in writers)
    while sum(len(writer.acknowledged) for writer in writers) < start + more:
        threading.Event().wait(0.01)
