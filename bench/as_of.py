"""A student's record as of an instant while the book around it grows.

The book is filled by SQL with events like real ones: of a hundred students whom the workload
writes about, each is repeated under other ids, and the events of a student lie apart in the book as
those of a year do. A student has 40 events whatever the size. What is measured is the fold of the
books with its rights, before anything is opened.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

import psycopg

from bench.county import fill
from bench.growth import grown
from bench.measure import Scale
from bench.place import Place, opened, runner, settled
from bench.result import Result
from bench.workload import Workload
from domain.access import MATRIX, of_student
from domain.calendar import local_date
from ledger.database import Connection
from projections.placements import Kept
from replay.as_of import Viewed, as_of
from replay.student_book import instant_of, position_at

_PER_STUDENT = 40
_PATTERNS = 100
#: So that every student of the workload has the events that are repeated.
_CHANGES = 9_000
_STUDENTS_OF_A_SCHOOL = 100
_QUERIES = 100
_SMALL, _LARGE = 100_000, 1_000_000
_LARGEST = 5_000_000


@dataclass(frozen=True)
class _Book:
    """A book with `size` events after its first `head`, read as a replay reads it."""

    size: int
    head: int
    connection: Connection

    def student(self, number: int) -> UUID:
        row = self.connection.execute(
            "SELECT md5('student ' || %s)::uuid", (number % (self.size // _PER_STUDENT),)
        ).fetchone()
        assert row is not None
        found: UUID = row[0]
        return found


def run(place: Place, scale: Scale) -> list[Result]:
    sizes = [scale.events(_SMALL), scale.events(_LARGEST if scale.full else _LARGE)]
    small, large = (place.keep(f"as-of {size}", partial(_book, place, size)) for size in sizes)
    both = [(each.size, _look(each)) for each in (small, large)]
    return [grown("as-of", "一位學生在某一時間的紀錄", *both, scale, _QUERIES, _PER_STUDENT)]


def _look(book: _Book) -> Callable[[int], None]:
    """Of each student everything, three quarters on the way through the book."""
    students = [book.student(97 * number) for number in range(_QUERIES)]
    upto = book.head + book.size
    instant = instant_of(book.connection, book.head + 3 * book.size // 4)
    assert instant is not None
    day = local_date(instant)

    def look(number: int) -> None:
        student = students[number]
        audiences = frozenset(of_student(student, section) for section in MATRIX)
        viewed = Viewed(uuid4(), audiences, audiences)
        position = position_at(book.connection, instant)
        found = as_of(book.connection, student, position, instant, day, upto, viewed)
        placed = [one for one in found.placements if isinstance(one.what.kept, Kept)]
        if found.card is None or not placed or not found.relations:
            raise RuntimeError("the record is not all there")

    return look


@contextmanager
def _book(place: Place, size: int) -> Iterator[_Book]:
    with place.ledger(f"as_of_{size}") as reached, opened(reached) as ledger:
        fill(ledger, Workload(students=_PATTERNS), _CHANGES)
        with runner(ledger) as building:
            building.catch_up()
        head = _repeat(ledger.database.admin, size // _PER_STUDENT)
        settled(ledger.database, "books.records", "views.reach_fact", "views.reach")
        with ledger.database.connect("projector") as connection:
            yield _Book(size, head, connection)


def _repeat(admin: str, students: int) -> int:
    """Adds students to the book, past the recorder; returns where the book ended before."""
    terms = {
        "per": _PER_STUDENT,
        "patterns": _PATTERNS,
        "students": students,
        "of_school": _STUDENTS_OF_A_SCHOOL,
    }
    with psycopg.connect(admin, autocommit=True) as connection:
        row = connection.execute("SELECT max(position) FROM books.records").fetchone()
        for statement in _STATEMENTS:
            connection.execute(statement, terms | {"head": row and row[0]})
    assert row is not None
    return int(row[0])


# Multiplying by a prime visits all students in an order without pattern.
_STATEMENTS = (
    b"""
CREATE TEMPORARY TABLE pattern AS
SELECT dense_rank() OVER (ORDER BY subject) - 1 AS who,
       row_number() OVER (PARTITION BY subject ORDER BY position) - 1 AS k, *
FROM books.records WHERE subject IS NOT NULL
""",
    b"DELETE FROM pattern WHERE k >= %(per)s",
    b"CREATE UNIQUE INDEX ON pattern (who, k)",
    b"ANALYZE pattern",
    b"""
INSERT INTO books.records (position, recorded_at, stream_id, stream_version, topic, subject, body)
SELECT %(head)s + g, now() + g * interval '1 second',
       CASE WHEN p.stream_id = p.subject THEN md5('student ' || w.s)::uuid
            ELSE md5(w.s || ' ' || p.stream_id)::uuid END,
       p.stream_version, p.topic, md5('student ' || w.s)::uuid, p.body
FROM generate_series(1, %(per)s::int * %(students)s) g
CROSS JOIN LATERAL (
    SELECT (g - 1) / %(students)s AS k, (g * 7919::bigint) %% %(students)s AS s) w
JOIN pattern p ON p.who = w.s %% %(patterns)s AND p.k = w.k
ORDER BY g
""",
    b"""
INSERT INTO views.reach_fact (position, at, what, account, student, organisation, class_name, kind,
                              school_year)
SELECT r.position, r.recorded_at, f.what, f.account, r.subject,
       CASE WHEN f.organisation IS NOT NULL
            THEN md5('school ' || s / %(of_school)s)::uuid END,
       f.class_name, f.kind, f.school_year
FROM generate_series(0, %(students)s - 1) s
JOIN pattern p ON p.who = s %% %(patterns)s
JOIN views.reach_fact f ON f.position = p.position
JOIN books.records r ON r.stream_version = p.stream_version AND r.stream_id =
    CASE WHEN p.stream_id = p.subject THEN md5('student ' || s)::uuid
         ELSE md5(s || ' ' || p.stream_id)::uuid END
""",
)
