from collections.abc import Sequence
from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.annual_goal import (
    ANNUAL_GOAL,
    AnnualGoal,
    CoursesOfOthers,
    SchoolYearNeeded,
    changes_components,
    check_year,
    courses_withdrawn,
    permit_withdrawal,
    rows_begun_anew,
)
from domain.capacity import Capacity
from domain.command import Actor
from domain.course_goal import (
    COURSE_GOAL,
    AnnualGoalMissing,
    ComponentNeeded,
    ComponentNotOffered,
    CourseGoal,
    CourseNotEmpty,
    ImportTemplate,
    LearningPerformance,
    SaveCourse,
    TeacherNeeded,
    TemplateOfAnotherModel,
    components,
    course_id,
    import_template,
    save,
    teachers,
    withdraw,
)
from domain.course_template import CourseTemplate
from domain.organisation import Stage
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound, ReasonRequired, StaleVersion
from domain.section import SectionEvent
from domain.section_record import Record, SaveRecord, StageLocked, WithdrawRecord, evolve, record_id

STUDENT, OWNER, COLLEAGUE, ROW, OTHER_ROW, TEMPLATE = (UUID(int=n) for n in range(41, 47))
COURSE = course_id(STUDENT, 112, 1)
GOAL = record_id(ANNUAL_GOAL, STUDENT, 112)
TEACHER = Actor(account_id=OWNER, capacity=Capacity.SUBJECT_TEACHER)
SECOND = Actor(account_id=COLLEAGUE, capacity=Capacity.SUBJECT_TEACHER)
PERFORMANCE = LearningPerformance(row_id=ROW, learning_performance="n-II-1")
DATA = CourseGoal(subject="mathematics", teachers=(OWNER,), rows=(PERFORMANCE,))


def goal(model: str | None = None, by: UUID = OWNER, withdrawn: bool = False) -> Record:
    return Record(
        record_id=GOAL,
        version=1,
        section="annual_goal",
        student_id=STUDENT,
        school_year=112,
        education_stage=Stage.ELEMENTARY,
        created_by=by,
        data={"goal_text": "探究", "teaching_model": model},
        withdrawn=withdrawn,
    )


def saving(data: CourseGoal = DATA, **more: Any) -> SaveCourse:
    given: dict[str, Any] = {
        "actor": TEACHER,
        "record_id": COURSE,
        "student_id": STUDENT,
        "school_year": 112,
        "education_stage": Stage.ELEMENTARY,
        "student_stage": Stage.ELEMENTARY,
        "today": date(2023, 8, 1),
        "data": data,
        "new_rows": frozenset({ROW, OTHER_ROW}),
        "annual_goal": goal(),
    }
    return SaveCourse(**given | more)


def given(*events: SectionEvent) -> Record:
    return reduce(evolve, events, None)  # type: ignore[return-value, arg-type]


def course(data: CourseGoal = DATA, **more: Any) -> Record:
    return given(*save(None, saving(data, **more)))


def topics(events: Sequence[SectionEvent]) -> list[str]:
    return [event.TOPIC.removeprefix("course-goal.").removesuffix(".v1") for event in events]


def test_a_course_begins_with_its_fields_and_rows() -> None:
    events = save(None, saving())
    assert topics(events) == ["recorded", "learning-performance-added"]
    record = given(*events)
    assert (teachers(record), record.version) == ((OWNER,), 2)
    assert [row["row_id"] for row in record.rows("rows")] == [ROW]


@pytest.mark.parametrize(
    ("model", "count"),
    [("enrichment_triad", 3), ("parallel_curriculum", 4), ("discover", 0), ("none", 0), (None, 0)],
)
def test_a_model_has_three_four_or_no_components(model: str | None, count: int) -> None:
    assert len(components(model)) == count


@pytest.mark.parametrize(
    ("model", "component", "refusal"),
    [
        ("enrichment_triad", "core", ComponentNotOffered),
        ("enrichment_triad", None, ComponentNeeded),
        ("discover", "core", ComponentNotOffered),
        (None, "type_2_group_training", ComponentNotOffered),
    ],
)
def test_a_row_has_a_component_that_the_model_has(
    model: str | None, component: str | None, refusal: type[Exception]
) -> None:
    data = DATA.model_copy(
        update={"rows": (PERFORMANCE.model_copy(update={"component": component}),)}
    )
    with pytest.raises(refusal) as refused:
        save(None, saving(data, annual_goal=goal(model)))
    assert getattr(refused.value, "field", None) == "rows.0.component"


@pytest.mark.parametrize("missing", [None, goal(withdrawn=True)])
def test_a_course_hangs_under_a_goal_that_stands(missing: Record | None) -> None:
    with pytest.raises(AnnualGoalMissing):
        save(None, saving(annual_goal=missing))


def test_a_course_has_a_teacher() -> None:
    with pytest.raises(TeacherNeeded):
        save(course(), saving(DATA.model_copy(update={"teachers": ()}), reason="離職"))


def test_only_its_teachers_change_or_withdraw_a_course() -> None:
    with pytest.raises(NotAllowed):
        save(course(), saving(actor=SECOND))
    with pytest.raises(NotAllowed):
        withdraw(course(), WithdrawRecord(actor=SECOND, reason="重複", student_stage=None))
    manager = Actor(account_id=OWNER, capacity=Capacity.CASE_MANAGER)
    with pytest.raises(NotAllowed):
        save(course(), saving(actor=manager))


def test_a_change_of_the_teachers_is_an_event_of_its_own() -> None:
    data = DATA.model_copy(update={"teachers": (COLLEAGUE,), "subject": "science"})
    with pytest.raises(ReasonRequired):
        save(course(), saving(data))
    first, second = save(course(), saving(data, reason="交接"))
    assert dict(first.changed()).keys() - {"school_year", "education_stage"} == {"teachers"}
    assert dict(second.changed()).keys() - {"school_year", "education_stage"} == {"subject"}
    assert [first.originator_version, second.originator_version] == [3, 4]
    assert teachers(given(*save(None, saving()), first, second)) == (COLLEAGUE,)


def test_a_change_of_the_teachers_with_rows_keeps_the_versions_in_line() -> None:
    other = LearningPerformance(row_id=OTHER_ROW, learning_performance="n-II-2")
    update = {"teachers": (OWNER, COLLEAGUE), "subject": "science", "rows": (PERFORMANCE, other)}
    events = save(course(), saving(DATA.model_copy(update=update), reason="協同教學"))
    assert topics(events) == ["corrected", "corrected", "learning-performance-added"]
    assert [event.originator_version for event in events] == [3, 4, 5]


def test_a_course_of_another_version_or_stage_or_withdrawn_is_not_changed() -> None:
    with pytest.raises(StaleVersion):
        save(course(), saving(expected_version=1))
    data = DATA.model_copy(update={"course_name": "專題"})
    with pytest.raises(StageLocked):
        save(course(), saving(data, student_stage=Stage.JUNIOR_HIGH))
    command = WithdrawRecord(actor=TEACHER, reason="重複", student_stage=Stage.ELEMENTARY)
    gone = evolve(course(), withdraw(course(), command))
    with pytest.raises(AlreadyWithdrawn):
        save(gone, saving(data))
    with pytest.raises(AlreadyWithdrawn):
        withdraw(gone, command)


def test_what_was_empty_in_a_row_is_filled_without_a_reason() -> None:
    result = PERFORMANCE.model_copy(update={"assessment_result": "完成"})
    [event] = save(course(), saving(DATA.model_copy(update={"rows": (result,)})))
    assert topics([event]) == ["learning-performance-corrected"]
    changed = evolve(course(), event)
    again = result.model_copy(update={"assessment_result": "優異"})
    with pytest.raises(ReasonRequired):
        save(changed, saving(DATA.model_copy(update={"rows": (again,)})))
    with pytest.raises(ReasonRequired):
        save(changed, saving(DATA.model_copy(update={"rows": ()})))


# -- templates


EMPTY = CourseGoal(subject="mathematics", teachers=(OWNER,))


def template(owner: UUID = OWNER, component: str | None = None, **more: Any) -> CourseTemplate:
    row = {"learning_performance": "n-II-2", "assessment_methods": ("dynamic",)}
    if component is not None:
        row["component"] = component
    known: dict[str, Any] = {
        "template_id": TEMPLATE,
        "version": 1,
        "owner": owner,
        "name": "專題範本",
        "subject": "mathematics",
        "teaching_model": None,
        "course_name": "數學專題",
        "rows": (row,),
    }
    return CourseTemplate(**known | more)


def importing(of: CourseTemplate | None, **more: Any) -> ImportTemplate:
    command = saving(EMPTY, **more)
    said = {name: getattr(command, name) for name in command.model_fields_set}
    row_ids = () if of is None else (OTHER_ROW,)
    return ImportTemplate(**said, template=of, row_ids=row_ids)


def test_an_import_copies_the_rows_and_the_name_of_the_template() -> None:
    empty = course(EMPTY)
    events = import_template(empty, importing(template()))
    assert topics(events) == ["template-imported", "recorded", "learning-performance-added"]
    assert [event.originator_version for event in events] == [2, 3, 4]
    filled = reduce(evolve, events, empty)
    assert filled.data["course_name"] == "數學專題"
    assert filled.rows("rows") == (
        {
            "row_id": OTHER_ROW,
            "learning_performance": "n-II-2",
            "assessment_methods": ("dynamic",),
        },
    )


def test_an_import_keeps_a_name_that_the_course_has() -> None:
    named = EMPTY.model_copy(update={"course_name": "獨立研究"})
    command = importing(template()).model_copy(update={"data": named})
    events = import_template(course(named), command)
    assert topics(events) == ["template-imported", "learning-performance-added"]


@pytest.mark.parametrize(
    ("known", "of", "more", "refusal"),
    [
        (course(), template(), {}, CourseNotEmpty),
        (course(EMPTY), None, {}, NotFound),
        (course(EMPTY), template(owner=COLLEAGUE), {}, NotFound),
        (course(EMPTY), template(withdrawn=True), {}, NotFound),
        (course(EMPTY), template(), {"actor": SECOND}, NotAllowed),
        (course(EMPTY), template(component="core"), {}, TemplateOfAnotherModel),
        (course(EMPTY), template(), {"annual_goal": goal("discover")}, None),
        (course(EMPTY), template(), {"annual_goal": goal("enrichment_triad")}, "model"),
        (course(EMPTY), template(), {"annual_goal": goal(withdrawn=True)}, AnnualGoalMissing),
        (course(EMPTY), template(), {"student_stage": Stage.JUNIOR_HIGH}, StageLocked),
    ],
)
def test_what_may_be_imported_and_what_not(
    known: Record, of: CourseTemplate | None, more: dict[str, Any], refusal: Any
) -> None:
    if refusal is None:
        assert import_template(known, importing(of, **more))
        return
    with pytest.raises(TemplateOfAnotherModel if refusal == "model" else refusal):
        import_template(known, importing(of, **more))


# -- the annual goal over its courses


def goal_save(model: str | None) -> SaveRecord:
    command = saving()
    said = {name: getattr(command, name) for name in SaveRecord.model_fields if name != "data"}
    return SaveRecord(**said, data=AnnualGoal(goal_text="探究", teaching_model=model))


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        (None, "enrichment_triad", True),
        ("enrichment_triad", "parallel_curriculum", True),
        ("parallel_curriculum", "discover", True),
        ("discover", "none", False),
        (None, "self_directed_learning", False),
        ("enrichment_triad", "enrichment_triad", False),
    ],
)
def test_another_division_changes_the_courses(
    before: str | None, after: str | None, changed: bool
) -> None:
    assert changes_components(goal(before), goal_save(after)) is changed
    assert not changes_components(None, goal_save(after))
    assert not changes_components(goal(before, withdrawn=True), goal_save(after))


def test_the_rows_of_another_division_go_from_every_course_that_stands() -> None:
    rows = tuple(
        LearningPerformance(row_id=row_id, component=component, learning_performance="n")
        for row_id, component in ((ROW, "core"), (OTHER_ROW, "practice"))
    )
    data = DATA.model_copy(update={"rows": rows})
    full = course(data, annual_goal=goal("parallel_curriculum"))
    gone = full.model_copy(update={"withdrawn": True})
    events = rows_begun_anew([full, course(EMPTY), gone], goal_save("enrichment_triad"))
    assert topics(events) == ["learning-performance-removed"] * 2
    assert [event.originator_version for event in events] == [4, 5]
    assert reduce(evolve, events, full).rows("rows") == ()


def test_the_own_courses_are_withdrawn_with_the_goal_and_others_forbid_it() -> None:
    command = WithdrawRecord(actor=TEACHER, reason="重複", student_stage=Stage.ELEMENTARY)
    gone = course().model_copy(update={"withdrawn": True, "data": {"teachers": (COLLEAGUE,)}})
    [event] = courses_withdrawn([course(), gone], command)
    assert topics([event]) == ["withdrawn"]
    for others in ((COLLEAGUE,), (OWNER, COLLEAGUE)):
        theirs = course().model_copy(update={"data": {"teachers": others}})
        with pytest.raises(CoursesOfOthers):
            courses_withdrawn([course(), theirs], command)


def test_a_goal_is_withdrawn_by_its_creator_and_saved_for_a_year_that_is_named() -> None:
    permit_withdrawal(goal(), TEACHER, {OWNER})
    permit_withdrawal(None, SECOND, ())
    with pytest.raises(NotAllowed):
        permit_withdrawal(goal(), SECOND, {OWNER})
    permit_withdrawal(goal(), SECOND, {COLLEAGUE})
    check_year(112)
    with pytest.raises(SchoolYearNeeded):
        check_year(None)


def test_the_courses_of_a_year_are_numbered() -> None:
    assert course_id(STUDENT, 112, 1) != course_id(STUDENT, 112, 2) != course_id(STUDENT, 113, 2)
    assert COURSE_GOAL.per == "record"
