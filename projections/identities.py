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


def student_versions(connection: Connection, ids: Iterable[UUID]) -> list[tuple[UUID, int]]:
    """Those of these students whom the viewer may see, and in which version their card is."""
    rows = connection.execute(
        b"SELECT student_id, version FROM student WHERE student_id = ANY(%s::uuid[])",
        (_asked(ids),),
        binary=True,
    )
    return rows.fetchall()


def packed_students(connection: Connection, ids: Iterable[UUID]) -> list[PackedStudent]:
    """Those of these students whom the viewer may see."""
    rows = connection.execute(
        b"SELECT student_id, class_name, version, row FROM student"
        b" WHERE student_id = ANY(%s::uuid[])",
        (_asked(ids),),
        binary=True,
    )
    return [PackedStudent(*row) for row in rows.fetchall()]


def _asked(ids: Iterable[UUID]) -> str:
    # As one text: a list of ids is turned into its binary form id by id.
    return "{" + ",".join([one.hex for one in ids]) + "}"
