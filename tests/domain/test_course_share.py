from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.account import Account, Role
from domain.capacity import Capacity
from domain.command import Actor
from domain.course_goal import COURSE_GOAL
from domain.course_share import (
    AlreadyShared,
    CourseGoalShared,
    EndShare,
    NotShareable,
    Relation,
    ShareCourse,
    Sharing,
    TeachesCourse,
    end_share,
    evolve,
    share,
)
from domain.event import Event
from domain.ledger_life import ClockMoved
from domain.organisation import Stage
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound, ReasonRequired, StaleVersion
from domain.section_record import Record
from domain.section_record import evolve as evolve_record

COURSE, STUDENT, OWNER, SCHOOL, ELSEWHERE, OTHER = (UUID(int=n) for n in range(51, 57))
TEACHER = Actor(account_id=OWNER, capacity=Capacity.SUBJECT_TEACHER)
RECORD = Record(
    record_id=COURSE,
    version=1,
    section="course_goal",
    student_id=STUDENT,
    school_year=112,
    education_stage=Stage.ELEMENTARY,
    created_by=OWNER,
    data={"subject": "mathematics", "teachers": (OWNER,)},
)


def person(account: UUID = OTHER, **more: Any) -> Account:
    known: dict[str, Any] = {
        "account_id": account,
        "version": 1,
        "username": "a-new",
        "name": "新老師",
        "organisation_id": SCHOOL,
        "roles": (Role.TEACHER,),
        "duties": (),
        "teaching_category": None,
        "subjects": (),
    }
    return Account(**known | more)


def sharing(account: Account | None = None, **more: Any) -> ShareCourse:
    given: dict[str, Any] = {
        "actor": TEACHER,
        "account": account or person(),
        "itinerant": False,
        "relation": Relation.SAME_FIELD,
        "student_organisation_id": SCHOOL,
    }
    return ShareCourse(**given | more)


def given(*events: Event) -> Sharing:
    return reduce(evolve, events, None)  # type: ignore[return-value, arg-type]


SHARED = share(RECORD, None, sharing())


def test_a_course_is_opened_to_a_teacher_of_the_school() -> None:
    assert (SHARED.account_id, SHARED.organisation_id) == (OTHER, SCHOOL)
    assert given(SHARED).shares == {OTHER: Relation.SAME_FIELD}


def test_a_course_is_opened_to_the_students_itinerant_teacher_of_anywhere() -> None:
    event = share(RECORD, None, sharing(person(organisation_id=ELSEWHERE), itinerant=True))
    assert event.organisation_id is None


@pytest.mark.parametrize(
    "account",
    [
        person(organisation_id=ELSEWHERE),
        person(closed=True),
        person(roles=(Role.SCHOOL_ADMINISTRATOR,)),
        person(roles=(Role.STUDENT,)),
    ],
)
def test_whom_a_course_is_not_opened_to_is_like_nobody(account: Account) -> None:
    for command in (sharing(account), sharing().model_copy(update={"account": None})):
        with pytest.raises(NotShareable) as refused:
            share(RECORD, None, command)
        assert refused.value.field == "account"
    with pytest.raises(NotShareable):
        share(RECORD, None, sharing(person(closed=True), itinerant=True))


def test_only_its_teachers_open_and_close_a_course() -> None:
    other = Actor(account_id=OTHER, capacity=Capacity.SUBJECT_TEACHER)
    with pytest.raises(NotAllowed):
        share(RECORD, None, sharing(actor=other))
    with pytest.raises(NotAllowed):
        end_share(RECORD, given(SHARED), EndShare(actor=other, account_id=OTHER, reason="調整"))


def test_a_course_is_opened_once_and_to_nobody_who_teaches_it() -> None:
    with pytest.raises(AlreadyShared):
        share(RECORD, given(SHARED), sharing())
    with pytest.raises(TeachesCourse):
        share(RECORD, None, sharing(person(OWNER)))
    with pytest.raises(AlreadyWithdrawn):
        share(RECORD.model_copy(update={"withdrawn": True}), None, sharing())


def test_a_share_ends_with_a_reason_and_may_be_made_again() -> None:
    record = evolve_record(RECORD, SHARED)
    assert (record.version, record.data) == (2, RECORD.data)
    end = EndShare(actor=TEACHER, account_id=OTHER, reason="調整")
    with pytest.raises(ReasonRequired):
        end_share(record, given(SHARED), end.model_copy(update={"reason": " "}))
    with pytest.raises(StaleVersion):
        end_share(record, given(SHARED), end.model_copy(update={"expected_version": 1}))
    ended = end_share(record, given(SHARED), end)
    assert given(SHARED, ended).shares == {}
    with pytest.raises(NotFound):
        end_share(record, given(SHARED, ended), end)
    again = share(evolve_record(record, ended), given(SHARED, ended), sharing())
    assert isinstance(again, CourseGoalShared)
    assert again.originator_version == 4


def test_the_withdrawal_of_a_course_ends_its_shares() -> None:
    assert COURSE_GOAL.withdrawn is not None
    gone = COURSE_GOAL.withdrawn(
        originator_id=COURSE,
        originator_version=3,
        by=OWNER,
        capacity=Capacity.SUBJECT_TEACHER,
        student_id=STUDENT,
    )
    assert given(SHARED, gone).shares == {}


def test_an_event_of_something_else_is_none_of_a_course() -> None:
    with pytest.raises(TypeError):
        evolve(None, ClockMoved.model_construct())
