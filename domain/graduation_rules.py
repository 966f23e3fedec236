"""What a programme says of marks and of the score at graduation, as data.

Which areas there are, what each grade weighs, which mark stands for which area in which grades,
and which mark follows from which placement. Code names no area and no weight.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field

from domain.placement import Category
from domain.programme_data import NONE, Code, Data, Source, Words, at_publication

Grade = Annotated[int, Field(ge=1, le=12)]


class Marker(StrEnum):
    """What stands in place of a number; how it is printed is the programme's."""

    EXEMPT = "exempt"
    SKIPPED = "skipped"


class GivenBy(StrEnum):
    """Whose mark it is: who awards it, or the registrar's office, which sets markers."""

    HOMEROOM_TEACHER = "homeroom_teacher"
    SUBJECT_TEACHER = "subject_teacher"
    HIGHER_CLASS_TEACHER = "higher_class_teacher"
    REGISTRAR = "registrar"


#: Of which grade a mark is: the student's own, or a higher one whose class the student attends.
Of = Literal["own", "ahead"]


class Taught(Data):
    """What marks are given in; placements may call it otherwise."""

    name: Words
    also_called: tuple[Words, ...] = ()

    def called(self, name: str) -> bool:
        return name == self.name or name in self.also_called


class MarkArea(Taught):
    """A whole area, and the subjects within it that have marks of their own.

    Only marks of the whole area enter the score: how it is made of its subjects is the school's.
    """

    code: Code
    subjects: tuple[Taught, ...] = ()


class StandIn(Data):
    """In these grades the mark of another area stands for this one."""

    area: Code
    grades: Annotated[tuple[Grade, ...], Field(min_length=1)]


class ScoredArea(Data):
    """An area with a score of its own at graduation."""

    area: Code
    stand_ins: tuple[StandIn, ...] = ()


class GradeWeight(Data):
    """What a grade weighs; its two semesters weigh half of it each."""

    grade: Grade
    percent: Annotated[int, Field(ge=1, le=100)]


class Marking(Data):
    """What a student of some placements gets in an area, for the own grade or a higher one.

    Without `categories` it is that of a student who has no placement there. `marker` is what the
    mark says instead of a number, or `none`. `filled_from` says whether the mark is taken over from
    the higher class of the year before.
    """

    code: Code
    categories: tuple[Annotated[Category, Field(strict=False)], ...] = ()
    of: Of
    marker: Annotated[Marker, Field(strict=False)] | Literal["none"]
    counts: bool
    filled_from: Literal["higher_class", "none"] = NONE
    #: Of which grade the periodic tests are.
    periodic_tests: Literal["own_grade", "higher_grade", "none"]
    by: Annotated[tuple[Annotated[GivenBy, Field(strict=False)], ...], Field(min_length=1)]
    source: Source


class MarkerName(Data):
    """How a marker is printed, and whether the description must go with it."""

    marker: Annotated[Marker, Field(strict=False)]
    name: Words
    description: Literal["required", "optional"]


class FullSkip(Data):
    """The status of a student who skipped a whole grade; that grade's results do not count."""

    name: Words
    letter: Literal["required", "none"]
    source: Source


class Graduation(Data):
    """Marks and the score at graduation. Scores are exact; they are shown to `decimals` places."""

    mark_areas: Annotated[tuple[MarkArea, ...], Field(min_length=1)]
    areas: Annotated[tuple[ScoredArea, ...], Field(min_length=1)]
    weights: Annotated[tuple[GradeWeight, ...], Field(min_length=1)]
    markers: tuple[MarkerName, ...] = ()
    markings: Annotated[tuple[Marking, ...], Field(min_length=1)]
    full_skip: FullSkip | Literal["none"]
    greatest_mark: Annotated[int, Field(ge=1, le=1_000)]
    decimals: Annotated[int, Field(ge=0, le=6)]
    rounding: Literal["half_up"]
    remarks: tuple[Words, ...] = ()
    source: Source

    def taught(self, name: str) -> Taught | None:
        """The area or subject of this name; None where the programme knows none."""
        for area in self.mark_areas:
            for one in (area, *area.subjects):
                if one.called(name):
                    return one
        return None

    def code_of(self, name: str) -> str | None:
        """The code of the whole area of this name; None for a subject and for no area."""
        return next((one.code for one in self.mark_areas if one.called(name)), None)

    def name_of(self, code: str) -> str:
        """The name of an area that `_of_one_piece` has found to be there."""
        return next(one.name for one in self.mark_areas if one.code == code)

    def marker(self, marker: Marker) -> MarkerName | None:
        return next((one for one in self.markers if one.marker is marker), None)

    def marking_of(self, code: str) -> Marking | None:
        return next((one for one in self.markings if one.code == code), None)

    def marking(self, category: Category | None, of: Of) -> Marking | None:
        """What holds for a placement of this category, or without one; None where nothing does."""
        for one in self.markings:
            if one.of == of and (category in one.categories if category else not one.categories):
                return one
        return None

    @at_publication
    def _of_one_piece(self) -> Self:
        known = {one.code for one in self.mark_areas}
        _check_once("mark_areas", (one.code for one in self.mark_areas))
        taught = [one for area in self.mark_areas for one in (area, *area.subjects)]
        _check_once("mark_areas", (name for one in taught for name in (one.name, *one.also_called)))
        _check_once("areas", (one.area for one in self.areas))
        _check_once("weights", (one.grade for one in self.weights))
        _check_once("markers", (one.marker for one in self.markers))
        _check_once("markings", (one.code for one in self.markings))
        _check_once(
            "markings",
            ((category, one.of) for one in self.markings for category in one.categories or (None,)),
        )
        if sum(one.percent for one in self.weights) != 100:
            raise ValueError("graduation.weights: 各年級比率合計應為 100")
        grades = {one.grade for one in self.weights}
        for area in self.areas:
            place = f"graduation.areas.{area.area}"
            _check_once(place, (grade for one in area.stand_ins for grade in one.grades))
            for code in (area.area, *(one.area for one in area.stand_ins)):
                if code not in known:
                    raise ValueError(f"{place}: 沒有「{code}」這個領域")
            if any(not grades.issuperset(one.grades) for one in area.stand_ins):
                raise ValueError(f"{place}: 代用的年級沒有比率")
        named = {one.marker for one in self.markers}
        for marking in self.markings:
            place = f"graduation.markings.{marking.code}"
            if marking.marker != NONE and marking.marker not in named:
                raise ValueError(f"{place}: 沒有這項註記")
            if marking.marker != NONE and marking.counts:
                raise ValueError(f"{place}: 沒有分數的註記不能列入計算")
        return self


def _check_once(place: str, values: Iterable[object]) -> None:
    seen = [*values]
    if len({*seen}) != len(seen):
        raise ValueError(f"graduation.{place.removeprefix('graduation.')}: 代碼重複")
