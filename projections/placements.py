"""A student's placements and the requests about them, as they are now.

The row of a placement: the fields of `PlacementRecorded`, on a programme's page those of
`PlacementRowFilled` (`arrangement` and `computed` as ciphertext), `occurred_on`, and where it came
to that `moved_to`, `request_id`, and what `PlacementDecided` says. Of a request: the fields of
`PlacementRequestRecorded` (`new_arrangement` and `why` as ciphertext), `occurred_on`, and
`decisions`: `body`, `outcome`, `document_number`, `decided_on`, `by`, `recorded_at` of each. It is
kept packed (`projections/packing.py`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal, TypeVar
from uuid import UUID

from domain.access import PROCESS_SECTIONS, audiences_of, of_school
from domain.placement import (
    PlacementCorrected,
    PlacementDecided,
    PlacementEnded,
    PlacementRecorded,
    PlacementWithdrawn,
    Status,
    status_of,
)
from domain.placement_request import (
    Outcome,
    PlacementRequestDecided,
    PlacementRequestRecorded,
    PlacementRequestWithdrawn,
)
from domain.placement_request import Status as RequestStatus
from domain.placement_row import PlacementRowFilled, PlacementRowRevised
from domain.student import StudentTransferred
from ledger.database import Connection
from projections.packing import pack, unpack
from projections.schools import MOVES, Schools
from projections.view import Fact, Revision, SqlView, audience_id, audience_ids
from projections.writing import columns, copy_rows, overwrite_rows

Row = dict[str, Any]
Table = Literal["placement", "placement_request"]
Read = TypeVar("Read")

_SHARED = (
    "status text, version int8, recorded_at timestamptz, updated_at timestamptz, updated_by uuid,"
    " row bytea, audiences uuid[]"
)
_COLUMNS: dict[Table, dict[str, str]] = {
    "placement": columns(f"placement_id uuid, student uuid, school_year int2, {_SHARED}"),
    "placement_request": columns(f"request_id uuid, student uuid, placement_id uuid, {_SHARED}"),
}
_BEGINNINGS: dict[type, Table] = {
    PlacementRecorded: "placement",
    PlacementRowFilled: "placement",
    PlacementRequestRecorded: "placement_request",
}


@dataclass
class Kept:
    """A placement or a request as it is after an event; `audiences` are a matter of the view."""

    table: Table
    student: UUID
    status: str
    version: int
    recorded_at: datetime
    updated_at: datetime
    updated_by: UUID
    audiences: list[UUID]
    row: Row


class PlacementsView(SqlView):
    """The view `placements`: see the module."""

    def __init__(self) -> None:
        super().__init__(
            name="placements",
            version=3,
            tables=("placement", "placement_request", "placement_school"),
            revisions={
                2: Revision("安置列不再重複記載相同的內容", ("placement", "placement_request")),
                3: Revision("案件審議後才填寫的安置列為待審議", ("placement",)),
            },
        )
        self._schools = Schools("placement_school")

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        mine = [
            fact
            for fact in facts
            if fact.event_class.SECTION in PROCESS_SECTIONS or fact.event_class in MOVES
        ]
        if not mine:
            return
        school_of = self._schools.apply_and_get(connection, mine)
        changed = [fact for fact in mine if fact.event_class.SECTION in PROCESS_SECTIONS]
        moved = {fact.student for fact in mine if fact.event_class is StudentTransferred}
        if not changed and not moved:
            return
        old = _load(connection, changed, moved)
        records = dict(old)
        files: defaultdict[UUID | None, set[UUID]] = defaultdict(set)
        for one, record in old.items():
            files[record.student].add(one)
        touched = {fact.stream_id for fact in changed}
        for fact in mine:
            if fact.event_class is StudentTransferred:
                file = files[fact.student]
                _hand_over([records[one] for one in file], fact)
                touched |= file
            elif fact.event_class not in MOVES:
                record = records[fact.stream_id] = after(records.get(fact.stream_id), fact)
                assert fact.event_class.SECTION is not None
                names = audiences_of(fact.event_class.SECTION, record.student, school_of(fact))
                record.audiences = audience_ids(names)
                files[fact.student].add(fact.stream_id)
        for table, types in _COLUMNS.items():
            mine_of = [one for one in touched if records[one].table == table]
            for write, stands in ((overwrite_rows, True), (copy_rows, False)):
                rows = [_columns(one, records[one]) for one in mine_of if (one in old) is stands]
                if rows:
                    write(connection, table, types, rows)


def _load(
    connection: Connection, changed: Sequence[Fact], moved: set[UUID | None]
) -> dict[UUID, Kept]:
    """The records that stood before the batch: those it changes, and all of moved students."""
    found: dict[UUID, Kept] = {}
    for table, types in _COLUMNS.items():
        identity = next(iter(types))
        ids = {
            fact.stream_id
            for fact in changed
            if table == fact.event_class.SECTION and fact.event_class not in _BEGINNINGS
        }
        for column, values in ((identity, ids), ("student", moved)):
            if not values:
                continue
            rows = connection.execute(
                f"SELECT {identity}, student, status, version, recorded_at, updated_at,"
                f" updated_by, audiences, row FROM {table} WHERE {column} = ANY(%s)".encode(),
                (list(values),),
                binary=True,
            )
            found.update(_with_row(partial(_kept, table), rows))
    return found


def _kept(table: Table, identity: UUID, *known: Any) -> tuple[UUID, Kept]:
    return identity, Kept(table, *known)


def after(record: Kept | None, fact: Fact) -> Kept:
    """The record after a fact, its audiences aside. Raises `LookupError` where there is none."""
    said = fact.said()
    if fact.event_class in _BEGINNINGS:
        assert fact.student is not None
        table = _BEGINNINGS[fact.event_class]
        said["occurred_on"] = fact.fields.get("occurred_on")
        if table == "placement_request":
            said["decisions"] = []
        of_row = status_of(fact.fields.get("flags", ()))
        status = of_row if table == "placement" else RequestStatus.OPEN
        at = fact.recorded_at
        return Kept(table, fact.student, status, 1, at, at, fact.by, [], said)
    if record is None:
        raise LookupError(f"{fact.event_class.TOPIC} of {fact.stream_id}, which nobody recorded")
    if fact.event_class in (PlacementCorrected, PlacementRowRevised):
        if "occurred_on" in fact.fields:
            said["occurred_on"] = fact.fields["occurred_on"]
        record.row |= said
    elif fact.event_class is PlacementWithdrawn:
        record.status = Status.WITHDRAWN
        record.row |= said
    elif fact.event_class is PlacementEnded:
        record.status = said.pop("outcome")
        record.row |= said
    elif fact.event_class is PlacementDecided:
        record.status = Status.IN_FORCE
        record.row |= said
    elif fact.event_class is PlacementRequestDecided:
        final = said.pop("final", False)
        if said["outcome"] == Outcome.REFUSED:
            record.status = RequestStatus.REFUSED
        elif final:
            record.status = RequestStatus.COMPLETED
        said["by"] = str(fact.by)
        said["recorded_at"] = fact.recorded_at.astimezone(UTC).isoformat()
        record.row["decisions"].append(said)
    elif fact.event_class is PlacementRequestWithdrawn:
        record.status = RequestStatus.WITHDRAWN
    else:
        raise TypeError(f"{fact.event_class.TOPIC} says nothing that this view knows")
    record.version = fact.stream_version
    record.updated_at = fact.recorded_at
    record.updated_by = fact.by
    return record


def _hand_over(records: Iterable[Kept], fact: Fact) -> None:
    """Shows the student's records to the new school too."""
    school = audience_id(of_school(UUID(fact.fields["organisation_id"])))
    for record in records:
        record.audiences = sorted({*record.audiences, school})


def _columns(identity: UUID, record: Kept) -> tuple[Any, ...]:
    """A row of the record's table, in the order of its columns."""
    of_table: int | UUID = (
        record.row["school_year"]
        if record.table == "placement"
        else UUID(record.row["placement_id"])
    )
    return (
        identity,
        record.student,
        of_table,
        record.status,
        record.version,
        record.recorded_at,
        record.updated_at,
        record.updated_by,
        pack(identity, record.row),
        record.audiences,
    )


# -- reading


def _with_row(made: Callable[..., Read], rows: Iterable[Sequence[Any]]) -> list[Read]:
    """One `made` of the columns of each row; the first is the record's id, the last its `row`."""
    return [made(*row[:-1], unpack(row[0], row[-1])) for row in rows]


@dataclass(frozen=True)
class Placement:
    """A placement now; `status` is one of `domain.placement.Status`."""

    placement_id: UUID
    student: UUID
    school_year: int
    status: str
    version: int
    recorded_at: datetime
    updated_at: datetime
    updated_by: UUID
    row: Row


@dataclass(frozen=True)
class Request:
    """A request now; `status` is one of `domain.placement_request.Status`."""

    request_id: UUID
    student: UUID
    placement_id: UUID
    status: str
    version: int
    recorded_at: datetime
    updated_at: datetime
    updated_by: UUID
    row: Row


_PLACEMENT = (
    b"SELECT placement_id, student, school_year, status, version, recorded_at, updated_at,"
    b" updated_by, row FROM placement "
)
_REQUEST = (
    b"SELECT request_id, student, placement_id, status, version, recorded_at, updated_at,"
    b" updated_by, row FROM placement_request "
)
_OF_STUDENT = b"WHERE student = %s ORDER BY recorded_at"


def placements_of(connection: Connection, student: UUID) -> list[Placement]:
    """The student's placements that the viewer may see, withdrawn ones too, the oldest first."""
    rows = connection.execute(_PLACEMENT + _OF_STUDENT, (student,), binary=True)
    return _with_row(Placement, rows)


def placements_among(connection: Connection, students: Sequence[UUID]) -> list[Placement]:
    """The placements of several students that the viewer may see, the oldest of each first."""
    rows = connection.execute(
        _PLACEMENT + b"WHERE student = ANY(%s) ORDER BY student, recorded_at, placement_id",
        (list(students),),
        binary=True,
    )
    return _with_row(Placement, rows)


def placement(connection: Connection, placement_id: UUID) -> Placement | None:
    """The placement, if there is one and the viewer may see it."""
    rows = connection.execute(_PLACEMENT + b"WHERE placement_id = %s", (placement_id,), binary=True)
    return next(iter(_with_row(Placement, rows)), None)


def requests_of(connection: Connection, student: UUID) -> list[Request]:
    """The student's requests that the viewer may see, withdrawn ones too, the oldest first."""
    rows = connection.execute(_REQUEST + _OF_STUDENT, (student,), binary=True)
    return _with_row(Request, rows)


def requests_among(connection: Connection, students: Sequence[UUID]) -> list[Request]:
    """The requests of several students that the viewer may see, the oldest of each first."""
    rows = connection.execute(
        _REQUEST + b"WHERE student = ANY(%s) ORDER BY student, recorded_at, request_id",
        (list(students),),
        binary=True,
    )
    return _with_row(Request, rows)


def request(connection: Connection, request_id: UUID) -> Request | None:
    """The request, if there is one and the viewer may see it."""
    rows = connection.execute(_REQUEST + b"WHERE request_id = %s", (request_id,), binary=True)
    return next(iter(_with_row(Request, rows)), None)
