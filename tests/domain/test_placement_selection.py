"""Placement grades, full skips and duties by the handbook's examples (2.5 to 2.7, 3.2, 3.7)."""

from typing import Any
from uuid import uuid4

import pytest

from domain.placement import Category, Placement, Status
from domain.placement_duties import (
    attendance_required,
    missing_members,
    too_late_to_enter,
    transition_tasks,
    with_extra_time,
)
from domain.placement_selection import (
    Last,
    Offer,
    Pass,
    check_placement,
    full_skip_completeness,
    full_skips_made,
    level_of,
    one_year_limit,
    placement_grade,
    placements_offered,
)
from domain.programme import shipped_text
from domain.programme_rules import read
from domain.selection_rules import Selection

SKIP, PROMOTION = Category.SKIP, Category.PROMOTION
EXEMPTION, ACCELERATION = Category.EXEMPTION, Category.ACCELERATION
FOUR = ("chinese", "mathematics", "social_studies", "science")


def kaohsiung() -> Selection:
    rules = read(shipped_text("kaohsiung-114")).selection
    assert not isinstance(rules, str)
    return rules


RULES = kaohsiung()


def passed(grade: int, type: str = "skip_part", subject: str = "english") -> Pass:
    return Pass(subject, grade, type)


@pytest.mark.parametrize(
    ("category", "target", "said", "grade", "branch"),
    [
        # The printed roster examples.
        (SKIP, 5, {"passed": passed(5)}, 6, "passed"),
        (EXEMPTION, 6, {"passed": passed(6, "exempt")}, 6, "passed"),
        (PROMOTION, 6, {"last": Last(SKIP, 6)}, 7, "continued"),
        (PROMOTION, 7, {"last": Last(SKIP, 7)}, 8, "continued"),
        (SKIP, 7, {"passed": passed(7, subject="chinese")}, 8, "passed"),
        (PROMOTION, 4, {"last": Last(SKIP, 4)}, 5, "continued"),
        (PROMOTION, 6, {"last": Last(PROMOTION, 7)}, 8, "continued"),
        (EXEMPTION, 5, {"passed": passed(5, "exempt")}, 5, "passed"),
        (ACCELERATION, 5, {"passed": passed(5, "accel_part")}, 5, "passed"),
        # Two above the last placement grade: an arithmetic fact.
        (SKIP, 4, {"passed": passed(5), "last": Last(SKIP, 4)}, 6, "passed"),
        (PROMOTION, 5, {}, None, "no_earlier_placement"),
        (PROMOTION, 5, {"last": Last(EXEMPTION, 4)}, None, "no_earlier_placement"),
        (SKIP, 5, {}, None, "not_passed"),
        (EXEMPTION, 5, {"last": Last(EXEMPTION, 4)}, None, "not_passed"),
        (EXEMPTION, 5, {"last": Last(EXEMPTION, 4), "legacy": True}, 5, "legacy"),
        (EXEMPTION, 5, {"last": Last(EXEMPTION, 4), "committee": True}, 5, "committee"),
        (EXEMPTION, 5, {"legacy": True}, None, "not_passed"),
        (EXEMPTION, 6, {"passed": passed(5, "exempt")}, None, "exam_below"),
    ],
)
def test_the_placement_grade_follows_from_category_exam_and_last_placement(
    category: Category, target: int, said: dict[str, Any], grade: int | None, branch: str
) -> None:
    found = placement_grade(RULES, category, target, **said)
    assert (found.value, found.computed.branch) == (grade, branch)
    assert found.outcome == ("not_offered" if grade is None else str(grade))


def test_one_pass_offers_exemption_and_skip_and_says_which_changes_the_type() -> None:
    found = placements_offered(RULES, "english", 4, passed=passed(4, "exempt"))
    assert found.value == (
        Offer(SKIP, 5, changes_type=True),
        Offer(EXEMPTION, 4),
        Offer(ACCELERATION, 4, changes_type=True),
    )
    by_skip = placements_offered(RULES, "english", 4, passed=passed(4)).value
    assert [(one.category, one.changes_type) for one in by_skip[:2]] == [
        (SKIP, False),
        (EXEMPTION, True),
    ]
    # What the school tested by itself never becomes a skip.
    own = Pass("english", 4, "exempt", joint=False)
    assert SKIP not in {
        one.category for one in placements_offered(RULES, "english", 4, passed=own).value
    }


def test_a_row_is_checked_against_what_is_offered() -> None:
    offered = placements_offered(RULES, "english", 5, passed=passed(5)).value
    assert check_placement(RULES, SKIP, 6, offered) is None
    wrong = check_placement(RULES, SKIP, 7, offered)
    assert wrong is not None
    assert (wrong.code, "6 年級" in wrong.message) == ("placement-grade-wrong", True)
    lacking = check_placement(RULES, PROMOTION, 6, offered)
    assert lacking is not None
    assert lacking.code == "category-not-offered"


def test_a_skip_two_grades_ahead_is_offered_and_flagged_for_the_council() -> None:
    last = Last(SKIP, 4)
    found = placements_offered(RULES, "english", 4, passed=passed(5), last=last).value
    assert Offer(SKIP, 6, two_ahead=True) in found
    assert Offer(PROMOTION, 5) in found


def test_an_early_pass_of_several_grades_lists_english_again_and_no_other_subject() -> None:
    last = Last(EXEMPTION, 4)
    assert placements_offered(RULES, "english", 5, last=last, legacy=True).value == (
        Offer(EXEMPTION, 5),
    )
    assert placements_offered(RULES, "mathematics", 5, last=last, legacy=True).value == ()
    assert placements_offered(RULES, "mathematics", 5, last=last, committee=True).value == (
        Offer(EXEMPTION, 5),
    )


def test_four_passes_and_a_standing_placement_make_a_full_skip() -> None:
    passes = [passed(4, "skip_part_to_full", one) for one in FOUR]
    found = full_skip_completeness(RULES, passes, {"english": Last(SKIP, 4)})
    assert found.outcome == "complete"
    assert (found.value.grade, found.value.assessed_grade) == (5, 4)
    assert found.value.landing == dict.fromkeys((*FOUR, "english"), 5)


def test_a_full_skip_at_once_lands_on_one_grade() -> None:
    five = [passed(6, "skip_full", one) for one in (*FOUR, "english")]
    found = full_skip_completeness(RULES, five)
    assert (found.outcome, found.value.grade, found.value.assessed_grade) == ("complete", 7, 6)
    four_to_six = [passed(5, "skip_full", one) for one in (*FOUR, "english")]
    assert full_skip_completeness(RULES, four_to_six).value.assessed_grade == 5


@pytest.mark.parametrize(
    ("standing", "outcome", "branch"),
    [
        ({}, "incomplete", "subjects_missing"),
        ({"english": Last(EXEMPTION, 4)}, "incomplete", "subjects_missing"),
        # One subject above the common grade is the council's.
        ({"english": Last(SKIP, 5)}, "pending_council", "several_grades"),
    ],
)
def test_a_full_skip_that_is_not_of_one_grade_is_never_complete(
    standing: dict[str, Last], outcome: str, branch: str
) -> None:
    found = full_skip_completeness(RULES, [passed(4, subject=one) for one in FOUR], standing)
    assert (found.outcome, found.computed.branch) == (outcome, branch)
    assert not found.value.complete


def test_three_subjects_of_grade_two_are_left_to_the_council() -> None:
    three = [passed(2, "skip_full", one) for one in ("chinese", "mathematics", "life_curriculum")]
    assert full_skip_completeness(RULES, three).outcome == "incomplete"
    found = full_skip_completeness(RULES, three, override=True)
    assert (found.outcome, found.value.grade) == ("pending_council", 3)


def placed(area: str, year: int, target: int, grade: int, **said: Any) -> Placement:
    fields: dict[str, Any] = {"category": SKIP, "status": Status.IN_FORCE} | said
    return Placement(
        placement_id=uuid4(),
        version=1,
        student_id=uuid4(),
        school_year=year,
        area=area,
        target_year_grade=target,
        placement_grade=grade,
        arrangement=None,
        occurred_on=None,
        **fields,
    )


AREAS = ("國語", "數學", "社會", "自然", "英語")


def test_a_second_full_skip_in_the_stage_is_blocked_but_for_a_recorded_decision() -> None:
    full = [placed(one, 112, 3, 4) for one in AREAS]
    assert full_skips_made(RULES, full) == (112,)
    assert full_skips_made(RULES, full[:4]) == ()
    ended = [*full[:4], placed("英語", 112, 3, 4, status=Status.WITHDRAWN)]
    assert full_skips_made(RULES, ended) == ()
    exempt = [*full[:4], placed("英語", 112, 3, 3, category=EXEMPTION)]
    assert full_skips_made(RULES, exempt) == ()
    assert one_year_limit(RULES, (), override=False).outcome == "allowed"
    assert one_year_limit(RULES, (112,), override=False).outcome == "blocked"
    allowed = one_year_limit(RULES, (112,), override=True)
    assert (allowed.outcome, allowed.computed.branch) == ("allowed", "override")


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (100, "優"),
        (90, "優"),
        (89, "甲"),
        (80, "甲"),
        (79, "乙"),
        (70, "乙"),
        (69, "丙"),
        (0, "丙"),
    ],
)
def test_other_areas_have_four_levels(score: int, level: str) -> None:
    assert level_of(RULES, score).name == level


@pytest.mark.parametrize(
    ("category", "grade", "said", "required"),
    [
        (SKIP, 7, {}, True),
        (PROMOTION, 7, {}, True),
        (PROMOTION, 8, {}, True),
        (SKIP, 6, {}, False),
        (PROMOTION, 6, {}, False),
        (EXEMPTION, 6, {}, False),
        (EXEMPTION, 7, {}, False),
        (EXEMPTION, 6, {"request": "abandonment"}, False),
        (SKIP, 6, {"request": "re_placement", "to": EXEMPTION}, True),
        (SKIP, 6, {"request": "re_placement", "to": EXEMPTION, "uploads_complete": True}, False),
        (SKIP, 6, {"request": "abandonment"}, True),
        (PROMOTION, 7, {"request": "abandonment", "uploads_complete": True}, False),
    ],
)
def test_who_crosses_into_junior_high_must_come_to_the_meeting(
    category: Category, grade: int, said: dict[str, Any], required: bool
) -> None:
    assert attendance_required(RULES, category, grade, **said).value is required


def tasks(at: Any, grade: int, reaches: list[int], **said: Any) -> set[str]:
    return {one.code for one in transition_tasks(RULES, at, grade, reaches, **said).value}


def test_tasks_follow_from_where_a_pupil_goes() -> None:
    every = {"network_registration", "handover_list"}
    full = tasks("approval", 5, [7], full=True, enrolment_changes=True)
    assert full == every | {
        "guidance_teacher",
        "enrolment",
        "early_graduation",
        "diploma",
        "special_award",
        "junior_high_transition",
    }
    controlled = tasks(
        "approval", 5, [7], full=True, enrolment_changes=True, controlled_school=True
    )
    assert controlled - full == {"new_pupil_report"}
    partial = tasks("approval", 5, [7], full=False, continuing=True)
    assert partial == every | {"junior_high_lessons", "igp_at_once"}
    assert "junior_high_confirmed" in tasks("approval", 6, [8], full=False)
    assert "enrolment" in tasks("approval", 3, [4], full=False, enrolment_changes=True)
    assert tasks("approval", 3, [4], full=False) == every | {"guidance_teacher"}


def test_a_controlled_junior_high_gives_tasks_at_registration() -> None:
    said: dict[str, Any] = {"full": True, "controlled_school": True}
    found = transition_tasks(RULES, "registration", 5, [7], **said).value
    assert [(one.code, one.window) for one in found] == [
        ("controlled_notice", "w09"),
        ("controlled_reminder", "w13"),
    ]
    assert tasks("registration", 5, [7], full=True) == set()
    assert tasks("registration", 4, [6], full=True, controlled_school=True) == set()


def test_a_gifted_group_without_the_registrar_is_warned_of() -> None:
    seated = ["資優業務承辦人", "教學組長", "註冊組長", "導師代表", "資優班教師"]
    assert missing_members(RULES, "gifted_group", seated) == ()
    seated.remove("註冊組長")
    seated.remove("資優業務承辦人")
    assert missing_members(RULES, "gifted_group", seated) == (
        "特教組長或資優業務承辦人",
        "註冊組長",
    )
    assert missing_members(RULES, "other", []) == ()


def test_extra_time_is_taken_from_the_break_and_never_moves_a_start() -> None:
    day = RULES.initial.test_day
    printed = [(f"{one.starts_at:%H:%M}", rest) for one, rest in with_extra_time(day, 0)]
    assert printed == [("09:10", 20), ("10:20", 20), ("11:20", None)]
    longer = with_extra_time(day, RULES.accommodations.extra_minutes)
    assert [(f"{one.ends_at:%H:%M}", rest) for one, rest in longer] == [
        ("10:20", 0),
        ("11:20", 0),
        ("12:20", None),
    ]
    with pytest.raises(ValueError, match="break"):
        with_extra_time(day, 21)


def test_who_comes_fifteen_minutes_late_is_not_let_in() -> None:
    day = RULES.initial.test_day
    assert too_late_to_enter(day, 1, 15)
    assert not too_late_to_enter(day, 1, 14)
    with pytest.raises(LookupError):
        too_late_to_enter(day, 9, 0)
