"""`/programmes/{pid}/applications/{aid}` and `/round`: steps taken, steps open, and their forms.

Every form is made from the form of the step, and sent to the service of the API.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from starlette.datastructures import FormData

from api import applications, programme_rounds
from api.acting import Done
from api.process_items import OpenStep, ProcessItem, open_step, rules_of
from api.processes import EVOLVE, record_id
from api.student_items import offices
from api.web.fields import Making
from api.web.form import Choices, Option
from api.web.heads import head_of
from api.web.rendering import Page, ThePage
from api.web.step_forms import StepMaking, data_of, required_rows, said
from api.web.typed import Typed, doing, with_rows
from domain.access import COUNCIL, ORGANISED
from domain.capacity import LABELS as CAPACITIES
from domain.capacity import Capacity
from domain.machine_rules import NOT_BEGUN
from domain.process import STEPS
from domain.programme_rules import Programme
from domain.refusal import NotAllowed, NotFound, Refusal
from projections import processes as view

router = APIRouter()

_EXAMINATION = "examination"
_ROUND = programme_rounds.PROCESS
#: How the stages that publish results are called.
_STAGES = {"initial": "初選", "second": "複選"}


@dataclass(frozen=True)
class Turn:
    """A record whose steps can be taken: what is open, and in which capacities one looks at it."""

    process: str
    version: int
    open: list[OpenStep] = field(default_factory=list)
    held: frozenset[Capacity] = frozenset()

    def may(self, step: OpenStep) -> bool:
        return bool(self.held & {*step.by}) and (self.process, step.step) in STEPS

    @property
    def names(self) -> list[tuple[OpenStep, bool]]:
        """The open steps, each with whether the viewer takes it; what the system takes is left."""
        return [(one, self.may(one)) for one in self.open if {*one.by} - {Capacity.SYSTEM}]


@router.get("/programmes/{pid}/applications/{aid}")
def get_application(page: ThePage, pid: str, aid: UUID) -> Response:
    """An application, every step taken in it and in its examination, and the steps open now."""
    rules = rules_of(page.house, pid)
    found = _read(page, pid, aid)
    names = _names(page)
    taken = [(one, said(of.process, one.step, one.data, names)) for of in found for one in of.steps]
    return page.show(
        "programme_application.html",
        rules=rules,
        item=found[0],
        taken=sorted(taken, key=lambda one: one[0].recorded_at),
        turns=_turns(page, rules, found),
        capacities=CAPACITIES,
        windows={one.code: one.name for one in rules.windows},
    )


@router.get("/programmes/{pid}/applications/{aid}/{step}")
def get_application_step(page: ThePage, pid: str, aid: UUID, step: str) -> Response:
    """The form of a step that is open to the viewer."""
    item, turn = _turn(page, pid, aid, step)
    return _form(page, pid, turn, step, None, student=item.student.name)


@router.post("/programmes/{pid}/applications/{aid}/{step}")
def post_application_step(page: ThePage, pid: str, aid: UUID, step: str, typed: Typed) -> Response:
    """A step of an application or of its examination."""

    def deed(data: Mapping[str, Any]) -> Done:
        asked = page.asked(data, typed)
        return applications.take(page.house, page.viewer, pid, aid, step, asked)

    def again(data: Mapping[str, Any], refusal: Refusal | None) -> Response:
        item, turn = _turn(page, pid, aid, step)
        return _form(page, pid, turn, step, data, refusal, student=item.student.name)

    process = next(
        (one for one in (applications.PROCESS, _EXAMINATION) if (one, step) in STEPS), ""
    )
    return _sent(page, (process, step), typed, deed, again, f"/programmes/{pid}/applications/{aid}")


@router.get("/programmes/{pid}/round")
def get_round(page: ThePage, pid: str) -> Response:
    """What was done in the whole round, and what can be done."""
    rules, turn = _of_round(page, pid)
    found = programme_rounds.read(page.house, page.viewer, pid)
    names = _names(page) | {one.code: one.name for one in rules.windows} | _STAGES
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
    """The form of a step of the round, such as the publication of results."""
    _, turn = _of_round(page, pid)
    return _form(page, pid, turn, step, None)


@router.post("/programmes/{pid}/round/{step}")
def post_round_step(page: ThePage, pid: str, step: str, typed: Typed) -> Response:
    """A step of the round."""

    def deed(data: Mapping[str, Any]) -> Done:
        return programme_rounds.take(page.house, page.viewer, pid, step, page.asked(data, typed))

    def again(data: Mapping[str, Any], refusal: Refusal | None) -> Response:
        return _form(page, pid, _of_round(page, pid)[1], step, data, refusal)

    return _sent(page, (_ROUND, step), typed, deed, again, f"/programmes/{pid}/round")


def _sent(
    page: Page,
    known: tuple[str, str],
    typed: FormData,
    deed: Callable[[Mapping[str, Any]], Done],
    again: Callable[[Mapping[str, Any], Refusal | None], Response],
    path: str,
) -> Response:
    """Takes a step, or shows its form again: with another row, or with what is wrong."""
    if known not in STEPS:
        raise NotFound
    data = data_of(STEPS[known].form, typed)
    do = doing(typed)
    if do[0] in ("add", "remove"):
        return again(with_rows(data, do), None)
    outcome = page.attempt(lambda: deed(data))
    return again(data, outcome) if isinstance(outcome, Refusal) else page.done(outcome, path)


def _form(
    page: Page,
    pid: str,
    turn: Turn,
    step: str,
    data: Mapping[str, Any] | None,
    refusal: Refusal | None = None,
    student: str | None = None,
) -> Response:
    """The form of a step. Raises `NotFound` where it is not open, `NotAllowed` to others."""
    known = next((one for one in turn.open if one.step == step), None)
    if (known is None and refusal is None) or (turn.process, step) not in STEPS:
        raise NotFound
    if known is not None and not turn.may(known):
        raise NotAllowed
    form = STEPS[turn.process, step].form
    rules = rules_of(page.house, pid)
    making = Making(turn.process, page.viewer.today, long=frozenset({"reason", "cause"}))
    making_step = StepMaking(turn.process, making, _choices(page, rules))
    context: dict[str, Any] = {
        "rules": rules,
        "name": STEPS[turn.process, step].name,
        "student": student,
        "form": making_step.form(form, required_rows(form) if data is None else data),
        "version": turn.version,
        "back": page.request.url.path.rpartition("/")[0],
    }
    if refusal is not None:
        return page.refused(refusal, "programme_step.html", **context)
    return page.show("programme_step.html", **context)


def _turn(page: Page, pid: str, aid: UUID, step: str) -> tuple[ProcessItem, Turn]:
    """The record that a step is of; its reading recorded. Raises `NotFound`."""
    found = _read(page, pid, aid)
    for turn in _turns(page, rules_of(page.house, pid), found):
        if (turn.process, step) in STEPS:
            return found[0], turn
    raise NotFound


def _turns(page: Page, rules: Programme, found: Sequence[ProcessItem]) -> list[Turn]:
    held = head_of(page.house, page.viewer, found[0].student.id).held
    turns = [Turn(one.process, one.version, one.open, held) for one in found]
    if _EXAMINATION not in {one.process for one in found} and _sees_results(page):
        turns.append(Turn(_EXAMINATION, 0, _open(rules, _EXAMINATION, NOT_BEGUN), held))
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


def _open(rules: Programme, process: str, state: str) -> list[OpenStep]:
    machine = rules.machine(process)
    return [open_step(process, one) for one in (() if machine is None else machine.open_in(state))]


def _sees_results(page: Page) -> bool:
    """Whether the viewer sees what is not published yet."""
    return bool({ORGANISED, COUNCIL} & page.viewer.audiences)


def _of_round(page: Page, pid: str) -> tuple[Programme, Turn]:
    rules = rules_of(page.house, pid)
    found = programme_rounds.read(page.house, page.viewer, pid)
    held = page.viewer.held_at(None)
    return rules, Turn(_ROUND, found.version, _open(rules, _ROUND, found.state), held)


def _names(page: Page) -> dict[str, str]:
    """The organisations by their id, as texts."""
    with page.viewer.looking(page.house) as connection:
        return {str(one): office.name for one, office in offices(connection).items()}


def _choices(page: Page, rules: Programme) -> Choices:
    """The records and codes that forms name, by the field's name."""
    schools = _options(_names(page).items())
    named = {
        name
        for step in STEPS.values()
        for name in step.form.model_fields
        if name.endswith("_school_id") or name == "district_junior_high_id"
    }
    return {
        **dict.fromkeys(named, schools),
        "organisation": schools,
        "window": _options((one.code, one.name) for one in rules.windows),
        "stage": _options(_STAGES.items()),
    }


def _options(pairs: Iterable[tuple[str, str]]) -> list[Option]:
    return [Option(value, label) for value, label in pairs]
