"""`/programmes`: what is due in a programme, its applications, batches and rosters, as lists."""

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Response

from api import applications, programmes, rosters, school_batches
from api.acting import Acting
from api.audit import refusals_recorded
from api.paging import LARGEST_PAGE, Cursor
from api.process_items import rules_of
from api.processes import Which, see
from api.programme_calendar import State, item
from api.roster_entries import is_hidden
from api.rosters import Pulled
from api.step_sheets import enters
from api.student_items import offices
from api.web.new_application import begins
from api.web.publication import publishes
from api.web.rendering import Page, ThePage
from api.web.step_pages import runs
from api.web.typed import BLANK
from domain import gifted_group
from domain.access import ORGANISED
from domain.capacity import LABELS as CAPACITIES
from domain.capacity import Capacity
from domain.programme_data import NONE
from domain.programme_round import PROCESS as ROUND
from domain.programme_rules import Programme
from domain.roster import RosterKind
from domain.rosters import ROSTERS
from domain.school_batch import machines_by_stage
from projections import directory

router = APIRouter()

#: Teachers who take steps of placement cases.
_WITH_CASES = (Capacity.CASE_MANAGER, Capacity.GIFTED_HOMEROOM, Capacity.SUBJECT_TEACHER)

#: How a window stands, in words.
STATES: Mapping[State, str] = {
    "early": "尚未開始",
    "open": "開放中",
    "between": "今日時段外",
    "closed": "已截止",
}
#: Where a school's roster stands.
ROSTER_STATES = {
    "none": "尚未上傳",
    "current": "與資料相符",
    "stale": "已與資料不符，請重新匯出核章",
}
FORMATS = {"xlsx": "Excel（XLSX）", "ods": "試算表（ODS）", "csv": "CSV", "pdf": "PDF"}
_A_WEEK = 7
_School = Annotated[str | None, BLANK, Query()]


@router.get("/programmes")
def get_programmes(page: ThePage) -> Response:
    """The programmes that were published."""
    return page.show("programmes.html", found=programmes.listed(page.house, page.viewer))


@router.get("/programmes/{pid}")
def get_programme(page: ThePage, pid: str) -> Response:
    """What is due this week, and every window as it stands now."""
    calendar = item(page.house, page.viewer, pid, _A_WEEK)
    rules = rules_of(page.house, pid)
    return page.show(
        "programme.html",
        rules=rules,
        calendar=calendar,
        states=STATES,
        capacities=CAPACITIES,
        kinds=_kinds(page),
        tabs=_tabs(page, rules),
    )


@router.get("/programmes/{pid}/applications")
def get_applications(
    page: ThePage,
    pid: str,
    organisation: _School = None,
    state: _School = None,
    cursor: Cursor = None,
) -> Response:
    """The applications that the viewer may see."""
    rules = rules_of(page.house, pid)
    found = applications.listed(page.house, page.viewer, pid, organisation, state, cursor=cursor)
    terms = {"organisation": organisation or "", "state": state or ""}
    onward = None
    if found.next_cursor is not None:
        query = urlencode(terms | {"cursor": found.next_cursor})
        onward = f"/programmes/{pid}/applications?{query}"
    processes = (applications.PROCESS, *((applications.EXAMINATION,) if runs(page) else ()))
    machines = [one for one in map(rules.machine, processes) if one is not None]
    return page.show(
        "programme_applications.html",
        rules=rules,
        found=found,
        wanted=terms,
        states=[state for machine in machines for state in machine.states],
        begins=begins(page, rules),
        schools=_schools(page),
        onward=onward,
    )


@router.get("/programmes/{pid}/batches")
def get_batches(
    page: ThePage, pid: str, organisation: _School = None, stage: _School = None
) -> Response:
    """What schools hand in at each stage, and what is missing."""
    rules = rules_of(page.house, pid)
    found = school_batches.listed(page.house, page.viewer, pid, organisation, stage)
    return page.show(
        "programme_batches.html",
        rules=rules,
        found=found.items,
        wanted={"organisation": organisation or "", "stage": stage or ""},
        schools=_schools(page),
        stages={stage: one.name for stage, one in machines_by_stage(rules).items()},
        rosters=ROSTER_STATES,
    )


@router.get("/programmes/{pid}/rosters/{roster}")
def get_roster(
    page: ThePage, pid: str, roster: str, organisation: _School = None, cursor: Cursor = None
) -> Response:
    """A roster as it is now, and its files."""
    pulled = _pulled(page, pid, roster, organisation)
    found = rosters.read(page.house, page.viewer, pulled, LARGEST_PAGE, cursor)
    query = {} if organisation is None else {"organisation": organisation}
    base = f"/programmes/{pid}/rosters/{roster}"
    files = {
        name: f"{base}/file?{urlencode(query | {'format': code})}" for code, name in FORMATS.items()
    }
    onward = None
    if found.next_cursor is not None:
        onward = f"{base}?{urlencode(query | {'cursor': found.next_cursor})}"
    return page.show(
        "programme_roster.html",
        rules=pulled.rules,
        found=found,
        columns=pulled.kind.columns,
        wanted=organisation,
        schools=_schools(page) if runs(page) else {},
        files=files,
        onward=onward,
    )


@router.get("/programmes/{pid}/rosters/{roster}/file")
def get_roster_file(
    page: ThePage,
    pid: str,
    roster: str,
    format: Annotated[Literal["csv", "xlsx", "ods", "pdf"], Query()] = "xlsx",
    organisation: _School = None,
) -> Response:
    """The roster as a file."""
    pulled = _pulled(page, pid, roster, organisation)
    return rosters.download(page.house, page.viewer, pulled, format)


def _pulled(page: Page, pid: str, roster: str, organisation: str | None) -> Pulled:
    with refusals_recorded(page.house, page.viewer, "rosters"):
        return rosters.pull(page.house, page.viewer, pid, roster, organisation)


def _tabs(page: Page, rules: Programme) -> list[tuple[str, str]]:
    """The pages of a programme that have something for the viewer, with their addresses."""
    pid, viewer = rules.code, page.viewer
    base = f"/programmes/{pid}"
    works = runs(page) or bool(viewer.schools)
    organised = ORGANISED in viewer.audiences or bool(viewer.schools)
    acting = Acting(page.house, viewer)
    round_ = see(acting, Which(pid, ROUND)) if works else None
    teaches = viewer.holds(*_WITH_CASES)
    has_cases = rules.placement_cases != NONE
    places = (
        ("申請案", "applications", works),
        ("學校批次", "batches", organised),
        ("成績與結果登載", "results", round_ is not None and enters(acting, round_)),
        ("公告結果", "publication", round_ is not None and publishes(acting, round_)),
        ("安置案", "placement-cases", works or teaches),
        ("應辦事項", "duties", has_cases and (works or teaches)),
        ("修改學生名單", "modified", organised),
        ("計畫全程", "round", works),
    )
    with viewer.looking(page.house) as connection:
        own = [
            one.code
            for one in directory.organisations(connection)
            if one.organisation_id in viewer.schools
        ]
    groups = own if gifted_group.is_kept(rules) else ()
    return [
        *((label, f"{base}/{path}") for label, path, shown in places if shown),
        *(("學校資優小組", f"{base}/gifted-groups/{code}") for code in groups),
    ]


def _kinds(page: Page) -> list[RosterKind]:
    """The rosters that the viewer may have."""
    if runs(page):
        return list(ROSTERS.values())
    if not page.viewer.schools:
        return []
    return [one for one in ROSTERS.values() if one.of_schools and not is_hidden(one)]


def _schools(page: Page) -> dict[str, str]:
    with page.viewer.looking(page.house) as connection:
        return {one.code: one.name for one in offices(connection).values()}
