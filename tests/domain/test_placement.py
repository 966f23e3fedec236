from datetime import date
from functools import reduce
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.event import ERASED, Event
from domain.placement import (
    Category,
    CorrectPlacement,
    MovePlacement,
    Placement,
    PlacementAlreadyRecorded,
    PlacementCorrected,
    PlacementEnded,
    PlacementNotInForce,
    PlacementRecorded,
    PlacementWithdrawn,
    RecordPlacement,
    Status,
    WithdrawPlacement,
    correct,
    evolve,
    move,
    record,
    withdraw,
)
from domain.placement_request import PlacementRequestWithdrawn
from domain.refusal import (
    AlreadyWithdrawn,
    NotAllowed,
    NotFound,
    NotValid,
    ReasonRequired,
    StaleVersion,
)
from domain.rules import SameStudent

PLACEMENT, OTHER_PLACEMENT, STUDENT, OTHER_STUDENT, OFFICER, REQUEST, CORRELATION = (
    UUID(int=n) for n in range(1, 8)
)
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
SUBJECT_TEACHER = Actor(account_id=OFFICER, capacity=Capacity.SUBJECT_TEACHER)

RECORD = RecordPlacement(
    actor=OFFICE,
    placement_id=PLACEMENT,
    student_id=STUDENT,
    school_year=113,
    area="英語",
    category=Category.SKIP,
    target_year_grade=5,
    placement_grade=6,
    arrangement="至六年二班上英語課程",
    occurred_on=date(2024, 6, 3),
)
RECORDED = PlacementRecorded(
    originator_id=PLACEMENT,
    originator_version=1,
    by=OFFICER,
    capacity=Capacity.SCHOOL_ADMINISTRATOR,
    student_id=STUDENT,
    occurred_on=date(2024, 6, 3),
    school_year=113,
    area="英語",
    category=Category.SKIP,
    target_year_grade=5,
    placement_grade=6,
    arrangement="至六年二班上英語課程",
)
ENVELOPE = {
    "originator_id": PLACEMENT,
    "originator_version": 2,
    "by": OFFICER,
    "capacity": Capacity.SCHOOL_ADMINISTRATOR,
    "student_id": STUDENT,
}
CORRECTED = PlacementCorrected(**ENVELOPE, reason="六年級打成五年級", placement_grade=7)
WITHDRAWN = PlacementWithdrawn(**ENVELOPE, reason="填錯學生")
SUPERSEDED = PlacementEnded(**ENVELOPE, outcome="superseded", request_id=REQUEST)
ABANDONED = PlacementEnded(**ENVELOPE, outcome="abandoned", request_id=REQUEST)
REFUSED = PlacementEnded(**ENVELOPE, outcome="refused", request_id=REQUEST)


def given(*events: Event) -> Placement | None:
    return reduce(evolve, events, None)


def test_a_placement_is_recorded_with_all_it_says() -> None:
    assert record(given(), RECORD) == RECORDED


def test_a_recorded_placement_is_in_force_at_version_one() -> None:
    placement = given(RECORDED)
    assert placement is not None
    assert (placement.version, placement.status) == (1, Status.IN_FORCE)
    assert (placement.area, placement.placement_grade) == ("英語", 6)


@pytest.mark.parametrize("capacity", [Capacity.CASE_MANAGER, Capacity.GIFTED_HOMEROOM])
def test_case_manager_and_gifted_homeroom_teacher_may_record_a_placement(
    capacity: Capacity,
) -> None:
    actor = Actor(account_id=OFFICER, capacity=capacity)
    assert record(given(), RECORD.model_copy(update={"actor": actor})).capacity is capacity


@pytest.mark.parametrize(
    "capacity",
    [
        Capacity.SUBJECT_TEACHER,
        Capacity.HOMEROOM,
        Capacity.AUTHORITY_ADMINISTRATOR,
        Capacity.ORGANISER,
        Capacity.COUNCIL,
        Capacity.STUDENT,
        Capacity.REVIEWER,
    ],
)
def test_nobody_else_records_a_placement(capacity: Capacity) -> None:
    actor = Actor(account_id=OFFICER, capacity=capacity)
    with pytest.raises(NotAllowed):
        record(given(), RECORD.model_copy(update={"actor": actor}))


def test_a_placement_is_recorded_once() -> None:
    with pytest.raises(PlacementAlreadyRecorded):
        record(given(RECORDED), RECORD)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("area", "  "),
        ("area", "英" * 41),
        ("target_year_grade", 0),
        ("target_year_grade", 13),
        ("placement_grade", 13),
        ("school_year", 2024),
        ("arrangement", "長" * 501),
    ],
)
def test_a_placement_that_cannot_be_names_its_field(field: str, value: object) -> None:
    with pytest.raises(NotValid) as refused:
        record(given(), RECORD.model_copy(update={field: value}))
    assert refused.value.field == field


def test_a_correction_says_the_changed_fields_only() -> None:
    command = CorrectPlacement(
        actor=OFFICE,
        reason="六年級打成五年級",
        school_year=113,
        area="英語",
        category=Category.SKIP,
        placement_grade=7,
        occurred_on=date(2024, 6, 3),
    )
    event = correct(given(RECORDED), command)
    assert event == CORRECTED
    assert event is not None
    assert dict(event.changed()) == {"placement_grade": 7}
    assert "occurred_on" not in event.model_fields_set


def test_a_corrected_placement_shows_the_new_value_and_keeps_the_others() -> None:
    placement = given(RECORDED, CORRECTED)
    assert placement is not None
    assert (placement.version, placement.placement_grade, placement.area) == (2, 7, "英語")
    assert placement.occurred_on == date(2024, 6, 3)


def test_the_day_of_a_placement_can_be_corrected_too() -> None:
    command = CorrectPlacement(actor=OFFICE, reason="日期誤植", occurred_on=date(2024, 6, 4))
    event = correct(given(RECORDED), command)
    assert event is not None
    placement = given(RECORDED, event)
    assert placement is not None
    assert placement.occurred_on == date(2024, 6, 4)


def test_a_field_can_be_corrected_to_empty() -> None:
    command = CorrectPlacement(
        actor=OFFICE, reason="原安置未定", arrangement=None, occurred_on=None
    )
    event = correct(given(RECORDED), command)
    assert event is not None
    assert dict(event.changed()) == {"arrangement": None}
    placement = given(RECORDED, event)
    assert placement is not None
    assert (placement.arrangement, placement.occurred_on) == (None, None)


@pytest.mark.parametrize("field", ["area", "category", "placement_grade", "school_year"])
def test_a_field_that_is_never_empty_cannot_be_corrected_to_empty(field: str) -> None:
    with pytest.raises(NotValid) as refused:
        correct(given(RECORDED), CorrectPlacement(actor=OFFICE, reason="更正", **{field: None}))
    assert refused.value.field == field


def test_a_correction_that_changes_nothing_makes_no_event() -> None:
    assert correct(given(RECORDED), CorrectPlacement(actor=OFFICE, area="英語")) is None


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_correction_needs_a_reason(reason: str | None) -> None:
    with pytest.raises(ReasonRequired):
        correct(given(RECORDED), CorrectPlacement(actor=OFFICE, reason=reason, area="數學"))


def test_a_correction_of_a_version_that_is_not_the_current_one_is_refused() -> None:
    command = CorrectPlacement(actor=OFFICE, reason="更正", area="數學", expected_version=1)
    with pytest.raises(StaleVersion) as refused:
        correct(given(RECORDED, CORRECTED), command)
    assert refused.value.current == 2


def test_who_may_only_view_corrects_and_withdraws_nothing() -> None:
    with pytest.raises(NotAllowed):
        correct(
            given(RECORDED), CorrectPlacement(actor=SUBJECT_TEACHER, reason="更正", area="數學")
        )
    with pytest.raises(NotAllowed):
        withdraw(given(RECORDED), WithdrawPlacement(actor=SUBJECT_TEACHER, reason="誤填"))


def test_a_placement_is_withdrawn_with_its_reason() -> None:
    assert (
        withdraw(given(RECORDED), WithdrawPlacement(actor=OFFICE, reason="填錯學生")) == WITHDRAWN
    )
    placement = given(RECORDED, WITHDRAWN)
    assert placement is not None
    assert placement.status is Status.WITHDRAWN


def test_a_withdrawal_needs_a_reason() -> None:
    with pytest.raises(ReasonRequired):
        withdraw(given(RECORDED), WithdrawPlacement(actor=OFFICE))


def test_a_withdrawn_placement_does_not_change_any_more() -> None:
    gone = given(RECORDED, WITHDRAWN)
    with pytest.raises(AlreadyWithdrawn):
        correct(gone, CorrectPlacement(actor=OFFICE, reason="更正", area="數學"))
    with pytest.raises(AlreadyWithdrawn):
        withdraw(gone, WithdrawPlacement(actor=OFFICE, reason="再刪一次"))


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        (SUPERSEDED, Status.SUPERSEDED),
        (ABANDONED, Status.ABANDONED),
        (REFUSED, Status.REFUSED),
    ],
)
def test_an_ended_placement_stands_as_it_was(ended: PlacementEnded, status: Status) -> None:
    placement = given(RECORDED, ended)
    assert placement is not None
    assert placement.status is status
    with pytest.raises(PlacementNotInForce):
        correct(placement, CorrectPlacement(actor=OFFICE, reason="更正", area="數學"))
    with pytest.raises(PlacementNotInForce):
        withdraw(placement, WithdrawPlacement(actor=OFFICE, reason="刪除"))


def move_command(student: UUID = OTHER_STUDENT, **given: object) -> MovePlacement:
    return MovePlacement(
        actor=OFFICE,
        new_placement_id=OTHER_PLACEMENT,
        to_student_id=student,
        correlation_id=CORRELATION,
        **{"to_capacity": Capacity.CASE_MANAGER, "reason": "填到同班的另一位學生"} | given,
    )


def test_an_entry_for_the_wrong_student_is_mended_by_two_linked_events() -> None:
    withdrawn, recorded = move(given(RECORDED), move_command())
    assert (withdrawn.student_id, withdrawn.moved_to) == (STUDENT, OTHER_PLACEMENT)
    assert (recorded.student_id, recorded.moved_from) == (OTHER_STUDENT, PLACEMENT)
    assert withdrawn.correlation_id == recorded.correlation_id == CORRELATION
    assert (withdrawn.capacity, recorded.capacity) == (OFFICE.capacity, Capacity.CASE_MANAGER)
    moved = given(recorded)
    assert moved is not None
    assert (moved.area, moved.occurred_on) == ("英語", date(2024, 6, 3))
    assert moved.moved_from == PLACEMENT


def test_the_reason_of_a_move_stays_with_the_student_it_speaks_of() -> None:
    withdrawn, recorded = move(given(RECORDED), move_command())
    assert withdrawn.reason == "填到同班的另一位學生"
    assert recorded.reason is None


def test_a_placement_is_not_moved_without_reason_right_or_another_student() -> None:
    with pytest.raises(ReasonRequired):
        move(given(RECORDED), move_command(reason=None))
    with pytest.raises(NotAllowed):
        move(given(RECORDED), move_command(to_capacity=Capacity.SUBJECT_TEACHER))
    with pytest.raises(SameStudent):
        move(given(RECORDED), move_command(student=STUDENT))


def test_a_placement_that_was_never_recorded_is_not_found() -> None:
    with pytest.raises(NotFound):
        correct(given(), CorrectPlacement(actor=OFFICE, reason="更正", area="數學"))
    with pytest.raises(NotFound):
        withdraw(given(), WithdrawPlacement(actor=OFFICE, reason="刪除"))
    with pytest.raises(NotFound):
        move(given(), move_command())


def test_an_erased_arrangement_is_shown_as_erased() -> None:
    placement = given(RECORDED.model_copy(update={"arrangement": ERASED}))
    assert placement is not None
    assert str(placement.arrangement) == "已依法刪除"


def test_an_event_of_another_record_is_no_part_of_a_placement() -> None:
    foreign = PlacementRequestWithdrawn(**ENVELOPE)
    with pytest.raises(TypeError, match="does not belong to a placement"):
        given(RECORDED, foreign)
    with pytest.raises(TypeError, match="cannot be the first"):
        given(WITHDRAWN)
