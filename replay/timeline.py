"""Every event about a student in order, who may see it today, and who could at the time.

Beside each event stands what it changed, by the same function that writes the view `changes`.
Ciphertext is unopened.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.access import NOT_HANDED_OVER, audiences_held
from domain.calendar import local_date
from domain.dispute_events import DisputeOpened
from domain.event import Event
from domain.placement_request import PlacementRequestDecided
from domain.placement_row import PlacementRowFilled, PlacementRowRevised
from projections.changes import Change, change_of, seen_by
from projections.plan_fold import is_section
from projections.reach import Related
from projections.section_changes import GONE
from projections.view import Fact
from replay.rights_at import Rights
from replay.student_book import StudentBook

#: Fields of an event in which somebody claims the day it speaks about, beside `occurred_on`.
_DAYS = ("decided_on", "held_at", "award_date", "test_date", "filed_on", "given_on")

#: What an event says of a rule that was computed: which one, of which version, from what, and what
#: it came to. Lateness is computed, and decided by a person.
_COMPUTED: Mapping[type[Event], Sequence[str]] = {
    DisputeOpened: (
        *("programme", "programme_version", "kind", "stage", "rule", "counted_from", "days"),
        *("notice_received_on", "filed_on", "conditions", "missing"),
        *("last_day", "also_accepted_until", "timely"),
    ),
    PlacementRequestDecided: ("body", "outcome", "final"),
    PlacementRowFilled: ("programme", "rules", "flags"),
    PlacementRowRevised: ("programme", "rules", "flags"),
}


@dataclass(frozen=True)
class Entry:
    """An event of a section of a student's record.

    `audiences` could see it when it was recorded. `after` is what the record says from then on
    (`projections.section_changes.fields_of`), `stands` whether there is a record from then on.
    """

    fact: Fact
    change: Change
    audiences: frozenset[str]
    after: dict[str, Any]
    stands: bool

    @property
    def position(self) -> int:
        return self.fact.position

    @property
    def computed(self) -> Mapping[str, Any]:
        """What the event says of a computation: rule, version, inputs and result; often nothing."""
        names = _COMPUTED.get(self.fact.event_class, ())
        return {name: self.fact.fields[name] for name in names if name in self.fact.fields}

    @property
    def claimed_day(self) -> date | None:
        """The day that the event itself says it speaks about; None where it says none."""
        for name in ("occurred_on", *_DAYS):
            said = self.fact.fields.get(name)
            if isinstance(said, str):
                told = datetime.fromisoformat(said)
                return told.date() if told.tzinfo is None else local_date(told)
        return None


def entries(book: StudentBook) -> Iterator[Entry]:
    """The events of the student's sections, whoever may see them."""
    states: dict[UUID, dict[str, Any]] = {}
    for fact in book.facts:
        section = fact.event_class.SECTION
        if section is None:
            continue
        at = book.place(fact)
        change, after = change_of(fact, book.school_at(at), states)
        states[fact.stream_id] = after
        stands = not after.get(GONE) if is_section(fact) else change.kind != "withdrawn"
        yield Entry(fact, change, frozenset(seen_by(fact, change)), after, stands)


def seen_today(book: StudentBook, entry: Entry) -> frozenset[str]:
    """Who may see an entry at the position to which the book was read.

    With a transfer goes the file, of which some sections are no part, as in the view `changes`.
    """
    if entry.change.section in NOT_HANDED_OVER:
        return entry.audiences
    return entry.audiences | book.handed_over(book.place(entry.fact), book.position)


def witnesses(entry: Entry, known: Rights) -> list[Related]:
    """The relations, of those known, by which an account could see an entry at its time."""
    at = entry.fact.recorded_at
    return [
        one
        for one in (*known.relations, *known.offices)
        if one.relation.holds(at) and audiences_held([one.relation], at) & entry.audiences
    ]
