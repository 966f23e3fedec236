"""`/programmes/{pid}/applications`: a pupil's application and its steps (Kaohsiung 2.2).

The results that are not published yet are a record of their own, the examination, which the schools
do not see; its steps are taken at the same address.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.acting import Asked, Done, given_in
from api.audit import record_read, refusals_recorded
from api.house import House
from api.http import Posted, PostedChange, response_of, shown, takes_one_of, writes
from api.paging import Cursor, Limit
from api.process_items import (
    ProcessItem,
    ProcessLines,
    Sort,
    item,
    page_of,
    rules_of,
)
from api.processes import EVOLVE, Which, record_id, take_step
from api.viewer import SignedIn, TheHouse, Viewer
from domain import application
from domain.process import STEPS
from domain.refusal import NotFound
from ledger.database import Connection
from projections import directory
from projections import processes as view
from projections.processes import ProcessRecord

router = APIRouter(prefix="/programmes/{pid}/applications", tags=["applications"])

PROCESS = application.PROCESS
EXAMINATION = "examination"
#: The processes whose steps are taken at an application's address.
_PROCESSES = (PROCESS, EXAMINATION)


class NewApplication(application.Open):
    """A pupil's application; there is one in a programme."""

    student_id: UUID = Field(title="學生")


class ApplicationLines(ProcessLines):
    """`process` of a line is `examination` where the viewer sees the examination and not the
    application; version and state are then the examination's. `total` counts all pages."""

    total: int


@router.get("")
def list_applications(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    organisation: str | None = None,
    state: str | None = None,
    sort: Annotated[Sort, Query()] = "organisation",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> ApplicationLines:
    """一個計畫的申請案，預設依學校與開案時間排列。"""
    return listed(house, viewer, pid, organisation, state, sort=sort, limit=limit, cursor=cursor)


@router.get("/{aid}", response_model=ProcessItem)
def get_application(house: TheHouse, viewer: SignedIn, pid: str, aid: UUID) -> Response:
    """一件申請案與辦理過的每個步驟。"""
    return shown(read(house, viewer, pid, PROCESS, aid))


@router.get("/{aid}/examination", response_model=ProcessItem)
def get_examination(house: TheHouse, viewer: SignedIn, pid: str, aid: UUID) -> Response:
    """一件申請案的測驗與尚未公告的結果（承辦學校、主管機關、鑑輔會）。"""
    known = house.ledger.state(EVOLVE[PROCESS], aid)
    if known is None:
        raise NotFound
    examination = record_id(EXAMINATION, pid, known.student_id)
    return shown(read(house, viewer, pid, EXAMINATION, examination))


@router.post("", **writes(NewApplication))
def post_application(house: TheHouse, viewer: SignedIn, pid: str, asked: Posted) -> Response:
    """為學生開立申請案，每位學生一件。"""
    return response_of(house, viewer, begin(house, viewer, pid, asked))


@router.post(
    "/{aid}/{step}",
    **takes_one_of(*(one.form for (process, _), one in STEPS.items() if process in _PROCESSES)),
)
def post_application_step(
    house: TheHouse, viewer: SignedIn, pid: str, aid: UUID, step: str, asked: PostedChange
) -> Response:
    """辦理申請案的一個步驟；步驟名稱見計畫的 machines，內容依步驟的表單。"""
    return response_of(house, viewer, take(house, viewer, pid, aid, step, asked))


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
) -> ApplicationLines:
    """A page of the applications that the viewer may see; recorded. Raises `NotFound`."""
    rules = rules_of(house, pid)
    page, after, total = page_of(
        house,
        viewer,
        rules,
        "applications",
        lambda connection: _seen(connection, pid),
        organisation=organisation,
        state=state,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    return ApplicationLines(items=page, next_cursor=after, total=total)


def _seen(connection: Connection, pid: str) -> Iterator[tuple[UUID, ProcessRecord]]:
    """The applications, then those of which the viewer sees the examination alone.

    A score lies before the council, and the application behind it need not (Kaohsiung 1.1): what
    such a line says is the examination's, under the id of the application.
    """
    own = view.records(connection, pid, PROCESS)
    yield from ((one.record_id, one) for one in own)
    known = {one.student for one in own}
    for one in view.records(connection, pid, EXAMINATION):
        if one.student not in known:
            yield record_id(PROCESS, pid, one.student), one


def begin(house: House, viewer: Viewer, pid: str, asked: Asked) -> Done:
    """An application from a `NewApplication`."""
    given = given_in(asked, NewApplication)
    form = application.Open(**given.model_dump(exclude={"student_id"}, exclude_unset=True))
    which = Which(pid, PROCESS, given.student_id)
    # The student is part of what is asked, though the form does not say it.
    asked = replace(asked, body=form, path=f"{asked.path}/{given.student_id}")
    return take_step(house, viewer, asked, which, "opened", begins=True)


def take(house: House, viewer: Viewer, pid: str, aid: UUID, step: str, asked: Asked) -> Done:
    """A step of an application, or of its examination. Raises `NotFound`."""
    process = next((one for one in _PROCESSES if (one, step) in STEPS), None)
    known = None if process is None else house.ledger.state(EVOLVE[PROCESS], aid)
    if process is None or known is None or known.programme != pid:
        raise NotFound
    return take_step(house, viewer, asked, Which(pid, process, known.student_id), step)


def read(house: House, viewer: Viewer, pid: str, process: str, record: UUID) -> ProcessItem:
    """A record that the viewer may see; recorded. Raises `NotFound`."""
    rules = rules_of(house, pid)
    with (
        refusals_recorded(house, viewer, process.replace("_", "-")),
        viewer.looking(house) as connection,
    ):
        known = view.record(connection, record)
        if known is None or known.programme != pid or known.process != process:
            raise NotFound
        if directory.student(connection, known.student) is None:
            raise NotFound
        found = item(house, connection, rules, known)
    record_read(house, viewer, process.replace("_", "-"), [known.student], record_id=record)
    return found
