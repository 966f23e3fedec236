"""Steps of a process on a page: which are open, the form of one, and its sending.

Every form is made from the form of the step, and sent to the service of the API.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fastapi import Response
from starlette.datastructures import FormData

from api.acting import Done
from api.document_uploads import may_hand_in
from api.process_items import OpenStep, StepItem, open_step
from api.student_items import offices
from api.web.code_choices import code_choices
from api.web.fields import Making
from api.web.form import Choices, Option
from api.web.reasons import Reason, reasons
from api.web.rendering import Page
from api.web.scans import Owner, Upload, picked, unnamed
from api.web.scans import choices as scan_choices
from api.web.scans import of_student as scans_of_student
from api.web.scans import uploads as scan_uploads
from api.web.step_forms import StepMaking, data_of, required_rows, said
from api.web.typed import doing, with_rows
from domain.access import COUNCIL, ORGANISED
from domain.capacity import Capacity
from domain.machine_rules import NOT_BEGUN
from domain.process import STEPS, names_school
from domain.programme_document import is_named
from domain.programme_rules import Programme
from domain.refusal import NotAllowed, NotFound, Refusal

#: How the stages that publish results are called.
STAGES = {"initial": "初選", "second": "複選"}

#: The lists of records that steps are taken in.
_LISTS = {"applications": "申請案", "batches": "學校批次", "placement-cases": "安置案"}


@dataclass(frozen=True)
class Turn:
    """A record whose steps can be taken: what is open, in which capacities one looks at it, and
    what stands before its steps in the address, below that of the page."""

    process: str
    version: int
    open: list[OpenStep] = field(default_factory=list)
    held: frozenset[Capacity] = frozenset()
    at: str = ""
    #: Whose scans the steps name, where they may name any.
    owner: Owner | None = None
    #: What fields of its forms are chosen from beside what every process knows.
    choices: Choices = field(default_factory=dict)

    def may(self, step: OpenStep) -> bool:
        return bool(self.held & {*step.by}) and (self.process, step.step) in STEPS

    @property
    def names(self) -> list[tuple[OpenStep, bool]]:
        """The open steps, each with whether the viewer takes it; what the system takes is left."""
        return [(one, self.may(one)) for one in self.open if {*one.by} - {Capacity.SYSTEM}]


def open_in(rules: Programme, process: str, state: str) -> list[OpenStep]:
    """The steps that a state of a process opens."""
    machine = rules.machine(process)
    return [open_step(process, one) for one in (() if machine is None else machine.open_in(state))]


def may_begin(rules: Programme, process: str, held: frozenset[Capacity]) -> bool:
    """Whether somebody in these capacities takes a step that needs nothing before it."""
    return any(held & {*one.by} for one in open_in(rules, process, NOT_BEGUN))


def sent(
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
    form = STEPS[known].form
    do = doing(typed)
    if do[0] in ("add", "remove"):
        return again(with_rows(data_of(form, typed, blank_rows=True), do), None)
    data = data_of(form, typed)
    outcome = page.attempt(lambda: deed(data))
    return again(data, outcome) if isinstance(outcome, Refusal) else page.done(outcome, path)


def step_form(
    page: Page,
    rules: Programme,
    turn: Turn,
    step: str,
    data: Mapping[str, Any] | None,
    refusal: Refusal | None = None,
    *,
    above: str,
    filled: Mapping[str, Any] | None = None,
    back: str | None = None,
) -> Response:
    """The form of a step; `above` is what the page above it is called, `back` its address where
    that is not the one before. `filled` is what stands in a form that nobody has typed in yet.

    Raises `NotFound` where it is not open, `NotAllowed` to others.
    """
    known = next((one for one in turn.open if one.step == step), None)
    if (known is None and refusal is None) or (turn.process, step) not in STEPS:
        raise NotFound
    if known is not None and not turn.may(known):
        raise NotAllowed
    form = STEPS[turn.process, step].form
    making = Making(turn.process, page.viewer.today, long=frozenset({"reason", "cause"}))
    if data is None:
        data = {**required_rows(form), **(filled or {}), **picked(page, form)}
    choices = {**choices_of(page, rules), **code_choices(page, rules, step), **turn.choices}
    uploads: list[Upload] = []
    if turn.owner is not None:
        about = (page, rules, turn.owner, turn.process, form, data)
        choices |= scan_choices(*about)
        uploads = scan_uploads(*about)
    back = back or page.request.url.path.rpartition("/")[0]
    context: dict[str, Any] = {
        "rules": rules,
        "within": [*_lists(rules, back), (above, back)],
        "name": STEPS[turn.process, step].name,
        "form": StepMaking(turn.process, making, choices).form(form, data),
        "uploads": uploads,
        "version": turn.version,
        "back": back,
    }
    if refusal is not None:
        return page.refused(refusal, "programme_step.html", **context)
    return page.show("programme_step.html", **context)


def scans_of(page: Page, rules: Programme, turn: Turn) -> dict[str, Any]:
    """All scans of the student whose record it is, and the form for what no step names."""
    assert turn.owner is not None
    more = unnamed(page, rules, turn.owner) if may_hand_in(turn.held) else None
    return {"scans": scans_of_student(page, rules, turn.owner), "more_scans": more}


def _lists(rules: Programme, back: str) -> Iterator[tuple[str, str]]:
    """The list that a record is in whose page is there, as a breadcrumb says it."""
    for place, label in _LISTS.items():
        path = f"/programmes/{rules.code}/{place}"
        if back.startswith(f"{path}/"):
            yield label, path


@dataclass(frozen=True)
class Taken:
    """A step that was taken: what it says, the scans that it names, and what was computed."""

    step: StepItem
    told: list[tuple[str, str]]
    scans: list[tuple[str, str]]
    reasons: list[Reason]


def taken(
    rules: Programme,
    found: Iterable[tuple[str, Sequence[StepItem]]],
    names: Mapping[str, str],
) -> list[Taken]:
    """The steps of records, each with its process, in the order in which they were taken. `names`
    are those of records by their id."""
    made = [
        Taken(
            one,
            said(
                process,
                one.step,
                {name: value for name, value in one.data.items() if not is_named(name)},
                names,
            ),
            [*_scans(rules, process, one)],
            reasons(rules, process, one.data.get("computed")),
        )
        for process, steps in found
        for one in steps
    ]
    return sorted(made, key=lambda one: one.step.recorded_at)


def _scans(rules: Programme, process: str, one: StepItem) -> Iterator[tuple[str, str]]:
    """The scans that a step names: what they are, and their address."""
    known = STEPS.get((process, one.step))
    for name, value in one.data.items():
        if known is None or not is_named(name) or not value:
            continue
        title = known.form.model_fields[name].title or name
        for document in value if isinstance(value, list | tuple) else (value,):
            yield title, f"/programmes/{rules.code}/documents/{document}"


def runs(page: Page) -> bool:
    """Whether the viewer sees the rows of all schools, and what is not published yet."""
    return bool({ORGANISED, COUNCIL} & page.viewer.audiences)


def names_of(page: Page) -> dict[str, str]:
    """The organisations by their id, as texts."""
    with page.viewer.looking(page.house) as connection:
        return {str(one): office.name for one, office in offices(connection).items()}


def choices_of(page: Page, rules: Programme) -> Choices:
    """The records and codes that forms name, by the field's name."""
    schools = _options(names_of(page).items())
    named = {
        name for step in STEPS.values() for name in step.form.model_fields if names_school(name)
    }
    return {
        **dict.fromkeys(named, schools),
        "organisation": schools,
        "window": _options((one.code, one.name) for one in rules.windows),
        "stage": _options(STAGES.items()),
    }


def _options(pairs: Iterable[tuple[str, str]]) -> list[Option]:
    return [Option(value, label) for value, label in pairs]
