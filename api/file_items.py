"""How plan files are found and shown: the rows of the annual goal, opened at the edge."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.house import House
from api.student_items import Instant, Person, person
from api.viewer import Viewer
from domain.access import allows
from domain.annual_goal import ANNUAL_GOAL
from domain.capacity import Capacity
from domain.refusal import NotFound
from ledger.database import Connection
from ledger.files import Place, place_of
from projections import directory, plan_records
from projections.plan_fold import LIVE, PlanRecord

_GROUP = "plan_files"


class FileItem(BaseModel):
    """A file; an erased name or digest reads 已依法刪除. Its version is 1 while it stands."""

    id: UUID
    version: int = 1
    student_id: UUID
    school_year: int | None
    name: str
    media_type: str
    size: int = Field(description="位元組。")
    sha256: str = Field(description="內容的 SHA-256，十六進位。")
    uploaded_at: Instant
    uploaded_by: Person


class Files(BaseModel):
    items: list[FileItem]
    next_cursor: str | None


@dataclass(frozen=True)
class FoundFile:
    """A file that the viewer may see; `stored_sha256` is of its bytes as they must lie there."""

    item: FileItem
    place: Place
    stored_sha256: str
    held: frozenset[Capacity]


def items_of(
    house: House, viewer: Viewer, connection: Connection, student_id: UUID, school_year: int
) -> tuple[list[FileItem], frozenset[Capacity]]:
    """The files of a school year, the newest first, and in which capacities one may see them.

    Raises `NotFound`.
    """
    held = _held(viewer, connection, student_id)
    found = [
        _item(house, connection, one, row)
        for one in plan_records.records_among(connection, [student_id], ANNUAL_GOAL.code)
        if one.status == LIVE and one.school_year == school_year
        for row in one.row["data"].get(_GROUP, ())
    ]
    return found[::-1], held


def found_file(house: House, viewer: Viewer, connection: Connection, file_id: UUID) -> FoundFile:
    """A file that stands. Raises `NotFound` for every other and whoever may not see it."""
    place = place_of(connection, file_id)
    if place is None:
        raise NotFound
    held = _held(viewer, connection, place.subject)
    goal = plan_records.record(connection, place.stream_id)
    if goal is None or goal.status != LIVE:
        raise NotFound
    for row in goal.row["data"].get(_GROUP, ()):
        if row["row_id"] == str(file_id):
            item = _item(house, connection, goal, row)
            return FoundFile(item, place, row["stored_sha256"], held)
    raise NotFound


def _held(viewer: Viewer, connection: Connection, student_id: UUID) -> frozenset[Capacity]:
    card = directory.student(connection, student_id)
    held = frozenset() if card is None else viewer.held_for(student_id, card.organisation)
    knows = any(allows(ANNUAL_GOAL.code, capacity, "view") for capacity in held)
    if not knows and not viewer.reviews(ANNUAL_GOAL.code, student_id):
        raise NotFound
    return held


def _item(
    house: House, connection: Connection, goal: PlanRecord, row: Mapping[str, Any]
) -> FileItem:
    plain = house.opener.fields(goal.student, row)
    at, by = goal.row["added"][row["row_id"]]
    return FileItem(
        id=UUID(plain["row_id"]),
        student_id=goal.student,
        school_year=goal.school_year,
        name=str(plain["name"]),
        media_type=plain["media_type"],
        size=plain["size"],
        sha256=str(plain["sha256"]),
        uploaded_at=datetime.fromisoformat(at),
        uploaded_by=person(house, connection, UUID(by)),
    )
