"""`GET /students/{id}/compare`: two instants of a record, field by field (contract 3)."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.as_of import SAME, WHEN, seen_by, viewed_at
from api.as_of_items import relation_of
from api.audit import record_read, refusals_recorded
from api.change_items import items
from api.house import House
from api.http import problems
from api.moments import moments
from api.student_items import Instant, Person
from api.viewer import SignedIn, TheHouse, Viewer
from domain.capacity import Capacity
from domain.labels import SECTIONS as TITLES
from ledger.encryption import canonical
from projections.changes import Change, saying
from replay.compare_as_of import Compared, Comparison, Difference, compare

router = APIRouter(prefix="/students/{student_id}/compare", tags=["history"])

Kind = Literal["added", "changed", "removed", "added_and_removed"]
_KINDS: dict[tuple[bool, bool], Kind] = {
    (False, True): "added",
    (True, True): "changed",
    (True, False): "removed",
    (False, False): "added_and_removed",
}


class ComparedField(BaseModel):
    """A field that differs. An erased text reads 已依法刪除."""

    field: str
    label: str
    row_id: str | None = Field(description="重複的列的識別碼。")
    before: Any
    after: Any


class ComparedRecord(BaseModel):
    """A record in which something was recorded between the instants."""

    section: str
    title: str
    record_id: UUID
    kind: Kind
    version_before: int = Field(description="0 表示當時還沒有這筆資料。")
    version_after: int
    status_before: str | None = Field(description="安置與申請案當時的狀態。")
    status_after: str | None
    fields: list[ComparedField]
    names: dict[str, str] = Field(
        description="欄位中的代碼在該鑑定計畫的名稱，以「欄位=代碼」為鍵；其他項目為空。"
    )
    changes: list[dict[str, Any]] = Field(
        description="其間的每次異動：時間、人員、身分與原因，格式同 /changes 的一列。"
    )


class ComparedRelation(BaseModel):
    account: Person
    capacity: Capacity
    label: str
    kind: str
    since: Instant
    until: Instant | None
    sections: list[str]


class ComparedRelations(BaseModel):
    """Relations that held at one of the instants alone."""

    began: list[ComparedRelation]
    ended: list[ComparedRelation]


class RecordCompared(BaseModel):
    """What differs between two instants of a student's record."""

    from_: Instant = Field(serialization_alias="from")
    to: Instant
    as_of: str
    records: list[ComparedRecord]
    relations: ComparedRelations


@router.get("", response_model=RecordCompared, responses=problems(409))
def get_comparison(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    from_: Annotated[str, Query(alias="from", max_length=64, description=WHEN)],
    to: Annotated[str, Query(max_length=64, description=WHEN)],
    as_of: Annotated[str | None, Query(description=SAME)] = None,
) -> Response:
    """一位學生兩個時間的紀錄逐欄比較，與其間由誰、何時、為何異動。"""
    found = read_comparison(house, viewer, student_id, from_, to, as_of)
    return Response(canonical(found), media_type="application/json")


def read_comparison(
    house: House, viewer: Viewer, student: UUID, start: str, end: str, token: str | None = None
) -> dict[str, Any]:
    """The comparison, its reading recorded. Raises `NotFound` and those of `moments`."""
    with refusals_recorded(house, viewer, "students/compare", [student]):
        held = seen_by(house, viewer, student)
        with house.ledger.database.connect("projector") as connection:
            texts = [("from", start), ("to", end)]
            asked = moments(house, viewer, connection, student, texts, token)
            first, last = asked.asked
            viewed, _ = viewed_at(house, viewer, last)
            found = compare(
                connection,
                student,
                (first.position, last.position),
                (first.at, last.at),
                asked.upto,
                viewed,
            )
    made = RecordCompared(
        from_=first.at,
        to=last.at,
        as_of=asked.as_of,
        records=_records(house, viewer, found, last.position),
        relations=ComparedRelations(
            began=[ComparedRelation(**relation_of(house, found.names, one)) for one in found.began],
            ended=[ComparedRelation(**relation_of(house, found.names, one)) for one in found.ended],
        ),
    )
    record_read(house, viewer, "students/compare", [student], record_id=student, held=held)
    return made.model_dump(mode="json", by_alias=True)


def _records(
    house: House, viewer: Viewer, found: Comparison, position: int
) -> list[ComparedRecord]:
    """The names of everybody are those in force at the later instant."""
    # Differences are opened and named as the rows of a report are: as changes of their own.
    differing = [list(_as_changes(one)) for one in found.records]
    rows: list[Change] = []
    for one, changes in zip(found.records, differing, strict=True):
        rows += [*changes, *one.changes]
    with viewer.looking(house) as connection:
        shown = iter(items(connection, house.ledger, rows, viewer.account_id, position))
    made = []
    for one, changes in zip(found.records, differing, strict=True):
        told = [next(shown).data for _ in changes]
        made.append(
            ComparedRecord(
                section=one.section,
                title=TITLES[one.section],
                record_id=one.record_id,
                kind=_KINDS[one.stands],
                version_before=one.versions[0],
                version_after=one.versions[1],
                status_before=one.status[0],
                status_after=one.status[1],
                fields=[field for data in told for field in _fields(data)],
                names={code: name for data in told for code, name in data.get("names", {}).items()},
                changes=[next(shown).data for _ in one.changes],
            )
        )
    return made


def _as_changes(one: Compared) -> Iterator[Change]:
    """The differences of a record, those of each row together, in the order of the rows."""
    of_row: dict[str | None, list[Difference]] = {None: []}
    for each in one.differences:
        of_row.setdefault(each.row_id, []).append(each)
    for row_id, group in of_row.items():
        if group:
            fields = [[each.field, each.before, each.after] for each in group]
            yield saying(one.changes[-1], fields, row_id)


def _fields(data: dict[str, Any]) -> Iterator[ComparedField]:
    for field in data["fields"]:
        # A value that went and came back is encrypted anew, and is the same.
        if field["before"] != field["after"]:
            yield ComparedField(**field, row_id=data.get("row_id"))
