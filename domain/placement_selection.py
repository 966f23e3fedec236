"""Which placements follow from what was passed: grades by category, full skips, their limit.

Pure, as `domain.selection`. A grade that is offered is an arithmetic fact; whether the pupil is
placed there is for the body that decides on the category.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from domain.placement import Category, Placement, Status
from domain.placement_rules import CategoryRule, Level
from domain.process import Computed
from domain.selection import Answer, Objection
from domain.selection_rules import Selection


class Pass(NamedTuple):
    """A subject passed this year: `grade` the exam grade, `type` the type registered.

    `joint`: by the joint test and its line, which a change of type into a skip needs (Q-12).
    """

    subject: str
    grade: int
    type: str
    joint: bool = True


class Last(NamedTuple):
    """How a subject was placed in the year before."""

    category: Category
    grade: int


class Offer(NamedTuple):
    """A placement that may be asked for.

    `changes_type`: another category than the type registered leads to, which needs a reason and
    the council (Q-12). `two_ahead`: two above the last placement grade, for the council to see.
    """

    category: Category
    grade: int
    changes_type: bool = False
    two_ahead: bool = False


class FullSkip(NamedTuple):
    """Whether all subjects land on one grade: the grade, and the one assessed in other areas."""

    complete: bool
    grade: int | None
    assessed_grade: int | None
    landing: Mapping[str, int]


def placement_grade(
    rules: Selection,
    category: Category,
    target_grade: int,
    *,
    passed: Pass | None = None,
    last: Last | None = None,
    legacy: bool = False,
    committee: bool = False,
) -> Answer[int | None]:
    """The placement grade of a category (3.2); None where it is not offered.

    `target_grade` is the pupil's grade in the year of the placement. `legacy`: grades passed at
    once in earlier years stand on record; `committee`: the body that may list another subject so
    has decided it (3.8, X-41). Branches of a refusal: `not_passed`, `no_earlier_placement`,
    `exam_below`, `no_such_category`.
    """
    rule = rules.category(category)
    branch, grade = "no_such_category", None
    if rule is not None:
        branch = _branch(rule, target_grade, passed, last, legacy, committee)
        grade = _grade(rule, branch, target_grade, passed, last)
    return Answer(
        grade,
        Computed(
            rule="selection.placement_grade",
            inputs={
                "category": category.value,
                "target_year_grade": target_grade,
                "passed": None if passed is None else list(passed),
                "last": None if last is None else [last.category.value, last.grade],
                "legacy": legacy,
                "committee": committee,
            },
            threshold=None if rule is None else {"grade": rule.grade, "ahead": rule.ahead},
            branch=branch,
            outcome="not_offered" if grade is None else str(grade),
        ),
    )


def _branch(
    rule: CategoryRule,
    target_grade: int,
    passed: Pass | None,
    last: Last | None,
    legacy: bool,
    committee: bool,
) -> str:
    if rule.follows and (last is None or last.category not in rule.follows):
        return "no_earlier_placement"
    if not rule.test_this_year:
        return "continued"
    if passed is None:
        again = last is not None and last.category is rule.code is Category.EXEMPTION
        if again and committee:
            return "committee"
        return "legacy" if again and legacy else "not_passed"
    if rule.grade == "own_grade" and passed.grade < target_grade:
        return "exam_below"
    return "passed"


def _grade(
    rule: CategoryRule, branch: str, target_grade: int, passed: Pass | None, last: Last | None
) -> int | None:
    if branch not in ("passed", "continued", "legacy", "committee"):
        return None
    if rule.grade == "exam_grade":
        return None if passed is None else passed.grade + rule.ahead
    if rule.grade == "last_placement":
        return None if last is None else last.grade + rule.ahead
    return target_grade + rule.ahead


def legacy_listed(rules: Selection, subject: str) -> bool:
    """Whether a subject is exempt again by the record alone, without a committee's decision."""
    return subject in rules.exemption_again.subjects


def placements_offered(
    rules: Selection,
    subject: str,
    target_grade: int,
    *,
    passed: Pass | None = None,
    last: Last | None = None,
    legacy: bool = False,
    committee: bool = False,
) -> Answer[tuple[Offer, ...]]:
    """Every category and grade a subject may be placed in, by what was passed and stands."""
    kind = None if passed is None else rules.type(passed.type)
    offers = []
    counts = legacy and legacy_listed(rules, subject)
    for rule in rules.categories:
        # Without the account of each category: what is offered accounts for all of them.
        branch = _branch(rule, target_grade, passed, last, counts, committee)
        grade = _grade(rule, branch, target_grade, passed, last)
        if grade is None:
            continue
        changes = rule.test_this_year and kind is not None and rule.code not in kind.categories
        to_skip = rule.code is Category.SKIP
        if changes and to_skip and passed is not None and not passed.joint:
            continue
        ahead = to_skip and last is not None and grade > last.grade + 1
        offers.append(Offer(rule.code, grade, changes, ahead))
    return Answer(
        tuple(offers),
        Computed(
            rule="selection.placements_offered",
            inputs={
                "subject": subject,
                "target_year_grade": target_grade,
                "passed": None if passed is None else list(passed),
                "last": None if last is None else [last.category.value, last.grade],
                "legacy": counts,
                "committee": committee,
            },
            branch=None if not offers else "offered",
            outcome=" ".join(f"{one.category.value}:{one.grade}" for one in offers) or "none",
        ),
    )


def check_placement(
    rules: Selection, category: Category, grade: int, offered: Iterable[Offer]
) -> Objection | None:
    """What is against a row of the placement page; None where it is among what is offered."""
    rule = rules.category(category)
    if rule is None:
        return Objection("category-unknown", "請選擇計畫所列的安置類別。")
    right = [one.grade for one in offered if one.category is category]
    if not right:
        return Objection("category-not-offered", f"依測驗結果與歷年安置，不能申請「{rule.name}」。")
    if grade not in right:
        return Objection(
            "placement-grade-wrong", f"「{rule.name}」的安置年級應為 {right[0]} 年級，請更正。"
        )
    return None


def full_skip_completeness(
    rules: Selection,
    passes: Iterable[Pass],
    standing: Mapping[str, Last] | None = None,
    *,
    override: bool = False,
) -> Answer[FullSkip]:
    """Whether this year's passes and the standing placements land all subjects on one grade (3.7).

    Passes count as skips to the grade above the exam grade; a standing skip or promotion goes on
    by one. Outcomes: `complete`; `incomplete`; `pending_council` where one lies above the common
    grade (Q-33), or where the exam grade lacks subjects and the recorded `override` is there with
    all that are tested (Q-05).
    """
    taken = list(passes)
    landing = _landing(rules, taken, standing or {})
    wanted = {*rules.full_skip.subjects}
    lowest = min((one.grade for one in taken), default=None)
    if override and lowest is not None:
        wanted = {one.code for one in rules.subjects_of(lowest)}
    grades = {landing[one] for one in wanted if one in landing}
    missing = sorted(wanted - landing.keys())
    if missing or not grades:
        branch, outcome = "subjects_missing", "incomplete"
    elif len(grades) > 1:
        branch, outcome = "several_grades", "pending_council"
    elif override:
        branch, outcome = "override", "pending_council"
    else:
        branch, outcome = "one_grade", "complete"
    grade = min(grades) if grades and not missing else None
    found = FullSkip(
        outcome == "complete",
        grade,
        None if grade is None else grade - rules.full_skip.assessed_below,
        landing,
    )
    inputs = {
        "passes": [list(one) for one in taken],
        "standing": {key: [one.category.value, one.grade] for key, one in (standing or {}).items()},
        "override": override,
        "landing": landing,
        "missing": missing,
    }
    return Answer(
        found,
        Computed(
            rule="selection.full_skip",
            inputs=inputs,
            threshold=sorted(wanted),
            branch=branch,
            outcome=outcome,
        ),
    )


def _landing(
    rules: Selection, passes: Iterable[Pass], standing: Mapping[str, Last]
) -> dict[str, int]:
    """The grade that each subject lands on: of a pass, before that of what stands already."""
    skip, promotion = rules.category(Category.SKIP), rules.category(Category.PROMOTION)
    landing: dict[str, int] = {}
    if promotion is not None:
        for subject, last in standing.items():
            if last.category in promotion.follows:
                landing[subject] = last.grade + promotion.ahead
    if skip is not None:
        for one in passes:
            landing[one.subject] = one.grade + skip.ahead
    return landing


def level_of(rules: Selection, score: int) -> Level:
    """The level of a score in another area (F28): 優, 甲, 乙, 丙. `score` is 0 to 100."""
    return next(one for one in rules.full_skip.levels if score >= one.at_least)


def full_skips_made(rules: Selection, placements: Sequence[Placement]) -> tuple[int, ...]:
    """The school years in which a pupil skipped a whole grade within the stage before the next.

    A year counts in which every subject of a full skip was placed on one grade above the pupil's
    own and stood. A row by row promotion of an earlier full skip has no rows of its own: the pupil
    is then in that grade.
    """
    wanted = {*rules.full_skip.subjects}
    by_year: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for one in placements:
        subject = rules.subject_called(one.area)
        ahead = one.placement_grade > one.target_year_grade
        skips = one.category in (Category.SKIP, Category.PROMOTION)
        if one.status is Status.IN_FORCE and subject is not None and ahead and skips:
            by_year[one.school_year][subject.code].add(one.placement_grade)
    found = []
    for year, placed in sorted(by_year.items()):
        if wanted <= placed.keys() and set.intersection(*(placed[one] for one in wanted)):
            found.append(year)
    return tuple(found)


def one_year_limit(rules: Selection, made: Sequence[int], *, override: bool) -> Answer[bool]:
    """Whether another full skip may be asked for (3.8, X-11): `allowed` or `blocked`.

    `made` are the school years of those made in the stage (`full_skips_made`); `override` a
    recorded decision of the body that may allow one more.
    """
    limit = rules.duration.full_skips_per_stage
    within = len(made) < limit
    return Answer(
        within or override,
        Computed(
            rule="selection.duration",
            inputs={"made": list(made), "override": override},
            threshold=limit,
            branch="within_limit" if within else ("override" if override else "limit_reached"),
            outcome="allowed" if within or override else "blocked",
        ),
    )
