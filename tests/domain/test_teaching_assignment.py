from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.plan import PlanOpened
from domain.refusal import NotAllowed, NotFound, NotValid, ReasonRequired, StaleVersion
from domain.rules import NotATeacher
from domain.teaching_assignment import (
    AlreadyAssigned,
    AssignTeaching,
    EndTeaching,
    Taught,
    Teaching,
    TeachingAlreadyEnded,
    TeachingAssigned,
    TeachingAssignmentEnded,
    assign,
    end,
    evolve,
    teaching_id,
)

STUDENT, TEACHER, OFFICER, SCHOOL, OTHER_SCHOOL = (UUID(int=n) for n in range(91, 96))
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
ASSIGN = AssignTeaching(
    actor=OFFICE,
    student_id=STUDENT,
    account_id=TEACHER,
    subject="數學",
    school_year=113,
    account_is_teacher=True,
    account_organisation_id=SCHOOL,
    student_organisation_id=SCHOOL,
    actor_organisation_id=SCHOOL,
)
ENGLISH = ASSIGN.model_copy(update={"subject": "英語"})
NEXT_YEAR = ASSIGN.model_copy(update={"school_year": 114})
END = EndTeaching(
    actor=OFFICE, reason="換老師", student_organisation_id=SCHOOL, actor_organisation_id=SCHOOL
)
ENVELOPE: dict[str, Any] = {
    "originator_id": teaching_id(STUDENT, TEACHER),
    "by": OFFICER,
    "capacity": Capacity.SCHOOL_ADMINISTRATOR,
    "student_id": STUDENT,
    "account_id": TEACHER,
}
ASSIGNED = TeachingAssigned(**ENVELOPE, originator_version=1, subject="數學", school_year=113)


def given(*events: Event) -> Teaching | None:
    return reduce(evolve, events, None)


def test_the_school_assigns_its_teacher_to_its_student() -> None:
    assert assign(given(), ASSIGN) == ASSIGNED


def test_a_teacher_may_teach_a_student_several_subjects_and_years() -> None:
    english = assign(given(ASSIGNED), ENGLISH)
    later = assign(given(ASSIGNED, english), NEXT_YEAR)
    teaching = given(ASSIGNED, english, later)
    assert teaching is not None
    assert teaching.live == (Taught("數學", 113), Taught("英語", 113), Taught("數學", 114))
    with pytest.raises(AlreadyAssigned):
        assign(teaching, ASSIGN)


def test_an_end_ends_all_that_is_taught_and_names_it() -> None:
    english = assign(given(ASSIGNED), ENGLISH)
    later = assign(given(ASSIGNED, english), NEXT_YEAR)
    teaching = given(ASSIGNED, english, later)
    event = end(teaching, END)
    assert event == TeachingAssignmentEnded(
        **ENVELOPE, originator_version=4, reason="換老師", subjects=("數學", "英語")
    )
    ended = evolve(teaching, event)
    assert ended.live == ()
    with pytest.raises(TeachingAlreadyEnded):
        end(ended, END)
    assert assign(ended, ASSIGN).originator_version == 5


def test_only_a_teacher_is_assigned() -> None:
    with pytest.raises(NotATeacher):
        assign(given(), ASSIGN.model_copy(update={"account_is_teacher": False}))


@pytest.mark.parametrize(
    "school", ["account_organisation_id", "student_organisation_id", "actor_organisation_id"]
)
def test_a_school_does_not_assign_across_schools(school: str) -> None:
    with pytest.raises(NotAllowed):
        assign(given(), ASSIGN.model_copy(update={school: OTHER_SCHOOL}))


@pytest.mark.parametrize("capacity", [c for c in Capacity if c.value not in {"SA", "SYS"}])
def test_nobody_but_the_school_assigns_or_ends_teaching(capacity: Capacity) -> None:
    actor = {"actor": Actor(account_id=TEACHER, capacity=capacity)}
    with pytest.raises(NotAllowed):
        assign(given(), ASSIGN.model_copy(update=actor))
    with pytest.raises(NotAllowed):
        end(given(ASSIGNED), END.model_copy(update=actor))


def test_an_import_brings_assignments() -> None:
    actor = Actor(account_id=OFFICER, capacity=Capacity.SYSTEM)
    command = ASSIGN.model_copy(update={"actor": actor, "actor_organisation_id": None})
    assert assign(given(), command).capacity is Capacity.SYSTEM


@pytest.mark.parametrize(("field", "value"), [("subject", " "), ("school_year", 2024)])
def test_teaching_needs_a_subject_and_a_year(field: str, value: object) -> None:
    with pytest.raises(NotValid) as refused:
        assign(given(), ASSIGN.model_copy(update={field: value}))
    assert refused.value.field == field


def test_an_end_of_teaching_needs_reason_version_and_something_to_end() -> None:
    with pytest.raises(ReasonRequired):
        end(given(ASSIGNED), END.model_copy(update={"reason": None}))
    with pytest.raises(StaleVersion):
        end(given(ASSIGNED), END.model_copy(update={"expected_version": 9}))
    with pytest.raises(NotFound):
        end(given(), END)


def test_an_event_of_another_record_is_no_part_of_teaching() -> None:
    with pytest.raises(TypeError):
        given(
            PlanOpened(
                originator_id=STUDENT,
                originator_version=1,
                by=OFFICER,
                capacity="CM",
                student_id=STUDENT,
                school_year=113,
            )
        )
