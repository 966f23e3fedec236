"""`/students/{id}/relations`: who serves a student: dispatches and teaching, made and ended."""

from collections.abc import Mapping
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api import dispatches, students, teaching_assignments
from api.account_items import seen_by
from api.acting import Done, Reason
from api.colleagues import ColleagueItem, colleagues
from api.name_order import name_key
from api.student_items import RelationItem
from api.web.editing import reason_form
from api.web.fields import Making, Option
from api.web.heads import Head, head_of
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, data_of, under
from api.web.wrongs import Wrongs
from domain.calendar import school_year
from domain.capacity import LABELS as CAPACITIES
from domain.capacity import Capacity
from domain.case_manager import APPOINTED_BY, Kind
from domain.dispatch import SECTION
from domain.labels import CASE_MANAGER_KINDS, label
from domain.refusal import NotAllowed, NotFound, Refusal

router = APIRouter()

#: What can be ended, and in which capacity it stands on the student's page.
What = Literal["dispatches", "teaching"]
_CAPACITY: Mapping[str, Capacity] = {
    "dispatches": Capacity.CASE_MANAGER,
    "teaching": Capacity.SUBJECT_TEACHER,
}
#: What stands before the names of the second form of the page.
_OF_TEACHING = "teaching."


class Dispatching(BaseModel):
    """The form of a dispatch."""

    account: str = Field(title="個案管理教師")


class Teaching(BaseModel):
    """The form of a teaching assignment."""

    account: str = Field(title="任課教師")
    subject: str = Field(title=label(SECTION, "subject"), max_length=100)
    school_year: int = Field(title="學年度", description="民國年，例如 114。")


@router.get("/students/{student_id}/relations")
def get_relations(page: ThePage, student_id: UUID) -> Response:
    """Who serves the student, and the forms that give the student to somebody."""
    return page.show("relations.html", **_context(page, student_id, {}, {}))


@router.post("/students/{student_id}/relations/dispatches")
def post_dispatch(page: ThePage, student_id: UUID, typed: Typed) -> Response:
    """派案."""
    data = data_of(Dispatching, typed)
    outcome = page.attempt(
        lambda: dispatches.make(page.house, page.viewer, student_id, page.asked(data, typed))
    )
    if isinstance(outcome, Refusal):
        return page.refused(outcome, "relations.html", **_context(page, student_id, data, {}))
    return page.done(outcome, f"/students/{student_id}/relations")


@router.post("/students/{student_id}/relations/teaching")
def post_teaching(page: ThePage, student_id: UUID, typed: Typed) -> Response:
    """A teaching assignment."""
    data = data_of(Teaching, under(typed, _OF_TEACHING))
    outcome = page.attempt(
        lambda: teaching_assignments.assign(
            page.house, page.viewer, student_id, page.asked(data, typed)
        )
    )
    if isinstance(outcome, Refusal):
        context = _context(page, student_id, {}, data)
        context |= {"told": context["teaching"], "wrongs": _under(Wrongs.of(outcome))}
        return page.show("relations.html", status=outcome.STATUS, **context)
    return page.done(outcome, f"/students/{student_id}/relations")


@router.get("/students/{student_id}/relations/{what}/{account_id}/end")
def get_end(page: ThePage, student_id: UUID, what: What, account_id: UUID) -> Response:
    """Asks why it ends."""
    context = _ending(page, student_id, what, account_id)
    return page.show("relation_end.html", **context, form=reason_form(page, {}))


@router.post("/students/{student_id}/relations/{what}/{account_id}/end")
def post_end(
    page: ThePage, student_id: UUID, what: What, account_id: UUID, typed: Typed
) -> Response:
    """The end of a dispatch, or of all that a teacher teaches the student."""
    data = data_of(Reason, typed)
    end = dispatches.end if what == "dispatches" else teaching_assignments.end

    def deed() -> Done:
        return end(page.house, page.viewer, student_id, account_id, page.asked(data, typed))

    outcome = page.attempt(deed)
    if isinstance(outcome, Refusal):
        context = _ending(page, student_id, what, account_id)
        form = reason_form(page, data)
        return page.refused(outcome, "relation_end.html", **context, form=form)
    return page.done(outcome, f"/students/{student_id}/relations")


def _ending(page: Page, student_id: UUID, what: What, account_id: UUID) -> dict[str, Any]:
    """The relation that is about to end. Raises `NotFound`, `NotAllowed`."""
    head, found = _read(page, student_id)
    relation = next(
        (one for one in found if one.account.id == account_id and one.capacity == _CAPACITY[what]),
        None,
    )
    if relation is None:
        raise NotFound
    return {"head": head, "relation": relation, "what": what, "capacities": CAPACITIES}


def _read(page: Page, student_id: UUID) -> tuple[Head, list[RelationItem]]:
    """The relations as they hold; recorded. Raises `NotFound`, `NotAllowed`."""
    found = students.read(page.house, page.viewer, student_id)
    head = head_of(page.house, page.viewer, student_id)
    if not head.may(SECTION, "create"):
        raise NotAllowed
    return head, found.relations


def _context(
    page: Page, student_id: UUID, dispatched: Mapping[str, Any], taught: Mapping[str, Any]
) -> dict[str, Any]:
    head, found = _read(page, student_id)
    people = colleagues(page.house, page.viewer, student_id)
    managers, teachers = _managers(page, head, people), None
    if Capacity.SCHOOL_ADMINISTRATOR in head.held:
        own = head.student.organisation.code
        teachers = [_option(one) for one in people if one.organisation.code == own]
    dispatching = _making(page, managers).form(Dispatching, dispatched)
    begun = {"school_year": school_year(page.viewer.today), **taught}
    return {
        "head": head,
        "relations": found,
        "capacities": CAPACITIES,
        "kinds": CASE_MANAGER_KINDS,
        "ends": {capacity.value: what for what, capacity in _CAPACITY.items()},
        "managers": managers,
        "teachers": teachers,
        "dispatching": dispatching,
        "told": dispatching,
        "teaching": _making(page, teachers or [], _OF_TEACHING).form(Teaching, begun),
        "key": page.new_key,
    }


def _under(wrongs: Wrongs) -> Wrongs:
    fields = {f"{_OF_TEACHING}{name}": said for name, said in wrongs.fields.items()}
    return Wrongs(wrongs.title, wrongs.detail, fields)


def _managers(page: Page, head: Head, people: list[ColleagueItem]) -> list[Option]:
    """Those to whom the viewer can give a student: appointed, of the kind the viewer appoints."""
    kinds = {kind for kind, capacity in APPOINTED_BY.items() if capacity in head.held}
    wide = page.viewer.is_authority and Kind.ITINERANT in kinds
    known = {one.id for one in people}
    found = []
    offices = {None} if wide else {*page.viewer.schools}
    for office in offices:
        for one in seen_by(page.house, page.viewer, office):
            held = {appointed.kind for appointed in one.case_manager}
            if kinds & held and (wide or one.id in known) and not one.closed:
                found.append((name_key(one.name), Option(str(one.id), one.name)))
    return [option for _, option in sorted(found, key=lambda one: one[0])]


def _option(one: ColleagueItem) -> Option:
    told = "、".join((*one.duties, *one.subjects))
    return Option(str(one.id), f"{one.name}（{told}）" if told else one.name)


def _making(page: Page, people: list[Option], prefix: str = "") -> Making:
    return Making(SECTION, page.viewer.today, choices={"account": people}, prefix=prefix)
