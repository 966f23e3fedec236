"""A student's whole record as it stood at a position, for what a viewer may see today.

The rule of what is shown is in docs/decisions/time-travel.md: what was recorded up to then, for the
audiences that it is stamped with, the school to which the file was handed over since among them.
What is said about that day since then is kept apart (`Said`). Ciphertext is unopened.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from domain.access import DISPUTE_SECTIONS, PROCESS_SECTIONS, of_shared
from domain.basic_family import BASIC_FAMILY
from domain.placement import PlacementCorrected, PlacementWithdrawn
from domain.plan import PlanOpened
from domain.student import StudentDetailsCorrected
from domain.student_event import StudentEvent
from ledger.database import Connection
from projections import placements
from projections.bodies import shown_by
from projections.placements import Kept
from projections.plan_fold import LIVE, PlanRecord, Row, after, is_section
from projections.reach import Related
from projections.view import Fact
from replay.plan_at import CARD, accounts_in
from replay.rights_at import Rights, relation_seen_by, rights
from replay.student_book import StudentBook, named, student_book
from replay.timeline import Entry, entries, seen_today

What = TypeVar("What")

#: Why something recorded later is about then: it claims a day up to then, or it corrects or
#: withdraws what stood then.
Basis = Literal["occurred_on", "correction"]


@dataclass(frozen=True)
class Shown(Generic[What]):
    """What stood, and whether the viewer's own relations let them see it at the time."""

    what: What
    could_see_then: bool


@dataclass(frozen=True)
class Process:
    """A placement or a request about one, and its id."""

    record_id: UUID
    kept: Kept


@dataclass(frozen=True)
class Said:
    """What was recorded after the instant and speaks about what stood or happened up to then."""

    entry: Entry
    basis: Basis


@dataclass(frozen=True)
class Viewed:
    """For whom: the audiences held today, those held at the instant, and the account itself."""

    account: UUID
    today: frozenset[str]
    then: frozenset[str]


@dataclass(frozen=True)
class AsOf:
    """The record as it stood; `card` is None where there was none that may be shown.

    `names` are those of accounts and organisations, as they were called then.
    """

    card: Shown[Row] | None
    school: UUID | None
    school_years: Sequence[int]
    records: Sequence[Shown[PlanRecord]]
    placements: Sequence[Shown[Process]]
    requests: Sequence[Shown[Process]]
    relations: Sequence[Shown[Related]]
    offices: Sequence[Related]
    policy: int | None
    said: Sequence[Said]
    names: Mapping[UUID, Mapping[str, Any]]


def as_of(
    connection: Connection,
    student: UUID,
    position: int,
    instant: datetime,
    day: date,
    upto: int,
    viewed: Viewed,
) -> AsOf:
    """The record at a position, as somebody may see it who knows the book up to `upto`.

    `instant` is the time the position stands for, `day` its local day. The connection reads the
    books and every row of the views. The cost is that of the student's own events.
    """
    book = student_book(connection, student, upto)
    stood = Stood(book, position)
    known = rights(connection, student, position)
    records, process = list(_records(stood, viewed)), list(_process(stood, viewed))
    relations = list(_relations(stood, known, instant, viewed))
    card = _card(stood, viewed)
    school = book.school_at(position)
    shown = card is not None
    offices = known.of_school(school, instant) if shown else []
    ids = accounts_in(one.what for one in records)
    ids |= {one.what.recorded_by for one in records}
    ids |= {UUID(account) for one in records for account in one.what.row.get("shares", ())}
    ids |= {account for one in process for account in _accounts_of(one.what.kept)}
    ids |= {one.what.relation.account_id for one in relations}
    ids |= {one.relation.account_id for one in offices}
    return AsOf(
        card,
        school if shown else None,
        sorted(stood.years) if shown else [],
        records,
        [one for one in process if one.what.kept.table == "placement"],
        [one for one in process if one.what.kept.table == "placement_request"],
        relations,
        offices,
        stood.policy if shown else None,
        list(_said(book, position, day, viewed)),
        named(connection, ids if school is None else ids | {school}, position),
    )


class Stood:
    """What the events up to a position made of the record, whoever may see it."""

    def __init__(self, book: StudentBook, position: int) -> None:
        self.book, self.position = book, position
        self.card: Row | None = None
        self.years: set[int] = set()
        self.records: dict[UUID, PlanRecord] = {}
        self.process: dict[UUID, Kept] = {}
        #: The position whose school each record is stamped with, the card's under the student's id.
        self.stamps: dict[UUID, int] = {}
        #: Which bodies of the county, and schools of the next stage, know the student.
        self.shown_to: frozenset[str] = frozenset()
        #: The version of the rules of access under which the last event was recorded.
        self.policy: int | None = None
        for fact in book.facts:
            if fact.position > position:
                break
            self._take(fact)

    def _take(self, fact: Fact) -> None:
        event_class, stream = fact.event_class, fact.stream_id
        self.policy = fact.fields["policy"]
        self.shown_to |= shown_by(fact)
        if is_section(fact):
            self.records[stream] = after(self.records.get(stream), fact)
            self.stamps[stream] = fact.position
            if event_class is BASIC_FAMILY.opened:
                self.years.add(fact.fields["school_year"])
            elif event_class is BASIC_FAMILY.withdrawn:
                self.years.discard(fact.fields["school_year"])
        elif event_class.SECTION in PROCESS_SECTIONS:
            self.process[stream] = placements.after(self.process.get(stream), fact)
            self.stamps[stream] = fact.position
        elif event_class is PlanOpened:
            self.years.add(fact.fields["school_year"])
        elif stream == fact.student and issubclass(event_class, StudentEvent):
            said = {name: value for name, value in fact.said().items() if name in CARD}
            self.card = (dict.fromkeys(CARD) if self.card is None else self.card) | said
            self.stamps[stream] = fact.position

    def audiences(self, section: str, record: UUID, upto: int) -> frozenset[str]:
        """Who could see at `upto` what the record said at the position."""
        return self.book.stamped(section, self.stamps[record], upto, record)


def _card(stood: Stood, viewed: Viewed) -> Shown[Row] | None:
    if stood.card is None:
        return None
    student, upto = stood.book.student, stood.book.position
    today = stood.audiences("directory", student, upto) | stood.shown_to
    if not today & viewed.today:
        return None
    then = stood.audiences("directory", student, stood.position) | stood.shown_to
    return Shown(stood.card, bool(then & viewed.then))


def _records(stood: Stood, viewed: Viewed) -> Iterator[Shown[PlanRecord]]:
    newest: Stood | None = None
    found = sorted(stood.records.values(), key=lambda one: (one.recorded_at, one.record_id))
    for one in found:
        if one.status != LIVE:
            continue
        today, then = (
            stood.audiences(one.section, one.record_id, upto)
            for upto in (stood.book.position, stood.position)
        )
        if one.section == "course_goal":
            then |= {of_shared(one.record_id)}
            newest = newest or Stood(stood.book, stood.book.position)
            now = newest.records[one.record_id]
            # A share opens a course as it is now: then too, where it has not changed since.
            if (now.updated_at, now.status) == (one.updated_at, LIVE):
                today |= {of_shared(one.record_id)}
        if today & viewed.today:
            yield Shown(one, bool(then & viewed.then))


def _process(stood: Stood, viewed: Viewed) -> Iterator[Shown[Process]]:
    """Placements and requests; a withdrawn placement does not stand."""
    found = sorted(stood.process.items(), key=lambda one: (one[1].recorded_at, one[0]))
    for record, kept in found:
        if kept.table == "placement" and kept.status == "withdrawn":
            continue
        today, then = (
            stood.audiences(kept.table, record, upto)
            for upto in (stood.book.position, stood.position)
        )
        if today & viewed.today:
            yield Shown(Process(record, kept), bool(then & viewed.then))


def _relations(
    stood: Stood, known: Rights, instant: datetime, viewed: Viewed
) -> Iterator[Shown[Related]]:
    book = stood.book
    for one in known.held(instant):
        own = one.relation.account_id == viewed.account
        today, then = (
            relation_seen_by(book, one, upto) for upto in (book.position, stood.position)
        )
        if own or today & viewed.today:
            yield Shown(one, own or bool(then & viewed.then))


def _accounts_of(kept: Kept) -> Iterator[UUID]:
    yield kept.updated_by
    for decision in kept.row.get("decisions", ()):
        yield UUID(decision["by"])


#: What changes a person's surroundings, not what was said about them.
_CORRECTIONS = (StudentDetailsCorrected, PlacementCorrected, PlacementWithdrawn)


def _said(book: StudentBook, position: int, day: date, viewed: Viewed) -> Iterator[Said]:
    stood: set[UUID] = set()
    if not book.facts or book.facts[-1].position <= position:
        return
    for entry in entries(book):
        if entry.change.section in DISPUTE_SECTIONS:
            # What is said in a dispute stands in the dispute.
            continue
        record = entry.fact.stream_id
        if entry.position <= position:
            (stood.add if entry.stands else stood.discard)(record)
            continue
        basis = _basis(entry, day, record in stood)
        if basis is not None and seen_today(book, entry) & viewed.today:
            yield Said(entry, basis)


def _basis(entry: Entry, day: date, stood: bool) -> Basis | None:
    claimed = entry.claimed_day
    if claimed is not None and claimed <= day:
        return "occurred_on"
    corrects = entry.change.kind in ("corrected", "withdrawn") and (
        is_section(entry.fact) or entry.fact.event_class in _CORRECTIONS
    )
    return "correction" if stood and corrects else None
