"""The placements of a school year, for lists over all students that the viewer sees."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from domain.placement import Category, Placement, Status
from ledger.database import Connection
from projections.packing import unpack

_OF_YEAR = (
    b"SELECT placement_id, student, version, row FROM placement"
    b" WHERE school_year = %s AND status = %s AND (%s::uuid IS NULL OR student = %s)"
    b" ORDER BY student, recorded_at, placement_id"
)
_OPEN = (
    b"SELECT q.student, q.request_id, q.row, p.placement_id, p.version, p.row"
    b" FROM placement_request q"
    b" JOIN placement p ON p.placement_id = q.placement_id"
    b" WHERE p.school_year = ANY(%s) AND q.status IN ('open', 'completed')"
    b" AND (%s::timestamptz IS NULL OR q.recorded_at < %s)"
    b" ORDER BY q.student, q.recorded_at"
)


def in_force(
    connection: Connection,
    school_year: int,
    student: UUID | None = None,
    *,
    status: Status = Status.IN_FORCE,
) -> Mapping[UUID, tuple[Placement, ...]]:
    """By student, of one alone where one is given. What is encrypted in them is left out. Of
    another `status`, those that are not in force."""
    found: defaultdict[UUID, list[Placement]] = defaultdict(list)
    values = (school_year, status.value, student, student)
    for identity, of, version, row in connection.execute(_OF_YEAR, values, binary=True):
        found[of].append(_placement(identity, of, version, row, status))
    return {of: tuple(rows) for of, rows in found.items()}


def requested(
    connection: Connection, *school_years: int, before: datetime | None = None
) -> Mapping[UUID, tuple[tuple[Placement, str, Category | None], ...]]:
    """By student: placements of these years that a request is about, its kind, and the category
    asked for instead; of requests recorded before an instant, where one is given."""
    found: defaultdict[UUID, list[tuple[Placement, str, Category | None]]] = defaultdict(list)
    for student, asked_in, asked, identity, version, row in connection.execute(
        _OPEN, (list(school_years), before, before), binary=True
    ):
        request = unpack(asked_in, asked)
        new = request.get("new_category")
        found[student].append(
            (
                _placement(identity, student, version, row),
                request["kind"],
                None if new is None else Category(new),
            )
        )
    return {student: tuple(rows) for student, rows in found.items()}


def _placement(
    identity: UUID, student: UUID, version: int, packed: bytes, status: Status = Status.IN_FORCE
) -> Placement:
    row = unpack(identity, packed)
    return Placement(
        placement_id=identity,
        version=version,
        student_id=student,
        school_year=row["school_year"],
        area=row["area"],
        category=Category(row["category"]),
        target_year_grade=row["target_year_grade"],
        placement_grade=row["placement_grade"],
        arrangement=None,
        occurred_on=None,
        status=status,
    )
