from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.course_goal import Semester
from domain.graduation import AreaScore, Entry, half_up, scores
from domain.graduation_rules import Graduation, Marker
from domain.placement import Category
from domain.programme import shipped_text
from domain.programme_rules import ProgrammeNotValid, read

TEXT = shipped_text("kaohsiung-114")
EXEMPT, SKIPPED = Marker.EXEMPT, Marker.SKIPPED
FIRST, SECOND = Semester


def kaohsiung() -> Graduation:
    graduation = read(TEXT).graduation
    assert not isinstance(graduation, str)
    return graduation


def entry(area: str, grade: int, semester: int, mark: Any, **more: Any) -> Entry:
    which = (FIRST, SECOND)[semester - 1]
    if isinstance(mark, Marker):
        return Entry(area, grade, which, marker=mark, **more)
    return Entry(area, grade, which, number=Decimal(str(mark)), **more)


def years(*marks: Any, area: str = "mathematics") -> list[Entry]:
    """Both semesters of each grade from 1; a pair gives its two semesters."""
    pairs = [mark if isinstance(mark, tuple) else (mark, mark) for mark in marks]
    return [
        entry(area, grade, semester, mark)
        for grade, pair in enumerate(pairs, start=1)
        for semester, mark in enumerate(pair, start=1)
    ]


def score(entries: list[Entry], area: str = "mathematics") -> AreaScore:
    return next(one for one in scores(kaohsiung(), entries) if one.area == area)


VECTORS = [
    ("GR-1", (95, 85, 80, 80, SKIPPED, 90), "64.5", 75, "86", "86.00"),
    ("GR-2", (90, 88, EXEMPT, 92, 85, 95), "76.6", 85, "1532/17", "90.12"),
    ("GR-3", (80, 82, 84, EXEMPT, 88, EXEMPT), "50.8", 60, "254/3", "84.67"),
    ("GR-4", (92, SKIPPED, 88, 90, 86, 94), "80.9", 90, "809/9", "89.89"),
    ("GR-5", (100, 96, 90, 84, 78, SKIPPED), "65.2", 75, "1304/15", "86.93"),
    ("GR-6", (70, 75, 80, 85, 90, 95), "85.5", 100, "171/2", "85.50"),
    ("GR-8", (95, 85, 80, 80, (SKIPPED, 82), 90), "74.75", "87.5", "598/7", "85.43"),
]


@pytest.mark.parametrize(("name", "marks", "weighted", "percent", "fraction", "shown"), VECTORS)
def test_a_score_is_the_exact_fraction_of_the_tables(
    name: str, marks: tuple[Any, ...], weighted: str, percent: Any, fraction: str, shown: str
) -> None:
    found = score(years(*marks))
    assert found.weighted_sum == Fraction(weighted), name
    assert found.weight == Fraction(str(percent)) / 100
    assert found.score == Fraction(fraction)
    assert (str(found.score), found.shown, found.complete) == (fraction, shown, True)


def test_gr_7_the_marks_of_life_curriculum_stand_in_grades_one_and_two() -> None:
    entries = years(88, 90, area="life_curriculum")
    entries += years(0, 0, 84, EXEMPT, 91, 87, area="social_studies")[4:]
    found = score(entries, "social_studies")
    assert (str(found.score), found.shown) == ("1498/17", "88.12")
    assert [one.area for one in found.used[:4]] == ["life_curriculum"] * 4
    for area in ("arts", "science", "integrative"):
        other = score(entries, area)
        assert (other.shown, other.complete) == ("89.00", False)
    assert score(entries, "language").score is None


def test_an_own_mark_of_a_grade_where_another_area_stands_in_does_not_count() -> None:
    entries = [*years(60, 60, area="social_studies"), *years(90, 90, area="life_curriculum")]
    assert score(entries, "social_studies").shown == "90.00"


def test_without_any_mark_there_is_no_score_and_never_a_zero() -> None:
    found = score([])
    assert (found.score, found.shown, found.reason) == (None, None, "no_mark")
    assert found.weight == 0
    only = score(years(*[EXEMPT] * 6))
    assert (only.score, only.reason, only.complete) == (None, "no_mark", True)
    zero = score([entry("mathematics", 3, 1, 0)])
    assert (zero.score, zero.shown) == (0, "0.00")


def test_what_is_left_out_says_why() -> None:
    entries = [
        entry("mathematics", 1, 1, 90),
        entry("mathematics", 3, 1, EXEMPT),
        entry("mathematics", 4, 1, SKIPPED),
        entry("mathematics", 5, 1, 88, ahead=True),
        entry("mathematics", 6, 1, 70),
    ]
    [found] = [
        one for one in scores(kaohsiung(), entries, skipped_grades={6}) if one.area == "mathematics"
    ]
    why = {(one.grade, one.semester): one.why for one in found.left_out}
    assert [why[grade, FIRST] for grade in (2, 3, 4, 5, 6)] == [
        "no_mark",
        "exempt",
        "skipped",
        "ahead",
        "skipped_grade",
    ]
    assert (found.shown, found.complete) == ("90.00", False)


def test_a_mark_earned_ahead_counts_once_it_is_taken_over_and_only_once() -> None:
    ahead = [entry("mathematics", 6, semester, 90, ahead=True) for semester in (1, 2)]
    own = [entry("mathematics", 6, semester, 90) for semester in (1, 2)]
    assert score(ahead).score is None
    for entries in (ahead + own, own + ahead):
        found = score(entries)
        assert (found.score, found.weight) == (90, Fraction(1, 4))


def test_two_marks_for_one_semester_are_never_chosen_between() -> None:
    with pytest.raises(ValueError, match="two marks of mathematics"):
        score([entry("mathematics", 1, 1, 90), entry("mathematics", 1, 1, 80)])


def test_a_score_from_which_a_mark_was_erased_is_not_guessed_at() -> None:
    found = score([entry("mathematics", 1, 1, 90), Entry("mathematics", 2, FIRST, erased=True)])
    assert (found.score, found.reason) == (None, "erased")


@given(st.lists(st.one_of(st.integers(0, 100), st.none()), min_size=12, max_size=12))
def test_a_score_lies_between_the_lowest_and_the_highest_mark_used(
    marks: list[int | None],
) -> None:
    entries = [
        entry("mathematics", 1 + place // 2, 1 + place % 2, mark)
        for place, mark in enumerate(marks)
        if mark is not None
    ]
    found = score(entries)
    given_marks = [mark for mark in marks if mark is not None]
    if found.score is None:
        assert not given_marks
    else:
        assert min(given_marks) <= found.score <= max(given_marks)
        assert found.weighted_sum == found.score * found.weight
        assert len(found.used) + len(found.left_out) == 12


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [
        ("1/2", 0, "1"),
        ("5/2", 0, "3"),
        ("1/200", 2, "0.01"),
        ("86", 2, "86.00"),
        ("90125/1000", 2, "90.13"),
        ("9012499/100000", 2, "90.12"),
        ("999/1000", 2, "1.00"),
    ],
)
def test_the_middle_goes_up(value: str, decimals: int, shown: str) -> None:
    assert half_up(Fraction(value), decimals) == shown


@pytest.mark.parametrize(
    ("category", "of", "code"),
    [
        (None, "own", "ordinary"),
        (Category.EXEMPTION, "own", "exempt"),
        (Category.ACCELERATION, "own", "accelerated"),
        (Category.SKIP, "own", "skipped"),
        (Category.SKIP, "ahead", "higher_class"),
        (Category.PROMOTION, "own", "promoted"),
        (Category.PROMOTION, "ahead", "higher_class"),
        (Category.EXEMPTION, "ahead", None),
        (None, "ahead", None),
    ],
)
def test_which_mark_follows_from_which_placement_is_the_programmes(
    category: Category | None, of: Any, code: str | None
) -> None:
    found = kaohsiung().marking(category, of)
    assert (None if found is None else found.code) == code


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("{ grade = 6, percent = 25 }", "{ grade = 6, percent = 20 }", "graduation.weights"),
        ('{ area = "health_pe" }', '{ area = "no_area" }', "graduation.areas.no_area"),
        ('{ area = "health_pe" }', '{ area = "language" }', "graduation.areas: "),
        ("grades = [1, 2] }", "grades = [1, 7] }", "graduation.areas.social_studies"),
        ("grades = [1, 2] }", "grades = [1, 1] }", "graduation.areas.social_studies"),
        ('categories = ["acceleration"]', 'categories = ["exemption"]', "graduation.markings"),
        ('name = "自然科學", also_called = ["自然"]', 'name = "社會"', "graduation.mark_areas"),
        (
            '    { marker = "skipped", name = "跳級", description = "optional" },\n',
            "",
            "graduation.markings.skipped",
        ),
        (
            'marker = "exempt"\ncounts = false',
            'marker = "exempt"\ncounts = true',
            "graduation.markings.exempt",
        ),
    ],
)
def test_rules_that_contradict_themselves_are_refused_by_name(
    old: str, new: str, place: str
) -> None:
    assert old in TEXT
    with pytest.raises(ProgrammeNotValid) as refused:
        read(TEXT.replace(old, new, 1))
    assert place in refused.value.detail
