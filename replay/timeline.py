"""Every event about a student that somebody may see, in order, and who could see it at the time.

Beside each event stands the row as the book stores it, so that whoever cites it can name its
position; and what it changed, by the same function that writes the view `changes`. Ciphertext is
unopened.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.access import audiences_held
from domain.calendar import local_date
from ledger.database import Connection
from projections.changes import Change, change_of
from projections.plan_fold import is_section
from projections.reach import Related
from projections.section_changes import GONE
from projections.view import Fact
from replay.rights_at import Rights, rights
from replay.student_book import Stored, StudentBook, student_book

#: Fields of an event in which somebody claims the day it speaks about, beside `occurred_on`.
_DAYS = ("decided_on", "held_at", "award_date", "test_date", "notice_received_on")


@dataclass(frozen=True)
class Entry:
    """An event of a section of a student's record.

    `audiences` could see it when it was recorded. `after` is what the record says from then on
    (`projections.section_changes.fields_of`), `stands` whether there is a record from then on.
    """

    stored: Stored
    fact: Fact
    change: Change
    audiences: frozenset[str]
    after: dict[str, Any]
    stands: bool

    @property
    def position(self) -> int:
        return self.fact.position

    @property
    def claimed_day(self) -> date | None:
        """The day that the event itself says it speaks about; None where it says none."""
        for name in ("occurred_on", *_DAYS):
            said = self.fact.fields.get(name)
            if isinstance(said, str):
                told = datetime.fromisoformat(said)
                return told.date() if told.tzinfo is None else local_date(told)
        return None


@dataclass(frozen=True)
class Witnessed:
    """An entry, and the relations that let somebody see it the moment it was recorded.

    Of the county's bodies, who see the process of a placement, `Entry.audiences` alone tells.
    """

    entry: Entry
    witnesses: Sequence[Related]


def timeline(
    connection: Connection, student: UUID, position: int, audiences: frozenset[str]
) -> list[Witnessed]:
    """The events up to a position that these audiences may see today, the oldest first.

    The connection reads the books and every row of the views.
    """
    book = student_book(connection, student, position)
    known = rights(connection, student, position)
    return [
        Witnessed(entry, witnesses(entry, known))
        for entry in entries(book)
        if seen_today(book, entry) & audiences
    ]


def entries(book: StudentBook) -> Iterator[Entry]:
    """The events of the student's sections, whoever may see them."""
    states: dict[UUID, dict[str, Any]] = {}
    for stored, fact in zip(book.stored, book.facts, strict=True):
        section = fact.event_class.SECTION
        if section is None:
            continue
        at = book.place(fact)
        change, after = change_of(fact, book.school_at(at), states)
        states[fact.stream_id] = after
        stands = not after.get(GONE) if is_section(fact) else change.kind != "withdrawn"
        seen = book.stamped(section, at, at, fact.stream_id)
        yield Entry(stored, fact, change, seen, after, stands)


def seen_today(book: StudentBook, entry: Entry) -> frozenset[str]:
    """Who may see an entry at the position to which the book was read."""
    at = book.place(entry.fact)
    return book.stamped(entry.change.section, at, book.position, entry.fact.stream_id)


def witnesses(entry: Entry, known: Rights) -> list[Related]:
    """The relations, of those known, by which an account could see an entry at its time."""
    at = entry.fact.recorded_at
    return [
        one
        for one in (*known.relations, *known.offices)
        if one.relation.holds(at) and audiences_held([one.relation], at) & entry.audiences
    ]
