"""What the book of records says about one student: read once, in order, and by nobody else's size.

Whoever sees the student's record as of an instant, a comparison of two or the timeline reads this
and folds it. Who may see what follows from the events alone, as in the views: a row is stamped with
the school of its time, and with a transfer goes the file (docs/decisions/time-travel.md).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from domain.access import DISPUTE_SECTIONS, NOT_HANDED_OVER, audiences_of, of_school
from domain.student import StudentErased, StudentTransferred
from ledger.database import Connection
from projections.facts import fact_of
from projections.schools import MOVES
from projections.view import Fact

#: A row of the book: position, recorded_at, stream_id, stream_version, topic, subject, body.
Stored = tuple[int, datetime, UUID, int, str, UUID | None, bytes]

_COLUMNS = "position, recorded_at, stream_id, stream_version, topic, subject, body"


_NAMES = ("code", "name")


class Move(NamedTuple):
    """The student is at this school from this event on."""

    position: int
    at: datetime
    school: UUID


@dataclass(frozen=True)
class StudentBook:
    """The events about a student up to a position, as stored and as read, the oldest first."""

    student: UUID
    position: int
    stored: Sequence[Stored]
    facts: Sequence[Fact]
    moves: Sequence[Move]

    def school_at(self, position: int) -> UUID | None:
        """The school right after a position; None before the student was registered."""
        return next((m.school for m in reversed(self.moves) if m.position <= position), None)

    def place(self, fact: Fact) -> int:
        """The position whose school an event is stamped with: of a transfer, the one it left."""
        return fact.position - (fact.event_class is StudentTransferred)

    def place_at(self, instant: datetime) -> int:
        """The position of the student's last move up to an instant; 0 before the first."""
        return max((move.position for move in self.moves if move.at <= instant), default=0)

    def stamped(
        self, section: str, position: int, upto: int, record: UUID | None = None
    ) -> frozenset[str]:
        """Who could see at `upto` what was recorded of a section up to `position`.

        A dispute stays with the school that it was opened at.
        """
        if section in DISPUTE_SECTIONS:
            opened = next((f.position for f in self.facts if f.stream_id == record), position)
            school = self.school_at(opened)
            return frozenset(audiences_of(section, self.student, school, record))
        names = audiences_of(section, self.student, self.school_at(position), record)
        if section in NOT_HANDED_OVER:
            return frozenset(names)
        return frozenset(names) | self.handed_over(position, upto)

    def handed_over(self, position: int, upto: int) -> frozenset[str]:
        """The schools to which the file went after a position and up to `upto`."""
        moves = (move for move in self.moves if position < move.position <= upto)
        return frozenset(of_school(move.school) for move in moves)


def student_book(connection: Connection, student: UUID, position: int) -> StudentBook:
    """The student's events up to a position. The connection reads the books."""
    rows: list[Stored] = connection.execute(
        f"SELECT {_COLUMNS} FROM books.records WHERE subject = %s AND position <= %s"
        " ORDER BY position".encode(),
        (student, position),
        binary=True,
    ).fetchall()
    facts = [fact_of(row) for row in rows]
    moves = [
        Move(fact.position, fact.recorded_at, UUID(fact.fields["organisation_id"]))
        for fact in facts
        if fact.event_class in MOVES
    ]
    return StudentBook(student, position, rows, facts, moves)


def named(
    connection: Connection, ids: Iterable[UUID], position: int
) -> Mapping[UUID, Mapping[str, Any]]:
    """What accounts and organisations were called at a position: `name`, and `code` where they
    have one; who was not there yet is left out. Ciphertext stands as `Fact.ciphertext` gives it."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM books.records WHERE stream_id = ANY(%s) AND position <= %s"
        " ORDER BY position".encode(),
        (list(set(ids)), position),
        binary=True,
    )
    found: dict[UUID, dict[str, Any]] = {}
    for row in rows:
        said = fact_of(row).said()
        known = found.setdefault(row[2], {})
        known.update((name, said[name]) for name in _NAMES if name in said)
    return found


def instant_of(connection: Connection, position: int) -> datetime | None:
    """When the event at a position was recorded; None where there is none."""
    row = connection.execute(
        b"SELECT recorded_at FROM books.records WHERE position = %s", (position,), binary=True
    ).fetchone()
    return None if row is None else row[0]


def erased_since(connection: Connection, student: UUID, position: int) -> bool:
    """Whether an order erased the student after a position."""
    row = connection.execute(
        b"SELECT FROM books.records WHERE subject = %s AND position > %s AND topic = %s",
        (student, position, StudentErased.TOPIC),
    ).fetchone()
    return row is not None


# Time never runs against position and positions have no holes, so no index on the time is needed.
_POSITION_AT = b"""
WITH RECURSIVE span(low, high) AS (
    SELECT 0::bigint, coalesce(max(position), 0) FROM books.records
    UNION ALL
    SELECT CASE WHEN found.known THEN found.middle ELSE span.low END,
           CASE WHEN found.known THEN span.high ELSE found.middle - 1 END
    FROM span, LATERAL (
        SELECT position AS middle, recorded_at <= %s AS known FROM books.records
        WHERE position = (span.low + span.high + 1) / 2 OFFSET 0) found
    WHERE span.low < span.high
)
SELECT low FROM span WHERE low = high
"""


def position_at(connection: Connection, instant: datetime) -> int:
    """The last position recorded at or before an instant; 0 where there is none."""
    row = connection.execute(_POSITION_AT, (instant,), binary=True).fetchone()
    assert row is not None
    return int(row[0])
