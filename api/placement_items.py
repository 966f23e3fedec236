"""How placements and the requests about them are shown."""

from collections.abc import Mapping
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel

from api.house import House
from api.student_items import Instant, Person, person
from domain import placement, placement_request
from domain.placement import Category
from domain.placement_judging import FLAGS
from domain.placement_request import Body, Kind, NewPlacement, Outcome, acts
from ledger.database import Connection
from projections.placements import Placement, Request


class OfPage(BaseModel):
    """What a row of a programme's page says beside: `rules` is the version it was judged by,
    `computed` how, `flags` what the council should look at, in words."""

    programme: str | None = None
    rules: int | None = None
    lessons_at: str | None = None
    free_time: str | None = None
    flags: list[str] = []
    computed: list[dict[str, Any]] | str | None = None


class PlacementItem(OfPage):
    """A placement; an erased text reads 已依法刪除."""

    id: UUID
    version: int
    status: placement.Status
    student_id: UUID
    school_year: int
    area: str
    category: Category
    target_year_grade: int
    placement_grade: int
    arrangement: str | None
    occurred_on: str | None
    created_at: Instant
    updated_at: Instant
    updated_by: Person


class Placements(BaseModel):
    items: list[PlacementItem]
    next_cursor: str | None


class AskedPlacementItem(BaseModel):
    area: str
    category: Category
    target_year_grade: int
    placement_grade: int
    arrangement: str | None


class DecisionItem(BaseModel):
    body: Body
    outcome: Outcome
    document_number: str | None
    decided_on: str
    recorded_at: Instant
    recorded_by: Person


class PlacementRequestItem(BaseModel):
    """A request; `waiting_for` is the body whose act it waits for, none when it ended."""

    id: UUID
    version: int
    status: placement_request.Status
    student_id: UUID
    kind: Kind
    placement_id: UUID
    letter_number: str | None
    letter_date: str | None
    guardian_name: str | None
    guardian_signed_on: str | None
    reason: str
    new_placement: AskedPlacementItem | None
    decisions: list[DecisionItem]
    waiting_for: Body | None
    occurred_on: str | None
    created_at: Instant
    updated_at: Instant
    updated_by: Person


class PlacementRequests(BaseModel):
    items: list[PlacementRequestItem]
    next_cursor: str | None


def placement_item(house: House, connection: Connection, known: Placement) -> PlacementItem:
    row = house.opener.fields(known.student, known.row)
    return PlacementItem(
        id=known.placement_id,
        version=known.version,
        status=placement.Status(known.status),
        student_id=known.student,
        school_year=known.school_year,
        area=row["area"],
        category=row["category"],
        target_year_grade=row["target_year_grade"],
        placement_grade=row["placement_grade"],
        arrangement=_text(row.get("arrangement")),
        **of_page(row),
        occurred_on=row.get("occurred_on"),
        created_at=known.recorded_at,
        updated_at=known.updated_at,
        updated_by=person(house, connection, known.updated_by),
    )


def of_page(row: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of `OfPage` from the row of a placement."""
    flags = [FLAGS.get(one, one) for one in row.get("flags") or ()]
    computed = row.get("computed")
    said = {name: row.get(name) for name in OfPage.model_fields}
    # Of an erased student only that it was erased.
    erased = None if computed is None or isinstance(computed, list) else str(computed)
    return said | {"flags": flags, "computed": erased or computed}


def request_item(
    house: House, connection: Connection, known: Request, about: Placement | None
) -> PlacementRequestItem:
    """A request; `about` is its placement, which says whose turn it is."""
    row = house.opener.fields(known.student, known.row)
    return PlacementRequestItem(
        id=known.request_id,
        version=known.version,
        status=placement_request.Status(known.status),
        student_id=known.student,
        kind=row["kind"],
        placement_id=known.placement_id,
        letter_number=row.get("letter_number"),
        letter_date=row.get("letter_date"),
        guardian_name=_text(row.get("guardian_name")),
        guardian_signed_on=row.get("guardian_signed_on"),
        reason=str(row["why"]),
        new_placement=_asked(row),
        decisions=[
            DecisionItem(
                body=one["body"],
                outcome=one["outcome"],
                document_number=one.get("document_number"),
                decided_on=one["decided_on"],
                recorded_at=one["recorded_at"],
                recorded_by=person(house, connection, UUID(one["by"])),
            )
            for one in row["decisions"]
        ],
        waiting_for=waiting_for(known, about),
        occurred_on=row.get("occurred_on"),
        created_at=known.recorded_at,
        updated_at=known.updated_at,
        updated_by=person(house, connection, known.updated_by),
    )


def _asked(row: Mapping[str, Any]) -> AskedPlacementItem | None:
    if row["kind"] != Kind.RE_PLACEMENT:
        return None
    asked = {name: row.get(f"new_{name}") for name in NewPlacement.model_fields}
    return AskedPlacementItem(**asked | {"arrangement": _text(asked["arrangement"])})


class _Known(Protocol):
    """A placement or a request, now or as it stood."""

    @property
    def status(self) -> str: ...

    @property
    def row(self) -> Mapping[str, Any]: ...


def waiting_for(request: _Known, about: _Known | None) -> Body | None:
    """The body whose act an open request waits for: of a placement in force alone, for about
    another no body can decide any more."""
    if request.status != placement_request.Status.OPEN:
        return None
    if about is None or about.status != placement.Status.IN_FORCE:
        return None
    new = request.row.get("new_category")
    steps = acts(
        Kind(request.row["kind"]),
        Category(about.row["category"]),
        None if new is None else Category(new),
    )
    return steps[min(len(request.row["decisions"]), len(steps) - 1)].body


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
