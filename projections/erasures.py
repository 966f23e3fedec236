"""Which students were erased by order, and where in the book: for whoever kept a position.

A report or a paper that named a person is not made again once that person was erased (contract 4).
Beside them the single scans that orders took, for who looks whether their keys are gone.
"""

from collections.abc import Sequence
from uuid import UUID

from domain.programme_document import ERASED
from domain.student import StudentErased
from ledger.database import Connection
from projections.view import Fact, Revision, SqlView
from projections.writing import columns, copy_rows

_COLUMNS = columns("student uuid, position int8")
_SCAN_COLUMNS = columns("scan uuid, position int8")
_OF_SCANS = frozenset(one.event for one in ERASED.values())


class ErasuresView(SqlView):
    """The view `erasures`: see the module."""

    def __init__(self) -> None:
        super().__init__(
            name="erasures",
            version=2,
            tables=("erasure", "erasure_scan"),
            revisions={2: Revision("記載依法單獨刪除的上傳資料", ("erasure_scan",))},
        )

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        erased = [
            (fact.student, fact.position) for fact in facts if fact.event_class is StudentErased
        ]
        if erased:
            copy_rows(connection, "erasure", _COLUMNS, erased)
        scans = [(fact.stream_id, fact.position) for fact in facts if fact.event_class in _OF_SCANS]
        if scans:
            copy_rows(connection, "erasure_scan", _SCAN_COLUMNS, scans)


def erased_since(connection: Connection, position: int) -> frozenset[UUID]:
    """The students erased by an event after this position of `records`."""
    rows = connection.execute(
        "SELECT student FROM erasure WHERE position > %s", (position,), binary=True
    )
    return frozenset(student for (student,) in rows)
