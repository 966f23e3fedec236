"""`/programmes/{pid}/placement-cases`: pupils' placement cases, their guidance plans and steps."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api import igp_papers, placement_cases
from api.acting import Done
from api.placement_cases import PLAN, PROCESS, NewPlacementCase
from api.process_items import rules_of
from api.student_items import offices
from api.web.case_choices import opens, without_case, written
from api.web.case_shown import Shown, decisions, shown_of
from api.web.fields import Making
from api.web.plans import kinds_of
from api.web.rendering import Page, ThePage
from api.web.step_forms import StepMaking, data_of
from api.web.step_pages import names_of, scans_of, sent, step_form, taken
from api.web.typed import BLANK, Typed
from documents.plan_blocks import Block, Grid, Nothing, Prose
from domain.capacity import LABELS as CAPACITIES
from domain.process import STEPS
from domain.programme_rules import Programme
from domain.refusal import NotAllowed, NotFound, Refusal

router = APIRouter()

_LIST = "/programmes/{pid}/placement-cases"
_BLANK = "（尚未填寫）"
_School = Annotated[str | None, BLANK, Query()]
_Student = Annotated[UUID | None, BLANK, Query()]


@router.get(_LIST)
def get_cases(
    page: ThePage,
    pid: str,
    organisation: _School = None,
    state: _School = None,
    cursor: str | None = None,
) -> Response:
    """The placement cases that the viewer may see."""
    rules = rules_of(page.house, pid)
    found = placement_cases.listed(page.house, page.viewer, pid, organisation, state, cursor=cursor)
    wanted = {"organisation": organisation or "", "state": state or ""}
    onward = None
    if found.next_cursor is not None:
        query = urlencode(wanted | {"cursor": found.next_cursor})
        onward = f"/programmes/{pid}/placement-cases?{query}"
    machine = rules.machine(PROCESS)
    with page.viewer.looking(page.house) as connection:
        schools = {one.code: one.name for one in offices(connection).values()}
    return page.show(
        "programme_cases.html",
        rules=rules,
        found=found,
        wanted=wanted,
        states=() if machine is None else machine.states,
        schools=schools,
        onward=onward,
        opens=opens(page, rules),
    )


@router.get(_LIST + "/new")
def get_new_case(page: ThePage, pid: str, student: _Student = None) -> Response:
    """The form that opens a case; a pupil who is named is chosen in it already."""
    data = {} if student is None else {"student_id": str(student)}
    return page.show("programme_case_new.html", **_new(page, pid, data))


@router.post(_LIST + "/new")
def post_new_case(page: ThePage, pid: str, typed: Typed) -> Response:
    """Opens a case."""
    data = data_of(NewPlacementCase, typed)
    outcome = page.attempt(
        lambda: placement_cases.begin(page.house, page.viewer, pid, page.asked(data, typed))
    )
    if isinstance(outcome, Refusal):
        return page.refused(outcome, "programme_case_new.html", **_new(page, pid, data))
    return page.done(outcome, f"/programmes/{pid}/placement-cases/{outcome.outcome.record_id}")


@router.get(_LIST + "/{cid}")
def get_case(page: ThePage, pid: str, cid: UUID) -> Response:
    """A case: its placements, what bodies decided, tasks, plan, reports and every step."""
    shown = shown_of(page, pid, cid)
    records = [one for one in (shown.case, shown.plan_record, shown.tracking) if one is not None]
    return page.show(
        "programme_case.html",
        **_about(shown),
        decisions=decisions(shown.case),
        **scans_of(page, shown.rules, shown.turns[0]),
        taken=taken(shown.rules, [(one.process, one.steps) for one in records], names_of(page)),
        **_words(shown.rules),
    )


@router.get(_LIST + "/{cid}/igp")
def get_case_plan(page: ThePage, pid: str, cid: UUID) -> Response:
    """The guidance plan of a case, part by part, and what each revision changed."""
    shown = shown_of(page, pid, cid, "igp-document")
    paper = igp_papers.worded(shown.rules, shown.plan, [], page.viewer.now, "")
    kinds = () if isinstance(shown.rules.uploads, str) else shown.rules.uploads.kinds
    return page.show(
        "programme_igp.html",
        **_about(shown),
        parts=[(one.title, kinds_of(_on_page(one.blocks))) for one in paper.parts],
        signed=[
            name["name"]
            for part in shown.plan.parts
            for one in part.fields
            if one.name == "signs"
            for name in one.value or ()
        ],
        kinds={one.code: one.name for one in kinds},
        revisions=[
            (one, [(diff.label, written(diff.before), written(diff.after)) for diff in said])
            for one in reversed(shown.plan.revisions)
            if (said := one.differences)
        ],
        taken=taken(
            shown.rules,
            [] if shown.plan_record is None else [(PLAN, shown.plan_record.steps)],
            names_of(page),
        ),
        **_words(shown.rules),
    )


@router.get(_LIST + "/{cid}/igp/{step}")
def get_case_plan_step(page: ThePage, pid: str, cid: UUID, step: str) -> Response:
    """The form of a step of the guidance plan."""
    return _form(page, pid, cid, PLAN, step, None)


@router.post(_LIST + "/{cid}/igp/{step}")
def post_case_plan_step(page: ThePage, pid: str, cid: UUID, step: str, typed: Typed) -> Response:
    """A step of the guidance plan."""
    return _taken(page, pid, cid, PLAN, step, typed)


@router.get(_LIST + "/{cid}/{step}")
def get_case_step(page: ThePage, pid: str, cid: UUID, step: str) -> Response:
    """The form of a step of the case."""
    return _form(page, pid, cid, PROCESS, step, None)


@router.post(_LIST + "/{cid}/{step}")
def post_case_step(page: ThePage, pid: str, cid: UUID, step: str, typed: Typed) -> Response:
    """A step of the case."""
    return _taken(page, pid, cid, PROCESS, step, typed)


def _taken(page: Page, pid: str, cid: UUID, process: str, step: str, typed: Typed) -> Response:
    def deed(data: Mapping[str, Any]) -> Done:
        asked = page.asked(data, typed)
        return placement_cases.take(page.house, page.viewer, pid, cid, process, step, asked)

    def again(data: Mapping[str, Any], refusal: Refusal | None) -> Response:
        return _form(page, pid, cid, process, step, data, refusal)

    path = page.request.url.path.rpartition("/")[0]
    return sent(page, (process, step), typed, deed, again, path)


def _form(
    page: Page,
    pid: str,
    cid: UUID,
    process: str,
    step: str,
    data: Mapping[str, Any] | None,
    refusal: Refusal | None = None,
) -> Response:
    shown = shown_of(page, pid, cid)
    turn = next((one for one in shown.turns if one.process == process), None)
    if turn is None or (process, step) not in STEPS:
        raise NotFound
    said = shown.said(step) if data is None else None
    above = shown.case.student.name
    return step_form(page, shown.rules, turn, step, data, refusal, above=above, filled=said or {})


def _new(page: Page, pid: str, data: Mapping[str, Any]) -> dict[str, Any]:
    rules = rules_of(page.house, pid)
    if not opens(page, rules):
        raise NotAllowed
    making = Making(PROCESS, page.viewer.today, long=frozenset({"reason"}))
    choices = {"student_id": without_case(page, rules)}
    return {
        "rules": rules,
        "form": StepMaking(PROCESS, making, choices).form(NewPlacementCase, data),
        "anybody": bool(choices["student_id"]),
        "key": page.new_key,
    }


def _about(shown: Shown) -> dict[str, Any]:
    return {"rules": shown.rules, "shown": shown, "item": shown.case, "turns": shown.turns}


def _words(rules: Programme) -> dict[str, Any]:
    return {
        "capacities": CAPACITIES,
        "windows": {one.code: one.name for one in rules.windows},
    }


def _on_page(blocks: Iterable[Block]) -> Iterator[Block]:
    """Blocks without the empty boxes of paper, in which one writes by hand."""
    for one in blocks:
        if not isinstance(one, Grid) or any(cell.strip() for row in one.rows for cell in row):
            yield one
        elif len(one.columns) == 1:
            yield Prose(one.columns[0], _BLANK)
        else:
            yield Nothing(_BLANK)
