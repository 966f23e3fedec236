"""A line of the list of modified pupils: a row of the change report with what the placement said
before and after it, and what was handed in for it."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from api.account_items import OfficeItem
from api.change_items import Item
from api.change_report import Terms
from api.house import House
from api.viewer import Viewer
from domain import national_id
from domain.event import Erased
from domain.placement import Category, Placement
from domain.placement_request import Body, Kind, NewPlacement, Outcome, PlacementRequest
from domain.programme_rules import Programme
from projections import directory
from projections.cards import cards_at
from replay import page_history
from replay.page_history import History

SECTIONS = ("placement", "placement_request")
#: Of what is attached, the kind of scan.
_SCANS = {"request": "placement_request", "igp": "igp"}


class PlacementSaid(BaseModel):
    """What a placement said."""

    area: str
    category: Category
    target_year_grade: int
    placement_grade: int
    arrangement: str | None


class ChangedStudent(BaseModel):
    """As the student was called when the list was pulled, in the grade of that time."""

    id: UUID
    name: str | None
    grade: int | None


class Attachments(BaseModel):
    """What was handed in up to the end of the range."""

    request: bool
    minutes: bool
    igp: bool


class ModifiedLine(BaseModel):
    """A line (Kaohsiung 6.3). `change_id` is that of the change report; `roster_status` says
    whether a roster was uploaded after the change (`current`), only before it (`stale`), or never
    (`none`)."""

    no: int
    student: ChangedStudent
    organisation: OfficeItem
    origin: str
    change_id: UUID
    recorded_at: str
    district: str | None
    school: str | None
    pupil_name: str | None
    national_id: str | None
    target_year_grade: int | None
    area: str | None
    change_kind: str
    before: PlacementSaid | None
    after: PlacementSaid | None
    stamped_date: date
    stamped_time: str
    actor: str | None
    late: bool | None
    reason: str | None
    decision_doc_no: str | None
    committee_result: Outcome | None
    attachments_present: Attachments
    roster_status: Literal["none", "current", "stale"]


class Lines:
    """Makes lines out of the rows of a change report."""

    def __init__(
        self, house: House, viewer: Viewer, rules: Programme, terms: Terms, found: list[Item]
    ) -> None:
        records = {section: _records(found, section) for section in SECTIONS}
        students = {one.data["student"]["id"] for one in found}
        with viewer.looking(house) as connection:
            self._schools = {
                one.code: one.organisation_id for one in directory.organisations(connection)
            }
            schools = {self._schools[code] for one in found if (code := _school_code(one))}
            self._offices = cards_at(connection, "organisation", schools, terms.span.as_of)
            cards = directory.students(connection, ids=list(students)) if students else []
            self._numbers = {
                one.student_id: _masked(
                    house.opener.of_student(one.student_id, one.row["national_id"])
                )
                for one in cards
            }
        with house.ledger.database.connect("projector") as books:
            self._requests = page_history.requests(
                house.ledger, books, records["placement_request"]
            )
            about = {_about(one) for one in self._requests.values()}
            self._placements = page_history.placements(
                house.ledger, books, records["placement"] | about
            )
            self._handed_in = page_history.handed_in(
                books, rules.code, self._schools.values(), students, terms.span.high
            )
        self._high = terms.span.high

    def line(self, item: Item) -> dict[str, Any]:
        """One line; its keys are the columns of 6.3, `student`, `organisation`, `origin` beside."""
        data = item.data
        before, after, request = self._states(item)
        shown = after or before
        school = self._schools.get(data["organisation"]["code"])
        recorded = datetime.fromisoformat(data["recorded_at"])
        student = data["student"]["id"]
        return {
            "student": data["student"],
            "organisation": data["organisation"],
            "origin": data["origin"],
            "change_id": data["change_id"],
            "recorded_at": data["recorded_at"],
            "district": self._offices[school]["district"] if school else None,
            "school": data["organisation"]["name"],
            "pupil_name": data["student"]["name"],
            "national_id": self._numbers.get(student),
            "target_year_grade": None if shown is None else shown["target_year_grade"],
            "area": None if shown is None else shown["area"],
            "change_kind": data["kind"],
            "before": before,
            "after": after,
            "stamped_date": recorded.date(),
            "stamped_time": f"{recorded:%H:%M:%S}",
            "actor": data["author"]["name"],
            "late": data["late"],
            "reason": data["reason"],
            "decision_doc_no": data["letter_number"] or _no_letter(request),
            "committee_result": self._committee(item),
            "attachments_present": self._attachments(student, school),
            "roster_status": self._handed_in.roster_status(school, item.position),
        }

    def _states(
        self, item: Item
    ) -> tuple[dict[str, Any] | None, dict[str, Any] | None, PlacementRequest | None]:
        """What the placement said before and after, and the request where it is about one."""
        record: UUID = item.data["record_id"]
        if item.data["section"] == "placement":
            history = self._placements[record]
            gone = item.data["kind"] not in ("recorded", "corrected")
            after = None if gone else _said(history.version(item.version))
            return _said(history.version(item.version - 1)), after, None
        request = self._requests[record].version(item.version)
        assert request is not None
        before = self._placements[request.placement_id].at(item.position)
        asked = request.new_placement
        return _said(before), None if asked is None else _said(asked), request

    def _committee(self, item: Item) -> str | None:
        """The outcome of the school's committee, as far as the range goes."""
        known = self._requests.get(item.data["record_id"])
        request = None if known is None else known.at(self._high)
        acts = () if request is None else request.decisions
        found = (one for one in acts if one.body is Body.SCHOOL_COMMITTEE)
        return next((one.outcome.value for one in found), None)

    def _attachments(self, student: UUID, school: UUID | None) -> dict[str, bool]:
        scans = self._handed_in.scans.get(student, frozenset())
        there = {name: kind in scans for name, kind in _SCANS.items()}
        return there | {"minutes": bool(school and self._handed_in.minutes.get(school))}


def _records(found: Iterable[Item], section: str) -> set[UUID]:
    return {one.data["record_id"] for one in found if one.data["section"] == section}


def _school_code(item: Item) -> str | None:
    code: str | None = item.data["organisation"]["code"]
    return code


def _about(history: History[PlacementRequest]) -> UUID:
    return history.steps[0][1].placement_id


def _said(state: Placement | NewPlacement | None) -> dict[str, Any] | None:
    if state is None:
        return None
    arrangement = state.arrangement
    return {
        "area": state.area,
        "category": state.category.value,
        "target_year_grade": state.target_year_grade,
        "placement_grade": state.placement_grade,
        "arrangement": None if arrangement is None else str(arrangement),
    }


def _no_letter(request: PlacementRequest | None) -> str | None:
    """What was passed for the first time is given up without a letter (M7)."""
    return "免附" if request is not None and request.kind is Kind.ABANDONMENT else None


def _masked(value: Any) -> str:
    return str(value) if isinstance(value, Erased) else national_id.masked(value)
