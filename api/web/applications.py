"""`/programmes/{pid}/applications/{aid}` and `/round`: steps taken, steps open, and their forms."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response

from api import applications, placement_cases, programme_papers, programme_rounds
from api.acting import Done
from api.process_items import ProcessItem, rules_of
from api.processes import EVOLVE, record_id
from api.web.case_choices import opens
from api.web.code_choices import code_names
from api.web.heads import head_of
from api.web.rendering import Page, ThePage
from api.web.scans import Owner
from api.web.step_forms import said
from api.web.step_pages import (
    STAGES,
    Turn,
    names_of,
    open_in,
    runs,
    scans_of,
    sent,
    step_form,
    taken,
)
from api.web.typed import Typed
from domain.access_words import what_label
from domain.capacity import LABELS as CAPACITIES
from domain.machine_rules import NOT_BEGUN
from domain.process import STEPS
from domain.programme_rules import Programme
from domain.publication import PUBLISHED
from domain.refusal import NotFound, Refusal
from projections import processes as view

router = APIRouter()

_EXAMINATION = "examination"
_ROUND = programme_rounds.PROCESS
_WHOLE_ROUND = "計畫全程"


@router.get("/programmes/{pid}/applications/{aid}")
def get_application(page: ThePage, pid: str, aid: UUID) -> Response:
    """An application, every step taken in it and in its examination, and the steps open now."""
    rules = rules_of(page.house, pid)
    found = _read(page, pid, aid)
    names = names_of(page) | code_names(rules)
    turns = _turns(page, rules, found)
    return page.show(
        "programme_application.html",
        rules=rules,
        item=found[0],
        **_beside(page, rules, found[0]),
        taken=taken(rules, [(one.process, one.steps) for one in found], names),
        turns=turns,
        **scans_of(page, rules, turns[0]),
        capacities=CAPACITIES,
        windows={one.code: one.name for one in rules.windows},
    )


@router.get("/programmes/{pid}/applications/{aid}/{step}")
def get_application_step(page: ThePage, pid: str, aid: UUID, step: str) -> Response:
    """The form of a step that is open to the viewer."""
    item, turn = _turn(page, pid, aid, step)
    return step_form(page, rules_of(page.house, pid), turn, step, None, above=item.student.name)


@router.post("/programmes/{pid}/applications/{aid}/{step}")
def post_application_step(page: ThePage, pid: str, aid: UUID, step: str, typed: Typed) -> Response:
    """A step of an application or of its examination."""

    def deed(data: Mapping[str, Any]) -> Done:
        asked = page.asked(data, typed)
        return applications.take(page.house, page.viewer, pid, aid, step, asked)

    def again(data: Mapping[str, Any], refusal: Refusal | None) -> Response:
        item, turn = _turn(page, pid, aid, step)
        rules = rules_of(page.house, pid)
        return step_form(page, rules, turn, step, data, refusal, above=item.student.name)

    process = next(
        (one for one in (applications.PROCESS, _EXAMINATION) if (one, step) in STEPS), ""
    )
    return sent(page, (process, step), typed, deed, again, f"/programmes/{pid}/applications/{aid}")


@router.get("/programmes/{pid}/round")
def get_round(page: ThePage, pid: str) -> Response:
    """What was done in the whole round, and what can be done."""
    rules, turn = _of_round(page, pid)
    found = programme_rounds.read(page.house, page.viewer, pid)
    names = names_of(page) | {one.code: one.name for one in rules.windows} | STAGES
    return page.show(
        "programme_round.html",
        rules=rules,
        taken=[(one, said(_ROUND, one.step, one.data, names)) for one in found.acts],
        turns=[turn],
        capacities=CAPACITIES,
        windows={one.code: one.name for one in rules.windows},
    )


@router.get("/programmes/{pid}/round/{step}")
def get_round_step(page: ThePage, pid: str, step: str) -> Response:
    """The form of a step of the round; results are published on a page of their own."""
    if step == PUBLISHED.code:
        return page.go(f"/programmes/{pid}/publication")
    rules, turn = _of_round(page, pid)
    return step_form(page, rules, turn, step, None, above=_WHOLE_ROUND)


@router.post("/programmes/{pid}/round/{step}")
def post_round_step(page: ThePage, pid: str, step: str, typed: Typed) -> Response:
    """A step of the round."""
    if step == PUBLISHED.code:
        return page.go(f"/programmes/{pid}/publication")

    def deed(data: Mapping[str, Any]) -> Done:
        return programme_rounds.take(page.house, page.viewer, pid, step, page.asked(data, typed))

    def again(data: Mapping[str, Any], refusal: Refusal | None) -> Response:
        rules, turn = _of_round(page, pid)
        return step_form(page, rules, turn, step, data, refusal, above=_WHOLE_ROUND)

    return sent(page, (_ROUND, step), typed, deed, again, f"/programmes/{pid}/round")


def _turn(page: Page, pid: str, aid: UUID, step: str) -> tuple[ProcessItem, Turn]:
    """The record that a step is of; its reading recorded. Raises `NotFound`."""
    found = _read(page, pid, aid)
    for turn in _turns(page, rules_of(page.house, pid), found):
        if (turn.process, step) in STEPS:
            return found[0], turn
    raise NotFound


def _turns(page: Page, rules: Programme, found: Sequence[ProcessItem]) -> list[Turn]:
    head = head_of(page.house, page.viewer, found[0].student.id)
    owner = Owner(head.id, head.student.organisation.code)
    turns = [Turn(one.process, one.version, one.open, head.held, owner=owner) for one in found]
    if _EXAMINATION not in {one.process for one in found} and runs(page):
        begun = open_in(rules, _EXAMINATION, NOT_BEGUN)
        turns.append(Turn(_EXAMINATION, 0, begun, head.held, owner=owner))
    return turns


def _read(page: Page, pid: str, aid: UUID) -> list[ProcessItem]:
    """The application and its examination, as far as the viewer sees them; recorded.

    Before the application lies before the council, the council may see the examination alone.
    Raises `NotFound`.
    """
    house, viewer = page.house, page.viewer
    wanted = {applications.PROCESS: aid}
    known = house.ledger.state(EVOLVE[applications.PROCESS], aid)
    if known is not None:
        wanted[_EXAMINATION] = record_id(_EXAMINATION, pid, known.student_id)
    with viewer.looking(house) as connection:
        seen = [one for one, record in wanted.items() if view.record(connection, record)]
    return [
        applications.read(house, viewer, pid, one, wanted[one])
        for one in seen or [applications.PROCESS]
    ]


def _beside(page: Page, rules: Programme, item: ProcessItem) -> dict[str, Any]:
    """The pupil's placement case, or where it is opened, and the papers that can be printed."""
    base = f"/programmes/{rules.code}"
    case = record_id(placement_cases.PROCESS, rules.code, item.student.id)
    with page.viewer.looking(page.house) as connection:
        known = view.record(connection, case)
    href = None
    if known is not None:
        href = f"{base}/placement-cases/{case}"
    elif opens(page, rules):
        href = f"{base}/placement-cases/new?student={item.student.id}"
    papers = []
    if item.process == applications.PROCESS:
        papers = programme_papers.offered_to_pupil(page.house, page.viewer, rules, item.id)
    return {
        "case": href,
        "case_label": "開立安置案" if known is None else "安置案",
        "papers": [
            (what_label(f"papers/{one}"), f"{base}/applications/{item.id}/papers/{one}")
            for one in papers
        ],
    }


def _of_round(page: Page, pid: str) -> tuple[Programme, Turn]:
    rules = rules_of(page.house, pid)
    found = programme_rounds.read(page.house, page.viewer, pid)
    held = page.viewer.held_at(None)
    return rules, Turn(_ROUND, found.version, open_in(rules, _ROUND, found.state), held)
