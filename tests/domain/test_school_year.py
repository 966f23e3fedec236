"""年度資料: what a new year takes from the directory and from the year before, case by case."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.calendar import school_year
from domain.capacity import Capacity
from domain.command import Actor
from domain.organisation import Stage
from domain.plan import AddBatch, batch_added
from domain.refusal import NotAllowed
from domain.school_year import (
    OpenYear,
    OpenYears,
    SchoolYearAlreadyOpen,
    SchoolYearTooEarly,
    SchoolYearTooLate,
    YearHasContent,
    check_empty,
    check_year,
    open_year,
    says_something,
    year_record_id,
    years_opened,
)
from domain.section_record import Record, StageLocked, evolve
from domain.student import Sex, Student

STUDENT, TEACHER, SCHOOL, BATCH = (UUID(int=number) for number in (41, 42, 43, 44))
ACTOR = Actor(account_id=TEACHER, capacity=Capacity.CASE_MANAGER)
KNOWN = Student(
    student_id=STUDENT,
    version=1,
    national_id="A123456789",
    name="林小安",
    sex=Sex.FEMALE,
    birth_date=date(2014, 5, 1),
    organisation_id=SCHOOL,
    stage=Stage.ELEMENTARY,
    grade=4,
    class_name="四年甲班",
)


def command(**given: Any) -> OpenYear:
    fields: dict[str, Any] = {
        "actor": ACTOR,
        "student": KNOWN,
        "open_stage": KNOWN.stage,
        "school_name": "示範國小",
        "school_year": 112,
        "today": date(2023, 8, 1),
    }
    return OpenYear(**fields | given)


def record_of(*events: Any) -> Record:
    record: Record | None = None
    for event in events:
        record = evolve(record, event)
    assert record is not None
    return record


def test_a_first_year_is_the_directorys_report_and_says_so() -> None:
    (opened,) = open_year(None, command())
    record = record_of(opened)
    assert record.data["student_name"] == "林小安"
    assert set(record.sources.values()) == {"directory"}
    assert (record.school_year, record.education_stage) == (112, Stage.ELEMENTARY)


def test_a_new_year_takes_over_what_a_teacher_wrote_and_not_school_class_and_grade() -> None:
    written = {"student_name": "林曉安", "class_name": "資優班", "phone": "07-1234567"}
    latest = record_of(*open_year(None, command(school_year=111))).model_copy(
        update={
            "data": {"sex": "female", "grade": 3, "school_name": "他校", **written},
            "sources": {"student_name": "teacher", "class_name": "teacher", "sex": "directory"},
        }
    )
    record = record_of(*open_year(None, command(latest=latest)))
    assert record.data["student_name"] == "林曉安"
    assert record.data["phone"] == "07-1234567"
    assert [record.data[name] for name in ("school_name", "class_name", "grade")] == [
        "示範國小",
        "四年甲班",
        4,
    ]
    assert (record.sources["student_name"], record.sources["class_name"]) == (
        "teacher",
        "directory",
    )


def test_a_year_is_opened_once_and_again_after_its_withdrawal() -> None:
    record = record_of(*open_year(None, command()))
    with pytest.raises(SchoolYearAlreadyOpen):
        open_year(record, command())
    again = open_year(record.model_copy(update={"version": 2, "withdrawn": True}), command())
    assert again[0].originator_version == 3
    assert again[0].originator_id == year_record_id(STUDENT, 112)


def test_a_closed_stage_takes_no_new_year_and_reopens_none() -> None:
    with pytest.raises(StageLocked):
        open_year(None, command(open_stage=None))
    gone = record_of(*open_year(None, command())).model_copy(update={"withdrawn": True})
    moved = KNOWN.model_copy(update={"stage": Stage.JUNIOR_HIGH, "grade": 7})
    with pytest.raises(StageLocked):
        open_year(gone, command(student=moved, open_stage=Stage.JUNIOR_HIGH))


@pytest.mark.parametrize(
    ("today", "latest"),
    [(date(2023, 6, 30), 111), (date(2023, 7, 1), 112), (date(2023, 8, 1), 112)],
)
def test_the_next_year_may_begin_in_july(today: date, latest: int) -> None:
    check_year(latest, today)
    with pytest.raises(SchoolYearTooLate):
        check_year(latest + 1, today)
    check_year(school_year(today) - 1, today)
    with pytest.raises(SchoolYearTooEarly):
        check_year(school_year(today) - 2, today)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, False),
        ({"a": None, "b": "", "c": (), "d": [], "e": {}, "f": False}, False),
        ({"a": None, "b": 0}, True),
        ({"a": "字"}, True),
        ({"rows": [{"name": "甲"}]}, True),
    ],
)
def test_a_record_says_something_where_a_field_or_a_row_does(
    data: dict[str, Any], says: bool
) -> None:
    assert says_something(data) is says


def test_a_year_with_content_names_the_sections() -> None:
    check_empty([])
    with pytest.raises(YearHasContent, match="課程目標、相關會議記錄"):
        check_empty(["course_goal", "meeting"])


def test_the_event_of_a_batch_stands_in_a_stream_of_its_own_and_names_ids_alone() -> None:
    other = UUID(int=45)
    years = years_opened(
        OpenYears(
            actor=ACTOR,
            correlation_id=BATCH,
            school_year=112,
            organisation_id=SCHOOL,
            students=(STUDENT,),
            skipped=(other,),
        )
    )
    plans = batch_added(
        AddBatch(
            actor=ACTOR,
            correlation_id=BATCH,
            school_year=112,
            students=(STUDENT,),
            skipped=(other,),
        )
    )
    for event in (years, plans):
        assert (event.originator_id, event.originator_version) == (BATCH, 1)
        assert (event.correlation_id, event.student_id) == (BATCH, None)
        assert (event.students, event.skipped) == ((STUDENT,), (other,))


@pytest.mark.parametrize("capacity", [Capacity.SUBJECT_TEACHER, Capacity.SCHOOL_ADMINISTRATOR])
def test_only_who_writes_plans_opens_years(capacity: Capacity) -> None:
    actor = Actor(account_id=TEACHER, capacity=capacity)
    with pytest.raises(NotAllowed):
        open_year(None, command(actor=actor))
    with pytest.raises(NotAllowed):
        years_opened(
            OpenYears(
                actor=actor,
                correlation_id=BATCH,
                school_year=112,
                organisation_id=None,
                students=(),
                skipped=(),
            )
        )
