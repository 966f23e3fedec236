"""`/programmes/{pid}/duties`: what schools owe after placements, with the forms that settle it.

Who comes to the placement meeting, letters, tasks, tracking reports; and a school's gifted group.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Response

from api import case_additions, case_rosters, gifted_groups, placement_cases
from api.acting import Done
from api.case_roster_items import AttendanceList, LetterList, TaskList, TrackingItem
from api.paging import Cursor
from api.process_items import rules_of
from api.processes import EVOLVE, Which
from api.web.case_choices import of_reports
from api.web.heads import head_of
from api.web.rendering import Page, ThePage
from api.web.scans import Owner
from api.web.step_pages import Turn, may_begin, open_in, sent, step_form
from api.web.typed import Typed
from domain import gifted_group, placement_meeting, tracking
from domain.machine_rules import NOT_BEGUN
from domain.organisation import organisation_id
from domain.programme_rules import Programme
from domain.refusal import NotFound, Refusal
from projections import directory
from projections import processes as view

router = APIRouter()

_MEETING = "/programmes/{pid}/placement-meetings/{organisation}/{step}"
_REPORT = "/programmes/{pid}/tracking-reports/{student_id}"
_GROUP = "/programmes/{pid}/gifted-groups/{organisation}"


@router.get("/programmes/{pid}/duties")
def get_duties(
    page: ThePage,
    pid: str,
    attendance: Cursor = None,
    letters: Cursor = None,
    tasks: Cursor = None,
    tracking: Cursor = None,
    additions: Cursor = None,
) -> Response:
    """The lists of what is owed, of the cases that the viewer may see; each has its own pages."""
    house, viewer = page.house, page.viewer
    rules = rules_of(house, pid)
    cursors = {"attendance": attendance, "letters": letters, "tasks": tasks, "tracking": tracking}
    cursors["additions"] = additions
    coming = case_rosters.get_attendance(house, viewer, pid, cursor=attendance)
    told = case_rosters.get_letters(house, viewer, pid, cursor=letters)
    owed = case_rosters.get_tasks(house, viewer, pid, done=False, cursor=tasks)
    assert isinstance(coming, AttendanceList)
    assert isinstance(told, LetterList)
    assert isinstance(owed, TaskList)
    tracked = case_rosters.get_tracking(house, viewer, pid, cursor=tracking)
    added = case_additions.get_additions(house, viewer, pid, cursor=additions)
    after = {
        "additions": added.next_cursor,
        "attendance": coming.next_cursor,
        "letters": told.next_cursor,
        "tasks": owed.next_cursor,
        "tracking": tracked.next_cursor,
    }
    with viewer.looking(house) as connection:
        own = {
            one.code
            for one in directory.organisations(connection)
            if one.organisation_id in viewer.schools
        }
    return page.show(
        "programme_duties.html",
        rules=rules,
        additions=added.items,
        attendance=coming.items,
        letters=told,
        tasks=owed.items,
        tracking=tracked.items,
        onward={name: _onward(cursors, name, after[name]) for name in after},
        own=own,
        reported=_reported(page, rules, tracked.items),
        today=viewer.today,
    )


def _reported(page: Page, rules: Programme, lines: Iterable[TrackingItem]) -> set[UUID]:
    """The pupils whose missing reports are the viewer's to hand in."""
    return {
        pupil.id
        for one in lines
        for pupil in one.missing
        if may_begin(
            rules,
            tracking.PROCESS,
            page.viewer.held_for(pupil.id, organisation_id(one.organisation.code)),
        )
    }


def _onward(cursors: Mapping[str, str | None], name: str, after: str | None) -> str | None:
    """The address of a list's next page, the others left where they are."""
    if after is None:
        return None
    kept = {one: value for one, value in {**cursors, name: after}.items() if value is not None}
    return f"?{urlencode(kept)}#{name}"


@router.get(_MEETING)
def get_meeting_step(page: ThePage, pid: str, organisation: str, step: str) -> Response:
    """The form of who comes to the placement meeting."""
    return _meeting(page, pid, organisation, step, None)


@router.post(_MEETING)
def post_meeting_step(
    page: ThePage, pid: str, organisation: str, step: str, typed: Typed
) -> Response:
    """Who comes to the placement meeting."""

    def deed(data: Mapping[str, Any]) -> Done:
        asked = page.asked(data, typed)
        return case_rosters.take_meeting(page.house, page.viewer, pid, organisation, step, asked)

    def again(data: Mapping[str, Any], refusal: Refusal | None) -> Response:
        return _meeting(page, pid, organisation, step, data, refusal)

    known = (placement_meeting.PROCESS, step)
    return sent(page, known, typed, deed, again, f"/programmes/{pid}/duties")


@router.get(_REPORT)
def get_report(page: ThePage, pid: str, student_id: UUID) -> Response:
    """The form of a pupil's tracking report."""
    return _report(page, pid, student_id, None)


@router.post(_REPORT)
def post_report(page: ThePage, pid: str, student_id: UUID, typed: Typed) -> Response:
    """A pupil's tracking report of one semester."""

    def deed(data: Mapping[str, Any]) -> Done:
        asked = page.asked({"student_id": str(student_id), **data}, typed)
        return placement_cases.report(page.house, page.viewer, pid, asked)

    def again(data: Mapping[str, Any], refusal: Refusal | None) -> Response:
        return _report(page, pid, student_id, data, refusal)

    known = (tracking.PROCESS, tracking.STEP)
    return sent(page, known, typed, deed, again, _above(page, pid, student_id))


@router.get(_GROUP)
def get_group(page: ThePage, pid: str, organisation: str) -> Response:
    """A school's gifted group, and whom it lacks."""
    rules, turn = _of_group(page, pid, organisation)
    return page.show(
        "programme_group.html",
        rules=rules,
        item=gifted_groups.read(page.house, page.viewer, pid, organisation),
        name=_school(page, organisation),
        may=any(mine for _, mine in turn.names),
        step=gifted_group.STEP,
    )


@router.get(_GROUP + "/{step}")
def get_group_step(page: ThePage, pid: str, organisation: str, step: str) -> Response:
    """The form of the group's members."""
    rules, turn = _of_group(page, pid, organisation)
    return step_form(page, rules, turn, step, None, above=_school(page, organisation))


@router.post(_GROUP + "/{step}")
def post_group_step(
    page: ThePage, pid: str, organisation: str, step: str, typed: Typed
) -> Response:
    """The group's members."""

    def deed(data: Mapping[str, Any]) -> Done:
        asked = page.asked(data, typed)
        return gifted_groups.take(page.house, page.viewer, pid, organisation, step, asked)

    def again(data: Mapping[str, Any], refusal: Refusal | None) -> Response:
        rules, turn = _of_group(page, pid, organisation)
        return step_form(page, rules, turn, step, data, refusal, above=_school(page, organisation))

    path = f"/programmes/{pid}/gifted-groups/{organisation}"
    return sent(page, (gifted_group.PROCESS, step), typed, deed, again, path)


def _meeting(
    page: Page,
    pid: str,
    organisation: str,
    step: str,
    data: Mapping[str, Any] | None,
    refusal: Refusal | None = None,
) -> Response:
    rules = rules_of(page.house, pid)
    turn = _of_school(page, rules, placement_meeting.PROCESS, organisation)
    back = f"/programmes/{pid}/duties"
    return step_form(page, rules, turn, step, data, refusal, above="應辦事項", back=back)


def _report(
    page: Page,
    pid: str,
    student_id: UUID,
    data: Mapping[str, Any] | None,
    refusal: Refusal | None = None,
) -> Response:
    rules = rules_of(page.house, pid)
    head = head_of(page.house, page.viewer, student_id)
    turn = Turn(
        tracking.PROCESS,
        0,
        open_in(rules, tracking.PROCESS, NOT_BEGUN),
        head.held,
        owner=Owner(student_id, head.student.organisation.code),
        choices=of_reports(rules),
    )
    back = _above(page, pid, student_id)
    name = head.student.name
    return step_form(page, rules, turn, tracking.STEP, data, refusal, above=name, back=back)


def _above(page: Page, pid: str, student_id: UUID) -> str:
    """The pupil's case, where there is one that the viewer sees; else the list."""
    case = Which(pid, placement_cases.PROCESS, student_id).record_id
    with page.viewer.looking(page.house) as connection:
        known = view.record(connection, case)
    base = f"/programmes/{pid}"
    return f"{base}/duties" if known is None else f"{base}/placement-cases/{case}"


def _of_group(page: Page, pid: str, organisation: str) -> tuple[Programme, Turn]:
    """Raises `NotFound` for whom the school's papers are none of their business."""
    found = gifted_groups.read(page.house, page.viewer, pid, organisation)
    rules = rules_of(page.house, pid)
    turn = _of_school(page, rules, gifted_group.PROCESS, organisation)
    return rules, replace(turn, version=found.version)


def _of_school(page: Page, rules: Programme, process: str, code: str) -> Turn:
    """The turn of a school's own record."""
    school = organisation_id(code)
    which = Which(rules.code, process, organisation=school)
    known = page.house.ledger.state(EVOLVE[process], which.record_id)
    state, version = (NOT_BEGUN, 0) if known is None else (known.state, known.version)
    return Turn(process, version, open_in(rules, process, state), page.viewer.held_at(school))


def _school(page: Page, code: str) -> str:
    """Raises `NotFound`."""
    with page.viewer.looking(page.house) as connection:
        known = directory.organisation_by_code(connection, code)
    if known is None:
        raise NotFound
    return known.name
