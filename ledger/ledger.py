"""The ledger as the rest of the house sees it: record events, fold a stream, read the clock."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

from eventsourcing.application import Application, ProcessingEvent
from eventsourcing.persistence import ApplicationRecorder, Mapper, Recording

from domain.event import Book, Event
from ledger.database import Database, Pool
from ledger.entropy import Entropy
from ledger.keys import Keyring, Kind
from ledger.mapper import LedgerMapper
from ledger.opened_memory import OpenedMemory
from ledger.recorder import Beside, BookRecorder, Idempotency, Position

State = TypeVar("State")
Evolve = Callable[[State | None, Event], State]

#: How many folded streams a process keeps, so that a decision reads the newest events only.
STATES_KEPT = 20_000
#: How many streams are read by one statement.
STREAMS_AT_ONCE = 5_000


class BookApplication(Application[UUID]):
    """The library's application over one book, with our mapper and our recorder (design D3)."""

    def __init__(self, book: Book, pool: Pool, mapper: LedgerMapper) -> None:
        self._book = book
        self._pool = pool
        self._own_mapper = mapper
        super().__init__(env={"PERSISTENCE_MODULE": "eventsourcing.popo"})

    def construct_mapper(self) -> Mapper[UUID]:
        return self._own_mapper

    def construct_recorder(self) -> ApplicationRecorder:
        return BookRecorder(self._pool, self._book)

    def save(self, *objs: Any, **kwargs: Any) -> list[Recording[UUID]]:
        """As the library's, for events alone: it would ask of each by a Protocol whether it is one,
        which takes a twentieth of the time of writing it."""
        saving: ProcessingEvent[UUID] = ProcessingEvent()
        saving.events.extend(objs)
        saving.saved_kwargs.update(kwargs)
        return self._record(saving)

    @property
    def book_recorder(self) -> BookRecorder:
        return cast(BookRecorder, self.recorder)


@dataclass(frozen=True)
class Recorded:
    """Where events went: the last one's position and time, and the version its stream has now."""

    book: Book
    owner: UUID | None
    position: int
    recorded_at: datetime
    version: int
    #: The events themselves, each with its position and time.
    events: Sequence[tuple[Event, Position]] = ()


class _Known(NamedTuple):
    """A folded stream: the version it has come to, its state, and the key that opened it."""

    version: int
    state: Any
    key: tuple[Kind, UUID] | None


_NOTHING = _Known(0, None, None)


class Ledger:
    """The three books of one county, in one process."""

    def __init__(
        self, database: Database, keyring: Keyring, entropy: Entropy, size: int = 6
    ) -> None:
        self.database = database
        self.keyring = keyring
        self.entropy = entropy
        self.mapper = LedgerMapper(keyring, entropy)
        self.pool = database.pool("writer", size)
        self._books: dict[str, BookApplication] = {
            book: BookApplication(book, self.pool, self.mapper)
            for book in ("records", "notes", "access")
        }
        self._states: OrderedDict[tuple[Any, ...], _Known] = OrderedDict()
        self._lock = threading.Lock()
        #: What rosters opened, for the next one.
        self.opened = OpenedMemory(keyring)

    def close(self) -> None:
        for book in self._books.values():
            book.close()
        self.pool.close()

    def record(
        self,
        *events: Event,
        idempotency: Idempotency | None = None,
        beside: Beside | None = None,
        after: Beside | None = None,
    ) -> Recorded:
        """Appends events of one book, all or nothing, in one transaction.

        Raises `domain.refusal.StaleVersion` when a stream has moved on, and `LedgerError`s.
        """
        book = events[0].BOOK
        if any(book != event.BOOK for event in events):
            raise ValueError("one transaction writes one book")
        saved = self._books[book].save(*events, idempotency=idempotency, beside=beside, after=after)
        positions = [cast(Position, one.notification.id) for one in saved]
        position = positions[-1]
        last = events[-1]
        return Recorded(
            book=book,
            owner=last.by if book == "notes" else None,
            position=int(position),
            recorded_at=position.recorded_at,
            version=last.originator_version,
            events=tuple(zip(events, positions, strict=True)),
        )

    def state(self, evolve: Evolve[State], stream: UUID, owner: UUID | None = None) -> State | None:
        """The state of a stream now: what this process knows of it and the events since.

        `owner` is the author for a stream of `notes`. None where the stream does not exist, or is
        of another kind: an id of something else in an address is an id of nothing there.
        """
        key = (evolve, owner, stream)
        version, state, opened_by = self._known(key)
        for event in self.events(stream, owner=owner, after=version):
            state = _evolved(evolve, state, event)
            if state is None:
                return None
            version, opened_by = event.originator_version, _key_of(event)
        if state is not None:
            self._keep(key, _Known(version, state, opened_by))
        return cast("State | None", state)

    def states(self, evolve: Evolve[State], streams: Iterable[UUID]) -> dict[UUID, State]:
        """The states of many streams of `records`, read by few statements; who is not there is
        left out."""
        wanted = list(dict.fromkeys(streams))
        known = {one: self._known((evolve, None, one)) for one in wanted}
        recorder = self._books["records"].book_recorder
        for first in range(0, len(wanted), STREAMS_AT_ONCE):
            asked = {one: known[one].version for one in wanted[first : first + STREAMS_AT_ONCE]}
            for stored in recorder.select_streams(asked):
                stream = cast(UUID, stored.originator_id)
                event = self.mapper.to_domain_event(stored)
                state = _evolved(evolve, known[stream].state, event)
                known[stream] = _Known(stored.originator_version, state, _key_of(event))
        found = {}
        for one, folded in known.items():
            if folded.state is not None:
                self._keep((evolve, None, one), folded)
                found[one] = cast(State, folded.state)
        return found

    def _known(self, key: tuple[Any, ...]) -> _Known:
        """What this process knows of a stream; nothing where the key that opened it is gone,
        whoever destroyed it."""
        with self._lock:
            known = self._states.get(key, _NOTHING)
        if known.key is not None and not self.keyring.stands(*known.key):
            with self._lock:
                self._states.pop(key, None)
            return _NOTHING
        return known

    def _keep(self, key: tuple[Any, ...], known: _Known) -> None:
        # Of what was erased nothing is kept: half of it may have been opened before.
        if known.key is not None and not self.keyring.stands(*known.key):
            return
        with self._lock:
            self._states[key] = known
            self._states.move_to_end(key)
            if len(self._states) > STATES_KEPT:
                self._states.popitem(last=False)

    def events(self, stream: UUID, *, owner: UUID | None = None, after: int = 0) -> Sequence[Event]:
        """The events of a stream after a version, opened with the keys at hand."""
        book = self._books["notes" if owner else "records"]
        stored = book.book_recorder.select_events(stream, gt=after, owner=owner)
        return [self.mapper.to_domain_event(event) for event in stored]

    def times(self, stream: UUID) -> list[datetime]:
        """When the events of a shared stream were recorded, in their order."""
        stored = self._books["records"].book_recorder.select_events(stream)
        return [one.recorded_at for one in stored if one.recorded_at is not None]

    def forget(self) -> None:
        """Drops all that this process keeps in memory of states and keys."""
        with self._lock:
            self._states.clear()
        self.opened.clear()
        self.keyring.forget()

    def forget_erased(self) -> None:
        """Drops from memory what no key opens any more, also where another process erased it."""
        with self._lock:
            known = list(self._states.items())
        gone = [
            one
            for one, folded in known
            if folded.key is not None and not self.keyring.stands(*folded.key)
        ]
        with self._lock:
            for one in gone:
                self._states.pop(one, None)
        self.opened.forget_erased()
        self.keyring.forget_destroyed()

    def now(self) -> datetime:
        """The instant the next event would carry, as far as one can know before it is drawn."""
        with self.pool.connection() as connection:
            row = connection.execute("SELECT books.ledger_now()", prepare=True).fetchone()
        assert row is not None
        return cast(datetime, row[0])

    def heartbeat(self) -> tuple[int, datetime]:
        """Draws a heartbeat: no event after this position will carry a time before this instant."""
        with self.pool.connection() as connection:
            row = connection.execute("SELECT position, at FROM books.draw_heartbeat()").fetchone()
        assert row is not None
        return int(row[0]), row[1]


def _evolved(evolve: Evolve[Any], state: Any, event: Event) -> Any:
    """The state after an event; None where it is the first of a stream of another kind."""
    try:
        return evolve(state, event)
    except TypeError:
        if state is None:
            return None
        raise


def _key_of(event: Event) -> tuple[Kind, UUID]:
    """The key whose destruction erases what the event says (design D11)."""
    if event.BOOK == "notes":
        if event.student_id is None:
            return "account.author", event.by
        return "student.note", event.student_id
    if event.student_id is not None:
        return "student.record", event.student_id
    return "account.record", getattr(event, "account_id", event.by)
