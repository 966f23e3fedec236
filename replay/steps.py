"""The events of a student with, for every field, the event that said it before.

What the evidence bundle shows of a change is a pointer from event to event, so that whoever holds
the events finds the same (docs/formats/evidence.md).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from domain.dispute_events import SECTION as DISPUTE
from domain.placement_request import PlacementRequestDecided
from domain.process import StepEvent
from domain.section import SectionEvent
from ledger.database import Connection
from projections.view import Fact
from replay.student_book import StudentBook

#: The members of a body that say who acted, when and how; all others are the event's own.
ENVELOPE = frozenset(
    {"event_id", "by", "capacity", "policy", "commit", "occurred_on", "correlation_id", "reason"}
)
#: Which row of a record an event is about; no field of its own.
ROW_ID = "row_id"

_COLUMNS = b"position, recorded_at, stream_id, stream_version, topic, subject, body"


class Entry(NamedTuple):
    """A row of `books.records`."""

    position: int
    recorded_at: datetime
    stream_id: UUID
    stream_version: int
    topic: str
    subject: UUID | None
    body: bytes

    @property
    def noun(self) -> str:
        """The part of the topic that names the scope (docs/formats/sealing.md)."""
        return self.topic.split(".", 1)[0]


class Said(NamedTuple):
    """A field that an event says, or that ended with it.

    `before_from` is the position of the event that said it before; `here` whether this event says
    it itself. Where it does not, nothing of it stands after.
    """

    name: str
    before_from: int | None
    here: bool


@dataclass(frozen=True)
class Step:
    """An event of the student: as stored, as read, and what it says."""

    entry: Entry
    body: Mapping[str, Any]
    fact: Fact
    said: Sequence[Said]


def steps(book: StudentBook) -> list[Step]:
    """One for each event of the book, in its order."""
    known: dict[tuple[UUID, str | None], dict[str, int]] = {}
    found = []
    for row, fact in zip(book.stored, book.facts, strict=True):
        entry = Entry(*row)
        body = orjson.loads(entry.body)
        before = known.setdefault((entry.stream_id, body.get(ROW_ID)), {})
        found.append(Step(entry, body, fact, tuple(_said(entry, body, fact, before))))
    return found


def entries_at(connection: Connection, positions: Sequence[int]) -> list[Entry]:
    """The rows at these positions, in their order. The connection reads the books."""
    rows = connection.execute(
        b"SELECT " + _COLUMNS + b" FROM books.records WHERE position = ANY(%s) ORDER BY position",
        (list(positions),),
        binary=True,
    )
    return [Entry(*row) for row in rows]


def entry_of(connection: Connection, stream: UUID, version: int) -> Entry | None:
    """The row of a version of a stream."""
    row = connection.execute(
        b"SELECT " + _COLUMNS + b" FROM books.records WHERE stream_id = %s AND stream_version = %s",
        (stream, version),
        binary=True,
    ).fetchone()
    return None if row is None else Entry(*row)


def is_encrypted(value: Any) -> bool:
    """Whether a member of a body is a ciphertext."""
    return isinstance(value, dict) and "#" in value


def has_ciphertext(body: Mapping[str, Any]) -> bool:
    """Whether a body holds anything that a key opens."""
    return any(is_encrypted(value) for value in body.values())


def _said(
    entry: Entry, body: Mapping[str, Any], fact: Fact, before: dict[str, int]
) -> Iterator[Said]:
    own = [name for name in _in_order(body, fact) if name not in ENVELOPE and name != ROW_ID]
    adds = _adds(fact)
    for name in own:
        yield Said(name, None if adds else before.get(name), here=True)
    if _ends(fact):
        for name, position in before.items():
            if name not in body:
                yield Said(name, position, here=False)
        before.clear()
    else:
        before.update(dict.fromkeys(own, entry.position))


def _in_order(body: Mapping[str, Any], fact: Fact) -> list[str]:
    """The members of a body in the order in which its event is declared, as a form has them."""
    declared = [name for name in fact.event_class.model_fields if name in body]
    return [*declared, *(name for name in body if name not in declared)]


def _adds(fact: Fact) -> bool:
    """Whether what an event says stands beside what was said before and changes nothing of it: an
    act in a dispute, a body's decision, a share, a step that does not correct one."""
    event = fact.event_class
    if issubclass(event, StepEvent):
        return not event.STEP.endswith("corrected")
    if issubclass(event, SectionEvent) and event.HAPPENING == "shared":
        return True
    return event.SECTION == DISPUTE or event is PlacementRequestDecided


def _ends(fact: Fact) -> bool:
    """Whether nothing of the record, or of its row, stands after such an event."""
    event = fact.event_class
    if event.SECTION == DISPUTE or issubclass(event, StepEvent):
        # What was said in a dispute or an application stays said after it was taken back.
        return False
    if issubclass(event, SectionEvent):
        return event.HAPPENING in ("withdrawn", "row-removed")
    return event.TOPIC.rsplit(".", 2)[-2] == "withdrawn"
