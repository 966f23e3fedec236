"""Whether a viewer sees a record, whatever kind it is of, and whose it is."""

from typing import NamedTuple
from uuid import UUID

from ledger.database import Connection


class SeenRecord(NamedTuple):
    """A record by the student it is about and the version that the viewer sees."""

    student: UUID
    version: int


#: Each of these tables shows a viewer its own rows alone.
_SEEN = b"""
SELECT student, version FROM plan_record WHERE record_id = %(record)s
UNION ALL SELECT student, version FROM placement WHERE placement_id = %(record)s
UNION ALL SELECT student, version FROM placement_request WHERE request_id = %(record)s
UNION ALL SELECT student, version FROM dispute WHERE dispute_id = %(record)s
UNION ALL SELECT student_id, version FROM student WHERE student_id = %(record)s
"""


def seen_record(connection: Connection, record: UUID) -> SeenRecord | None:
    """The record, if there is one and the viewer may see it; `connection` is of `viewing`."""
    row = connection.execute(_SEEN, {"record": record}, binary=True).fetchone()
    return None if row is None else SeenRecord(*row)
