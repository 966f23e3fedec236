from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.case_manager import Kind
from domain.command import Actor
from domain.dispatch import (
    AlreadyDispatched,
    Dispatch,
    DispatchAlreadyEnded,
    DispatchEnded,
    DispatchStudent,
    EndDispatch,
    NotCaseManager,
    StudentDispatched,
    dispatch_id,
    end,
    evolve,
    make,
)
from domain.event import Event
from domain.plan import PlanOpened
from domain.refusal import NotAllowed, NotFound, ReasonRequired, StaleVersion

STUDENT, TEACHER, OFFICER, SCHOOL, OTHER_SCHOOL = (UUID(int=n) for n in range(51, 56))
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
BUREAU = Actor(account_id=OFFICER, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
RESOURCE_CLASS = DispatchStudent(
    actor=OFFICE,
    student_id=STUDENT,
    account_id=TEACHER,
    kind=Kind.RESOURCE_CLASS,
    appointed_kinds=frozenset({Kind.RESOURCE_CLASS}),
    account_organisation_id=SCHOOL,
    student_organisation_id=SCHOOL,
    actor_organisation_id=SCHOOL,
)
ITINERANT = RESOURCE_CLASS.model_copy(
    update={
        "actor": BUREAU,
        "kind": Kind.ITINERANT,
        "appointed_kinds": frozenset({Kind.ITINERANT}),
        "account_organisation_id": OTHER_SCHOOL,
        "actor_organisation_id": None,
    }
)
ENVELOPE: dict[str, Any] = {
    "originator_id": dispatch_id(STUDENT, TEACHER),
    "by": OFFICER,
    "student_id": STUDENT,
    "account_id": TEACHER,
}
DISPATCHED = StudentDispatched(
    **ENVELOPE,
    originator_version=1,
    capacity=Capacity.SCHOOL_ADMINISTRATOR,
    kind=Kind.RESOURCE_CLASS,
)
ENDED = DispatchEnded(
    **ENVELOPE,
    originator_version=2,
    capacity=Capacity.SCHOOL_ADMINISTRATOR,
    kind=Kind.RESOURCE_CLASS,
    reason="改派",
)
END = EndDispatch(
    actor=OFFICE, reason="改派", student_organisation_id=SCHOOL, actor_organisation_id=SCHOOL
)


def given(*events: Event) -> Dispatch | None:
    return reduce(evolve, events, None)


def test_the_school_dispatches_its_student_to_its_case_manager() -> None:
    assert make(given(), RESOURCE_CLASS) == DISPATCHED


def test_nobody_is_dispatched_to_before_the_appointment() -> None:
    early = RESOURCE_CLASS.model_copy(update={"appointed_kinds": frozenset()})
    with pytest.raises(NotCaseManager) as refused:
        make(given(), early)
    assert (refused.value.STATUS, refused.value.CODE) == (409, "not-case-manager")
    of_other_kind = early.model_copy(update={"appointed_kinds": frozenset({Kind.ITINERANT})})
    with pytest.raises(NotCaseManager):
        make(given(), of_other_kind)


def test_the_authority_dispatches_to_itinerant_teachers_only() -> None:
    assert make(given(), ITINERANT).kind is Kind.ITINERANT
    with pytest.raises(NotAllowed):
        make(given(), RESOURCE_CLASS.model_copy(update={"actor": BUREAU}))


def test_the_school_does_not_dispatch_to_itinerant_teachers() -> None:
    with pytest.raises(NotAllowed):
        make(given(), ITINERANT.model_copy(update={"actor": OFFICE}))


@pytest.mark.parametrize(
    "school", ["account_organisation_id", "student_organisation_id", "actor_organisation_id"]
)
def test_a_school_does_not_dispatch_across_schools(school: str) -> None:
    with pytest.raises(NotAllowed):
        make(given(), RESOURCE_CLASS.model_copy(update={school: OTHER_SCHOOL}))


@pytest.mark.parametrize("capacity", ["CM", "GH", "ST", "HR", "OR", "CO", "RV", "SU"])
def test_a_teacher_dispatches_nobody_themselves_included(capacity: str) -> None:
    actor = Actor(account_id=TEACHER, capacity=Capacity(capacity))
    for command in (RESOURCE_CLASS, ITINERANT):
        with pytest.raises(NotAllowed):
            make(given(), command.model_copy(update={"actor": actor}))


def test_a_student_is_dispatched_once_and_again_after_the_end() -> None:
    with pytest.raises(AlreadyDispatched):
        make(given(DISPATCHED), RESOURCE_CLASS)
    again = make(given(DISPATCHED, ENDED), RESOURCE_CLASS)
    assert again.originator_version == 3
    live = given(DISPATCHED, ENDED, again)
    assert live is not None
    assert live.live


def test_a_dispatch_ends_with_a_reason() -> None:
    assert end(given(DISPATCHED), END) == ENDED
    with pytest.raises(ReasonRequired):
        end(given(DISPATCHED), END.model_copy(update={"reason": " "}))


def test_a_dispatch_is_ended_by_who_may_make_it() -> None:
    for changed in (
        {"actor": BUREAU},
        {"actor_organisation_id": OTHER_SCHOOL},
        {"actor": Actor(account_id=TEACHER, capacity=Capacity.CASE_MANAGER)},
    ):
        with pytest.raises(NotAllowed):
            end(given(DISPATCHED), END.model_copy(update=changed))
    itinerant = given(make(given(), ITINERANT))
    with pytest.raises(NotAllowed):
        end(itinerant, END)
    assert end(itinerant, END.model_copy(update={"actor": BUREAU})).kind is Kind.ITINERANT


def test_a_dispatch_that_is_unknown_ended_or_stale_is_not_ended() -> None:
    with pytest.raises(NotFound):
        end(given(), END)
    with pytest.raises(DispatchAlreadyEnded):
        end(given(DISPATCHED, ENDED), END)
    with pytest.raises(StaleVersion):
        end(given(DISPATCHED), END.model_copy(update={"expected_version": 2}))


def test_an_event_of_another_record_is_no_part_of_a_dispatch() -> None:
    with pytest.raises(TypeError):
        given(
            PlanOpened(
                originator_id=TEACHER,
                originator_version=1,
                by=OFFICER,
                capacity="CM",
                student_id=TEACHER,
                school_year=113,
            )
        )
