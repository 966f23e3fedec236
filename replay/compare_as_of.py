"""Two instants of a student's record: field by field what differs, and by whom, when and why.

Only records in which something was recorded between the two are looked at, whose changes the viewer
may see today. Ciphertext is unopened, so a field that went to another value and back differs here;
who opens it leaves it out.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.access import DISPUTE_SECTIONS
from ledger.database import Connection
from projections.changes import Change
from projections.plan_fold import is_section
from projections.reach import Related
from projections.section_changes import fields_of
from replay.as_of import Stood, Viewed
from replay.rights_at import Rights, relation_seen_by, rights
from replay.student_book import StudentBook, named, student_book
from replay.timeline import Entry, entries, seen_today


@dataclass(frozen=True)
class Difference:
    """A field at both instants; `row_id` where it is one of a group of rows."""

    field: str
    row_id: str | None
    before: Any
    after: Any


@dataclass(frozen=True)
class Compared:
    """A record between the instants. A version of 0 says that there was none.

    `status` are those of a placement or a request. `changes` are never empty.
    """

    section: str
    record_id: UUID
    versions: tuple[int, int]
    stands: tuple[bool, bool]
    status: tuple[str | None, str | None]
    differences: Sequence[Difference]
    changes: Sequence[Change]


@dataclass(frozen=True)
class Comparison:
    """`began` and `ended` are the relations that held at one of the instants alone."""

    records: Sequence[Compared]
    began: Sequence[Related]
    ended: Sequence[Related]
    names: Mapping[UUID, Mapping[str, Any]]


def compare(
    connection: Connection,
    student: UUID,
    positions: tuple[int, int],
    instants: tuple[datetime, datetime],
    upto: int,
    viewed: Viewed,
) -> Comparison:
    """The record at two positions, the first not after the second, for which the instants stand.

    `upto` is how far the viewer knows the book. The connection reads the books and every row of
    the views.
    """
    book = student_book(connection, student, upto)
    known = [rights(connection, student, position) for position in positions]
    began, ended = _relations(book, known, instants, viewed)
    ids = {one.relation.account_id for one in (*began, *ended)}
    return Comparison(
        list(_records(book, positions, viewed)),
        began,
        ended,
        named(connection, ids, positions[1]),
    )


def _records(book: StudentBook, positions: tuple[int, int], viewed: Viewed) -> list[Compared]:
    first, last = positions
    before: dict[UUID, Entry] = {}
    between: defaultdict[UUID, list[Entry]] = defaultdict(list)
    for entry in entries(book):
        if entry.change.section in DISPUTE_SECTIONS:
            # What is said in a dispute stands in the dispute.
            continue
        if entry.position <= first:
            before[entry.fact.stream_id] = entry
        elif entry.position <= last:
            between[entry.fact.stream_id].append(entry)
    stood = Stood(book, first), Stood(book, last)
    found = []
    for record, changed in between.items():
        seen = [one for one in changed if seen_today(book, one) & viewed.today]
        if not seen:
            continue
        old, new = before.get(record), changed[-1]
        kept = [each.process.get(record) for each in stood]
        found.append(
            Compared(
                new.change.section,
                record,
                (0 if old is None else old.fact.stream_version, new.fact.stream_version),
                (old is not None and old.stands, new.stands),
                (
                    None if kept[0] is None else kept[0].status,
                    None if kept[1] is None else kept[1].status,
                ),
                _differences(_fields(old), _fields(new)),
                [one.change for one in seen],
            )
        )
    return found


Fields = Mapping[tuple[str, str | None], Any]
_YEAR = "school_year"


def _fields(entry: Entry | None) -> Fields:
    if entry is None or not entry.stands:
        return {}
    found = {(field, row): value for field, row, value in fields_of(entry.after)}
    if is_section(entry.fact) or (year := entry.after.get(_YEAR)) is None:
        return found
    # Of a section it says which record it is; a placement is moved to another.
    return {(_YEAR, None): year, **found}


def _differences(before: Fields, after: Fields) -> list[Difference]:
    """In the order of the fields, those that were before first."""
    return [
        Difference(*place, before.get(place), after.get(place))
        for place in {**before, **after}
        if before.get(place) != after.get(place)
    ]


def _relations(
    book: StudentBook,
    known: Sequence[Rights],
    instants: tuple[datetime, datetime],
    viewed: Viewed,
) -> tuple[list[Related], list[Related]]:
    held = [
        {
            (one.relation.account_id, one.source_kind, one.relation.dispute): one
            for one in each.held(instant)
            if one.relation.account_id == viewed.account
            or relation_seen_by(book, one, book.position) & viewed.today
        }
        for each, instant in zip(known, instants, strict=True)
    ]
    began = [one for key, one in held[1].items() if key not in held[0]]
    ended = [one for key, one in held[0].items() if key not in held[1]]
    return began, ended
