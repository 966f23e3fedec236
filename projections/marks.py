"""A student's marks and the status of a full skip, as they are now.

The row of a mark: the fields of `MarkRecorded` or `MarkBackFilled` (`score` and `description` as
ciphertext), what was corrected over them, and `occurred_on`. Of a status: the fields of
`SkipStatusRecorded`. It is kept packed (`projections/packing.py`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from domain.access import audiences_of, of_school
from domain.event import Event
from domain.mark import SECTION, MarkBackFilled, MarkCorrected, MarkRecorded, MarkWithdrawn
from domain.skip_status import SkipStatusCorrected, SkipStatusRecorded, SkipStatusWithdrawn
from domain.student import StudentTransferred
from ledger.database import Connection
from projections.packing import pack, unpack
from projections.schools import MOVES, Schools
from projections.view import Fact, SqlView, audience_id, audience_ids
from projections.writing import columns, copy_rows, overwrite_rows

Kind = Literal["mark", "skip_status"]

_COLUMNS = columns(
    "mark_id uuid, student uuid, kind text, withdrawn bool, version int8, recorded_at timestamptz,"
    " updated_at timestamptz, updated_by uuid, row bytea, audiences uuid[]"
)
_BEGINNINGS: dict[type[Event], Kind] = {
    MarkRecorded: "mark",
    MarkBackFilled: "mark",
    SkipStatusRecorded: "skip_status",
}
_CORRECTIONS = (MarkCorrected, SkipStatusCorrected)
_ENDS = (MarkWithdrawn, SkipStatusWithdrawn)


@dataclass
class Kept:
    """A mark or a status as it is after an event; `audiences` are a matter of the view."""

    student: UUID
    kind: Kind
    withdrawn: bool
    version: int
    recorded_at: datetime
    updated_at: datetime
    updated_by: UUID
    row: dict[str, Any]
    audiences: list[UUID]


class MarksView(SqlView):
    """The view `marks`: see the module."""

    def __init__(self) -> None:
        super().__init__(name="marks", version=1, tables=("mark", "mark_school"))
        self._schools = Schools("mark_school")

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        mine = [
            fact
            for fact in facts
            if fact.event_class.SECTION == SECTION or fact.event_class in MOVES
        ]
        if not mine:
            return
        school_of = self._schools.apply_and_get(connection, mine)
        changed = {fact.stream_id for fact in mine if fact.event_class.SECTION == SECTION}
        moved = {fact.student for fact in mine if fact.event_class is StudentTransferred}
        if not changed and not moved:
            return
        old = dict(_stored(connection, changed, moved))
        kept, touched = dict(old), set(changed)
        files: defaultdict[UUID | None, set[UUID]] = defaultdict(set)
        for one, record in old.items():
            files[record.student].add(one)
        for fact in mine:
            if fact.event_class is StudentTransferred:
                new_school = audience_id(of_school(UUID(fact.fields["organisation_id"])))
                for one in files[fact.student]:
                    kept[one].audiences = sorted({*kept[one].audiences, new_school})
                touched |= files[fact.student]
            elif fact.event_class.SECTION == SECTION:
                record = kept[fact.stream_id] = after(kept.get(fact.stream_id), fact)
                names = audiences_of(SECTION, record.student, school_of(fact))
                record.audiences = audience_ids(names)
                files[fact.student].add(fact.stream_id)
        for write, stands in ((overwrite_rows, True), (copy_rows, False)):
            rows = [_columns(one, kept[one]) for one in sorted(touched) if (one in old) is stands]
            if rows:
                write(connection, "mark", _COLUMNS, rows)


def after(record: Kept | None, fact: Fact) -> Kept:
    """The record after a fact, its audiences aside. Raises `LookupError` where there is none."""
    said = fact.said()
    if "occurred_on" in fact.fields:
        said["occurred_on"] = fact.fields["occurred_on"]
    at = fact.recorded_at
    kind = _BEGINNINGS.get(fact.event_class)
    if kind is not None:
        assert fact.student is not None
        if kind == "mark":
            said["back_filled"] = fact.event_class is MarkBackFilled
        return Kept(
            fact.student, kind, False, fact.stream_version, at, at, fact.by, said, audiences=[]
        )
    if record is None:
        raise LookupError(f"{fact.event_class.TOPIC} of {fact.stream_id}, which nobody recorded")
    if fact.event_class in _ENDS:
        record.withdrawn = True
    elif fact.event_class in _CORRECTIONS:
        record.row |= said
    else:
        raise TypeError(f"{fact.event_class.TOPIC} says nothing that this view knows")
    record.version, record.updated_at, record.updated_by = fact.stream_version, at, fact.by
    return record


def _stored(
    connection: Connection, ids: set[UUID], students: set[UUID | None]
) -> Iterator[tuple[UUID, Kept]]:
    """The records that stood before the batch: those it changes, and all of moved students."""
    rows = connection.execute(
        b"SELECT mark_id, student, kind, withdrawn, version, recorded_at, updated_at, updated_by,"
        b" row, audiences FROM mark WHERE mark_id = ANY(%s) OR student = ANY(%s)",
        (list(ids), list(students)),
        binary=True,
    )
    made: Callable[..., Kept] = Kept
    for mark_id, *known, packed, audiences in rows:
        yield mark_id, made(*known, unpack(mark_id, packed), audiences)


def _columns(mark_id: UUID, record: Kept) -> tuple[Any, ...]:
    return (
        mark_id,
        record.student,
        record.kind,
        record.withdrawn,
        record.version,
        record.recorded_at,
        record.updated_at,
        record.updated_by,
        pack(mark_id, record.row),
        record.audiences,
    )


@dataclass(frozen=True)
class Recorded:
    """A mark, or the status of a full skip, now."""

    mark_id: UUID
    student: UUID
    kind: Kind
    withdrawn: bool
    version: int
    recorded_at: datetime
    updated_at: datetime
    updated_by: UUID
    row: dict[str, Any]


def marks_of(connection: Connection, student: UUID) -> list[Recorded]:
    """The student's marks and status that the viewer may see, withdrawn ones too, the oldest
    first."""
    rows = connection.execute(
        b"SELECT mark_id, student, kind, withdrawn, version, recorded_at, updated_at, updated_by,"
        b" row FROM mark WHERE student = %s ORDER BY recorded_at, mark_id",
        (student,),
        binary=True,
    )
    made: Callable[..., Recorded] = Recorded
    return [made(*row[:-1], unpack(row[0], row[-1])) for row in rows]
