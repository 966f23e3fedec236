"""A process of a programme: forms, the events made of them, and the one way a step is taken.

A step is a form (a pydantic model whose titles are the printed labels), the event that keeps what
the form says, and a function that judges it. Whether a step is open is the machine's to say
(`domain.machine_rules`). The software computes, a body decides: what was computed stands in the
event with the rule, its version, inputs, threshold and branch (programmes compared, section 2).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar, cast, get_args
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from domain import computed_words, labels
from domain.calendar import WrittenDate, local_date
from domain.command import Actor
from domain.event import UPCASTS, Encrypted, Event
from domain.machine_rules import NOT_BEGUN
from domain.organisation import Organisation
from domain.placement import Placement
from domain.programme_rules import Programme
from domain.roster_digest import Digested
from domain.section import SectionData
from domain.stored_type import stored_type
from domain.student import Student
from domain.window import Postponed


class Computed(BaseModel):
    """What was computed, and from what: so that it can be explained by the rule in force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str
    inputs: Mapping[str, Any]
    threshold: Any = None
    branch: str | None = None
    outcome: str


class StepForm(SectionData):
    """What every form of a step may say beside its own fields."""

    received_at: AwareDatetime | None = Field(
        None, title="收件時間", description="學校或承辦學校收到的時間；不填時為現在。"
    )
    occurred_on: WrittenDate | None = Field(None, title="發生日期")
    reason: str | None = Field(None, title="原因")


class StepEvent(Event):
    """An event of a process. `rules` is the version of the programme that counted, `state` the one
    after the step, `late` the effect where it came late."""

    PROCESS: ClassVar[str]
    STEP: ClassVar[str]

    programme: str
    rules: int
    state: str
    #: The school, where the process begins.
    organisation_id: UUID | None = None
    outcome: str | None = None
    late: str | None = None
    received_at: datetime | None = None
    before_council: bool | None = None
    #: A school of the next stage that may see it from here on.
    next_school_id: UUID | None = None
    computed: Encrypted[tuple[Computed, ...] | None] = None


def names_school(field: str) -> bool:
    """Whether a field of a form names a school by its id."""
    return field.endswith(("_school_id", "_junior_high_id"))


#: The fields of an event that its form does not say.
OWN = frozenset(StepEvent.model_fields)


@dataclass(frozen=True)
class Record:
    """A record of a process: its state and every step that was taken, the oldest first."""

    record_id: UUID
    version: int
    process: str
    programme: str
    student_id: UUID | None
    organisation_id: UUID | None
    state: str
    steps: tuple[StepEvent, ...]

    def last(self, step: str) -> Any:
        """The newest event of a step, or None."""
        for one in reversed(self.steps):  # a roster asks it thousands of times
            if step == one.STEP:
                return one
        return None

    def all(self, step: str) -> list[Any]:
        return [one for one in self.steps if step == one.STEP]


Evolve = Callable[[Record | None, Event], Record]


def evolving(process: str) -> Evolve:
    """The `evolve` of one process."""

    def evolve(record: Record | None, event: Event) -> Record:
        if not isinstance(event, StepEvent) or process != event.PROCESS:
            raise TypeError(f"{event.TOPIC} does not belong to {process}")
        earlier = () if record is None else record.steps
        return Record(
            event.originator_id,
            event.originator_version,
            process,
            event.programme,
            event.student_id,
            event.organisation_id if record is None else record.organisation_id,
            event.state,
            (*earlier, event),
        )

    return evolve


@dataclass(frozen=True)
class Ground:
    """All that a rule may ask about: what a step is judged on.

    `beside` are the records of other processes of the same student (of a batch: the same school)
    and programme, by process; `round` the programme's own; `placements` those of the student in
    any year; `earlier` the student's applications in other programmes.
    """

    programme: Programme
    rules: int
    now: datetime
    actor: Actor
    record: Record | None = None
    student: Student | None = None
    round: Record | None = None
    beside: Mapping[str, Record] = field(default_factory=dict)
    placements: tuple[Placement, ...] = ()
    earlier: tuple[Record, ...] = ()
    #: Whether the actor acts for the student's own school, or for no school: a school of the next
    #: stage sees the case, too.
    own_school: bool = True
    #: Whether the student's school is of the county that runs the programme; asked for where a
    #: record begins.
    of_county: bool = True
    #: The organisations that the form names (`names_school`).
    organisations: Mapping[UUID, Organisation] = field(default_factory=dict)
    #: Random ids for what a step makes beside its own event.
    new_ids: tuple[UUID, ...] = ()
    #: The scans that the form names: of this student or school, and of this programme.
    documents: Mapping[UUID, Record] = field(default_factory=dict)
    #: Of a batch: its school, the school's name, and the roster of its stage as it is now.
    organisation: UUID | None = None
    school_name: str = ""
    roster: Digested | None = None

    @property
    def today(self) -> date:
        return local_date(self.now)

    @property
    def state(self) -> str:
        return NOT_BEGUN if self.record is None else self.record.state

    @property
    def postponed(self) -> Postponed:
        """The windows that were set anew, the newest act counting."""
        if self.round is None:
            return {}
        return {one.window: (one.opens, one.closes) for one in self.round.all("window-postponed")}

    def last(self, process: str, step: str) -> Any:
        """The newest event of a step in a process beside this one, or None."""
        known = self.beside.get(process)
        return None if known is None else known.last(step)


Form = TypeVar("Form", bound=StepForm)


@dataclass(frozen=True)
class Found:
    """What a rule finds: the outcome that the machine goes on by, what was computed, fields of the
    event beyond the form, and events of other records that follow. `late` is the effect where the
    step came late by a date that only the rule knows."""

    outcome: str | None = None
    late: str | None = None
    computed: tuple[Computed, ...] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()


Rule = Callable[[Ground, Form], Found]


@dataclass(frozen=True)
class Step(Generic[Form]):
    process: str
    code: str
    name: str
    form: type[Form]
    event: type[StepEvent]
    rule: Rule[Form]


#: What is called the same in every process: what an event says beside its form, and the parts of a
#: computation.
_ENVELOPE = {
    "step": "步驟",
    "effect": "效果",
    "outcome": "結果",
    "state": "進度",
    "programme": "計畫",
    "rules": "計畫版次",
    "late": "逾期效果",
    "received_at": "收件時間",
    "before_council": "提交鑑輔會",
    "next_school_id": "銜接學校",
    **computed_words.LABELS,
}

#: What several steps ask for, each by a name of its own, where it is not said of which step.
_OF_SEVERAL = {"decision": "決定", "cause": "事由", "attendance": "應試情形"}

#: Every step of the house by process and code, and of each process the refusals that it records.
STEPS: dict[tuple[str, str], Step[Any]] = {}
REFUSED: dict[str, type[StepEvent]] = {}
#: The section of a student's record that a process belongs to; None where it has no student.
SECTION_OF: dict[str, str | None] = {}


def process(code: str, section: str | None) -> None:
    """Names a process, whose steps are defined after it."""
    SECTION_OF[code] = section
    more = {"step": str, "effect": str}
    REFUSED[code] = _event(code, "step-refused", more)
    if section is not None:
        labels.name_more(section, _ENVELOPE)


def define(
    of: str,
    code: str,
    name: str,
    form: type[Form],
    rule: Rule[Form],
    more: Mapping[str, Any] | None = None,
    *,
    version: int = 1,
) -> Step[Form]:
    """A step of a process; `more` are fields of its event that the rule finds.

    A later `version` of the event only has more fields: what an earlier one does not say is not
    known.
    """
    fields = {
        one: stored_type(info)
        for one, info in form.model_fields.items()
        if one not in OWN and one not in Event.model_fields
    }
    event = _event(of, code, fields | dict(more or {}), version)
    step = Step(of, code, name, form, event, rule)
    STEPS[of, code] = step
    section = SECTION_OF[of]
    if section is not None:
        shared = {one: word for one, word in _OF_SEVERAL.items() if one in form.model_fields}
        labels.name_more(section, dict(_titles(form)) | shared)
    return step


def asked_as(event: type[StepEvent]) -> dict[str, str]:
    """The fields of an event of a process as the form of its step calls them."""
    step = STEPS.get((event.PROCESS, event.STEP))
    return {} if step is None else dict(_titles(step.form))


def _titles(model: type[BaseModel], of: str = "") -> Iterator[tuple[str, str]]:
    """The fields of a model and of its parts, `guardians.name`, by what they are called."""
    for name, info in model.model_fields.items():
        yield f"{of}{name}", info.title or name
        for part in _models(info.annotation):
            yield from _titles(part, f"{of}{name}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for one in get_args(annotation):
        yield from _models(one)


def _event(of: str, code: str, fields: Mapping[str, Any], version: int = 1) -> type[StepEvent]:
    stored = f"{of.replace('_', '-')}.{code}.v"
    topic = f"{stored}{version}"
    for earlier in range(1, version):
        UPCASTS[f"{stored}{earlier}"] = (topic, dict)
    section = SECTION_OF[of]
    name = "".join(part.capitalize() for part in f"{of}-{code}".replace("_", "-").split("-"))
    annotations = dict(fields)
    if section is not None:
        annotations["student_id"] = UUID
    namespace: dict[str, Any] = {
        "__module__": "domain.processes",
        "__qualname__": name,
        "TOPIC": topic,
        "PROCESS": of,
        "STEP": code,
        "SECTION": section,
        "__annotations__": annotations,
        **dict.fromkeys(fields),
    }
    made: Any = type(StepEvent)
    return cast("type[StepEvent]", made(name, (StepEvent,), namespace))
