"""Who the students of a roster are: cards of the directory by the thousand, read for a little."""

from collections.abc import Iterable
from typing import NamedTuple, cast
from uuid import UUID

import orjson

from ledger.database import Connection
from projections.cards import Row


class PackedStudent(NamedTuple):
    """A student now, whose row (`projections.directory`) is unpacked by who needs it."""

    student_id: UUID
    class_name: str | None
    version: int
    row: bytes

    def unpacked(self) -> Row:
        return cast(Row, orjson.loads(self.row))


def packed_students(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, PackedStudent]:
    """Those of these students whom the viewer may see."""
    # As one text: a list of ids is turned into its binary form id by id.
    asked = "{" + ",".join([one.hex for one in ids]) + "}"
    rows = connection.execute(
        b"SELECT student_id, class_name, version, row FROM student"
        b" WHERE student_id = ANY(%s::uuid[])",
        (asked,),
        binary=True,
    )
    return {row[0]: PackedStudent(*row) for row in rows.fetchall()}
