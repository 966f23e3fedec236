"""How a placement case's tasks and its guidance plan are shown: eight parts, and what changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from api.house import House
from api.process_items import opened_said
from api.processes import EVOLVE, record_id
from api.student_items import Instant, Person, person
from domain import igp_document, igp_parts, learning_performance
from domain import placement_path as path
from domain.igp_parts import PART_OF, Difference
from domain.learning_performance import EnterPerformance
from domain.placement import Placement, Status
from domain.process import Record
from domain.programme_rules import Programme
from ledger.database import Connection
from projections import directory, placed
from projections import processes as view
from projections.placements import placements_of
from projections.processes import ProcessRecord

#: The parts of the plan as printed, and whether all of it is written by hand.
PARTS = {
    "header": "評量結果、安置階段、審查日期",
    "one": "一、基本資料",
    "two": "二、歷年鑑定紀錄",
    "three": "三、歷年縮短修業年限安置經歷",
    "four": "四、學業成就",
    "five": "五、特殊表現",
    "six": "六、觀察紀錄、社會適應與綜合分析",
    "seven": "七、輔導方案",
    "eight": "八、輔導小組",
}

#: What learning performance says in which part.
_TOLD = {
    "achievement": "four",
    "special_achievements": "five",
    **{
        name: "six"
        for name in learning_performance.FIELDS
        if name not in ("achievement", "special_achievements")
    },
}


class TaskItem(BaseModel):
    """A task; `required` is false for what may be done."""

    code: str
    name: str
    required: bool
    due_on: date | None
    done_on: date | None


class PlanField(BaseModel):
    """A field of the plan: filled from `data`, or written by `hand`; null where still blank."""

    name: str
    label: str
    source: Literal["data", "hand"]
    required: bool
    value: Any


class PlanPart(BaseModel):
    code: str
    name: str
    fields: list[PlanField]


class RevisionItem(BaseModel):
    """A revision, and what it changed in the hand-written parts: the marked difference."""

    version: int
    recorded_at: Instant
    recorded_by: Person
    differences: list[Difference]


class PlanItem(BaseModel):
    """The guidance plan of a case. `version` is 0 before it was begun.

    `required` is false where every placement was given up, `outdated` says that after a
    re-placement or a change of schools a new plan is to be written; `papers` are the kinds of
    scans that its upload needs, `due_on` the day and `closes_on` the last on which it is taken.
    """

    version: int
    state: str
    state_name: str
    required: bool
    outdated: bool
    path: str | None
    paper_review: bool | None
    papers: list[str]
    due_on: date | None
    closes_on: date | None
    parts: list[PlanPart]
    revisions: list[RevisionItem]


def tasks(connection: Connection, rules: Programme, case: ProcessRecord) -> list[TaskItem]:
    """None before the placement was decided on."""
    rows = placed.in_force(connection, rules.school_year, case.student).get(case.student, ())
    return tasks_with(connection, rules, case, rows)


def tasks_with(
    connection: Connection, rules: Programme, case: ProcessRecord, rows: tuple[Placement, ...]
) -> list[TaskItem]:
    if case.state not in path.DECIDED or not rows:
        return []
    application = view.record(connection, record_id("application", case.programme, case.student))
    said = [one["said"] for one in application.steps] if application is not None else []
    done = {
        one["said"]["task"]: date.fromisoformat(one["said"]["done_on"])
        for one in case.steps
        if one["step"] == "task-done"
    }
    # As it was said last: a correction may say it, too.
    newest = (
        one["controlled_enrolment"] for one in reversed(said) if "controlled_enrolment" in one
    )
    controlled = bool(next(newest, False))
    found = path.tasks_of(rules, rows, done, controlled=controlled)
    return [TaskItem(**one._asdict()) for one in found]


def plan(house: House, connection: Connection, rules: Programme, case: ProcessRecord) -> PlanItem:
    """The plan as it is now, empty where nobody has begun it."""
    stream = record_id(igp_document.PROCESS, case.programme, case.student)
    rows = placed.in_force(connection, rules.school_year, case.student).get(case.student, ())
    shown = view.record(connection, stream)
    known = None if shown is None else house.ledger.state(EVOLVE[igp_document.PROCESS], stream)
    whole = house.ledger.state(EVOLVE[case.process], case.record_id)
    assert whole is not None
    needed = igp_document.required(rules, whole, rows)
    way = path.path_of(rules, rows) if rows else None
    due = next((one for one in path.rules_of(rules).igp_due if one.path == way), None)
    days = None if due is None or not needed else (rules.window(due.due), rules.window(due.closes))
    machine = rules.machine(igp_document.PROCESS)
    reviewed = None if known is None else known.last("pre-reviewed")
    named = "尚未撰寫" if machine is None or known is None else machine.state_name(known.state)
    crossing = bool(path.crossing(rules, rows))
    return PlanItem(
        version=0 if known is None else known.version,
        state="none" if known is None else known.state,
        state_name=named,
        required=needed,
        outdated=igp_document.outdated(whole, known),
        path=way,
        paper_review=None if reviewed is None else reviewed.paper_review,
        papers=list(igp_document.papers_of(rules, whole, rows)) if needed else [],
        due_on=None if days is None else days[0].closes,
        closes_on=None if days is None else days[1].closes,
        parts=_parts(_Sources(house, connection, rules, case, whole, known), rows, crossing),
        revisions=[] if known is None else list(_revisions(house, connection, known, shown)),
    )


def _revisions(
    house: House, connection: Connection, known: Record, shown: ProcessRecord | None
) -> Iterator[RevisionItem]:
    taken = {one["version"]: one for one in (() if shown is None else shown.steps)}
    for one in igp_parts.revisions(known):
        if one.version in taken:
            yield RevisionItem(
                version=one.version,
                recorded_at=taken[one.version]["at"],
                recorded_by=person(house, connection, UUID(taken[one.version]["by"])),
                differences=list(one.differences),
            )


@dataclass(frozen=True)
class _Sources:
    """Where the parts are filled from."""

    house: House
    connection: Connection
    rules: Programme
    case: ProcessRecord
    whole: Record
    plan: Record | None


def _parts(sources: _Sources, rows: tuple[Placement, ...], crossing: bool) -> list[PlanPart]:
    filled = [
        *_of_header(sources, rows),
        *_of_student(sources),
        *_of_history(sources),
        *_of_performance(sources),
        *_by_hand(sources, crossing),
        ("eight", _signatures(sources)),
    ]
    return [
        PlanPart(code=code, name=name, fields=[one for part, one in filled if part == code])
        for code, name in PARTS.items()
    ]


Placed = Iterator[tuple[str, PlanField]]


def _data(name: str, label: str, value: Any) -> PlanField:
    return PlanField(name=name, label=label, source="data", required=False, value=value)


def _of_header(sources: _Sources, rows: tuple[Placement, ...]) -> Placed:
    """What was passed this year, what it led to, and when the plan was reviewed."""
    yield "header", _data("results", "評量結果", _results(sources, _OF_THIS_YEAR))
    yield "header", _data("placement_rows", "安置階段", [_row(one) for one in rows])
    reviewed = None if sources.plan is None else igp_document.reviewed_on(sources.plan)
    month = None if reviewed is None else f"{reviewed:%Y-%m}"
    yield "header", _data("review_month", "審查日期（年月）", month)


def _of_student(sources: _Sources) -> Placed:
    card = directory.student(sources.connection, sources.case.student)
    if card is not None:
        for name, label in (("name", "姓名"), ("sex", "性別"), ("birth_date", "生日")):
            value = sources.house.opener.of_student(sources.case.student, card.row[name])
            yield "one", _data(name, label, str(value))
    said = _application(sources).get("initial-application-submitted", {})
    yield "one", _data("guardians", "法定代理人及電話", said.get("guardians"))


def _row(one: Placement) -> dict[str, Any]:
    return {
        "school_year": one.school_year,
        "area": one.area,
        "category": one.category.value,
        "target_year_grade": one.target_year_grade,
        "placement_grade": one.placement_grade,
    }


#: Steps of an application that say results, and the fields that do.
_RESULTS = {
    "initial-application-submitted": ("past_assessments",),
    "initial-result-published": ("outcome", "t_full"),
    "second-stage-result-published": ("results",),
}


#: Those of them that say results of this programme alone.
_OF_THIS_YEAR = ("initial-result-published", "second-stage-result-published")


def _results(sources: _Sources, steps: Iterable[str]) -> list[dict[str, Any]]:
    said = _application(sources)
    return [
        {"step": step}
        | {name: values[name] for name in _RESULTS[step] if values.get(name) is not None}
        for step in steps
        if (values := said.get(step)) is not None
    ]


def _of_history(sources: _Sources) -> Placed:
    yield "two", _data("past_assessments", "歷年鑑定紀錄", _results(sources, _RESULTS))
    past = [
        one.row
        for one in placements_of(sources.connection, sources.case.student)
        if one.status != Status.WITHDRAWN
    ]
    names = ("school_year", "area", "category", "target_year_grade", "placement_grade")
    rows = [{name: one[name] for name in names} for one in past]
    yield "three", _data("past_placements", "歷年縮短修業年限安置經歷", rows)


def _application(sources: _Sources) -> dict[str, dict[str, Any]]:
    """What the newest step of each kind says on the pupil's application."""
    stream = record_id("application", sources.case.programme, sources.case.student)
    known = view.record(sources.connection, stream)
    if known is None:
        return {}
    return {
        one["step"]: opened_said(sources.house, known, one["said"])
        for one in known.steps
        if one["step"] in _RESULTS
    }


def _of_performance(sources: _Sources) -> Placed:
    told = learning_performance.told(sources.whole)
    for name, part in _TOLD.items():
        title = EnterPerformance.model_fields[name].title or name
        yield part, _data(name, title, igp_parts.plain(told.get(name)))


def _by_hand(sources: _Sources, crossing: bool) -> Placed:
    written = igp_parts.written(sources.plan)
    wanted = igp_parts.REQUIRED + (igp_parts.WHEN_CROSSING if crossing else ())
    for name, part in PART_OF.items():
        value = igp_parts.plain(written.get(name))
        field = PlanField(
            name=name,
            label=igp_parts.label(name),
            source="hand",
            required=name in wanted,
            value=value,
        )
        yield part, field


def _signatures(sources: _Sources) -> PlanField:
    final = None if sources.plan is None else sources.plan.last("final-uploaded")
    of = path.rules_of(sources.rules).igp_signatures.of
    signed = None
    if final is not None:
        signed = [{"code": one.code, "name": one.name} for one in of if one.code in final.signs]
    return PlanField(name="signs", label="輔導小組", source="hand", required=True, value=signed)
