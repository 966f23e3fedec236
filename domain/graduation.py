"""The score at graduation of each area, in exact fractions (Kaohsiung 7.3 to 7.6).

Each mark is multiplied by half its grade's weight, the products are added, and the sum is restored
by dividing by the weights that were used: Σ(mark · weight) / Σ(weight). With both semesters present
that is the grade's weight times their mean. Without any mark there is no score, which is never 0.
"""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal
from uuid import UUID

from domain.course_goal import Semester
from domain.graduation_rules import Graduation, Marker, ScoredArea

#: Why a semester is left out: nothing recorded yet, a marker, a mark earned in a higher class that
#: was not taken over yet, a grade that was skipped as a whole, a number erased by a lawful order.
Why = Literal["no_mark", "exempt", "skipped", "ahead", "skipped_grade", "erased"]

NO_MARK: Why = "no_mark"


@dataclass(frozen=True)
class Entry:
    """A mark as it enters the score: a number, a marker, or a number that was erased."""

    area: str
    grade: int
    semester: Semester
    number: Decimal | None = None
    marker: Marker | None = None
    #: Whether it was earned in a higher class and not yet taken over into the own grade.
    ahead: bool = False
    erased: bool = False
    mark_id: UUID | None = None


@dataclass(frozen=True)
class Used:
    """A mark with its weight, a part of 1; `area` is that of the mark, which may stand in."""

    area: str
    grade: int
    semester: Semester
    number: Decimal
    weight: Fraction
    mark_id: UUID | None


@dataclass(frozen=True)
class LeftOut:
    area: str
    grade: int
    semester: Semester
    why: Why
    mark_id: UUID | None = None


@dataclass(frozen=True)
class AreaScore:
    """The score of an area, or None with the reason; `complete` is whether no semester is awaited.

    `weighted_sum` is Σ(mark · weight), `weight` the weights used, both as parts of 1.
    """

    area: str
    used: tuple[Used, ...]
    left_out: tuple[LeftOut, ...]
    weighted_sum: Fraction
    weight: Fraction
    score: Fraction | None
    shown: str | None
    reason: Why | None
    complete: bool


def scores(
    rules: Graduation, entries: Iterable[Entry], skipped_grades: Set[int] = frozenset()
) -> tuple[AreaScore, ...]:
    """The score of every area of the programme, in its order.

    `skipped_grades` are those that the student skipped as a whole. Raises `ValueError` where two
    marks are given for one semester of a grade.
    """
    by_place: dict[tuple[str, int, Semester], Entry] = {}
    for entry in entries:
        place = (entry.area, entry.grade, entry.semester)
        before = by_place.get(place)
        # One that was earned ahead waits until it is taken over; then the own one counts.
        if before is not None and before.ahead == entry.ahead:
            raise ValueError(f"two marks of {entry.area}, grade {entry.grade}.{entry.semester}")
        if before is None or before.ahead:
            by_place[place] = entry
    return tuple(_score(rules, area, by_place, skipped_grades) for area in rules.areas)


def _score(
    rules: Graduation,
    area: ScoredArea,
    by_place: dict[tuple[str, int, Semester], Entry],
    skipped_grades: Set[int],
) -> AreaScore:
    used: list[Used] = []
    left_out: list[LeftOut] = []
    for taught, grade, semester, weight in _places(rules, area):
        entry = by_place.get((taught, grade, semester))
        mark_id = None if entry is None else entry.mark_id
        why = "skipped_grade" if grade in skipped_grades else _why_not(entry)
        if why is not None:
            left_out.append(LeftOut(taught, grade, semester, why, mark_id))
        elif entry is not None and entry.number is not None:
            used.append(Used(taught, grade, semester, entry.number, weight, mark_id))
    weighted_sum = sum((Fraction(one.number) * one.weight for one in used), Fraction())
    weight = sum((one.weight for one in used), Fraction())
    reason: Why | None = None
    if any(one.why == "erased" for one in left_out):
        reason = "erased"
    elif not used:
        reason = NO_MARK
    score = None if reason is not None else weighted_sum / weight
    return AreaScore(
        area=area.area,
        used=tuple(used),
        left_out=tuple(left_out),
        weighted_sum=weighted_sum,
        weight=weight,
        score=score,
        shown=None if score is None else half_up(score, rules.decimals),
        reason=reason,
        complete=not any(one.why in ("no_mark", "ahead") for one in left_out),
    )


def _places(rules: Graduation, area: ScoredArea) -> Iterator[tuple[str, int, Semester, Fraction]]:
    """The semesters that make the score: area of the mark, grade, semester, weight."""
    taught = {grade: one.area for one in area.stand_ins for grade in one.grades}
    for weight in sorted(rules.weights, key=lambda one: one.grade):
        for semester in Semester:
            part = Fraction(weight.percent, 100 * len(Semester))
            yield taught.get(weight.grade, area.area), weight.grade, semester, part


def _why_not(entry: Entry | None) -> Why | None:
    if entry is None:
        return NO_MARK
    if entry.erased:
        return "erased"
    if entry.marker is not None:
        return "exempt" if entry.marker is Marker.EXEMPT else "skipped"
    if entry.ahead:
        return "ahead"
    return None if entry.number is not None else NO_MARK


def half_up(value: Fraction, decimals: int) -> str:
    """A fraction that is not negative to so many decimals; what lies in the middle goes up."""
    scale = 10**decimals
    scaled = (2 * value.numerator * scale + value.denominator) // (2 * value.denominator)
    whole, part = divmod(scaled, scale)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)
