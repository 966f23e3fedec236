from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.account import AccountIsClosed, Role
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.plan import PlanOpened
from domain.refusal import NotAllowed, NotFound, ReasonRequired, StaleVersion
from domain.student_account import (
    EndStudentAccount,
    LinkStudentAccount,
    NotAStudentAccount,
    StudentAccount,
    StudentAccountAlreadyEnded,
    StudentAccountAlreadyLinked,
    StudentAccountEnded,
    StudentAccountLinked,
    StudentAccountOfAnother,
    end,
    evolve,
    link,
    link_id,
)

STUDENT, OTHER, ACCOUNT, OFFICER, SCHOOL, OTHER_SCHOOL = (UUID(int=n) for n in range(61, 67))
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
LINK = LinkStudentAccount(
    actor=OFFICE,
    student_id=STUDENT,
    account_id=ACCOUNT,
    roles=(Role.STUDENT,),
    closed=False,
    account_organisation_id=SCHOOL,
    student_organisation_id=SCHOOL,
    actor_organisation_id=SCHOOL,
)
END = EndStudentAccount(
    actor=OFFICE,
    reason="畢業",
    student_id=STUDENT,
    student_organisation_id=SCHOOL,
    actor_organisation_id=SCHOOL,
)
ENVELOPE: dict[str, Any] = {
    "originator_id": link_id(ACCOUNT),
    "by": OFFICER,
    "capacity": Capacity.SCHOOL_ADMINISTRATOR,
    "student_id": STUDENT,
    "account_id": ACCOUNT,
}
LINKED = StudentAccountLinked(**ENVELOPE, originator_version=1)
ENDED = StudentAccountEnded(**ENVELOPE, originator_version=2, reason="畢業")


def given(*events: Event) -> StudentAccount | None:
    return reduce(evolve, events, None)


def test_the_school_links_an_account_to_its_student_and_ends_it() -> None:
    assert link(given(), LINK) == LINKED
    assert end(given(LINKED), END) == ENDED


def test_an_account_stands_for_one_student_at_a_time() -> None:
    with pytest.raises(StudentAccountAlreadyLinked):
        link(given(LINKED), LINK)
    with pytest.raises(StudentAccountOfAnother):
        link(given(LINKED), LINK.model_copy(update={"student_id": OTHER}))
    again = link(given(LINKED, ENDED), LINK.model_copy(update={"student_id": OTHER}))
    assert (again.originator_version, again.student_id) == (3, OTHER)


@pytest.mark.parametrize(
    "roles", [(Role.TEACHER,), (Role.STUDENT, Role.TEACHER), (Role.SCHOOL_ADMINISTRATOR,)]
)
def test_an_account_that_is_more_than_a_students_is_linked_to_none(roles: tuple[Role, ...]) -> None:
    with pytest.raises(NotAStudentAccount):
        link(given(), LINK.model_copy(update={"roles": roles}))


def test_a_closed_account_is_linked_to_none() -> None:
    with pytest.raises(AccountIsClosed):
        link(given(), LINK.model_copy(update={"closed": True}))


@pytest.mark.parametrize(
    "school", ["account_organisation_id", "student_organisation_id", "actor_organisation_id"]
)
def test_a_school_does_not_link_across_schools(school: str) -> None:
    with pytest.raises(NotAllowed):
        link(given(), LINK.model_copy(update={school: OTHER_SCHOOL}))


@pytest.mark.parametrize("capacity", [c for c in Capacity if c.value not in {"SA", "SYS"}])
def test_nobody_but_the_school_links_or_ends(capacity: Capacity) -> None:
    actor = {"actor": Actor(account_id=OFFICER, capacity=capacity)}
    with pytest.raises(NotAllowed):
        link(given(), LINK.model_copy(update=actor))
    with pytest.raises(NotAllowed):
        end(given(LINKED), END.model_copy(update=actor))


def test_after_a_transfer_the_new_school_ends_it() -> None:
    moved = {"student_organisation_id": OTHER_SCHOOL}
    with pytest.raises(NotAllowed):
        end(given(LINKED), END.model_copy(update=moved))
    there = moved | {"actor_organisation_id": OTHER_SCHOOL}
    assert end(given(LINKED), END.model_copy(update=there)) == ENDED


def test_an_end_needs_reason_version_and_something_to_end() -> None:
    with pytest.raises(ReasonRequired):
        end(given(LINKED), END.model_copy(update={"reason": None}))
    with pytest.raises(StaleVersion):
        end(given(LINKED), END.model_copy(update={"expected_version": 9}))
    with pytest.raises(StudentAccountAlreadyEnded):
        end(given(LINKED, ENDED), END)
    with pytest.raises(NotFound):
        end(given(), END)


def test_the_end_names_the_student_whose_account_it_is() -> None:
    with pytest.raises(NotFound):
        end(given(LINKED), END.model_copy(update={"student_id": OTHER}))


def test_an_event_of_another_record_is_no_part_of_a_link() -> None:
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
