"""What follows from a pupil's placements of the programme's year: who decides, and which duties.

A case may hold several subjects of different categories; where one of them goes to the council, the
case goes there, and what another body notes is noted beside it (Kaohsiung 1.3, 2.3).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

from domain.application_facts import selection_of
from domain.case_rules import CaseRules, Semester
from domain.organisation import Kind, Stage
from domain.placement import Category, Placement, Status
from domain.placement_duties import transition_tasks
from domain.placement_rules import DecisionRule, TransitionTask
from domain.placement_selection import full_skips_made
from domain.process import Computed, Ground, Record
from domain.programme_rules import Programme
from domain.refusal import NotAllowed, NotValid, Refusal

#: Whether a case goes before the council, or only to a committee of the school and for the record.
Path = Literal["council", "committee"]

#: States of a case in which the placement was decided on and has not ended.
DECIDED = frozenset(
    {"decided", "notified", "in_force", "difficulty", "guardian_told", "meeting_held"}
    | {"return_proposed", "return_passed"}
    | {"transfer_notified", "transfer_handed_over", "transfer_received", "transfer_committee"}
)
#: States in which the pupil is taught by the placement, so that its reports are due.
RUNNING = DECIDED - {"decided", "notified"}
#: States of a case whose placement held to the end of the school year.
OVER = frozenset({"completed", "lapsed"})
#: States of a case that is over, without a placement.
GIVEN_UP = frozenset({"abandoned", "refused"})
#: Of a field that names subjects of the case; see `rules.check_among`.
OF_THE_CASE = "請填寫這個案件安置的科目"
#: States in which a body has judged the rows: what they say changes by a request alone (8.3). The
#: new school of a transfer draws its rows up before its own committee and the council.
SETTLED = (DECIDED - {"transfer_received"}) | GIVEN_UP | OVER | {"deliberated", "returned_to_grade"}


class NoPlacement(Refusal):
    """The case has nothing to decide on."""

    CODE = "no-placement-rows"
    TITLE = "這位學生沒有本計畫學年度的安置，請先填寫安置階段的學科、年級與類型"


class RulesMissing(Refusal):
    CODE = "programme-has-no-case-rules"
    TITLE = "這份計畫沒有安置的規定"


class Task(NamedTuple):
    """Something to be done for a placed pupil, by which day, and when it was done."""

    code: str
    name: str
    required: bool
    due_on: date | None
    done_on: date | None


def rules_of(programme: Programme) -> CaseRules:
    """Raises `RulesMissing`."""
    if isinstance(programme.placement_cases, str):
        raise RulesMissing
    return programme.placement_cases


def of_year(placements: Iterable[Placement], school_year: int) -> tuple[Placement, ...]:
    """The placements in force of a school year."""
    return tuple(
        one
        for one in placements
        if one.school_year == school_year and one.status is Status.IN_FORCE
    )


def rows_of(ground: Ground) -> tuple[Placement, ...]:
    """The pupil's placements in force of the programme's year. Raises `NoPlacement`."""
    rows = of_year(ground.placements, ground.programme.school_year)
    if not rows:
        raise NoPlacement
    return rows


def awaiting(ground: Ground) -> tuple[Placement, ...]:
    """Those of the programme's year that no body has judged: they came after the case was."""
    return tuple(
        one
        for one in ground.placements
        if one.school_year == ground.programme.school_year and one.status is Status.AWAITING
    )


def decisions(programme: Programme, rows: Sequence[Placement]) -> tuple[DecisionRule, ...]:
    """Who decides on them, each rule once."""
    selection = selection_of(programme)
    return tuple(dict.fromkeys(selection.decision(one.category) for one in rows))


def path_of(programme: Programme, rows: Sequence[Placement]) -> Path:
    council = rules_of(programme).council
    decided_by = {one.decides for one in decisions(programme, rows)}
    return "council" if council in decided_by else "committee"


def path_computed(programme: Programme, rows: Sequence[Placement]) -> Computed:
    """Why the case goes the way that it goes."""
    path = path_of(programme, rows)
    return Computed(
        rule="selection.decisions",
        inputs={"rows": [[one.area, one.category.value, one.placement_grade] for one in rows]},
        threshold=rules_of(programme).council,
        branch=path,
        outcome=" ".join(one.authority for one in decisions(programme, rows)),
    )


def acts_needed(programme: Programme, rows: Sequence[Placement]) -> frozenset[str]:
    """The final acts of the authority: `approved`, `noted`, or both."""
    return frozenset(one.authority for one in decisions(programme, rows))


def crossing(programme: Programme, rows: Iterable[Placement]) -> tuple[Placement, ...]:
    """Those that lie in the next stage."""
    first = selection_of(programme).pupils.next_stage_from
    return tuple(one for one in rows if one.placement_grade >= first)


def is_full_skip(programme: Programme, rows: Sequence[Placement]) -> bool:
    return programme.school_year in full_skips_made(selection_of(programme), rows)


def grade_now(rows: Sequence[Placement]) -> int:
    """The pupil's grade in the year in which the placement is decided."""
    return rows[0].target_year_grade - 1


def changes_enrolment(
    programme: Programme, rows: Sequence[Placement], types: Mapping[str, str]
) -> bool:
    """Whether the school must adjust the enrolment record (guideline 11): by the registration type
    of a subject that was placed as it leads to, skips where they come to the whole grade. Of a row
    without a type, as a promotion has none, any type that leads to its category counts."""
    selection, full = selection_of(programme), is_full_skip(programme, rows)
    for row in rows:
        subject = selection.subject_called(row.area)
        known = None if subject is None else types.get(subject.code)
        if row.category in (Category.SKIP, Category.PROMOTION) and not full:
            continue
        category = Category.SKIP if row.category is Category.PROMOTION else row.category
        for kind in selection.types:
            fits = kind.code == known if known is not None else category is Category.SKIP
            if fits and kind.enrolment_changes and category in kind.categories:
                return True
    return False


def tasks_of(
    programme: Programme,
    rows: Sequence[Placement],
    done: Mapping[str, date | None],
    *,
    types: Mapping[str, str],
    controlled: bool = False,
) -> tuple[Task, ...]:
    """What is to be done once the placement was approved, with what was done already; `types` are
    the registration types by subject code."""
    found = transition_tasks(
        selection_of(programme),
        "approval",
        grade_now(rows),
        [one.placement_grade for one in rows],
        full=is_full_skip(programme, rows),
        controlled_school=controlled,
        continuing=all(one.category is Category.PROMOTION for one in rows),
        enrolment_changes=changes_enrolment(programme, rows, types),
    ).value
    return tuple(_task(programme, one, done) for one in found)


def _task(programme: Programme, rule: TransitionTask, done: Mapping[str, date | None]) -> Task:
    closes = programme.window(rule.window).closes
    return Task(rule.code, rule.name, rule.required, closes, done.get(rule.code))


def done_of(record: Record) -> dict[str, date | None]:
    """The tasks that were done, with the day of the newest entry."""
    return {one.task: one.done_on for one in record.all("task-done")}


def starts_from(programme: Programme, day: date) -> Semester:
    """The semester in which what was decided on a day takes effect. Raises `NotValid`."""
    found = rules_of(programme).semester_from(day)
    if found is None:
        raise NotValid("計畫中沒有這一天之後的學期，請先更新計畫的學期起訖。", "effective_on")
    return found


def check_own_school(ground: Ground) -> None:
    """A school of the next stage sees the case and leaves it to the pupil's school. Raises
    `NotAllowed`."""
    if not ground.own_school:
        raise NotAllowed


def check_school(ground: Ground, name: str, value: Any, stage: Stage | None = None) -> None:
    """Raises `NotValid` where a field names no school, or none of the stage."""
    known = ground.organisations.get(value)
    if known is None or known.kind is not Kind.SCHOOL:
        raise NotValid("請選擇縣市內的一所學校。", name)
    if stage is not None and known.stage is not stage:
        raise NotValid("請選擇銜接階段的學校。", name)


def check_semester_start(programme: Programme, day: date) -> None:
    """Raises `NotValid` for a day on which no semester starts (statute, article 2)."""
    if day not in {one.starts for one in rules_of(programme).semesters}:
        raise NotValid("修業年限的調整自學期開始時生效，請填學期起日。", "effective_on")
