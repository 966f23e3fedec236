"""A copy of the plan is handed out by the school administration alone."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.plan import PlanOpened, plan_id
from domain.plan_copy import HandOutCopy, Recipient, evolve, hand_out
from domain.refusal import NotAllowed, NotValid

COPY, STUDENT = uuid4(), uuid4()


def command(capacity: Capacity = Capacity.SCHOOL_ADMINISTRATOR, year: int = 113) -> HandOutCopy:
    return HandOutCopy(
        actor=Actor(account_id=uuid4(), capacity=capacity),
        reason="家長申請",
        copy_id=COPY,
        student_id=STUDENT,
        school_year=year,
        recipient=Recipient.GUARDIAN,
        format="pdf",
        digest="ab" * 32,
        as_of=17,
        made_at=datetime(2025, 2, 17, tzinfo=UTC),
    )


def test_a_copy_says_to_whom_it_went_and_how_it_is_made_again() -> None:
    given = command()
    event = hand_out(given)
    assert (event.student_id, event.reason) == (STUDENT, "家長申請")
    copy = evolve(None, event)
    assert (copy.copy_id, copy.version, copy.recipient) == (COPY, 1, Recipient.GUARDIAN)
    assert (copy.as_of, copy.made_at, copy.made_by) == (17, given.made_at, given.actor.account_id)


@pytest.mark.parametrize(
    "capacity", [one for one in Capacity if one is not Capacity.SCHOOL_ADMINISTRATOR]
)
def test_nobody_but_the_school_administration_hands_copies_out(capacity: Capacity) -> None:
    with pytest.raises(NotAllowed):
        hand_out(command(capacity))


def test_a_copy_is_of_a_school_year_of_the_calendar() -> None:
    with pytest.raises(NotValid):
        hand_out(command(year=0))


def test_another_event_does_not_belong_to_a_copy() -> None:
    opened = PlanOpened(
        originator_id=plan_id(STUDENT),
        originator_version=1,
        by=uuid4(),
        capacity=Capacity.CASE_MANAGER,
        student_id=STUDENT,
        school_year=113,
    )
    with pytest.raises(TypeError):
        evolve(None, opened)
