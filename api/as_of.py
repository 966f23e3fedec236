"""`GET /students/{id}/as-of`: the whole record as it stood at an instant (contract 3).

What was known then and what is said about then since are kept apart. Own notes stand in the own
history alone; nothing here ever speaks of notes (docs/decisions/time-travel.md).
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.as_of_items import (
    Right,
    Stood,
    StoodOffice,
    StoodPlacement,
    StoodRelation,
    StoodRequest,
    StoodSection,
    StoodStudent,
)
from api.audit import record_read, refusals_recorded
from api.change_items import items
from api.house import House
from api.http import problems
from api.moments import Moment, moments
from api.student_items import Instant, Person
from api.viewer import SignedIn, TheHouse, Viewer
from domain.access import Relation, audiences_held
from domain.capacity import Capacity
from domain.refusal import NotFound
from ledger.encryption import canonical
from projections import directory, reach
from replay.as_of import Said, Viewed, as_of

router = APIRouter(prefix="/students/{student_id}/as-of", tags=["history"])

WHEN = "含時區的時間（RFC 3339），或日期（西元 ISO 或民國）：該日結束時，今天為目前。"
SAME = "先前回答中的 as_of；權限不變時回答逐位元組相同。"


class SaidSince(BaseModel):
    """A change that was recorded later, in the form of the change report."""

    basis: Literal["occurred_on", "correction"] = Field(
        description="occurred_on：所述日期在查詢時間以前；correction：更正或刪除當時已有的資料。"
    )
    change: dict[str, Any] = Field(description="異動，格式同 /changes 的一列。")


class RecordAsOf(BaseModel):
    """A student's record as it stood. `student` is null where there was none to be seen yet."""

    at: Instant
    as_of: str
    policy_version: str | None = Field(description="當時的權限規則版本。")
    capacities_then: list[Capacity] = Field(description="查詢者當時對這位學生的身分。")
    student: StoodStudent | None
    sections: list[StoodSection]
    people: list[Person] = Field(description="資料中以識別碼出現的授課教師，與最後更新的人員。")
    placements: list[StoodPlacement]
    placement_requests: list[StoodRequest]
    relations: list[StoodRelation]
    offices: list[StoodOffice]
    rights: list[Right]
    said_since: list[SaidSince] = Field(description="之後才記錄、而述及當時的異動。")


@router.get("", response_model=RecordAsOf, responses=problems(409))
def get_as_of(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    at: Annotated[str, Query(max_length=64, description=WHEN)],
    as_of: Annotated[str | None, Query(description=SAME)] = None,
) -> Response:
    """一位學生在某一時間的完整紀錄：當時的資料、安置、服務關係與權限，以及之後述及當時的異動。"""
    found = read_as_of(house, viewer, student_id, at, as_of)
    return Response(canonical(found), media_type="application/json")


def read_as_of(
    house: House, viewer: Viewer, student: UUID, at: str, token: str | None = None
) -> dict[str, Any]:
    """The record as it stood, its reading recorded. Raises `NotFound` and those of `moments`."""
    with refusals_recorded(house, viewer, "students/as-of", [student]):
        held = seen_by(house, viewer, student)
        with house.ledger.database.connect("projector") as connection:
            asked = moments(house, viewer, connection, student, [("at", at)], token)
            (moment,) = asked.asked
            viewed, then = viewed_at(house, viewer, moment)
            found = as_of(
                connection, student, moment.position, moment.at, moment.day, asked.upto, viewed
            )
    stood = Stood(house, student, found)
    made = RecordAsOf(
        at=moment.at,
        as_of=asked.as_of,
        policy_version=None if found.policy is None else str(found.policy),
        capacities_then=_capacities(then, student, found.school),
        student=stood.student(),
        sections=stood.sections(held, _named(viewer, student)),
        people=stood.people(),
        placements=stood.placements(),
        placement_requests=stood.requests(),
        relations=stood.relations(),
        offices=stood.offices(),
        rights=stood.rights(),
        said_since=_said_since(house, viewer, asked.upto, found.said),
    )
    record_read(house, viewer, "students/as-of", [student], record_id=student, held=held)
    return made.model_dump(mode="json")


def seen_by(house: House, viewer: Viewer, student: UUID) -> frozenset[Capacity]:
    """The capacities held today for a student in reach. Raises `NotFound`."""
    with viewer.looking(house) as connection:
        card = directory.student(connection, student)
    if card is None:
        raise NotFound
    return viewer.held_for(student, card.organisation)


def viewed_at(house: House, viewer: Viewer, moment: Moment) -> tuple[Viewed, list[Relation]]:
    """The audiences of the viewer today and then, and all relations that the account held then."""
    with viewer.looking(house) as connection:
        relations = reach.relations_of(connection, viewer.account_id)
    then = [one for one in relations if one.holds(moment.at)]
    return Viewed(viewer.account_id, viewer.audiences, audiences_held(then, moment.at)), then


def _capacities(
    relations: Iterable[Relation], student: UUID, school: UUID | None
) -> list[Capacity]:
    """Those for the student, over the school, and of the county's bodies, whose target is none."""
    among = {student, school, None}
    return sorted({one.capacity for one in relations if one.course is None and one.target in among})


def _named(viewer: Viewer, student: UUID) -> set[str]:
    """The sections of the student for which a reviewer is appointed."""
    return {
        section
        for one in viewer.relations
        if one.dispute is not None and one.target == student
        for section in one.sections
    }


def _said_since(house: House, viewer: Viewer, upto: int, said: Sequence[Said]) -> list[SaidSince]:
    if not said:
        return []
    with viewer.looking(house) as connection:
        changes = [one.entry.change for one in said]
        shown = items(connection, house.ledger, changes, viewer.account_id, upto)
    return [
        SaidSince(basis=one.basis, change=item.data) for one, item in zip(said, shown, strict=True)
    ]
