"""Results are published: one act of the round, and for each pupil what the school may now see.

What a stage publishes is registered here by the module of that stage. A result that nobody decided
yet keeps the whole publication back, so that none is forgotten; a later publication of the same
stage shows what was decided or corrected since.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from pydantic import Field

from domain.event import Event
from domain.process import Found, Ground, Record, Step, StepForm, define
from domain.process_step import WindowNotOpen, effect_of, machine_of, made
from domain.programme_data import Code
from domain.programme_round import PROCESS
from domain.refusal import NotValid, Refusal
from domain.window import standing

#: Whether an application takes part in a publication, given its examination.
Concerns = Callable[[Record, Record | None], bool]


class NotDecided(Refusal):
    """The result of a pupil waits for the council. Raised by the step of the publication."""

    CODE = "result-not-decided"
    TITLE = "結果尚未判定"


class ResultsNotComplete(Refusal):
    """Some results are not decided. Decide them, or leave those applications out by name."""

    CODE = "results-not-complete"
    TITLE = "還有結果尚未判定，不能公告"


class NothingToPublish(Refusal):
    CODE = "nothing-to-publish"
    TITLE = "沒有可以公告的結果"


@dataclass(frozen=True)
class Publishing:
    """How a stage publishes. `step` is the application's own, that shows a result; its rule raises
    `NotDecided`. The machine opens it to nobody but this act (`by = ["SYS"]`)."""

    stage: str
    step: Step[Any]
    concerns: Concerns


_STAGES: dict[str, Publishing] = {}


def register(publishing: Publishing) -> None:
    """Makes a stage known to the publication."""
    _STAGES[publishing.stage] = publishing


def publishes(stage: str) -> bool:
    """Whether a stage publishes results at all."""
    return stage in _STAGES


class PublishResults(StepForm):
    stage: Code = Field(title="階段")
    without: tuple[UUID, ...] = Field(
        (), title="暫不公告的申請案", description="尚未判定而另行公告者。", max_length=2_000
    )


def _publish(ground: Ground, form: PublishResults) -> Found:
    """Whether results of a stage may be published now; late by the plan's time is recorded."""
    stage = next((one for one in ground.programme.stages if one.code == form.stage), None)
    if stage is None or form.stage not in _STAGES:
        raise NotValid("計畫中沒有這個階段。", "stage")
    late = None
    if stage.results_in is not None:
        window = ground.programme.window(stage.results_in)
        match standing(window, ground.now, ground.postponed):
            case "early" | "between":
                raise WindowNotOpen(f"「{window.name}」的日期還沒有到。")
            case "late":
                late = effect_of(window)
    return Found(late=late)


PUBLISHED = define(
    PROCESS, "results-published", "公告結果", PublishResults, _publish, {"results": int}
)


def judged(
    ground: Ground,
    form: PublishResults,
    applications: Iterable[Record],
    examinations: Mapping[UUID | None, Record],
) -> Iterator[tuple[Record, tuple[Event, ...] | None]]:
    """Every application that a publication concerns, with the events that would show its result;
    None where it is not decided. `examinations` are by student."""
    publishing = _STAGES[form.stage]
    step = publishing.step
    machine = machine_of(ground.programme, step.process)
    for known in applications:
        examination = examinations.get(known.student_id)
        rule = machine.rule(step.code, known.state)
        if rule is None or known.record_id in form.without:
            continue
        if not publishing.concerns(known, examination):
            continue
        beside = {} if examination is None else {"examination": examination}
        of_pupil = replace(ground, record=known, beside=beside)
        try:
            yield known, made(step, of_pupil, step.form(), known.record_id, rule)
        except NotDecided:
            yield known, None


def results(
    ground: Ground,
    form: PublishResults,
    applications: Iterable[Record],
    examinations: Mapping[UUID | None, Record],
) -> list[Event]:
    """The event of every application whose result is published, made on the ground of the round.

    Raises `ResultsNotComplete` with how many are not decided, and `NothingToPublish`.
    """
    events: list[Event] = []
    waiting = 0
    for _, shown in judged(ground, form, applications, examinations):
        events += shown or ()
        waiting += shown is None
    if waiting:
        raise ResultsNotComplete(f"還有 {waiting} 位的結果尚未判定，請先判定，或列為暫不公告。")
    if not events:
        raise NothingToPublish
    return events
