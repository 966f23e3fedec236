"""`/programmes/{pid}/batches`: what schools hand in for all their students at a stage (2.3a).

Which roster was signed is known by its digest; whether it still holds is computed at every look.
"""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.acting import Acting, Asked, Done
from api.audit import record_list, record_read, refusals_recorded
from api.batch_items import BatchItem, BatchLines, item_of, line_of, of_school, of_stage
from api.document_uploads import school_seen
from api.house import House
from api.http import PostedChange, response_of, shown, takes_one_of
from api.paging import Cursor, Limit, paged
from api.process_items import rules_of
from api.processes import Which, take_step
from api.viewer import SignedIn, TheHouse, Viewer
from domain.access import ORGANISED
from domain.process import STEPS
from domain.refusal import NotFound
from domain.school_batch import STAGES, machines_by_stage

Sort = Literal["organisation", "-organisation", "students", "-students"]
#: More than a county has schools and stages.
_MOST = 10_000

router = APIRouter(prefix="/programmes/{pid}/batches", tags=["applications"])


@router.get("")
def list_batches(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    organisation: str | None = None,
    stage: str | None = None,
    sort: Annotated[Sort, Query()] = "organisation",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> BatchLines:
    """各校各階段的名冊、匯款與缺件；學校只見本校。"""
    return listed(house, viewer, pid, organisation, stage, sort, limit, cursor)


@router.get("/{organisation}/{stage}", response_model=BatchItem)
def get_batch(
    house: TheHouse, viewer: SignedIn, pid: str, organisation: str, stage: str
) -> Response:
    """一校一個階段的名冊、匯款與缺件，以及辦理過的每個步驟。"""
    return shown(read(house, viewer, pid, organisation, stage))


@router.post(
    "/{organisation}/{stage}/{step}",
    **takes_one_of(*(one.form for (of, _), one in STEPS.items() if of in STAGES.values())),
)
def post_batch_step(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    organisation: str,
    stage: str,
    step: str,
    asked: PostedChange,
) -> Response:
    """辦理學校批次的一個步驟：匯出、核章、匯款、上傳、審查、收據等。"""
    done = take(house, viewer, pid, organisation, stage, step, asked)
    return response_of(house, viewer, done)


def listed(
    house: House,
    viewer: Viewer,
    pid: str,
    organisation: str | None,
    stage: str | None,
    sort: Sort = "organisation",
    limit: int = _MOST,
    cursor: str | None = None,
) -> BatchLines:
    """The batches of the schools that the viewer may see; recorded. Raises `NotFound`,
    `CursorNotValid`."""
    rules = rules_of(house, pid)
    with refusals_recorded(house, viewer, "batches"):
        schools = _asked(house, viewer, organisation)
    found = [
        line_of(house, viewer, rules, now)
        for each in machines_by_stage(rules)
        if stage in (None, each)
        for now in of_stage(house, viewer, rules, each, schools)
    ]
    order = list(STAGES)
    wanted = {"programme": pid, "organisation": organisation, "stage": stage}
    page, after = paged(
        house,
        viewer,
        [
            (
                [one.students] if sort.endswith("students") else [],
                f"{one.organisation.code} {order.index(one.stage)}",
                one,
            )
            for one in found
        ],
        what="batches",
        wanted=wanted | {"sort": sort},
        limit=limit,
        cursor=cursor,
        descending=sort.startswith("-"),
    )
    named = dict.fromkeys(one.student.id for line in page for one in line.missing if one.student)
    record_list(house, viewer, "batches", named, wanted)
    return BatchLines(items=page, next_cursor=after)


def take(
    house: House,
    viewer: Viewer,
    pid: str,
    organisation: str,
    stage: str,
    step: str,
    asked: Asked,
) -> Done:
    """A step of a batch. Raises `NotFound`."""
    process = STAGES.get(stage)
    if process is None or (process, step) not in STEPS:
        raise NotFound
    with refusals_recorded(house, viewer, f"{process.replace('_', '-')}.{step}"):
        school = school_seen(Acting(house, viewer), organisation)
    return take_step(house, viewer, asked, Which(pid, process, organisation=school), step)


def read(house: House, viewer: Viewer, pid: str, organisation: str, stage: str) -> BatchItem:
    """A batch that the viewer may see; recorded. Raises `NotFound`."""
    rules = rules_of(house, pid)
    with refusals_recorded(house, viewer, "batch"):
        if stage not in machines_by_stage(rules):
            raise NotFound
        school = _seen(house, viewer, organisation)
        now = of_school(house, viewer, rules, stage, school)
    item = item_of(house, viewer, rules, now)
    students = [one.student.id for one in item.missing if one.student is not None]
    record = Which(pid, STAGES[stage], organisation=school).record_id
    record_read(house, viewer, "batch", students, record_id=record)
    return item


def _seen(house: House, viewer: Viewer, code: str) -> UUID:
    """A school whose batches the viewer may see: the own one, or any by who runs the programme.
    What is missing names students, and not all of them are cases of the council. Raises
    `NotFound`."""
    school = school_seen(Acting(house, viewer), code)
    known = ORGANISED in viewer.audiences or viewer.is_system
    if not known and school not in viewer.schools:
        raise NotFound
    return school


def _asked(house: House, viewer: Viewer, code: str | None) -> list[UUID] | None:
    """Whose batches are asked for: of some schools, or None for all. Raises `NotFound`."""
    if code is not None:
        return [_seen(house, viewer, code)]
    if ORGANISED in viewer.audiences:
        return None
    if not viewer.schools:
        raise NotFound
    return list(viewer.schools)
