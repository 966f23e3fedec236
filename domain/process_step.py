"""The one way a step of a process is taken: the machine, the windows, the step's own rule.

What is late is refused and the refusal is recorded, or recorded as late for a person to decide, as
the programme's machine says (`domain.machine_rules`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from domain.calendar import TAIPEI
from domain.event import Event
from domain.machine_rules import Machine, StepRule
from domain.process import REFUSED, STEPS, Form, Ground, Step, StepForm
from domain.programme_data import Window
from domain.programme_document import check_kinds
from domain.programme_rules import Programme
from domain.refusal import NotFound, NotValid, Refusal
from domain.window import standing

#: A postmark tells a day and no time; at noon no zone makes another day of it.
_NOON = time.fromisoformat("12:00")


class StepNotOpen(Refusal):
    """The step does not follow on what was done; the detail says what is open."""

    CODE = "step-not-open"
    TITLE = "目前的進度不能辦理這個步驟"


class StepRequired(Refusal):
    CODE = "step-required"
    TITLE = "還有先前的步驟沒有辦理"


class WindowNotOpen(Refusal):
    """It is too early, or outside the hours of the day; nothing is lost by it."""

    CODE = "window-not-open"
    TITLE = "現在不是辦理的期間"


class StepTooLate(Refusal):
    """The window is over. The refusal was recorded, with the effect that the plan prints."""

    CODE = "step-too-late"
    TITLE = "已逾辦理期間"


class OutcomeNotRuled(Refusal):
    """The machine says of the step's outcome not where it leads: the programme must be mended."""

    CODE = "outcome-not-in-programme"
    TITLE = "計畫沒有規定這個結果之後的進度，請主管機關更正計畫後再辦理"


class PastClosing(Exception):
    """A step's own rule finds that a window is over after which nothing is taken any more."""

    def __init__(self, window: Window) -> None:
        super().__init__(window.code)
        self.window = window


@dataclass(frozen=True)
class Taken:
    """The events of a step; or the event that keeps its refusal, and the refusal."""

    events: tuple[Event, ...]
    refusal: Refusal | None = None


def machine_of(programme: Programme, of: str) -> Machine:
    """Raises `NotFound` where the plan has no such process."""
    found = programme.machine(of)
    if found is None:
        raise NotFound
    return found


def may_take(machine: Machine, code: str) -> Iterator[str]:
    """In which capacities a step may be taken in some state."""
    for rule in machine.rules(code):
        yield from rule.by


def take(step: Step[Form], ground: Ground, form: Form, stream: UUID) -> Taken:
    """Judges a step and makes its events.

    Raises `NotFound` where the plan has no such step, `StepNotOpen`, `StepRequired`,
    `WindowNotOpen` and what the step's own rule refuses.
    """
    machine = machine_of(ground.programme, step.process)
    rule = machine.rule(step.code, ground.state)
    if rule is None:
        raise _not_open(machine, ground.state)
    if ground.actor.capacity.value not in rule.by:
        raise StepNotOpen("這個步驟由其他單位辦理。")
    if form.received_at is not None and form.received_at > ground.now:
        raise NotValid("收件時間不可晚於現在，請更正。", "received_at")
    for code in rule.requires:
        if ground.record is None or ground.record.last(code) is None:
            name = STEPS[step.process, code].name
            raise StepRequired(f"請先辦理「{name}」。")
    late = _late(rule, ground, form)
    if late is not None and rule.late == "refused":
        return _refused(step, ground, form, stream, late)
    late = late or _overdue(rule, ground)
    try:
        events = made(step, ground, form, stream, rule, None if late is None else effect_of(late))
    except PastClosing as past:
        return _refused(step, ground, form, stream, past.window)
    return Taken(events)


def made(
    step: Step[Form],
    ground: Ground,
    form: Form,
    stream: UUID,
    rule: StepRule,
    late: str | None = None,
) -> tuple[Event, ...]:
    """The events of a step that the machine opens. Raises what the step's own rule refuses."""
    check_kinds(ground, step.process, form)
    found = step.rule(ground, form)
    given = form.model_fields_set - {"occurred_on", "reason"}
    said = {name: getattr(form, name) for name in type(form).model_fields if name in given}
    fields = {
        **said,
        "before_council": True if rule.before_council else None,
        **found.fields,
        "outcome": found.outcome,
        "computed": found.computed or None,
        "late": late or found.late,
    }
    try:
        state = rule.after(found.outcome, ground.state)
    except KeyError:
        raise OutcomeNotRuled from None
    event = step.event(
        **_envelope(ground, stream, form),
        state=state,
        **{name: value for name, value in fields.items() if value is not None},
    )
    return (event, *found.events)


def _refused(step: Step[Form], ground: Ground, form: Form, stream: UUID, late: Window) -> Taken:
    words = "" if isinstance(late.late, str) else f"（{late.late.words}）"
    refusal = StepTooLate(f"「{late.name}」的期間已過{words}，本次不受理，並已留下紀錄。")
    if ground.record is None:
        # What never began leaves no record of its own; the attempt stands in the access book.
        return Taken((), refusal)
    said: dict[str, Any] = {"step": step.code, "effect": effect_of(late)}
    if form.received_at is not None:
        said["received_at"] = form.received_at
    event = REFUSED[step.process](**_envelope(ground, stream, form), state=ground.state, **said)
    return Taken((event,), refusal)


def _envelope(ground: Ground, stream: UUID, form: StepForm) -> dict[str, Any]:
    record, student = ground.record, ground.student
    given: dict[str, Any] = {
        "originator_id": stream,
        "originator_version": 1 if record is None else record.version + 1,
        "by": ground.actor.account_id,
        "capacity": ground.actor.capacity,
        "programme": ground.programme.code,
        "rules": ground.rules,
    }
    if student is not None:
        given["student_id"] = student.student_id
        if record is None:
            given["organisation_id"] = student.organisation_id
    elif ground.organisation is not None and record is None:
        given["organisation_id"] = ground.organisation
    elif record is not None and record.student_id is not None:
        given["student_id"] = record.student_id
    optional = {"occurred_on": form.occurred_on, "reason": form.reason}
    return given | {name: value for name, value in optional.items() if value is not None}


def _late(rule: StepRule, ground: Ground, form: StepForm) -> Window | None:
    """The window that is over, if one is. Raises `WindowNotOpen`."""
    checks = []
    if rule.received_in is not None:
        checks.append((rule.received_in, _received(rule, ground, form)))
    if rule.recorded_in is not None:
        checks.append((rule.recorded_in, ground.now))
    for code, instant in checks:
        window = ground.programme.window(code)
        match standing(window, instant, ground.postponed):
            case "early" | "between":
                raise WindowNotOpen(f"「{window.name}」尚未開放，或不在當日受理時間內。")
            case "late":
                return window
    return None


def _overdue(rule: StepRule, ground: Ground) -> Window | None:
    """The window by whose end the step was due, if that is over."""
    if rule.due_by is None:
        return None
    window = ground.programme.window(rule.due_by)
    return window if standing(window, ground.now, ground.postponed) == "late" else None


def _received(rule: StepRule, ground: Ground, form: StepForm) -> datetime:
    """When what came in counts as received, by its postmark where that decides."""
    if rule.dated_by == "postmark_on":
        day: date | None = getattr(form, "postmark_on", None)
        if day is not None:
            return datetime.combine(day, _NOON, TAIPEI)
    return form.received_at or ground.now


def effect_of(window: Window) -> str:
    """The code of what follows where something comes after the window."""
    return "late" if isinstance(window.late, str) else window.late.code


def _not_open(machine: Machine, state: str) -> StepNotOpen:
    names = dict.fromkeys(
        STEPS[machine.code, one.step].name
        for one in machine.open_in(state)
        if (machine.code, one.step) in STEPS
    )
    listed = "、".join(names) or "沒有可辦理的步驟"
    return StepNotOpen(f"目前是「{machine.state_name(state)}」，可辦理：{listed}。")
