"""The scans that schools handed in of their own: what each is, never what is in it.

A school sees its own, and who runs programmes all of them. What an order took is no longer listed.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.access import ORGANISED, of_school
from domain.programme_document import ADDED, ERASED, OF_SCHOOL
from ledger.database import Connection
from projections.view import Fact, SqlView, audience_ids
from projections.writing import columns, copy_rows

_COLUMNS = columns(
    "scan uuid, programme text, organisation uuid, kind text, media_type text, size int8,"
    " uploaded_at timestamptz, uploaded_by uuid, audiences uuid[]"
)
_ADDED, _ERASED = ADDED[OF_SCHOOL].event, ERASED[OF_SCHOOL].event


class SchoolScan(NamedTuple):
    """A scan; `kind` is one of the programme's, `size` in bytes."""

    scan: UUID
    programme: str
    organisation: UUID
    kind: str
    media_type: str
    size: int
    uploaded_at: datetime
    uploaded_by: UUID


class SchoolScansView(SqlView):
    """The view `school_scans`: see the module."""

    def __init__(self) -> None:
        super().__init__(name="school_scans", version=1, tables=("school_scan",))

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        gone = [fact.stream_id for fact in facts if fact.event_class is _ERASED]
        added = [_row(fact) for fact in facts if fact.event_class is _ADDED]
        if added:
            copy_rows(connection, "school_scan", _COLUMNS, added)
        if gone:
            connection.execute("DELETE FROM school_scan WHERE scan = ANY(%s)", (gone,))


def _row(fact: Fact) -> tuple[object, ...]:
    said = fact.fields
    school = UUID(said["organisation_id"])
    return (
        fact.stream_id,
        said["programme"],
        school,
        said["document_kind"],
        said["media_type"],
        said["size"],
        fact.recorded_at,
        fact.by,
        audience_ids((of_school(school), ORGANISED)),
    )


def school_scans(
    connection: Connection, programme: str, organisation: UUID | None = None
) -> list[SchoolScan]:
    """The scans of a programme that the viewer may see, of one school or of all."""
    rows = connection.execute(
        b"SELECT scan, programme, organisation, kind, media_type, size, uploaded_at, uploaded_by"
        b" FROM school_scan WHERE programme = %s AND (%s::uuid IS NULL OR organisation = %s)"
        b" ORDER BY uploaded_at, scan",
        (programme, organisation, organisation),
        binary=True,
    )
    return [SchoolScan(*row) for row in rows]
