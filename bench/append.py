"""One event per commit by 1, 4 and 8 processes, against the library's default recorder."""

import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import StoredEvent

from bench import library
from bench.crew import Crew, Work
from bench.measure import Scale, in_turns, median, ratio
from bench.place import Place, Reached, opened
from bench.result import Result
from domain.capacity import Capacity
from domain.placement import Category, PlacementRecorded
from ledger.mapper import Stored
from ledger.recorder import BookRecorder, Idempotency

_BARS = {1: 1.5, 4: 3.0, 8: 3.0}

#: The library's table, written to by hand.
_RAW = """
CREATE TABLE raw (
    originator_id uuid NOT NULL, originator_version bigint NOT NULL, topic text, state bytea,
    notification_id bigserial, PRIMARY KEY (originator_id, originator_version)
);
CREATE UNIQUE INDEX ON raw (notification_id);
"""
_INSERT = (
    "INSERT INTO raw (originator_id, originator_version, topic, state) VALUES (%s, %s, %s, %s)"
)


def run(place: Place, scale: Scale) -> list[Result]:
    results = []
    with place.ledger("append") as reached, place.plain("append_library") as peer:
        with psycopg.connect(peer, autocommit=True) as connection:
            connection.execute(_RAW)
        factory = library.factory(peer)
        library.recorder(factory)
        factory.close()
        student, account = uuid4(), uuid4()
        with opened(reached, 1) as ledger:
            ledger.keyring.create_account(account, account)
            ledger.keyring.create_student(student, account)
        for size, bar in _BARS.items():
            with Crew(ready, [(reached, peer, student, account)] * size) as crew:
                results.append(_measured(reached, crew, size, bar, scale))
    return results


def _measured(reached: Reached, crew: Crew, size: int, bar: float, scale: Scale) -> Result:
    for name in ("ours", "mapped", "library", "raw"):
        crew.rate(name, 0.2)
    found = in_turns(
        {
            name: lambda name=name: crew.rate(name, scale.seconds)  # type: ignore[misc]
            for name in ("ours", "library", "mapped", "raw")
        },
        scale.rounds,
    )
    reader = TailingReader(reached)
    crew.begin("ours", 2 * scale.seconds)
    written = crew.end()[0]
    missed = reader.missed(written)
    against = ratio(found["ours"], found["library"])
    return Result(
        name=f"append-{size}",
        what=f"單筆寫入，{size} 個程序",
        against="函式庫預設的 PostgreSQL 記錄器",
        ratio=against.median,
        bar=bar,
        sound=missed == 0,
        figures={
            "rounds": str(against),
            "ours_per_second": median(found["ours"]),
            "ours_with_mapper_per_second": median(found["mapped"]),
            "library_per_second": median(found["library"]),
            "raw_insert_per_second": median(found["raw"]),
            "share_of_raw_insert": ratio(found["ours"], found["raw"]).median,
            "with_mapper_to_library": ratio(found["mapped"], found["library"]).median,
            "tailing_reader_read": reader.read,
            "tailing_reader_missed": missed,
        },
    )


class TailingReader:
    """Follows the book by position while others write, and never looks back."""

    def __init__(self, reached: Reached) -> None:
        self.read = 0
        self._enough = threading.Event()
        self._target: int | None = None
        with reached.database.connect("projector") as connection:
            row = connection.execute("SELECT max(position) FROM books.records").fetchone()
        self._first = row[0] if row and row[0] else 0
        self._reached = reached
        self._thread = threading.Thread(target=self._follow, daemon=True)
        self._thread.start()

    def missed(self, written: int) -> int:
        """How many of those written since it began it did not see."""
        self._target = self._first + written
        self._thread.join(timeout=30)
        return written - self.read

    def _follow(self) -> None:
        last = self._first
        with self._reached.database.connect("projector") as connection:
            while self._target is None or last < self._target:
                rows = connection.execute(
                    "SELECT position FROM books.records WHERE position > %s"
                    " ORDER BY position LIMIT 1000",
                    (last,),
                    prepare=True,
                ).fetchall()
                self.read += len(rows)
                if rows:
                    last = rows[-1][0]
                else:
                    time.sleep(0.0005)


def ready(
    stack: ExitStack, reached: Reached, peer: str, student: UUID, account: UUID
) -> Mapping[str, Work]:
    ledger = stack.enter_context(opened(reached, 1))
    recorder = BookRecorder(ledger.pool, "records")
    factory = library.factory(peer, create=False)
    stack.callback(factory.close)
    theirs = library.recorder(factory)
    raw = stack.enter_context(psycopg.connect(peer, autocommit=True))
    event = PlacementRecorded(
        originator_id=uuid4(),
        originator_version=1,
        by=account,
        capacity=Capacity.SCHOOL_ADMINISTRATOR,
        student_id=student,
        school_year=113,
        area="英語",
        category=Category.SKIP,
        target_year_grade=5,
        placement_grade=6,
        arrangement="至六年二班上課",
        reason="經特殊教育推行委員會審議通過",
    )
    stored = ledger.mapper.to_stored_event(event)

    def effect(stream: UUID) -> Idempotency:
        key, request = secrets.token_bytes(32), secrets.token_bytes(32)
        return Idempotency(account, key, request, 201, stream, 1)

    def ours(end: float) -> int:
        count = 0
        while time.monotonic() < end:
            one = replace(stored, originator_id=uuid4())
            assert isinstance(one, Stored)
            recorder.insert_events([one], idempotency=effect(one.originator_id))  # type: ignore[arg-type]
            count += 1
        return count

    def mapped(end: float) -> int:
        count = 0
        while time.monotonic() < end:
            stream = uuid4()
            one = event.model_copy(update={"originator_id": stream})
            ledger.record(one, idempotency=effect(stream))
            count += 1
        return count

    def by_library(end: float) -> int:
        count = 0
        while time.monotonic() < end:
            one = StoredEvent(uuid4(), 1, stored.topic, stored.state)
            theirs.insert_events([one])
            count += 1
        return count

    def by_hand(end: float) -> int:
        count = 0
        while time.monotonic() < end:
            raw.execute(_INSERT, (uuid4(), 1, stored.topic, stored.state), prepare=True)
            count += 1
        return count

    return {"ours": ours, "mapped": mapped, "library": by_library, "raw": by_hand}
