"""A placement case as its pages show it, read in one look."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from api import case_additions, case_items, placement_cases
from api.case_items import PlanItem, TaskItem
from api.placement_cases import PLAN, PROCESS
from api.process_items import OpenStep, ProcessItem, StepItem, item
from api.processes import EVOLVE, record_id
from api.web.case_choices import choices_of
from api.web.form import Choices
from api.web.heads import Head, head_of
from api.web.rendering import Page
from api.web.scans import Owner
from api.web.step_forms import words
from api.web.step_pages import Turn, may_begin, open_in
from domain import application, learning_performance, next_school, tracking
from domain.capacity import Capacity
from domain.case_rules import TrackingRule
from domain.igp_parts import PART_OF, plain
from domain.machine_rules import NOT_BEGUN
from domain.placement import STANDING, Placement
from domain.placement_addition import STEPS as ADDITION
from domain.placement_path import DECIDED, rules_of
from domain.programme_rules import Programme
from projections import placed
from projections import processes as view

#: Steps by which bodies decide, and the fields that say what, when and by which letter.
_DECIDING = {
    "committee-reviewed": ("committee_result", "committee_met_on"),
    "desk-review-cleared": (None, None),
    "desk-review-returned": (None, None),
    "placement-deliberated": ("result", "meeting_on"),
    "placement-approved": (None, "decided_on"),
    "placement-noted": (None, "decided_on"),
    "placement-refused": (None, "decided_on"),
    "notified": (None, "letter_date"),
    "addition-reviewed": ("committee_result", "committee_met_on"),
    "addition-deliberated": ("result", "meeting_on"),
    "addition-decided": ("result", "decided_on"),
    "placement-started": (None, "effective_on"),
    "return-proposed": (None, "committee_met_on"),
    "return-deliberated": ("result", "meeting_on"),
    "returned-to-original-grade": (None, "effective_on"),
    "new-committee-passed": (None, "committee_met_on"),
    "council-replaced": ("result", "meeting_on"),
}


@dataclass(frozen=True)
class Decision:
    """What a body decided."""

    step: StepItem
    result: str
    day: str | None
    letter: str | None


@dataclass(frozen=True)
class Shown:
    """A case with what belongs to it. `reports` are the semesters whose reports the programme asks
    for, each with whether it is there and by when it is due."""

    rules: Programme
    head: Head
    case: ProcessItem
    #: In force, and those which were filled in after the case was judged and await their bodies.
    rows: Sequence[Placement]
    tasks: Sequence[TaskItem]
    plan: PlanItem
    plan_record: ProcessItem | None
    tracking: ProcessItem | None
    reports: Sequence[tuple[TrackingRule, Any, bool]]
    turns: Sequence[Turn]
    #: The pupil's application, where the viewer sees it.
    application: UUID | None
    #: What was said before, by the step that says it anew.
    _said: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @property
    def may_report(self) -> bool:
        """Whether the viewer hands in the pupil's tracking reports."""
        return may_begin(self.rules, tracking.PROCESS, self.head.held)

    def said(self, step: str) -> Mapping[str, Any]:
        """What a form that says something anew is filled with."""
        return self._said.get(step, {})


def shown_of(page: Page, pid: str, cid: UUID, what: str = "placement-case") -> Shown:
    """A case that the viewer may see, and the records beside it; recorded. Raises `NotFound`."""
    house = page.house
    with placement_cases.looking_at(house, page.viewer, pid, cid, what) as at:
        rules, of, connection = at.rules, at.case, at.connection
        own = {
            process: view.record(connection, record_id(process, rules.code, of.student))
            for process in (PLAN, tracking.PROCESS, application.PROCESS)
        }
        beside = {
            process: None if known is None else item(house, connection, rules, known)
            for process, known in own.items()
        }
        rows, added = (
            placed.in_force(connection, rules.school_year, of.student, status=one).get(
                of.student, ()
            )
            for one in STANDING
        )
        waiting = {one.step for one in case_additions.waiting(house, rules, cid, added)}
        case = item(house, connection, rules, of)
        case.open = [one for one in case.open if one.step in waiting or one.step not in ADDITION]
        tasks = case_items.tasks(connection, rules, of)
        plan = case_items.plan(house, connection, rules, of)
    head = head_of(house, page.viewer, of.student)
    applied = beside[application.PROCESS]
    return Shown(
        rules,
        head,
        case,
        (*rows, *added),
        tasks,
        plan,
        beside[PLAN],
        beside[tracking.PROCESS],
        _reports(rules, beside[tracking.PROCESS]),
        _turns(page, rules, head, case, plan, beside[PLAN], choices_of(rules, rows, added, tasks)),
        None if applied is None else applied.id,
        _said(page, cid, plan),
    )


def decisions(case: ProcessItem) -> list[Decision]:
    """The steps by which bodies decided, in their order."""
    found = []
    for one in case.steps:
        if one.step not in _DECIDING:
            continue
        result, day = _DECIDING[one.step]
        said = None if result is None else one.data.get(result)
        found.append(
            Decision(
                one,
                "" if said is None else words(case.process, result or "", said),
                None if day is None else one.data.get(day),
                one.data.get("letter_number"),
            )
        )
    return found


def _turns(
    page: Page,
    rules: Programme,
    head: Head,
    case: ProcessItem,
    plan: PlanItem,
    record: ProcessItem | None,
    choices: Choices,
) -> list[Turn]:
    owner = Owner(head.id, head.student.organisation.code)
    opened, held = _opened(page, head, case)
    turns = [Turn(case.process, case.version, opened, held, "", owner, choices)]
    if plan.required and case.state in DECIDED:
        state = NOT_BEGUN if record is None else record.state
        of_plan = open_in(rules, PLAN, state)
        turns.append(Turn(PLAN, plan.version, of_plan, head.held, "igp/", owner, choices))
    return turns


def _opened(
    page: Page, head: Head, case: ProcessItem
) -> tuple[list[OpenStep], frozenset[Capacity]]:
    """The steps that are open, and in which capacities: a school of the next stage that the case
    names takes its own step, the pupil's school all others."""
    named = {one.data.get("next_school_id") for one in case.steps}
    others = [one for one in case.open if one.step != next_school.STEP]
    if Capacity.SCHOOL_ADMINISTRATOR in head.held:
        return others, head.held
    if named & {str(one) for one in page.viewer.schools}:
        own = [one for one in case.open if one.step == next_school.STEP]
        return own, head.held | {Capacity.SCHOOL_ADMINISTRATOR}
    return case.open, head.held


def _reports(rules: Programme, record: ProcessItem | None) -> list[tuple[TrackingRule, Any, bool]]:
    said = [] if record is None else [one.data for one in record.steps]
    there = {(one.get("school_year"), one.get("semester")) for one in said}
    return [
        (one, rules.window(one.window).closes, (one.school_year, one.semester) in there)
        for one in rules_of(rules).tracking
        if one.school_year == rules.school_year
    ]


def _said(page: Page, cid: UUID, plan: PlanItem) -> dict[str, Mapping[str, Any]]:
    whole = page.house.ledger.state(EVOLVE[PROCESS], cid)
    told = learning_performance.told(whole)
    hand = {
        one.name: one.value
        for part in plan.parts
        for one in part.fields
        if one.name in PART_OF and one.value is not None
    }
    return {
        learning_performance.STEP: {name: plain(value) for name, value in told.items()},
        "revised": hand,
    }
