"""The tables of the change list at a size of years, filled by SQL with rows like real ones.

What stands in a row (section, kind, body) is taken in turn from rows that the view itself wrote;
whose it is, and who may see it, is spread over as many students, teachers and schools as such a
county has. A student has 50 changes whatever the size.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

import psycopg

from bench.county import fill
from bench.measure import Scale
from bench.place import Place, opened, runner, settled
from bench.workload import Workload
from ledger.database import Connection, Database, Pool
from ledger.ledger import Ledger

PER_STUDENT = 50
_STUDENTS_OF_A_SCHOOL = 100
_STUDENTS_OF_A_TEACHER = 20

PROCESS = "process"


@dataclass(frozen=True)
class Stage:
    """A ledger whose change list holds `size` changes, and the reader's connections to it."""

    size: int
    database: Database
    reader: Pool
    #: As the owner of the tables reads: no row-level security.
    bare: Connection

    @property
    def students(self) -> int:
        return self.size // PER_STUDENT

    def student(self, number: int) -> UUID:
        return self._id(f"student {number % self.students}")

    def school_of(self, number: int) -> UUID:
        """The audience of that student's school."""
        return self._id(f"school {number % self.students // _STUDENTS_OF_A_SCHOOL}")

    def process(self) -> list[UUID]:
        """The one audience of the county's bodies: more than half of all changes."""
        return [self._id(PROCESS)]

    def class_of(self, students: int) -> list[UUID]:
        """The audiences of a teacher: one section of each of so many students."""
        return sorted(self._id(f"student {number} placement") for number in range(students))

    def _id(self, name: str) -> UUID:
        row = self.bare.execute("SELECT md5(%s)::uuid", (name,)).fetchone()
        assert row is not None
        found: UUID = row[0]
        return found


SIZES = (100_000, 1_000_000)
LARGEST = 5_000_000


def stages(place: Place, scale: Scale) -> list[Stage]:
    """A stage of each size, made by whoever needs it first."""
    sizes = [scale.events(size) for size in ((*SIZES, LARGEST) if scale.full else SIZES)]
    return [place.keep(f"stage {size}", partial(_stage, place, size)) for size in sizes]


@contextmanager
def _stage(place: Place, size: int) -> Iterator[Stage]:
    with place.ledger(f"stage_{size}") as reached, opened(reached) as ledger:
        fill(ledger, Workload(students=100), 1000)
        with runner(ledger) as building:
            building.catch_up()
        _spread(ledger, size)
        settled(ledger.database, "views.change", "views.change_audience")
        reader = ledger.database.pool("reader", 1)
        try:
            with ledger.database.connect("projector") as bare:
                yield Stage(size, ledger.database, reader, bare)
        finally:
            reader.close()


def _spread(ledger: Ledger, size: int) -> None:
    with psycopg.connect(ledger.database.admin, autocommit=True) as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE pattern AS SELECT row_number() OVER (ORDER BY position) - 1"
            " AS n, section, kind, origin, body FROM views.change WHERE section <> 'directory'"
        )
        connection.execute("CREATE UNIQUE INDEX ON pattern (n)")
        connection.execute("ANALYZE pattern")
        connection.execute("TRUNCATE views.change, views.change_audience")
        connection.execute(_CHANGES, {"size": size, "students": size // PER_STUDENT})
        connection.execute(_AUDIENCES)


# Multiplying by a prime visits all students in an order without pattern.
_CHANGES = f"""
INSERT INTO views.change (position, recorded_at, student, organisation, record_id, author,
                          section, kind, origin, audiences, body)
SELECT g, timestamptz '2023-08-01' + g * interval '10 seconds',
       md5('student ' || s)::uuid, md5('school ' || s / {_STUDENTS_OF_A_SCHOOL})::uuid,
       md5('record ' || s || p.section)::uuid, md5('author ' || s / {_STUDENTS_OF_A_TEACHER})::uuid,
       p.section, p.kind, p.origin,
       CASE WHEN p.section IN ('placement', 'placement_request')
            THEN ARRAY[md5('student ' || s || ' ' || p.section)::uuid,
                       md5('school ' || s / {_STUDENTS_OF_A_SCHOOL})::uuid, md5('{PROCESS}')::uuid]
            ELSE ARRAY[md5('student ' || s || ' ' || p.section)::uuid,
                       md5('school ' || s / {_STUDENTS_OF_A_SCHOOL})::uuid] END,
       p.body
FROM generate_series(1, %(size)s) g
CROSS JOIN LATERAL (SELECT (g * 7919::bigint) %% %(students)s AS s) w
JOIN pattern p ON p.n = (g * 104729::bigint) %% (SELECT count(*) FROM pattern)
ORDER BY g
"""

_AUDIENCES = """
INSERT INTO views.change_audience (audience, position)
SELECT unnest(audiences), position FROM views.change ORDER BY position
"""
