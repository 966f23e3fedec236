"""A student's plan as it stood at a position, from the events of the book alone.

Whoever made a paper of a plan at a position gets the same content from that position again, and
at the newest position the content is what the views show (IGP-137).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

import orjson

from domain.access import audiences_of, audiences_of_record, of_school
from domain.basic_family import BASIC_FAMILY
from domain.dispute_events import SECTION as DISPUTE
from domain.dispute_events import DisputeOpened, StatementAdded
from domain.plan import PlanOpened
from domain.sealing import MAP_STREAM
from domain.student import StudentRegistered, StudentTransferred
from domain.student_event import StudentEvent
from ledger.database import Connection
from projections.facts import fact_of
from projections.plan_fold import PlanRecord, Row, after, is_section
from projections.view import Fact

#: What a paper says of the student beside the sections.
CARD = (
    "national_id",
    "name",
    "sex",
    "birth_date",
    "organisation_id",
    "stage",
    "grade",
    "class_name",
)

_COLUMNS = "position, recorded_at, stream_id, stream_version, topic, subject, body"


class Statement(NamedTuple):
    """What one side of a dispute about the student said; `text` as `Fact.ciphertext` gives it."""

    dispute: UUID
    kind: str
    filed_on: str
    side: str
    given_on: str
    text: Any


@dataclass(frozen=True)
class PlanSource:
    """What a plan is made of; ciphertext stands as `Fact.ciphertext` gives it.

    `card` has the fields of `CARD`, `school` those that name it, `records` are those that the
    reader may see, the oldest first, and `names` those of accounts that they speak of.
    `statements` are those of the disputes that the reader may see; `sealed_at` is when the root
    that covers all of the student was recorded, None where something is not covered yet.
    """

    student: UUID
    card: Row
    school_years: tuple[int, ...]
    school: Row
    records: tuple[PlanRecord, ...]
    names: Mapping[UUID, Any]
    statements: tuple[Statement, ...] = ()
    sealed_at: datetime | None = None


def newest(connection: Connection) -> int:
    """The position at which the book of records ends."""
    row = connection.execute("SELECT coalesce(max(position), 0) FROM books.records").fetchone()
    assert row is not None
    return int(row[0])


def plan_at(
    connection: Connection,
    student: UUID,
    position: int,
    audiences: Iterable[str],
    accounts: Iterable[UUID] = (),
) -> PlanSource | None:
    """The plan at a position, as far as these audiences may see it; None before the student was.

    `accounts` are named beside those of the records. The connection reads the books.
    """
    folded = _Fold()
    for fact in _facts(connection, "subject = %s", student, position):
        folded.take(fact)
    if folded.card is None:
        return None
    held = frozenset(audiences)
    records = sorted(
        (record for one, record in folded.records.items() if folded.audiences[one] & held),
        key=lambda record: (record.recorded_at, record.record_id),
    )
    school = UUID(folded.card["organisation_id"])
    named = {*accounts, *accounts_in(records)}
    cards: dict[UUID, Row] = {}
    for fact in _facts(connection, "stream_id = ANY(%s)", [*named, school], position):
        cards[fact.stream_id] = cards.get(fact.stream_id, {}) | fact.said()
    return PlanSource(
        student,
        folded.card,
        tuple(sorted(folded.years)),
        {name: cards[school][name] for name in ("code", "name")},
        tuple(records),
        {one: cards[one]["name"] for one in named if one in cards},
        tuple(one for one in folded.statements if folded.heard_by[one.dispute] & held),
        _sealed_at(connection, folded.newest, position),
    )


def _sealed_at(connection: Connection, newest: int, position: int) -> datetime | None:
    """When the last root up to a position was recorded, where it covers this event."""
    row = connection.execute(
        "SELECT recorded_at, body FROM books.records WHERE stream_id = %s AND position <= %s"
        " ORDER BY stream_version DESC LIMIT 1",
        (MAP_STREAM, position),
        binary=True,
    ).fetchone()
    if row is None or orjson.loads(row[1])["covers"] < newest:
        return None
    return cast(datetime, row[0])


def accounts_in(records: Iterable[PlanRecord]) -> set[UUID]:
    """The accounts that records speak of: who wrote them last, and who teaches a course."""
    found: set[UUID] = set()
    for record in records:
        found.add(record.updated_by)
        found.update(map(UUID, record.row["data"].get("teachers") or ()))
    return found


class _Fold:
    """The events of one student, taken in their order."""

    def __init__(self) -> None:
        self.card: Row | None = None
        self.years: set[int] = set()
        self.records: dict[UUID, PlanRecord] = {}
        self.audiences: dict[UUID, set[str]] = {}
        self.statements: list[Statement] = []
        self.heard_by: dict[UUID, frozenset[str]] = {}
        self.newest = 0
        self._school: UUID | None = None
        self._disputes: dict[UUID, tuple[str, str]] = {}

    def take(self, fact: Fact) -> None:
        event_class = fact.event_class
        self.newest = fact.position
        if event_class is DisputeOpened:
            assert fact.student is not None
            names = audiences_of(DISPUTE, fact.student, self._school, fact.stream_id)
            self.heard_by[fact.stream_id] = frozenset(names)
            self._disputes[fact.stream_id] = fact.fields["kind"], fact.fields["filed_on"]
        elif event_class is StatementAdded:
            kind, filed_on = self._disputes[fact.stream_id]
            side, given_on = fact.fields["side"], fact.fields["given_on"]
            text = fact.ciphertext("text")
            said_in = Statement(fact.stream_id, kind, filed_on, side, given_on, text)
            self.statements.append(said_in)
        elif is_section(fact):
            record = self.records[fact.stream_id] = after(self.records.get(fact.stream_id), fact)
            names = audiences_of_record(
                record.section, record.student, self._school, record.record_id
            )
            self.audiences[fact.stream_id] = set(names)
            if event_class is BASIC_FAMILY.opened:
                self.years.add(fact.fields["school_year"])
            elif event_class is BASIC_FAMILY.withdrawn:
                self.years.discard(fact.fields["school_year"])
        elif event_class is PlanOpened:
            self.years.add(fact.fields["school_year"])
        elif fact.stream_id == fact.student and issubclass(event_class, StudentEvent):
            said = {name: value for name, value in fact.said().items() if name in CARD}
            before: Row = {} if self.card is None else self.card
            self.card = before | said
            self._school = UUID(self.card["organisation_id"])
            if event_class is StudentTransferred:
                # With the student goes the file, as in the view `plan_records`.
                for seen in self.audiences.values():
                    seen.add(of_school(self._school))
            elif event_class is StudentRegistered:
                self.card = dict.fromkeys(CARD) | self.card


def _facts(
    connection: Connection, where: str, what: UUID | Sequence[UUID], position: int
) -> Iterable[Fact]:
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM books.records WHERE {where} AND position <= %s"
        " ORDER BY position".encode(),
        (what, position),
        binary=True,
    )
    return [fact_of(row) for row in rows]
