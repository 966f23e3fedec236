"""What placements, and requests about them, said at every position.

For lists that must come out the same whenever they are pulled (Kaohsiung M13).

Each record is folded from its own events; what was recorded after a position is not looked at.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

import orjson

from domain import placement, placement_request
from domain.event import Event
from domain.placement import Placement
from domain.placement_request import PlacementRequest
from domain.process import STEPS
from domain.programme_document import OF_STUDENT
from domain.school_batch import PLACEMENT as BATCH
from domain.stream_ids import natural_id
from ledger.database import Connection
from ledger.ledger import Ledger

State = TypeVar("State")

_ADDED = STEPS[OF_STUDENT, "added"].event.TOPIC
_UPLOADED = STEPS[BATCH, "roster-uploaded"].event.TOPIC
_MINUTES = STEPS[BATCH, "minutes-uploaded"].event.TOPIC


@dataclass(frozen=True)
class History(Generic[State]):
    """A record after each of its events: the position of the event, and what the record says."""

    steps: Sequence[tuple[int, State]]

    def version(self, number: int) -> State | None:
        """After the event that made this version; None before the first."""
        return self.steps[number - 1][1] if 0 < number <= len(self.steps) else None

    def at(self, position: int) -> State | None:
        """As it stood at a position, the event there included."""
        return next((state for at, state in reversed(self.steps) if at <= position), None)


def placements(
    ledger: Ledger, connection: Connection, records: Iterable[UUID]
) -> dict[UUID, History[Placement]]:
    """The connection reads the books."""
    return _histories(ledger, connection, _each_placement, records)


def requests(
    ledger: Ledger, connection: Connection, records: Iterable[UUID]
) -> dict[UUID, History[PlacementRequest]]:
    """The connection reads the books."""
    return _histories(ledger, connection, _each_request, records)


def _each_placement(states: tuple[Placement, ...] | None, event: Event) -> tuple[Placement, ...]:
    before = states[-1] if states else None
    return (*(states or ()), placement.evolve(before, event))


def _each_request(
    states: tuple[PlacementRequest, ...] | None, event: Event
) -> tuple[PlacementRequest, ...]:
    before = states[-1] if states else None
    return (*(states or ()), placement_request.evolve(before, event))


def _histories(
    ledger: Ledger,
    connection: Connection,
    each: Callable[[tuple[State, ...] | None, Event], tuple[State, ...]],
    records: Iterable[UUID],
) -> dict[UUID, History[State]]:
    wanted = list(dict.fromkeys(records))
    positions: dict[UUID, list[int]] = {one: [] for one in wanted}
    for stream, position in connection.execute(
        "SELECT stream_id, position FROM books.records WHERE stream_id = ANY(%s) ORDER BY position",
        (wanted,),
    ):
        positions[stream].append(position)
    states = ledger.states(each, wanted)
    # What was recorded between the two readings is later than anything that is asked about.
    return {
        one: History(tuple(zip(positions[one], folded, strict=False)))
        for one, folded in states.items()
    }


@dataclass(frozen=True)
class HandedIn:
    """The positions at which a school uploaded its roster and its minutes, and those of the scans
    of its students by kind, all up to a position."""

    rosters: Mapping[UUID, Sequence[int]]
    minutes: Mapping[UUID, Sequence[int]]
    scans: Mapping[UUID, frozenset[str]]

    def roster_status(self, school: UUID | None, position: int) -> str:
        """Of a change: `current` where a roster was uploaded after it, `stale` where only before
        it, `none` where never (M17)."""
        uploads = self.rosters.get(school, ()) if school is not None else ()
        if not uploads:
            return "none"
        return "current" if max(uploads) > position else "stale"


def handed_in(
    connection: Connection,
    programme: str,
    schools: Iterable[UUID],
    students: Iterable[UUID],
    upto: int,
) -> HandedIn:
    """What was handed in for a programme's placements up to a position. The connection reads the
    books."""
    batches = {natural_id(BATCH, programme, one): one for one in schools}
    rosters: dict[UUID, list[int]] = {}
    minutes: dict[UUID, list[int]] = {}
    for stream, topic, position in connection.execute(
        "SELECT stream_id, topic, position FROM books.records"
        " WHERE stream_id = ANY(%s) AND position <= %s ORDER BY position",
        (list(batches), upto),
    ):
        kept = {_UPLOADED: rosters, _MINUTES: minutes}.get(topic)
        if kept is not None:
            kept.setdefault(batches[stream], []).append(position)
    scans: dict[UUID, frozenset[str]] = {}
    for student, body in connection.execute(
        "SELECT subject, body FROM books.records"
        " WHERE subject = ANY(%s) AND topic = %s AND position <= %s",
        (list(students), _ADDED, upto),
        binary=True,
    ):
        said = orjson.loads(body)
        if said["programme"] == programme:
            scans[student] = scans.get(student, frozenset()) | {said["document_kind"]}
    return HandedIn(rosters, minutes, scans)
