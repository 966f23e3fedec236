from collections.abc import Sequence
from datetime import date
from functools import reduce
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from domain import placement as placements
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.placement import (
    Category,
    Placement,
    PlacementEnded,
    PlacementNotInForce,
    PlacementRecorded,
    PlacementWithdrawn,
)
from domain.placement_request import (
    RECORDERS,
    STEPS,
    Body,
    DecidePlacementRequest,
    Kind,
    NewPlacement,
    NotThisBodysTurn,
    Outcome,
    PlacementRequest,
    PlacementRequestDecided,
    PlacementRequestRecorded,
    PlacementRequestWithdrawn,
    RecordPlacementRequest,
    Status,
    WithdrawPlacementRequest,
    decide,
    evolve,
    next_step,
    record,
    withdraw,
)
from domain.placement_request_refused import (
    NewPlacementNotExpected,
    NewPlacementRequired,
    OutcomeNotOfThisBody,
    PlacementRequestAlreadyRecorded,
    RequestAlreadyOpen,
    RequestNotOpen,
)
from domain.refusal import (
    AlreadyWithdrawn,
    NotAllowed,
    NotFound,
    NotValid,
    ReasonRequired,
    StaleVersion,
)

REQUEST, PLACEMENT, NEW_PLACEMENT, STUDENT, OFFICER, CORRELATION = (
    UUID(int=n) for n in range(11, 17)
)
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
ENVELOPE: dict[str, Any] = {
    "by": OFFICER,
    "capacity": Capacity.SCHOOL_ADMINISTRATOR,
    "student_id": STUDENT,
}
NEW = NewPlacement(
    area="數學",
    category=Category.EXEMPTION,
    target_year_grade=5,
    placement_grade=5,
    arrangement="原班抽離",
)
ABANDON = RecordPlacementRequest(
    actor=OFFICE,
    request_id=REQUEST,
    student_id=STUDENT,
    kind=Kind.ABANDONMENT,
    placement_id=PLACEMENT,
    letter_number="高市教特字第11400001號",
    why="家庭因素",
    another_open=False,
)
RE_PLACE = ABANDON.model_copy(update={"kind": Kind.RE_PLACEMENT, "new_placement": NEW})
ABANDON_RECORDED = PlacementRequestRecorded(
    **ENVELOPE,
    originator_id=REQUEST,
    originator_version=1,
    kind=Kind.ABANDONMENT,
    placement_id=PLACEMENT,
    letter_number="高市教特字第11400001號",
    why="家庭因素",
)
RE_PLACE_RECORDED = PlacementRequestRecorded(
    **ENVELOPE,
    originator_id=REQUEST,
    originator_version=1,
    kind=Kind.RE_PLACEMENT,
    placement_id=PLACEMENT,
    letter_number="高市教特字第11400001號",
    new_area="數學",
    new_category=Category.EXEMPTION,
    new_target_year_grade=5,
    new_placement_grade=5,
    new_arrangement="原班抽離",
    why="家庭因素",
)
PLACEMENT_WITHDRAWN = PlacementWithdrawn(
    **ENVELOPE, originator_id=PLACEMENT, originator_version=2, reason="誤填"
)
PLACEMENT_ENDED = PlacementEnded(
    **ENVELOPE,
    originator_id=PLACEMENT,
    originator_version=2,
    outcome="abandoned",
    request_id=REQUEST,
)
WHO = {
    Body.SCHOOL_COMMITTEE: Capacity.SCHOOL_ADMINISTRATOR,
    Body.COUNCIL: Capacity.COUNCIL,
    Body.BUREAU: Capacity.AUTHORITY_ADMINISTRATOR,
}


def given(*events: Event) -> PlacementRequest | None:
    return reduce(evolve, events, None)


def placed(*later: Event, category: Category = Category.SKIP) -> Placement:
    first = PlacementRecorded(
        **ENVELOPE,
        originator_id=PLACEMENT,
        originator_version=1,
        school_year=114,
        area="數學",
        category=category,
        target_year_grade=5,
        placement_grade=6,
        arrangement=None,
    )
    state = reduce(placements.evolve, (first, *later), None)
    assert state is not None
    return state


def act(body: Body, outcome: Outcome, **given: Any) -> DecidePlacementRequest:
    actor = Actor(account_id=OFFICER, capacity=WHO[body])
    defaults: dict[str, Any] = {
        "actor": actor,
        "body": body,
        "outcome": outcome,
        "document_number": "第1號",
        "decided_on": date(2025, 7, 10),
        "new_placement_id": NEW_PLACEMENT,
        "correlation_id": CORRELATION,
    }
    return DecidePlacementRequest(**defaults | given)


def decided(recorded: Event, placement: Placement, acts: Sequence[tuple[Body, Outcome]]) -> Any:
    """All acts in turn: the request's own events, and the answer to the last act."""
    events: list[Event] = [recorded]
    answer: tuple[Event, ...] = ()
    for body, outcome in acts:
        answer = decide(given(*events), placement, act(body, outcome))
        events.append(answer[0])
    return events, answer


def test_an_abandonment_is_recorded_without_a_new_placement() -> None:
    event = record(given(), placed(), ABANDON)
    assert event == ABANDON_RECORDED
    assert "new_area" not in event.model_fields_set


def test_a_re_placement_is_recorded_with_what_it_asks_for() -> None:
    assert record(given(), placed(), RE_PLACE) == RE_PLACE_RECORDED
    request = given(RE_PLACE_RECORDED)
    assert request is not None
    assert (request.new_placement, request.status) == (NEW, Status.OPEN)


def test_a_first_time_pass_is_given_up_without_a_letter_number() -> None:
    event = record(given(), placed(), ABANDON.model_copy(update={"letter_number": None}))
    assert event.letter_number is None


def test_a_re_placement_needs_a_new_placement() -> None:
    with pytest.raises(NewPlacementRequired) as refused:
        record(given(), placed(), RE_PLACE.model_copy(update={"new_placement": None}))
    assert (refused.value.STATUS, refused.value.field) == (422, "new_placement")


def test_an_abandonment_must_not_have_a_new_placement() -> None:
    with pytest.raises(NewPlacementNotExpected):
        record(given(), placed(), ABANDON.model_copy(update={"new_placement": NEW}))


def test_a_new_placement_that_cannot_be_is_refused() -> None:
    wrong = NEW.model_copy(update={"placement_grade": 13})
    with pytest.raises(NotValid) as refused:
        record(given(), placed(), RE_PLACE.model_copy(update={"new_placement": wrong}))
    assert refused.value.field == "placement_grade"


def test_the_family_states_why() -> None:
    with pytest.raises(NotValid) as refused:
        record(given(), placed(), ABANDON.model_copy(update={"why": " "}))
    assert refused.value.field == "why"


def test_a_placement_has_one_open_request() -> None:
    with pytest.raises(RequestAlreadyOpen):
        record(given(), placed(), ABANDON.model_copy(update={"another_open": True}))


def test_a_request_is_recorded_once() -> None:
    with pytest.raises(PlacementRequestAlreadyRecorded):
        record(given(ABANDON_RECORDED), placed(), ABANDON)


def test_nothing_is_asked_for_a_placement_that_is_not_in_force() -> None:
    with pytest.raises(AlreadyWithdrawn):
        record(given(), placed(PLACEMENT_WITHDRAWN), ABANDON)
    with pytest.raises(PlacementNotInForce):
        record(given(), placed(PLACEMENT_ENDED), ABANDON)


def test_a_placement_of_another_student_is_not_found() -> None:
    with pytest.raises(NotFound):
        record(given(), placed(), ABANDON.model_copy(update={"student_id": OFFICER}))
    with pytest.raises(NotFound):
        record(given(), None, ABANDON)


def test_a_subject_teacher_records_no_request() -> None:
    actor = Actor(account_id=OFFICER, capacity=Capacity.SUBJECT_TEACHER)
    with pytest.raises(NotAllowed):
        record(given(), placed(), ABANDON.model_copy(update={"actor": actor}))


PASSED, CONSENTED, NOTED = Outcome.PASSED, Outcome.CONSENTED, Outcome.NOTED
COMMITTEE_PASSED = (Body.SCHOOL_COMMITTEE, PASSED)
BUREAU_CONSENTED = (Body.BUREAU, CONSENTED)
BUREAU_NOTED = (Body.BUREAU, NOTED)
COUNCIL_PASSED = (Body.COUNCIL, PASSED)


@pytest.mark.parametrize("category", [Category.EXEMPTION, Category.ACCELERATION])
def test_within_the_own_grade_a_re_placement_ends_with_the_bureaus_consent(
    category: Category,
) -> None:
    acts = [COMMITTEE_PASSED, BUREAU_CONSENTED]
    events, answer = decided(RE_PLACE_RECORDED, placed(category=category), acts)
    assert [type(event) for event in answer] == [
        PlacementRequestDecided,
        PlacementEnded,
        PlacementRecorded,
    ]
    assert given(*events).status is Status.COMPLETED  # type: ignore[union-attr]


@pytest.mark.parametrize("category", [Category.SKIP, Category.PROMOTION])
def test_in_a_higher_grade_a_re_placement_ends_with_the_council(category: Category) -> None:
    acts = [COMMITTEE_PASSED, BUREAU_CONSENTED, COUNCIL_PASSED]
    placement = placed(category=category)
    events, answer = decided(RE_PLACE_RECORDED, placement, acts[:2])
    assert len(answer) == 1
    assert given(*events).status is Status.OPEN  # type: ignore[union-attr]
    events, answer = decided(RE_PLACE_RECORDED, placement, acts)
    assert len(answer) == 3
    assert given(*events).status is Status.COMPLETED  # type: ignore[union-attr]


@pytest.mark.parametrize("category", [Category.EXEMPTION, Category.ACCELERATION])
def test_within_the_own_grade_the_bureau_notes_an_abandonment(category: Category) -> None:
    _, answer = decided(
        ABANDON_RECORDED, placed(category=category), [COMMITTEE_PASSED, BUREAU_NOTED]
    )
    assert [type(event) for event in answer] == [PlacementRequestDecided, PlacementEnded]


@pytest.mark.parametrize("category", [Category.SKIP, Category.PROMOTION])
def test_in_a_higher_grade_the_bureau_consents_to_an_abandonment(category: Category) -> None:
    placement = placed(category=category)
    _, answer = decided(ABANDON_RECORDED, placement, [COMMITTEE_PASSED, BUREAU_CONSENTED])
    assert [type(event) for event in answer] == [PlacementRequestDecided, PlacementEnded]
    with pytest.raises(OutcomeNotOfThisBody):
        decided(ABANDON_RECORDED, placement, [COMMITTEE_PASSED, BUREAU_NOTED])


def test_what_follows_from_a_granted_abandonment_shares_one_correlation() -> None:
    _, (request, ended) = decided(ABANDON_RECORDED, placed(), [COMMITTEE_PASSED, BUREAU_CONSENTED])
    assert (ended.originator_id, ended.originator_version) == (PLACEMENT, 2)
    assert (ended.outcome, ended.request_id) == ("abandoned", REQUEST)
    assert request.correlation_id == ended.correlation_id == CORRELATION


def test_a_granted_re_placement_ends_the_old_placement_and_records_the_new_one() -> None:
    acts = [COMMITTEE_PASSED, BUREAU_CONSENTED, COUNCIL_PASSED]
    _, (request, ended, recorded) = decided(RE_PLACE_RECORDED, placed(), acts)
    assert (ended.outcome, ended.originator_id) == ("superseded", PLACEMENT)
    assert (recorded.originator_id, recorded.originator_version) == (NEW_PLACEMENT, 1)
    assert (recorded.school_year, recorded.student_id) == (114, STUDENT)
    assert (recorded.category, recorded.placement_grade) == (Category.EXEMPTION, 5)
    assert recorded.occurred_on == date(2025, 7, 10)
    assert recorded.capacity is Capacity.COUNCIL
    assert {e.correlation_id for e in (request, ended, recorded)} == {CORRELATION}


def test_every_kind_and_category_has_its_steps_and_starts_with_the_school() -> None:
    assert set(STEPS) == set(product(Kind, Category))
    assert {steps[0].body for steps in STEPS.values()} == {Body.SCHOOL_COMMITTEE}


@pytest.mark.parametrize("acts", [[], [COMMITTEE_PASSED], [COMMITTEE_PASSED, BUREAU_CONSENTED]])
def test_a_refusal_by_the_body_whose_turn_it_is_ends_the_request(
    acts: list[tuple[Body, Outcome]],
) -> None:
    request = given(RE_PLACE_RECORDED)
    assert request is not None
    turn = STEPS[request.kind, Category.SKIP][len(acts)]
    events, answer = decided(RE_PLACE_RECORDED, placed(), [*acts, (turn.body, Outcome.REFUSED)])
    assert len(answer) == 1
    assert answer[0].final is False
    assert given(*events).status is Status.REFUSED  # type: ignore[union-attr]
    with pytest.raises(RequestNotOpen):
        decide(given(*events), placed(), act(*COUNCIL_PASSED))


def test_a_body_out_of_turn_is_told_whose_turn_it_is() -> None:
    with pytest.raises(NotThisBodysTurn, match="學校特推會") as refused:
        decided(RE_PLACE_RECORDED, placed(), [BUREAU_CONSENTED])
    assert refused.value.whose is Body.SCHOOL_COMMITTEE
    with pytest.raises(NotThisBodysTurn, match="主管機關"):
        decided(RE_PLACE_RECORDED, placed(), [COMMITTEE_PASSED, COUNCIL_PASSED])


def test_a_body_without_a_step_is_told_whose_turn_it_is() -> None:
    with pytest.raises(NotThisBodysTurn, match="學校特推會"):
        decided(ABANDON_RECORDED, placed(), [COUNCIL_PASSED])


def test_no_body_decides_what_it_cannot_decide() -> None:
    with pytest.raises(OutcomeNotOfThisBody) as refused:
        decided(RE_PLACE_RECORDED, placed(), [(Body.SCHOOL_COMMITTEE, CONSENTED)])
    assert (refused.value.STATUS, refused.value.field) == (422, "outcome")


@pytest.mark.parametrize(("body", "capacity"), list(product(Body, Capacity)))
def test_a_bodys_act_is_recorded_by_its_own_people_only(body: Body, capacity: Capacity) -> None:
    allowed = {
        Body.SCHOOL_COMMITTEE: {"SA"},
        Body.COUNCIL: {"CO", "OR"},
        Body.BUREAU: {"AA"},
    }
    assert RECORDERS[body] == allowed[body]
    if capacity.value not in allowed[body]:
        actor = Actor(account_id=OFFICER, capacity=capacity)
        with pytest.raises(NotAllowed):
            decide(given(ABANDON_RECORDED), placed(), act(body, PASSED, actor=actor))


def test_a_completed_request_takes_no_further_act() -> None:
    acts = [COMMITTEE_PASSED, BUREAU_CONSENTED]
    events, _ = decided(ABANDON_RECORDED, placed(), acts)
    request = given(*events)
    assert request is not None
    assert next_step(request, Category.SKIP) is None
    with pytest.raises(RequestNotOpen):
        decide(request, placed(), act(*BUREAU_CONSENTED))


def test_a_decision_about_a_placement_that_is_gone_is_refused() -> None:
    with pytest.raises(AlreadyWithdrawn):
        decide(given(ABANDON_RECORDED), placed(PLACEMENT_WITHDRAWN), act(*COMMITTEE_PASSED))


def test_a_decision_on_a_version_that_is_not_the_current_one_is_refused() -> None:
    with pytest.raises(StaleVersion):
        decide(given(ABANDON_RECORDED), placed(), act(*COMMITTEE_PASSED, expected_version=2))


def test_a_decision_on_an_unknown_request_or_another_placement_is_not_found() -> None:
    with pytest.raises(NotFound):
        decide(given(), placed(), act(*COMMITTEE_PASSED))
    elsewhere = placed().model_copy(update={"placement_id": NEW_PLACEMENT})
    with pytest.raises(NotFound):
        decide(given(ABANDON_RECORDED), elsewhere, act(*COMMITTEE_PASSED))


def test_a_category_corrected_after_the_consent_asks_for_the_consent_anew() -> None:
    events, _ = decided(RE_PLACE_RECORDED, placed(), [COMMITTEE_PASSED, BUREAU_CONSENTED])
    request = given(*events)
    assert request is not None
    step = next_step(request, Category.EXEMPTION)
    assert step is not None
    assert step.body is Body.BUREAU
    corrected = placed(category=Category.EXEMPTION)
    assert len(decide(request, corrected, act(*BUREAU_CONSENTED))) == 3


def test_an_open_request_can_be_withdrawn_with_a_reason() -> None:
    command = WithdrawPlacementRequest(actor=OFFICE, reason="家長撤回")
    event = withdraw(given(ABANDON_RECORDED), command)
    assert event == PlacementRequestWithdrawn(
        **ENVELOPE, originator_id=REQUEST, originator_version=2, reason="家長撤回"
    )
    gone = given(ABANDON_RECORDED, event)
    assert gone is not None
    assert gone.status is Status.WITHDRAWN
    with pytest.raises(AlreadyWithdrawn):
        withdraw(gone, command)
    with pytest.raises(RequestNotOpen):
        decide(gone, placed(), act(*COMMITTEE_PASSED))


def test_a_request_is_not_withdrawn_without_reason_or_after_its_end() -> None:
    with pytest.raises(ReasonRequired):
        withdraw(given(ABANDON_RECORDED), WithdrawPlacementRequest(actor=OFFICE))
    events, _ = decided(ABANDON_RECORDED, placed(), [COMMITTEE_PASSED, BUREAU_CONSENTED])
    with pytest.raises(RequestNotOpen):
        withdraw(given(*events), WithdrawPlacementRequest(actor=OFFICE, reason="太晚了"))
    with pytest.raises(NotFound):
        withdraw(given(), WithdrawPlacementRequest(actor=OFFICE, reason="沒有這件"))


def test_an_event_of_another_record_is_no_part_of_a_request() -> None:
    with pytest.raises(TypeError, match="does not belong"):
        given(ABANDON_RECORDED, PLACEMENT_WITHDRAWN)
    with pytest.raises(TypeError, match="cannot be the first"):
        given(PLACEMENT_WITHDRAWN)
