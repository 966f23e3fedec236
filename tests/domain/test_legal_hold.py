from functools import reduce
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.legal_hold import (
    LegalHold,
    LegalHoldLifted,
    LegalHoldNotPlaced,
    LegalHoldPlaced,
    LegalHoldStands,
    LiftLegalHold,
    PlaceLegalHold,
    evolve,
    hold_id,
    lift,
    place,
)
from domain.plan import PlanOpened
from domain.refusal import NotAllowed, NotFound, NotValid, ReasonRequired, StaleVersion

STUDENT, OFFICER = UUID(int=81), UUID(int=82)
AUTHORITY = Actor(account_id=OFFICER, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
SCHOOL = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
PLACE = PlaceLegalHold(
    actor=AUTHORITY, student_id=STUDENT, order_number="法字第1號", reason="訴訟中"
)
LIFT = LiftLegalHold(actor=AUTHORITY, order_number="法字第2號", reason="判決確定")


def given(*events: Event) -> LegalHold | None:
    start: LegalHold | None = None
    return reduce(evolve, events, start)


PLACED = place(None, PLACE)
LIFTED = lift(given(PLACED), LIFT)


def test_a_hold_is_placed_with_the_document_that_asks_for_it() -> None:
    assert isinstance(PLACED, LegalHoldPlaced)
    assert PLACED.originator_id == hold_id(STUDENT)
    assert (PLACED.order_number, PLACED.reason) == ("法字第1號", "訴訟中")
    hold = given(PLACED)
    assert hold is not None
    assert hold.placed


def test_a_hold_is_lifted_and_may_be_placed_again() -> None:
    assert isinstance(LIFTED, LegalHoldLifted)
    hold = given(PLACED, LIFTED)
    assert hold is not None
    assert not hold.placed
    again = place(hold, PLACE)
    assert again.originator_version == 3
    assert given(PLACED, LIFTED, again) == hold.model_copy(update={"version": 3, "placed": True})


def test_a_student_has_one_hold_at_a_time() -> None:
    with pytest.raises(LegalHoldStands):
        place(given(PLACED), PLACE)
    with pytest.raises(LegalHoldNotPlaced):
        lift(given(PLACED, LIFTED), LIFT)
    with pytest.raises(NotFound):
        lift(None, LIFT)
    with pytest.raises(StaleVersion):
        lift(given(PLACED), LIFT.model_copy(update={"expected_version": 2}))


def test_only_the_authority_places_and_lifts_and_says_why() -> None:
    with pytest.raises(NotAllowed):
        place(None, PLACE.model_copy(update={"actor": SCHOOL}))
    with pytest.raises(NotAllowed):
        lift(given(PLACED), LIFT.model_copy(update={"actor": SCHOOL}))
    with pytest.raises(ReasonRequired):
        place(None, PLACE.model_copy(update={"reason": " "}))
    with pytest.raises(ReasonRequired):
        lift(given(PLACED), LIFT.model_copy(update={"reason": None}))
    with pytest.raises(NotValid):
        place(None, PLACE.model_copy(update={"order_number": ""}))


def test_an_event_of_another_record_is_no_part_of_a_hold() -> None:
    foreign = PlanOpened(
        originator_id=STUDENT,
        originator_version=2,
        by=OFFICER,
        capacity="CM",
        student_id=STUDENT,
        school_year=113,
    )
    with pytest.raises(TypeError):
        given(foreign)
    with pytest.raises(TypeError):
        given(LIFTED)
