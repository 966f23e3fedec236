"""A connection that is lost under a write leaves the event recorded once, whenever it was lost."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.event import Book
from domain.ledger_life import SYSTEM
from domain.refusal import StaleVersion
from ledger.database import Connection, Database
from ledger.errors import IdempotencyRepeat, LedgerUnavailable
from ledger.ledger import Ledger
from ledger.recorder import Idempotency
from tests.database import Template, copied, opened
from tests.faults.torn_wire import Wire, torn_wire
from tests.ledger.tailing import account, act, rows_after

#: What only the message that runs an append carries.
BODY = b"event_id"

LOCK_OF_RECORDS = "SELECT pg_advisory_xact_lock(1, 1)"


@dataclass
class Torn:
    """A ledger behind a wire that can be cut."""

    ledger: Ledger
    wire: Wire
    database: Database

    def stored(self, stream: UUID, book: str = "records", owner: UUID | None = None) -> list[int]:
        """The versions of a stream in the book."""
        with self.database.connect("projector") as connection:
            rows = rows_after(connection, book, owner, 0)
        return [row.version for row in rows if row.stream == stream]


@pytest.fixture
def torn(template: Template, administrator: Connection, tmp_path: Path) -> Iterator[Torn]:
    with (
        copied(template, administrator) as database,
        torn_wire(database) as (wire, through),
        opened(template, through, tmp_path / "keys", size=3) as ledger,
    ):
        yield Torn(ledger, wire, database)


@pytest.mark.parametrize(
    ("book", "events"),
    [("records", 1), ("records", 3), ("records", 600), ("notes", 1), ("notes", 600), ("access", 3)],
)
def test_an_answer_that_never_came_is_looked_up_and_not_written_again(
    torn: Torn, book: Book, events: int
) -> None:
    by, stream = account(torn.ledger), uuid4()
    batch = [act(book, by, stream, version) for version in range(1, events + 1)]
    # Many go in a transaction of several statements; only the last one is ambiguous.
    torn.wire.cut_after(b"COMMIT" if events == 600 else BODY)
    recorded = torn.ledger.record(*batch)
    assert torn.wire.heard.is_set()
    owner = by if book == "notes" else None
    assert torn.stored(stream, book, owner) == list(range(1, events + 1))
    with torn.database.connect("projector") as connection:
        last = rows_after(connection, book, owner, 0)[-1]
    assert (recorded.position, recorded.recorded_at) == (last.position, last.recorded_at)


@pytest.mark.parametrize("keyed", [False, True])
def test_an_append_still_waiting_on_the_server_is_not_overtaken_by_its_own_repetition(
    torn: Torn, keyed: bool
) -> None:
    """Cut while the server waits for the lock: the repetition queues behind the first attempt."""
    stream = uuid4()
    key = Idempotency(SYSTEM, b"key", b"digest", 201, stream, 1) if keyed else None
    with torn.database.connect("owner", autocommit=False) as holder:
        holder.execute(LOCK_OF_RECORDS)
        torn.wire.cut_after(BODY)
        with ThreadPoolExecutor(1) as threads:
            saving = threads.submit(
                torn.ledger.record, act("records", SYSTEM, stream, 1), idempotency=key
            )
            torn.wire.heard.wait()
            _until_waiting(torn.database, 2)
            holder.commit()
            assert saving.result().version == 1
    assert torn.stored(stream) == [1]


def test_what_somebody_else_wrote_meanwhile_is_not_taken_for_ones_own(torn: Torn) -> None:
    stream = uuid4()
    event = act("records", SYSTEM, stream, 1)
    with torn.database.connect("owner", autocommit=False) as holder:
        holder.execute(LOCK_OF_RECORDS)
        with ThreadPoolExecutor(1) as threads:
            saving = threads.submit(torn.ledger.record, event)
            _until_waiting(torn.database, 1)
            # The server ends the waiting backend, and another writer takes the version.
            _terminate_waiting(torn.database)
            holder.execute(
                "SELECT books.append_one_records(NULL, %s, 1, 'ledger.started.v1', NULL, '{}',"
                " now(), NULL, NULL, NULL, NULL, NULL, NULL)",
                (stream,),
            )
            holder.commit()
            with pytest.raises(StaleVersion):
                saving.result()
    assert torn.stored(stream) == [1]


def test_a_key_used_by_somebody_else_meanwhile_is_a_repetition(torn: Torn) -> None:
    stream, key = uuid4(), Idempotency(SYSTEM, b"key", b"digest", 201, None, None)
    with torn.database.connect("owner", autocommit=False) as holder:
        holder.execute(LOCK_OF_RECORDS)
        with ThreadPoolExecutor(1) as threads:
            saving = threads.submit(
                torn.ledger.record, act("records", SYSTEM, stream, 1), idempotency=key
            )
            _until_waiting(torn.database, 1)
            _terminate_waiting(torn.database)
            holder.execute(
                "SELECT books.append_one_records(NULL, %s, 1, 'ledger.started.v1', NULL, '{}',"
                " now(), %s, 'key', 'digest', 201, NULL, NULL)",
                (stream, SYSTEM),
            )
            holder.commit()
            with pytest.raises(IdempotencyRepeat):
                saving.result()


def test_a_server_that_ends_connections_again_and_again_loses_and_doubles_nothing(
    torn: Torn,
) -> None:
    done = threading.Event()

    def ending() -> None:
        while not done.is_set():
            _terminate(torn.database, "backend_type = 'client backend' ORDER BY random() LIMIT 1")
            time.sleep(0.1)

    def writing(_: int) -> tuple[UUID, int]:
        stream, version = uuid4(), 0
        for _ in range(60):
            version = torn.ledger.record(act("records", SYSTEM, stream, version + 1)).version
        return stream, version

    with ThreadPoolExecutor(5) as threads:
        enemy = threads.submit(ending)
        try:
            written = list(threads.map(writing, range(4)))
        finally:
            done.set()
        enemy.result()
    for stream, version in written:
        assert version == 60
        assert torn.stored(stream) == list(range(1, version + 1))


def test_a_server_that_is_gone_is_told_after_a_while_and_nothing_is_acknowledged(
    torn: Torn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.recorder.PATIENCE_SECONDS", 0.3)
    torn.wire.close()
    with pytest.raises(LedgerUnavailable):
        torn.ledger.record(act("records", SYSTEM, uuid4(), 1))


def test_a_lock_that_nobody_gives_up_is_told_and_not_waited_for_without_end(torn: Torn) -> None:
    stream = uuid4()

    def impatient(connection: Connection) -> None:
        # In place of the five seconds of the writer's role.
        connection.execute("SET LOCAL lock_timeout = '100ms'")

    with torn.ledger.pool.connection() as connection:
        assert connection.execute("SHOW lock_timeout").fetchone() == ("5s",)
    with torn.database.connect("owner", autocommit=False) as holder:
        holder.execute(LOCK_OF_RECORDS)
        with pytest.raises(LedgerUnavailable):
            torn.ledger.record(act("records", SYSTEM, stream, 1), beside=impatient)
    assert torn.stored(stream) == []


#: A writer waits for the lock of the book, or for the key of the same request in another attempt.
_WAITING = "wait_event IN ('advisory', 'transactionid') AND usename LIKE '%_writer'"


def _until_waiting(database: Database, many: int) -> None:
    with psycopg.connect(database.admin, autocommit=True) as connection:
        while True:
            row = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                f" AND {_WAITING}".encode()
            ).fetchone()
            if row is not None and row[0] == many:
                return
            time.sleep(0.01)


def _terminate_waiting(database: Database) -> None:
    _terminate(database, _WAITING)


def _terminate(database: Database, which: str) -> None:
    with psycopg.connect(database.admin, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            f" AND {which}) chosen".encode()
        )
