from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.course_goal import Semester
from domain.event import Event
from domain.graduation_rules import GivenBy, Graduation, Marker
from domain.labels import MARK_GIVERS, MARKERS, label
from domain.mark import (
    CorrectMark,
    Mark,
    MarkAlreadyRecorded,
    MarkBackFilled,
    MarkCorrected,
    MarkRecorded,
    MarkWithdrawn,
    NotOwnMark,
    RecordMark,
    WithdrawMark,
    correct,
    evolve,
    record,
    withdraw,
)
from domain.mark_rules import Ground, MarkNotOfPlacement
from domain.placement import Category, Placement, Status
from domain.programme import shipped_text
from domain.programme_rules import read
from domain.refusal import (
    AlreadyWithdrawn,
    NotAllowed,
    NotFound,
    NotValid,
    ReasonRequired,
    StaleVersion,
)
from domain.skip_status import SkipStatusCorrected, SkipStatusRecorded, SkipStatusWithdrawn

STUDENT = UUID(int=1)
FIRST, SECOND = Semester
EXEMPT, SKIPPED = Marker.EXEMPT, Marker.SKIPPED
OFFICE, SUBJECT, HOMEROOM, HIGHER = (
    GivenBy.REGISTRAR,
    GivenBy.SUBJECT_TEACHER,
    GivenBy.HOMEROOM_TEACHER,
    GivenBy.HIGHER_CLASS_TEACHER,
)


def kaohsiung() -> Graduation:
    graduation = read(shipped_text("kaohsiung-114")).graduation
    assert not isinstance(graduation, str)
    return graduation


def actor(capacity: Capacity) -> Actor:
    return Actor(account_id=UUID(int=2), capacity=capacity)


def placed(category: str, area: str = "數學", status: str = "in_force", **more: Any) -> Placement:
    fields: dict[str, Any] = {
        "placement_id": UUID(int=3),
        "version": 1,
        "student_id": STUDENT,
        "school_year": 113,
        "area": area,
        "category": Category(category),
        "target_year_grade": 4,
        "placement_grade": 5 if category in ("skip", "promotion") else 4,
        "arrangement": None,
        "occurred_on": None,
        "status": Status(status),
    }
    return Placement(**fields | more)


def ground(*placements: Placement) -> Ground:
    return Ground(programme="kaohsiung-114", rules=1, graduation=kaohsiung(), placements=placements)


def entering(
    *placements: Placement, capacity: str = "SA", given_by: GivenBy = SUBJECT, **more: Any
) -> RecordMark:
    fields: dict[str, Any] = {
        "school_year": 113,
        "semester": FIRST,
        "area": "數學",
        "grade": 4,
        "enrolled_grade": 4,
    }
    return RecordMark(
        actor=actor(Capacity(capacity)),
        student_id=STUDENT,
        ground=ground(*placements),
        given_by=given_by,
        **fields | more,
    )


def given(*events: Event) -> Mark | None:
    mark = None
    for event in events:
        mark = evolve(mark, event)
    return mark


def correcting(*placements: Placement, capacity: str = "SA", **changed: Any) -> CorrectMark:
    changed = {"reason": "登記錯誤"} | changed
    return CorrectMark(actor=actor(Capacity(capacity)), ground=ground(*placements), **changed)


def number(text: str) -> Decimal:
    return Decimal(text)


@pytest.mark.parametrize(
    ("score", "text"),
    [
        ("90", "90"),
        ("90.00", "90"),
        ("85.50", "85.5"),
        ("0", "0"),
        ("1E+2", "100"),
        ("60.25", "60.25"),
    ],
)
def test_a_number_is_kept_as_it_is_without_zeros_at_its_end(score: str, text: str) -> None:
    found = record(None, entering(score=number(score)))
    assert isinstance(found, MarkRecorded)
    assert (found.score, found.marker, found.marking, found.counts) == (
        text,
        None,
        "ordinary",
        True,
    )


@pytest.mark.parametrize("score", ["-1", "100.5", "1.001"])
def test_what_is_no_mark_of_the_plan_is_refused(score: str) -> None:
    with pytest.raises(NotValid):
        record(None, entering(score=number(score)))


def test_an_exempt_semester_has_a_marker_a_description_and_no_number() -> None:
    exempt = placed("exemption")
    command = entering(exempt, marker=EXEMPT, description="自主研究幾何", given_by=OFFICE)
    found = record(None, command)
    assert isinstance(found, MarkRecorded)
    assert (found.marker, found.score, found.counts, found.marking) == (
        EXEMPT,
        None,
        False,
        "exempt",
    )
    for wrong in (
        {"marker": EXEMPT},
        {"marker": EXEMPT, "description": "  "},
        {"marker": EXEMPT, "description": "自主研究", "score": number("90")},
        {},
    ):
        with pytest.raises(NotValid):
            record(None, entering(exempt, given_by=OFFICE, **wrong))
    with pytest.raises(MarkNotOfPlacement) as refused:
        record(None, entering(exempt, score=number("90")))
    assert "註記「免修」，不登記分數" in refused.value.detail


def test_a_marker_is_set_by_the_registrar() -> None:
    exempt = placed("exemption")
    words = {"marker": EXEMPT, "description": "自主研究"}
    with pytest.raises(NotValid):
        record(None, entering(exempt, capacity="HR", given_by=HOMEROOM, **words))
    with pytest.raises(NotOwnMark):
        record(None, entering(exempt, capacity="HR", given_by=OFFICE, **words))


def test_a_skip_marks_the_own_grade_and_the_higher_class_gives_the_number() -> None:
    skip = placed("skip")
    own = record(None, entering(skip, marker=SKIPPED, given_by=OFFICE))
    assert (own.marking, own.counts) == ("skipped", False)
    ahead = entering(skip, capacity="ST", given_by=HIGHER, grade=5, score=number("92"))
    found = record(None, ahead)
    assert (found.marking, found.counts) == ("higher_class", False)
    assert found.originator_id != own.originator_id
    with pytest.raises(NotOwnMark):
        record(None, ahead.model_copy(update={"actor": actor(Capacity.HOMEROOM)}))
    with pytest.raises(NotValid, match="較高年級班級的任課教師"):
        record(None, ahead.model_copy(update={"given_by": SUBJECT}))
    with pytest.raises(MarkNotOfPlacement):
        record(None, entering(skip, score=number("92")))


def test_a_promotion_takes_over_the_mark_of_the_year_before() -> None:
    earned = given(
        record(None, entering(placed("skip"), given_by=HIGHER, grade=5, score=number("92")))
    )
    promoted = placed("promotion", school_year=114, target_year_grade=5, placement_grade=6)
    now: dict[str, Any] = {"school_year": 114, "grade": 5, "enrolled_grade": 5, "back_filled": True}
    found = record(None, entering(promoted, earned=earned, **now))
    assert isinstance(found, MarkBackFilled)
    assert earned is not None
    assert (found.score, found.filled_from, found.counts) == ("92", earned.mark_id, True)
    with pytest.raises(NotValid, match="請勿填寫分數"):
        record(None, entering(promoted, earned=earned, score=number("92"), **now))
    with pytest.raises(NotValid):
        record(None, entering(promoted, **now))
    # Earned before marks could be recorded here.
    old = record(None, entering(promoted, score=number("88"), **now))
    assert isinstance(old, MarkBackFilled)
    assert (old.score, old.filled_from) == ("88", None)
    with pytest.raises(MarkNotOfPlacement, match="補登"):
        record(None, entering(promoted, score=number("88"), **now | {"back_filled": False}))
    ahead = entering(promoted, score=number("95"), given_by=HIGHER, **now | {"back_filled": False})
    assert record(None, ahead.model_copy(update={"grade": 6})).marking == "higher_class"


def test_acceleration_is_marked_by_its_teachers_and_counts() -> None:
    faster = placed("acceleration")
    found = record(None, entering(faster, capacity="ST", score=number("97")))
    assert (found.marking, found.counts) == ("accelerated", True)
    rule = kaohsiung().marking(Category.ACCELERATION, "own")
    assert rule is not None
    assert rule.periodic_tests == "own_grade"
    with pytest.raises(NotValid):
        record(None, entering(faster, score=number("97"), given_by=OFFICE))


def test_a_placement_that_ended_leaves_both_marks_open_by_semester() -> None:
    returned = placed("skip", status="abandoned")
    assert record(None, entering(returned, marker=SKIPPED, given_by=OFFICE)).marking == "skipped"
    second = record(None, entering(returned, semester=SECOND, score=number("82")))
    assert (second.marking, second.counts) == ("ordinary", True)
    with pytest.raises(MarkNotOfPlacement) as refused:
        record(None, entering(returned, marker=EXEMPT, description="自學", given_by=OFFICE))
    assert "登記分數，或註記「跳級」" in refused.value.detail


def test_what_awaits_its_body_is_marked_as_without_it_and_later_by_semester() -> None:
    exempt = {"marker": EXEMPT, "description": "自學", "given_by": OFFICE}
    awaiting = placed("exemption", status="awaiting")
    assert record(None, entering(awaiting, score=number("90"))).marking == "ordinary"
    with pytest.raises(MarkNotOfPlacement):
        record(None, entering(awaiting, **exempt))
    # Decided on within the year, it counts from the second semester on; from the start, for both.
    within = placed("exemption", starts_on=date(2026, 2, 1))
    assert record(None, entering(within, score=number("90"))).marking == "ordinary"
    assert record(None, entering(within, semester=SECOND, **exempt)).marking == "exempt"
    whole = placed("exemption", starts_on=date(2025, 8, 1))
    with pytest.raises(MarkNotOfPlacement):
        record(None, entering(whole, score=number("90")))


def test_only_the_placement_of_that_year_grade_and_area_decides() -> None:
    for other in (
        placed("exemption", school_year=112),
        placed("exemption", area="英語"),
        placed("exemption", target_year_grade=5),
        placed("exemption", status="withdrawn"),
    ):
        assert record(None, entering(other, score=number("90"))).marking == "ordinary"
    # The same area by another name.
    science = placed("exemption", area="自然")
    with pytest.raises(MarkNotOfPlacement):
        record(None, entering(science, area="自然科學", score=number("90")))


def test_an_area_is_entered_under_the_programmes_name_of_it() -> None:
    found = record(None, entering(area="自然", score=number("90")))
    assert found.area == "自然科學"
    same = record(None, entering(area="自然科學", score=number("80")))
    assert same.originator_id == found.originator_id
    with pytest.raises(NotValid):
        record(None, entering(area="不存在", score=number("90")))


def test_a_semester_has_one_mark_until_it_is_withdrawn() -> None:
    first = record(None, entering(score=number("90")))
    mark = given(first)
    assert mark is not None
    with pytest.raises(MarkAlreadyRecorded):
        record(mark, entering(score=number("91")))
    gone = withdraw(mark, WithdrawMark(actor=actor(Capacity.SCHOOL_ADMINISTRATOR), reason="誤植"))
    assert isinstance(gone, MarkWithdrawn)
    again = record(given(first, gone), entering(score=number("91")))
    assert (again.originator_id, again.originator_version) == (mark.mark_id, 3)
    standing = given(first, gone, again)
    assert standing is not None
    assert (standing.score, standing.withdrawn) == ("91", False)


def test_a_correction_keeps_what_was_and_says_why() -> None:
    first = record(None, entering(score=number("90"), capacity="ST"))
    found = correct(given(first), correcting(score=number("91"), capacity="ST", expected_version=1))
    assert isinstance(found, MarkCorrected)
    assert dict(found.changed())["score"] == "91"
    mark = given(first, found)
    assert mark is not None
    assert (mark.score, mark.version, mark.marker) == ("91", 2, None)
    assert correct(mark, correcting(score=number("91.0"), reason=None)) is None
    with pytest.raises(ReasonRequired):
        correct(mark, correcting(score=number("92"), reason=" "))
    with pytest.raises(StaleVersion):
        correct(mark, correcting(score=number("92"), expected_version=1))
    with pytest.raises(NotFound):
        correct(None, correcting(score=number("92")))
    with pytest.raises(NotAllowed):
        correct(mark, correcting(score=number("92"), capacity="AA"))
    with pytest.raises(NotValid):
        correct(mark, correcting(given_by=None))
    gone = withdraw(mark, WithdrawMark(actor=actor(Capacity.SCHOOL_ADMINISTRATOR), reason="誤植"))
    with pytest.raises(AlreadyWithdrawn):
        correct(given(first, found, gone), correcting(score=number("92")))


def test_a_teacher_mends_the_words_of_a_mark_but_not_the_mark_of_another() -> None:
    exempt = placed("exemption")
    first = record(None, entering(exempt, marker=EXEMPT, description="自主研究", given_by=OFFICE))
    mended = correct(given(first), correcting(exempt, description="自主研究幾何", capacity="HR"))
    assert mended is not None
    assert dict(mended.changed()) == {"description": "自主研究幾何"}
    with pytest.raises(NotValid):
        correct(given(first), correcting(exempt, description=None, capacity="HR"))
    with pytest.raises(NotOwnMark):
        correct(given(first), correcting(marker=None, score=number("90"), capacity="HR"))


def test_a_marker_becomes_the_mark_of_make_up_study_once_the_placement_ended() -> None:
    skip = placed("skip")
    first = record(None, entering(skip, marker=SKIPPED, given_by=OFFICE))
    made_up = {"marker": None, "score": number("82"), "given_by": SUBJECT}
    with pytest.raises(MarkNotOfPlacement):
        correct(given(first), correcting(skip, **made_up))
    returned = placed("skip", status="abandoned")
    found = correct(given(first), correcting(returned, **made_up))
    assert found is not None
    mark = given(first, found)
    assert mark is not None
    assert (mark.score, mark.marker, mark.marking, mark.counts) == ("82", None, "ordinary", True)


def test_the_office_alone_withdraws_marks() -> None:
    first = record(None, entering(score=number("90"), capacity="ST"))
    for capacity in ("CM", "GH", "ST", "HR"):
        with pytest.raises(NotAllowed):
            withdraw(given(first), WithdrawMark(actor=actor(Capacity(capacity)), reason="誤植"))


def test_every_field_and_code_has_its_word() -> None:
    for event in (
        MarkRecorded,
        MarkBackFilled,
        MarkCorrected,
        SkipStatusRecorded,
        SkipStatusCorrected,
        SkipStatusWithdrawn,
    ):
        for field in event.model_fields.keys() - Event.model_fields.keys() - {"student_id"}:
            assert label("mark", field) != field
    assert {one.value for one in Marker} == set(MARKERS)
    assert {one.value for one in GivenBy} == set(MARK_GIVERS)
