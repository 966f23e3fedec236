"""All views built again from the books, against the library's runner writing the same rows."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, Notification, StoredEvent, Tracking
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg import sql
from psycopg.rows import tuple_row

from bench import library
from bench.county import fill
from bench.measure import Scale, in_turns, median, ratio
from bench.place import Place, opened, runner, settled
from bench.result import Result
from bench.workload import Workload
from ledger.ledger import Ledger
from ledger.mapper import LedgerMapper, Stored
from projections.all_views import all_views
from projections.facts import fact_of, note_fact_of
from projections.view import Fact, View

_CHANGES = 40_000
_READS = 4_000
#: How many events the library's runner takes in one round.
_SAMPLE = 800

_THEIRS = "library"


def run(place: Place, scale: Scale) -> list[Result]:
    with place.ledger("rebuild") as reached, opened(reached) as ledger:
        workload = Workload(students=scale.events(2000))
        events = fill(ledger, workload, scale.events(_CHANGES), scale.events(_READS))
        settled(ledger.database, "books.records", "books.notes", "books.access")
        books = {view.book for view in all_views(ledger.keyring)}
        events = [event for event in events if event.book in books]
        theirs = _Theirs(ledger, events, scale)
        found = in_turns(
            {"ours": lambda: _rebuilt(ledger, len(events)), "library": theirs.turn}, scale.rounds
        )
    against = ratio(found["ours"], found["library"])
    return [
        Result(
            name="rebuild",
            what=f"重建全部檢視（{len(events):,} 筆事件）",
            against="函式庫的 ProjectionRunner 寫同樣的列",
            ratio=against.median,
            bar=10,
            figures={
                "rounds": str(against),
                "views": len(all_views(ledger.keyring)),
                "ours_per_second": median(found["ours"]),
                "library_per_second": median(found["library"]),
            },
        )
    ]


def _rebuilt(ledger: Ledger, events: int) -> float:
    """Events per second over all views, in tables of their own."""
    with runner(ledger, schema="again") as building:
        began = time.perf_counter()
        read = building.catch_up()
        took = time.perf_counter() - began
    with ledger.database.connect("projector") as connection:
        connection.execute("DROP SCHEMA again CASCADE")
    if read < events:
        raise RuntimeError(f"the runner read {read} of {events} events")
    return events / took


class _Theirs:
    """The library's log with the same events, and its runner over them, a stretch at a time."""

    def __init__(self, ledger: Ledger, events: Sequence[Stored], scale: Scale) -> None:
        self._sample = scale.events(_SAMPLE)
        with runner(ledger, schema=_THEIRS):
            pass
        # So that its events need no statement of their own to find the tables.
        with psycopg.connect(ledger.database.admin, autocommit=True) as connection:
            connection.execute(
                sql.SQL("ALTER ROLE {} IN DATABASE {} SET search_path = {}").format(
                    sql.Identifier(ledger.database.role("projector")),
                    sql.Identifier(ledger.database.name),
                    sql.Identifier(_THEIRS),
                )
            )
        self._environment = library.environment(
            ledger.database.conninfo("projector"), POSTGRES_SCHEMA=_THEIRS
        )
        TheirLog.ours = ledger.mapper
        TheirView.views = all_views(ledger.keyring)
        log = TheirLog(env=self._environment)
        recorder = log.recorder
        assert isinstance(recorder, PostgresApplicationRecorder)
        wanted = events[: self._sample * (scale.rounds + 1)]
        for begin in range(0, len(wanted), 500):
            recorder.insert_events([_as_theirs(event) for event in wanted[begin : begin + 500]])
        log.close()
        self._upto = 0

    def turn(self) -> float:
        """Events per second over the next stretch of the log, without the runner's start."""
        self._upto += self._sample
        TheirProjection.stretch = stretch = _Stretch(self._upto - self._sample, self._upto)
        with ProjectionRunner(
            application_class=TheirLog,
            projection_class=TheirProjection,
            view_class=TheirView,
            env=self._environment,
        ) as running:
            while not stretch.done.wait(1):
                running.run_forever(timeout=0.01)
        return (self._sample - 1) / (stretch.ended - stretch.began)


class _Stretch:
    def __init__(self, after: int, upto: int) -> None:
        self.after, self.upto = after, upto
        self.began = self.ended = 0.0
        self.done = threading.Event()


def _as_theirs(event: Stored) -> StoredEvent:
    # Their table has no columns for what ours has, so that goes into the topic.
    place = f"{event.book} {event.owner or '-'} {event.subject or '-'} {event.topic}"
    return StoredEvent(event.originator_id, event.originator_version, place, event.state)


class _Facts(Mapper[UUID]):
    """Gives the library's projection what our views take."""

    def __init__(self, ours: LedgerMapper) -> None:
        self._ours = ours

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        assert isinstance(stored_event, Notification)
        book, owner, subject, topic = stored_event.topic.split(" ")
        head = (
            stored_event.id,
            datetime.now(UTC),
            stored_event.originator_id,
            stored_event.originator_version,
            topic,
        )
        if book == "notes":
            return book, note_fact_of(self._ours, UUID(owner), (*head, stored_event.state))
        student = None if subject == "-" else UUID(subject)
        return book, fact_of((*head, student, stored_event.state))


class TheirLog(Application[UUID]):
    ours: ClassVar[LedgerMapper]

    def construct_mapper(self) -> Mapper[UUID]:
        return _Facts(self.ours)


class TheirView(PostgresTrackingRecorder):
    """Our views' rows and the library's tracking in one transaction for each event."""

    views: ClassVar[Sequence[View]]

    def write(self, book: str, fact: Fact, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            connection: Any = cursor.connection
            theirs, connection.row_factory = connection.row_factory, tuple_row
            try:
                for view in self.views:
                    if view.book == book:
                        view.apply(connection, [fact])
                self._insert_tracking(cursor, tracking)
            finally:
                connection.row_factory = theirs


class TheirProjection(Projection[TheirView]):
    stretch: ClassVar[_Stretch]

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        # Once the stretch is done the runner is stopped; what it reads until then is for the next.
        if tracking.notification_id > self.stretch.upto:
            return
        book, fact = domain_event
        self.view.write(book, fact, tracking)
        if tracking.notification_id == self.stretch.after + 1:
            self.stretch.began = time.perf_counter()
        elif tracking.notification_id == self.stretch.upto:
            self.stretch.ended = time.perf_counter()
            self.stretch.done.set()
