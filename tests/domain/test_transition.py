"""轉銜記錄: which stage is open, and which grade may be entered."""

from datetime import date
from uuid import UUID

import pytest

from domain.organisation import Stage
from domain.section_record import Record, StageLocked
from domain.student import Sex, Student
from domain.transition import (
    GradeNotCurrent,
    StageIncomplete,
    Transition,
    check_complete,
    check_grade,
    check_tab,
    open_stage,
)

E, J, S = Stage.ELEMENTARY, Stage.JUNIOR_HIGH, Stage.SENIOR_HIGH
STUDENT = Student(
    student_id=UUID(int=51),
    version=1,
    national_id="A123456789",
    name="林小安",
    sex=Sex.FEMALE,
    birth_date=date(2010, 5, 1),
    organisation_id=UUID(int=52),
    stage=J,
    grade=7,
    class_name="七年三班",
)


@pytest.mark.parametrize(
    ("directory", "tabs", "is_open"),
    [
        (E, [], E),
        (E, [E], E),
        (J, [E], J),
        (J, [E, J], J),
        (E, [E, J], None),
        (J, [S], None),
        (S, [E, J, S], S),
    ],
)
def test_a_stage_is_open_until_the_directory_or_a_later_tab_closes_it(
    directory: Stage, tabs: list[Stage], is_open: Stage | None
) -> None:
    assert open_stage(directory, tabs) is is_open


def tab(grade: int, stage: Stage = J) -> Transition:
    return Transition(
        education_stage=stage,
        grade=grade,
        school_name="示範國中",
        class_name="七年三班",
        class_type="resource_class",
    )


def record(grade: int, *, withdrawn: bool = False) -> Record:
    return Record(
        record_id=UUID(int=53),
        version=1,
        section="transition",
        student_id=STUDENT.student_id,
        school_year=None,
        education_stage=J,
        created_by=UUID(int=54),
        data={"grade": grade},
        withdrawn=withdrawn,
    )


def test_the_current_grade_may_be_entered_and_an_entered_one_stands() -> None:
    check_grade(tab(7), None, STUDENT)
    check_grade(tab(7), record(8), STUDENT)
    check_grade(tab(8), record(8), STUDENT)
    for refused in (None, record(7), record(8, withdrawn=True)):
        with pytest.raises(GradeNotCurrent) as told:
            check_grade(tab(8), refused, STUDENT)
        assert told.value.field == "data.grade"


def test_a_tab_holds_its_own_stage() -> None:
    check_tab(tab(7), J)
    with pytest.raises(StageLocked):
        check_tab(tab(7, E), J)


def test_what_is_missing_is_named_by_its_label() -> None:
    check_complete([])
    with pytest.raises(StageIncomplete, match="鑑定資料、學年目標"):
        check_complete(["identification", "annual_goal"])
