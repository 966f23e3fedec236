"""How a placement case's tasks and its guidance plan are shown: eight parts, and what changed."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from api import case_sources
from api.house import House
from api.processes import EVOLVE, record_id
from api.student_items import Instant, Person, person
from domain import igp_document, igp_parts, learning_performance
from domain import placement_path as path
from domain.application_facts import value
from domain.calendar import local_date
from domain.case_rules import TrackingRule
from domain.igp_parts import PART_OF, Difference
from domain.learning_performance import EnterPerformance
from domain.placement import Placement
from domain.placement_held import Taken, held_on
from domain.process import Record
from domain.programme_rules import Programme
from domain.second_forms import SUBMITTED
from ledger.database import Connection
from projections import directory, placed
from projections import processes as view
from projections.processes import ProcessRecord, Row

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
    registered = application.last(SUBMITTED) if application is not None else None
    types = {one["subject"]: one["registration_type"] for one in (registered or {}).get("rows", ())}
    found = path.tasks_of(rules, rows, done, types=types, controlled=controlled)
    return [TaskItem(**one._asdict()) for one in found]


def held_when_due(
    rules: Programme, rule: TrackingRule, case: ProcessRecord, areas: Collection[str], today: date
) -> bool:
    """Whether the pupil's placement holds in the semester of a report: on the day by which that is
    due, or today where that day is still to come. `areas`: the subjects placed now."""
    semester = path.rules_of(rules).semester(rule.school_year, rule.semester)
    closes = rules.window(rule.window).closes
    days = (today, closes, None if semester is None else semester.ends)
    taken = (Taken(one["state"], _day(one), one["said"].get("area")) for one in case.steps)
    return held_on(min(day for day in days if day is not None), taken, areas)


def _day(step: Row) -> date:
    """From when a step counts: the semester that it says, else the day when it was recorded."""
    said = step["said"].get("effective_on")
    return date.fromisoformat(said) if said else local_date(datetime.fromisoformat(step["at"]))


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
    applied = case_sources.application_of(house, connection, case)
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
        parts=_parts(_Sources(house, connection, rules, case, whole, known, applied), crossing),
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
    applied: Record | None


def _parts(sources: _Sources, crossing: bool) -> list[PlanPart]:
    filled = [
        *_of_header(sources),
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


def _data(name: str, label: str, said: Any) -> PlanField:
    return PlanField(name=name, label=label, source="data", required=False, value=said)


def _of_header(sources: _Sources) -> Placed:
    """What was passed this year, what it led to, and when the plan was reviewed."""
    results = case_sources.results(sources.rules, sources.applied)
    yield "header", _data("results", "評量結果", results)
    asked = case_sources.placements_asked(
        sources.house, sources.connection, sources.rules, sources.case
    )
    yield "header", _data("placement_rows", "安置階段", asked)
    reviewed = None if sources.plan is None else igp_document.reviewed_on(sources.plan)
    month = None if reviewed is None else f"{reviewed:%Y-%m}"
    yield "header", _data("review_month", "審查日期（年月）", month)


def _of_student(sources: _Sources) -> Placed:
    card = directory.student(sources.connection, sources.case.student)
    if card is not None:
        for name, label in (("name", "姓名"), ("sex", "性別"), ("birth_date", "生日")):
            said = sources.house.opener.of_student(sources.case.student, card.row[name])
            yield "one", _data(name, label, str(said))
    guardians = None if sources.applied is None else value(sources.applied, "guardians")
    yield "one", _data("guardians", "法定代理人及電話", igp_parts.plain(guardians))


def _of_history(sources: _Sources) -> Placed:
    found = case_sources.assessments_before(sources.rules, sources.applied)
    yield "two", _data("past_assessments", "歷年鑑定紀錄", found)
    rows = case_sources.placements(
        sources.house, sources.connection, sources.rules, sources.case, sources.applied
    )
    yield "three", _data("past_placements", "歷年縮短修業年限安置經歷", rows)


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
