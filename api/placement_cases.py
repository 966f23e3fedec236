"""`/programmes/{pid}/placement-cases`: a pupil's placement case and its guidance plan (2.3, 2.3a).

A school of the next stage that the case names sees it, and no other case.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api import case_items
from api.acting import Acting, Asked, Done, given_in
from api.audit import record_read, refusals_recorded
from api.case_items import PlanItem, TaskItem
from api.house import House
from api.http import Posted, PostedChange, response_of, shown, takes_one_of, writes
from api.paging import Cursor, Limit
from api.process_items import ProcessItem, ProcessLines, Sort, item, page_of, rules_of
from api.processes import EVOLVE, Seen, Which, ground_of, take_step
from api.turns import begun_about
from api.viewer import SignedIn, TheHouse, Viewer
from domain import (
    igp_document,
    placement,
    placement_case,
    placement_end,
    programme,
    student,
    tracking,
)
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.placement import Placement
from domain.placement_request import Kind, PlacementRequest
from domain.process import STEPS
from domain.process_step import take as take_on
from domain.programme import programme_id
from domain.programme_rules import Programme
from domain.refusal import NotFound
from ledger.database import Connection
from projections import directory
from projections import processes as view
from projections.processes import ProcessRecord

router = APIRouter(prefix="/programmes/{pid}", tags=["placement cases"])

PROCESS = placement_case.PROCESS
PLAN = igp_document.PROCESS


class NewPlacementCase(placement_case.OpenCase):
    """A pupil's placement case; there is one in a programme."""

    student_id: UUID = Field(title="學生")


class NewTrackingReport(tracking.UploadReport):
    """A pupil's tracking report of one semester."""

    student_id: UUID


class CaseTasks(BaseModel):
    """What is to be done for a pupil whose placement was approved."""

    version: int
    items: list[TaskItem]


@router.get("/placement-cases")
def list_placement_cases(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    organisation: str | None = None,
    state: str | None = None,
    sort: Annotated[Sort, Query()] = "organisation",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ProcessLines:
    """一個計畫的安置案，預設依學校與開案時間排列；銜接的學校只看得到指定該校的案件。"""
    return listed(house, viewer, pid, organisation, state, sort=sort, limit=limit, cursor=cursor)


@router.get("/placement-cases/{cid}", response_model=ProcessItem)
def get_placement_case(house: TheHouse, viewer: SignedIn, pid: str, cid: UUID) -> Response:
    """一件安置案與辦理過的每個步驟。"""
    with looking_at(house, viewer, pid, cid) as at:
        found = item(house, at.connection, at.rules, at.case)
    return shown(found)


@router.get("/placement-cases/{cid}/tasks", response_model=CaseTasks)
def get_placement_case_tasks(house: TheHouse, viewer: SignedIn, pid: str, cid: UUID) -> Response:
    """核定後的轉銜工作與期限，以及辦理情形。"""
    with looking_at(house, viewer, pid, cid) as at:
        found = CaseTasks(
            version=at.case.version, items=case_items.tasks(at.connection, at.rules, at.case)
        )
    return shown(found)


@router.get("/placement-cases/{cid}/igp", response_model=PlanItem)
def get_placement_case_igp(house: TheHouse, viewer: SignedIn, pid: str, cid: UUID) -> Response:
    """個別輔導計畫：一至六項由資料帶入，其餘為撰寫的內容，並標示每次修訂的差異。"""
    with looking_at(house, viewer, pid, cid, "igp-document") as at:
        found = case_items.plan(house, at.connection, at.rules, at.case)
    return shown(found)


@router.post("/placement-cases", **writes(NewPlacementCase))
def post_placement_case(house: TheHouse, viewer: SignedIn, pid: str, asked: Posted) -> Response:
    """為學生開立安置案，每位學生一件。"""
    return response_of(house, viewer, begin(house, viewer, pid, asked))


@router.post(
    "/placement-cases/{cid}/{case_step}",
    **takes_one_of(*(one.form for (of, _), one in STEPS.items() if of == PROCESS)),
)
def post_placement_case_step(
    house: TheHouse, viewer: SignedIn, pid: str, cid: UUID, case_step: str, asked: PostedChange
) -> Response:
    """辦理安置案的一個步驟；步驟名稱見計畫的 machines，內容依步驟的表單。"""
    return response_of(house, viewer, take(house, viewer, pid, cid, PROCESS, case_step, asked))


@router.post(
    "/placement-cases/{cid}/igp/{plan_step}",
    **takes_one_of(*(one.form for (of, _), one in STEPS.items() if of == PLAN)),
)
def post_placement_case_igp_step(
    house: TheHouse, viewer: SignedIn, pid: str, cid: UUID, plan_step: str, asked: PostedChange
) -> Response:
    """辦理個別輔導計畫的一個步驟。"""
    return response_of(house, viewer, take(house, viewer, pid, cid, PLAN, plan_step, asked))


@router.post("/tracking-reports", **writes(NewTrackingReport))
def post_tracking_report(house: TheHouse, viewer: SignedIn, pid: str, asked: Posted) -> Response:
    """上傳一位學生一個學期的追蹤報告。"""
    return response_of(house, viewer, report(house, viewer, pid, asked))


def listed(
    house: House,
    viewer: Viewer,
    pid: str,
    organisation: str | None,
    state: str | None,
    *,
    sort: Sort = "organisation",
    limit: int = 50,
    cursor: str | None,
) -> ProcessLines:
    """A page of the cases that the viewer may see; recorded. Raises `NotFound`."""
    rules = rules_of(house, pid)
    page, after, _ = page_of(
        house,
        viewer,
        rules,
        "placement-cases",
        lambda connection: [(one.record_id, one) for one in view.records(connection, pid, PROCESS)],
        organisation=organisation,
        state=state,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    return ProcessLines(items=page, next_cursor=after)


@dataclass(frozen=True)
class Look:
    """A case that is looked at, with the rules of its programme."""

    connection: Connection
    rules: Programme
    case: ProcessRecord


@contextmanager
def looking_at(
    house: House, viewer: Viewer, pid: str, cid: UUID, what: str = "placement-case"
) -> Iterator[Look]:
    """A case that the viewer may see: what the block reads of it is recorded when it ends.

    Raises `NotFound`.
    """
    rules = rules_of(house, pid)
    with refusals_recorded(house, viewer, what), viewer.looking(house) as connection:
        known = _seen(connection, pid, cid)
        yield Look(connection, rules, known)
    record_read(house, viewer, what, [known.student], record_id=cid)


def begin(house: House, viewer: Viewer, pid: str, asked: Asked) -> Done:
    """A case from a `NewPlacementCase`."""
    given = given_in(asked, NewPlacementCase)
    form = placement_case.OpenCase(**given.model_dump(exclude={"student_id"}, exclude_unset=True))
    asked = replace(asked, body=form, path=f"{asked.path}/{given.student_id}")
    return take_step(
        house, viewer, asked, Which(pid, PROCESS, given.student_id), "opened", begins=True
    )


def report(house: House, viewer: Viewer, pid: str, asked: Asked) -> Done:
    """A tracking report from a `NewTrackingReport`."""
    given = given_in(asked, NewTrackingReport)
    form = tracking.UploadReport(**given.model_dump(exclude={"student_id"}, exclude_unset=True))
    asked = replace(asked, body=form, path=f"{asked.path}/{given.student_id}")
    which = Which(pid, tracking.PROCESS, given.student_id)
    return take_step(house, viewer, asked, which, tracking.STEP, begins=True)


def take(
    house: House, viewer: Viewer, pid: str, cid: UUID, process: str, step: str, asked: Asked
) -> Done:
    """A step of a case, or of its guidance plan. Raises `NotFound`."""
    known = Acting(house, viewer).state(EVOLVE[PROCESS], cid)
    if known is None or known.programme != pid:
        raise NotFound
    return take_step(house, viewer, asked, Which(pid, process, known.student_id), step)


def follow(acting: Acting, request: PlacementRequest, about: Placement) -> Iterator[Event]:
    """The events by which the cases of a pupil follow a request that takes effect.

    Only a case of the placement's own school year has it among its rows.
    """
    code = "placement-replaced" if request.kind is Kind.RE_PLACEMENT else "placement-abandoned"
    step = STEPS[PROCESS, code]
    form = placement_end.FollowRequest(
        request_id=request.request_id, placement_id=about.placement_id
    )
    begun = begun_about(acting.house, about.student_id, placement_case.OPENED.event)
    for stream in begun:
        case = acting.known(EVOLVE[PROCESS], stream)
        edition = acting.known(programme.evolve, programme_id(case.programme)).newest
        machine = edition.programme.machine(PROCESS)
        if edition.programme.school_year != about.school_year or machine is None:
            continue
        if machine.rule(code, case.state) is None:
            continue
        of = acting.known(student.evolve, about.student_id)
        seen = Seen(edition, case, of, of.organisation_id, frozenset())
        actor = Actor(account_id=acting.viewer.account_id, capacity=Capacity.SYSTEM)
        which = Which(case.programme, PROCESS, about.student_id)
        yield from take_on(step, ground_of(acting, which, seen, actor), form, stream).events


def decision_letter(
    acting: Acting, student_id: UUID, placement_id: UUID
) -> tuple[str | None, date | None]:
    """Number and date of the letter by which a placement was decided, where a case was notified."""
    about = acting.state(placement.evolve, placement_id)
    if about is None or about.student_id != student_id:
        return None, None
    for stream in begun_about(acting.house, student_id, placement_case.OPENED.event):
        case = acting.known(EVOLVE[PROCESS], stream)
        rules = acting.known(programme.evolve, programme_id(case.programme)).newest.programme
        letter = case.last("notified")
        if rules.school_year == about.school_year and letter is not None:
            return letter.letter_number, letter.letter_date
    return None, None


def _seen(connection: Connection, pid: str, cid: UUID) -> ProcessRecord:
    """Raises `NotFound`."""
    known = view.record(connection, cid)
    if known is None or known.programme != pid or known.process != PROCESS:
        raise NotFound
    if directory.student(connection, known.student) is None:
        raise NotFound
    return known
