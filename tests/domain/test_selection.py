"""The rules of selection against the handbook's own figures (Kaohsiung 3.1 to 3.6)."""

from decimal import Decimal
from typing import Any

import pytest

from domain.placement import Category
from domain.process import Computed
from domain.programme import shipped_text
from domain.programme_rules import read
from domain.selection import (
    Retained,
    Row,
    check_subjects,
    exam_grade,
    initial_outcome,
    instead_of_test,
    is_special,
    number,
    retained_result,
    second_outcome,
)
from domain.selection_rules import Selection

FIVE = ("chinese", "mathematics", "social_studies", "science", "english")


def kaohsiung() -> Selection:
    rules = read(shipped_text("kaohsiung-114")).selection
    assert not isinstance(rules, str)
    return rules


RULES = kaohsiung()


def rows(subjects: tuple[str, ...], grade: int, type: str = "skip_part") -> list[Row]:
    return [Row(one, grade, type) for one in subjects]


def codes(given: list[Row], grade: int, placed: dict[str, int] | None = None) -> list[str]:
    return [one.code for one in check_subjects(RULES, given, grade, placed).value]


@pytest.mark.parametrize(
    ("subject", "grade", "placed", "expected"),
    [
        ("chinese", 1, None, 2),
        ("chinese", 6, None, 7),
        ("life_curriculum", 1, None, 2),
        ("english", 2, 3, 4),
        ("mathematics", 3, 4, 5),
        # English and the subjects within life curriculum are not tested in grade 2.
        ("english", 1, None, None),
        ("life_curriculum", 2, None, None),
        # Grade 8 is not offered.
        ("english", 6, 7, None),
        ("unknown", 3, None, None),
    ],
)
def test_the_exam_grade_is_one_above_where_the_subject_is_placed(
    subject: str, grade: int, placed: int | None, expected: int | None
) -> None:
    found = exam_grade(RULES, subject, grade, placed)
    assert found.value == expected
    assert found.computed.rule == "selection.exam_grade"
    assert found.computed.branch == ("grade" if placed is None else "placed")


def test_each_exam_grade_has_its_subjects_and_their_names() -> None:
    def names(grade: int) -> list[str]:
        return [one.named(grade) for one in RULES.subjects_of(grade)]

    assert names(2) == ["國語", "數學", "生活課程"]
    for grade in (3, 4, 5, 6):
        assert names(grade) == ["國語", "數學", "社會", "自然", "英語"]
    assert names(7) == ["國文", "數學", "社會", "自然", "英語"]
    assert names(8) == []
    assert [one.code for one in RULES.subjects if one.test == "computer"] == ["english"]
    life = RULES.subject("life_curriculum")
    assert life is not None
    assert life.covers == ("social_studies", "science")
    assert RULES.subject_called("國文") == RULES.subject_called("國語") == RULES.subject("chinese")
    assert RULES.subject_called("自然科學") == RULES.subject("science")


@pytest.mark.parametrize(
    ("given", "grade", "placed", "expected"),
    [
        (rows(("chinese", "mathematics", "life_curriculum"), 2), 1, None, []),
        ([Row("english", 2, "skip_part")], 1, None, ["subject-not-offered"]),
        ([Row("english", 3, "skip_part")], 2, None, []),
        ([Row("life_curriculum", 2, "skip_part")], 2, None, ["subject-not-offered"]),
        ([Row("chinese", 8, "skip_part")], 6, None, ["exam-grade-wrong"]),
        ([Row("english", 4, "exempt"), Row("mathematics", 3, "skip_part")], 2, {"english": 3}, []),
        ([Row("mathematics", 5, "skip_part")], 3, {"mathematics": 4}, []),
        ([Row("mathematics", 6, "skip_part")], 4, None, ["exam-grade-wrong"]),
        # To sit the grade that is attended already is refused, too.
        ([Row("english", 3, "skip_part")], 2, {"english": 3}, ["exam-grade-wrong"]),
        (
            [Row("mathematics", 4, "skip_part"), Row("mathematics", 5, "skip_part")],
            3,
            None,
            ["subject-twice", "exam-grade-wrong"],
        ),
        ([Row("mathematics", 4, "skip_part", "school")], 3, None, ["joint-test-only"]),
        ([Row("mathematics", 4, "exempt", "school")], 3, None, []),
        (rows(FIVE, 4, "skip_full"), 3, None, []),
        (rows(FIVE[:4], 4, "skip_full"), 3, None, ["subjects-missing"]),
        (rows(FIVE[:3], 4, "accel_all"), 3, None, ["subjects-missing"]),
        (rows(FIVE, 4, "accel_all"), 3, None, []),
        (rows(("chinese",), 4, "other"), 3, None, ["type-unknown"]),
        (rows(("music",), 4), 3, None, ["subject-unknown"]),
        ([], 3, None, ["no-subject"]),
        # Three subjects are no full skip, but all that grade 1 can be accelerated in.
        (rows(("chinese", "mathematics", "life_curriculum"), 2, "skip_full"), 1, None,
         ["full-skip-not-offered"]),
        (rows(("chinese", "mathematics", "life_curriculum"), 2, "accel_all"), 1, None, []),
    ],
)  # fmt: skip
def test_subjects_are_registered_at_their_grade_and_type(
    given: list[Row], grade: int, placed: dict[str, int] | None, expected: list[str]
) -> None:
    assert codes(given, grade, placed) == expected


def test_a_full_skip_with_three_subjects_needs_a_recorded_decision() -> None:
    given = rows(("chinese", "mathematics", "life_curriculum"), 2, "skip_full")
    assert check_subjects(RULES, given, 1, override=True).outcome == "accepted"
    two = check_subjects(RULES, given[:2], 1, override=True)
    assert [one.code for one in two.value] == ["subjects-missing"]
    assert "生活課程" in two.value[0].message


def test_several_types_may_stand_side_by_side() -> None:
    given = [Row("english", 4, "exempt"), Row("mathematics", 4, "skip_part")]
    assert codes(given, 3) == []


@pytest.mark.parametrize(
    ("said", "outcome", "branch"),
    [
        ({"t": 70}, "passed", "t"),
        ({"t": 69}, "passed", "t"),
        ({"t": 68}, "failed", "below_line"),
        ({"t": Decimal("68.9")}, "failed", "below_line"),
        ({"t": 68, "pr": 97}, "passed", "pr"),
        ({"t": 68, "pr": 96}, "failed", "below_line"),
        ({"t": 68, "sd": 2.0}, "passed", "sd"),
        ({"t": None}, "failed", "absent"),
        ({"t": None, "special": True}, "failed", "absent"),
        ({"t": 67, "special": True}, "pending_council", "below_line"),
        ({"t": 69, "special": True}, "passed", "t"),
    ],
)
def test_the_initial_stage_is_passed_by_any_of_the_three_lines(
    said: dict[str, Any], outcome: str, branch: str
) -> None:
    found = initial_outcome(RULES, said.pop("t"), **said)
    assert (found.value, found.computed.branch) == (outcome, branch)
    assert found.computed.threshold == {"t": 69, "pr": 97, "sd": 2.0}


@pytest.mark.parametrize(
    ("claim", "accepted", "branch"),
    [
        (Retained(112, "acceleration_initial", 3, 75), True, "t"),
        (Retained(112, "acceleration_initial", 3, 74), False, "below_line"),
        (Retained(113, "acceleration_initial", 4, 75), True, "t"),
        (Retained(113, "acceleration_initial", 4, 74), False, "below_line"),
        (Retained(112, "general_ability_initial", 2, 70, 220), True, "t_total"),
        (Retained(112, "general_ability_initial", 2, 70, 219), False, "below_line"),
        (Retained(112, "general_ability_initial", 2, 75, 100), True, "t"),
        (Retained(112, "general_ability_initial", 4, 70, 203), True, "t_total"),
        (Retained(112, "general_ability_initial", 4, 70, 202), False, "below_line"),
        (Retained(113, "general_ability_initial", 2, 70, 214), True, "t_total"),
        (Retained(113, "general_ability_initial", 2, 70, 213), False, "below_line"),
        (Retained(113, "general_ability_initial", 4, 70, 216), True, "t_total"),
        (Retained(113, "general_ability_initial", 4, 70, 215), False, "below_line"),
        # The total counts for the general selection only.
        (Retained(113, "acceleration_initial", 4, 70, 230), False, "below_line"),
        # Older than two years, a grade or a test that the table does not have.
        (Retained(111, "acceleration_initial", 3, 90), False, "no_line"),
        (Retained(113, "general_ability_initial", 3, 90, 300), False, "no_line"),
        (Retained(113, "other", 2, 90, 300), False, "no_line"),
        # A pass of last year is not enough, nor being identified without a score.
        (Retained(113, "acceleration_initial", 3, 70), False, "below_line"),
        (Retained(113, "general_ability_initial", 2), False, "no_result"),
        # Another stage than the pupil's.
        (Retained(112, "acceleration_initial", 7, 90), False, "other_stage"),
    ],
)
def test_a_retained_result_counts_by_the_printed_table(
    claim: Retained, accepted: bool, branch: str
) -> None:
    found = retained_result(RULES, claim, proof="original", grade=5)
    assert (found.value, found.computed.branch) == (accepted, branch)
    assert found.outcome == ("accepted" if accepted else "rejected")


@pytest.mark.parametrize(
    ("proof", "accepted"),
    [("original", True), ("stamped_copy", True), ("plain_copy", False), (None, False)],
)
def test_a_retained_result_is_proven_by_the_original_or_a_stamped_copy(
    proof: str | None, accepted: bool
) -> None:
    claim = Retained(112, "acceleration_initial", 3, 75)
    assert retained_result(RULES, claim, proof=proof, grade=5).value is accepted


@pytest.mark.parametrize(
    ("t", "type", "said", "outcome", "branch"),
    [
        (65, "skip_part", {}, "passed", "joint_line"),
        (64, "skip_part", {}, "failed", "joint_line"),
        (Decimal("64.5"), "skip_part", {}, "failed", "joint_line"),
        (None, "skip_part", {}, "failed", "absent"),
        (68, "exempt", {"entrustment": "joint_line"}, "passed", "joint_line"),
        (68, "exempt", {"entrustment": "school_line", "school_line": 70}, "failed", "school_line"),
        (70, "exempt", {"entrustment": "school_line", "school_line": 70}, "passed", "school_line"),
        (68, "exempt", {"entrustment": "school_line"}, "school_decides", "school_line"),
        (None, "accel_part", {"entrustment": "none"}, "school_decides", "school_test"),
        # A skip is judged by the joint line, whatever the school chose for its others.
        (66, "skip_full", {"entrustment": "school_line", "school_line": 70}, "passed",
         "joint_line"),
        (60, "skip_part", {"special": True}, "pending_council", "joint_line"),
        (60, "exempt", {"entrustment": "school_line", "school_line": 65, "special": True},
         "school_decides", "school_line"),
    ],
)  # fmt: skip
def test_a_subject_passes_by_the_line_that_its_type_and_the_letter_name(
    t: Any, type: str, said: dict[str, Any], outcome: str, branch: str
) -> None:
    found = second_outcome(RULES, t, type, **said)
    assert (found.value, found.computed.branch) == (outcome, branch)


def test_an_unknown_type_or_choice_is_an_error_and_not_a_guess() -> None:
    with pytest.raises(LookupError):
        second_outcome(RULES, 70, "other")
    with pytest.raises(LookupError):
        second_outcome(RULES, 70, "exempt", entrustment="other")


@pytest.mark.parametrize(
    ("type", "standard", "achieved_in", "branch"),
    [
        ("exempt", "olympiad", 112, "stands_in"),
        ("exempt", "olympiad", 113, "stands_in"),
        ("exempt", "olympiad", 111, "too_old"),
        ("skip_part", "olympiad", 112, "not_for_type"),
        ("accel_part", "olympiad", 112, "not_for_type"),
        ("exempt", "certified_test", 112, "no_such_standard"),
        ("exempt", "other", 112, "no_such_standard"),
    ],
)
def test_an_olympiad_award_stands_in_for_the_test_of_an_exemption_only(
    type: str, standard: str, achieved_in: int, branch: str
) -> None:
    found = instead_of_test(RULES, type, standard, achieved_in, applied_in=113)
    assert (found.computed.branch, found.value) == (branch, branch == "stands_in")


def test_special_groups_are_judged_by_interval_only_with_the_statement_in_time() -> None:
    assert is_special(RULES, ["low_income"], statement=True)
    assert is_special(RULES, ["dual_exam", "disability"], statement=True)
    assert not is_special(RULES, ["disability"], statement=False)
    assert not is_special(RULES, ["dual_exam"], statement=True)
    assert not is_special(RULES, [], statement=True)


def test_what_was_computed_reads_back_as_it_was_kept() -> None:
    kept = initial_outcome(RULES, Decimal("68.50"), special=True).computed
    assert kept.inputs["t"] == "68.50"
    assert Computed.model_validate_json(kept.model_dump_json()) == kept
    assert number(Decimal("70.0")) == 70
    assert number(70) == 70
    assert number(None) is None


def test_every_type_leads_to_a_category_that_somebody_decides_on() -> None:
    assert {one.code for one in RULES.categories} == {*Category}
    for one in RULES.types:
        for category in one.categories:
            assert RULES.decision(category).decides
    joint = [one.code for one in RULES.types if one.joint_test_only]
    assert joint == ["skip_part", "skip_part_to_full", "skip_full"]
