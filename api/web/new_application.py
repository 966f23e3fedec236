"""`/programmes/{pid}/applications/new`: a pupil's application is opened."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api import applications, own_county, programmes, students
from api.applications import PROCESS, NewApplication
from api.audit import record_list, refusals_recorded
from api.name_order import name_key
from api.process_items import rules_of
from api.processes import record_id
from api.students import StudentFilter
from api.web.fields import Making
from api.web.form import Form, Option
from api.web.heads import Head
from api.web.rendering import Page, ThePage
from api.web.step_forms import StepMaking, data_of
from api.web.typed import BLANK, Typed
from domain.application import OPENED, admits
from domain.capacity import Capacity
from domain.labels import GRADES
from domain.programme_rules import Programme
from domain.refusal import NotAllowed, Refusal
from projections import directory
from projections import processes as view

router = APIRouter()


@dataclass(frozen=True)
class OfProgramme:
    """A programme on a student's page: the application, or where it is opened."""

    name: str
    href: str
    opened: bool


@router.get("/programmes/{pid}/applications/new")
def get_new_application(
    page: ThePage, pid: str, student: Annotated[UUID | None, BLANK, Query()] = None
) -> Response:
    """The form; a pupil who is named is chosen in it already."""
    rules = _permitted(page, pid)
    data = {} if student is None else {"student_id": str(student)}
    return page.show("new_application.html", **_context(page, rules, data))


@router.post("/programmes/{pid}/applications/new")
def post_new_application(page: ThePage, pid: str, typed: Typed) -> Response:
    """開立申請案."""
    data = data_of(NewApplication, typed)
    outcome = page.attempt(
        lambda: applications.begin(page.house, page.viewer, pid, page.asked(data, typed))
    )
    if isinstance(outcome, Refusal):
        rules = _permitted(page, pid)
        return page.refused(outcome, "new_application.html", **_context(page, rules, data))
    return page.done(outcome, f"/programmes/{pid}/applications/{outcome.outcome.record_id}")


def begins(page: Page, rules: Programme, held: frozenset[Capacity] | None = None) -> bool:
    """Whether the viewer opens applications, or that of the student for whom capacities are
    held."""
    machine = rules.machine(PROCESS)
    named = set() if machine is None else {one for r in machine.rules(OPENED.code) for one in r.by}
    if held is None:
        return own_county.begins(page.house, page.viewer, named)
    return any(one.value in named for one in held)


def of_student(page: Page, head: Head) -> list[OfProgramme]:
    """The programmes in which the student has an application that the viewer may see, and those
    in which the viewer may open one, the newest first."""
    listed = programmes.listed(page.house, page.viewer)
    ids = {one.id: record_id(PROCESS, one.id, head.id) for one in listed}
    with page.viewer.looking(page.house) as connection:
        opened = {code for code, known in ids.items() if view.record(connection, known) is not None}
        card = directory.student(connection, head.id)
        of_county = card is not None and card.organisation in own_county.schools(connection)
    found = []
    for one in sorted(listed, key=lambda line: (line.school_year, line.id), reverse=True):
        base = f"/programmes/{one.id}/applications"
        if one.id in opened:
            found.append(OfProgramme(one.name, f"{base}/{ids[one.id]}", opened=True))
            continue
        rules = rules_of(page.house, one.id)
        if of_county and admits(rules, head.student.grade) and begins(page, rules, head.held):
            found.append(OfProgramme(one.name, f"{base}/new?student={head.id}", opened=False))
    return found


def _permitted(page: Page, pid: str) -> Programme:
    rules = rules_of(page.house, pid)
    with refusals_recorded(page.house, page.viewer, "application.opened"):
        if not begins(page, rules):
            raise NotAllowed
    return rules


def _context(page: Page, rules: Programme, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"rules": rules, "form": _form(page, rules, data), "key": page.new_key}


def _form(page: Page, rules: Programme, data: Mapping[str, Any]) -> Form:
    making = Making(PROCESS, page.viewer.today, long=frozenset({"reason"}))
    choices = {"student_id": _without(page, rules)}
    defaults = {"recommended_by": "guardian", "participates": "true"}
    made = StepMaking(PROCESS, making, choices).form(NewApplication, defaults | dict(data))
    # Whom it is about comes first.
    first = [one for one in made.fields if one.name == "student_id"]
    return Form((*first, *(one for one in made.fields if one not in first)), made.rows)


def _without(page: Page, rules: Programme) -> list[Option]:
    """The pupils of the viewer's schools whom the programme admits (Kaohsiung 3.10) and who have no
    application yet, by class and name."""
    house, viewer = page.house, page.viewer
    found = students.find(house, viewer, StudentFilter(), None)
    with viewer.looking(house) as connection:
        have = set(view.students_of(connection, rules.code, PROCESS))
        own = own_county.schools(connection).intersection(viewer.schools)
    left = [
        one
        for one in found
        if one.card.organisation in own
        and one.card.student_id not in have
        and not one.card.erased
        and admits(rules, one.item.grade)
    ]
    left.sort(key=lambda one: (one.item.grade, name_key(one.item.class_name or ""), one.name))
    ids = [one.card.student_id for one in left]
    record_list(house, viewer, "students", ids, {"programme": rules.code, "without": PROCESS})
    return [
        Option(
            str(one.card.student_id),
            f"{GRADES.get(one.item.grade, one.item.grade)}年級　{one.item.class_name or ''}　"
            f"{one.name}",
        )
        for one in left
    ]
