"""What a programme says of its tests: subjects by grade, lines, retained results, test days.

Scores are T scores (mean 50, standard deviation 10). Which of a programme's windows a test lies in
stands with the windows; here stands what is tested and what counts.
"""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator

from domain.programme_data import NONE, Code, Data, Source, Words, at_publication

Grade = Annotated[int, Field(ge=1, le=12)]
Grades = Annotated[tuple[Grade, ...], Field(min_length=1)]
Score = Annotated[int, Field(ge=0, le=100)]
Total = Annotated[int, Field(ge=0, le=1_000)]
Minutes = Annotated[int, Field(ge=0, le=240)]


class GradedName(Data):
    """What a subject is called in these grades."""

    grades: Grades
    name: Words


class Subject(Data):
    """A subject that is tested, in which exam grades, and how.

    `covers` are the subjects whose content it holds where they are not tested by themselves;
    `also_called` are names by which records and rosters know it.
    """

    code: Code
    name: Words
    exam_grades: Grades
    names: tuple[GradedName, ...] = ()
    also_called: tuple[Words, ...] = ()
    covers: tuple[Code, ...] = ()
    test: Literal["paper", "computer"]
    source: Source

    def named(self, grade: int) -> str:
        """Its name in an exam grade."""
        return next((one.name for one in self.names if grade in one.grades), self.name)

    def called(self, name: str) -> bool:
        return name in (self.name, *self.also_called, *(one.name for one in self.names))


class ExamGradeRule(Data):
    """Which grade is tested: the grade at which the pupil is placed in the subject now, else the
    pupil's own, and `ahead` more. Above `highest` no test is offered."""

    ahead: Annotated[int, Field(ge=0, le=3)]
    highest: Grade
    one_grade_per_subject: bool
    #: Subjects that in earlier years could be taken in several grades in one go.
    once_several_grades: tuple[Code, ...] = ()
    remarks: tuple[Words, ...] = ()
    source: Source


class TestSession(Data):
    """A session as printed on the ticket; the times include instructions and collection."""

    # So that pytest does not take the name for a test.
    __test__ = False

    number: Annotated[int, Field(ge=1, le=12)]
    bell_at: time | Literal["none"]
    starts_at: time
    ends_at: time


class TestDay(Data):
    """The sessions of a test, and from how many minutes after the start nobody is let in."""

    __test__ = False

    report_by: time | Literal["none"]
    no_entry_after_minutes: Minutes
    sessions: Annotated[tuple[TestSession, ...], Field(min_length=1)]
    #: What the ticket tells the pupil beside the times, in the words of the plan.
    conduct: tuple[Words, ...] = ()
    source: Source

    @at_publication
    def _in_order(self) -> Self:
        before = None
        for one in self.sessions:
            if one.ends_at <= one.starts_at or (before and one.starts_at < before.ends_at):
                raise ValueError(f"第 {one.number} 節的時間與前後不合")
            before = one
        return self


#: Of a test that schools give by themselves a plan has no day.
NO_DAY = TestDay.model_construct(
    report_by=NONE,
    no_entry_after_minutes=0,
    sessions=(),
    conduct=(),
    source=Source(document="（計畫無此規定）", section="none"),
)


class InitialRule(Data):
    """The line of the initial stage: passed by any one of the three (「或」)."""

    pass_line_t: Score
    pass_line_pr: Annotated[int, Field(ge=1, le=99)]
    pass_line_sd: Annotated[float, Field(ge=0, le=5)]
    #: Which score decides, and of which parts a recheck may be asked.
    decides: Words
    subtests: tuple[Code, ...]
    test_day: TestDay
    remarks: tuple[Words, ...] = ()
    source: Source

    @at_publication
    def _one_line(self) -> Self:
        if self.pass_line_t > 50 + 10 * self.pass_line_sd:
            raise ValueError("pass_line_t 高於標準差所換算的 T 分數，與「或」不合")
        return self


class RetainedTest(Data):
    """A test whose result may be kept, by what it is called on a claim."""

    code: Code
    name: Words


class RetainedLine(Data):
    """Of a year's test: the T score to be kept, or the total where the plan gives one.

    `grades` are those tested, or `any`.
    """

    school_year: Annotated[int, Field(ge=1, le=999)]
    test: Code
    grades: Grades | Literal["any"]
    t: Score
    t_total: Total | Literal["none"]
    source: Source

    def meets(self, other: Self) -> bool:
        """Whether both say what is kept of the same result."""
        anybody = isinstance(self.grades, str) or isinstance(other.grades, str)
        same = (self.school_year, self.test) == (other.school_year, other.test)
        return same and (anybody or not {*self.grades}.isdisjoint(other.grades))


class Proof(Data):
    """A paper that proves something, and whether it is enough by itself."""

    code: Code
    name: Words
    accepted: bool


class RetainedRule(Data):
    """Results of earlier years that free from the initial test. Published each year: data."""

    tests: Annotated[tuple[RetainedTest, ...], Field(min_length=1)]
    lines: Annotated[tuple[RetainedLine, ...], Field(min_length=1)]
    same_stage_only: bool
    proofs: Annotated[tuple[Proof, ...], Field(min_length=1)]
    remarks: tuple[Words, ...] = ()
    source: Source

    def test(self, code: str) -> RetainedTest | None:
        return next((one for one in self.tests if one.code == code), None)

    def line(self, year: int, test: str, grade: int | None) -> RetainedLine | None:
        """The line for a result; None where the table has none."""
        for one in self.lines:
            of_grade = isinstance(one.grades, str) or grade in one.grades
            if (one.school_year, one.test) == (year, test) and of_grade:
                return one
        return None

    @at_publication
    def _of_one_piece(self) -> Self:
        known = {one.code for one in self.tests}
        for number, one in enumerate(self.lines, 1):
            if one.test not in known:
                raise ValueError(f"lines.{number}: 沒有「{one.test}」這項測驗")
            if any(one.meets(other) for other in self.lines[: number - 1]):
                raise ValueError(f"lines.{number}: 同一年度、測驗與年級有兩個分數標準")
        return self


class Entrustment(Data):
    """A choice of the letter by which a school hands its tests over, or does not.

    `test` is whose test it is, `line` whose line decides.
    """

    code: Code
    name: Words
    test: Literal["joint", "school"]
    line: Literal["joint", "school"]


class OwnStandard(Data):
    """On what a school may found its own line. `instead_of_test` where no test is then needed."""

    code: Code
    name: Words
    types: tuple[Code, ...]
    instead_of_test: bool
    #: For what must have happened in so many school years before this one; 0 where undated.
    school_years_back: Annotated[int, Field(ge=0, le=5)] = 0
    source: Source


class SecondRule(Data):
    """The line of the second stage, and what a school may decide for itself."""

    pass_line_t: Score
    pass_line_pr: Annotated[int, Field(ge=1, le=99)]
    entrustments: tuple[Entrustment, ...]
    own_standards: tuple[OwnStandard, ...] = ()
    test_day: TestDay
    remarks: tuple[Words, ...] = ()
    source: Source

    @field_validator("test_day", mode="before")
    @classmethod
    def _no_day(cls, said: object) -> object:
        return NO_DAY if said == NONE else said

    def entrustment(self, code: str) -> Entrustment | None:
        return next((one for one in self.entrustments if one.code == code), None)


class SpecialGroups(Data):
    """Whom the council may judge by interval estimation, and who so never fails by the score."""

    statuses: Annotated[tuple[Code, ...], Field(min_length=1)]
    #: The statement must come with the registration; later there is no judging by interval.
    statement_with_registration: bool
    evidence_years: Annotated[int, Field(ge=0, le=10)]
    remarks: tuple[Words, ...] = ()
    source: Source


class AccommodationKind(Data):
    code: Code
    name: Words


class Accommodations(Data):
    """What may be asked for on the day of a test, and by whom after the registration."""

    extra_minutes: Minutes
    early_entry_minutes: Minutes
    kinds: tuple[AccommodationKind, ...]
    #: Whether extra time is taken from the break after it, so that sessions start when printed.
    from_break: bool
    proofs: tuple[Proof, ...]
    #: Proofs with which it may be asked at any time before the test.
    any_time_with: tuple[Code, ...]
    late_words: Words
    source: Source


class DualExam(Data):
    """Sitting another selection's test, whose result is taken over."""

    name: Words
    grades: Grades
    #: Whether nothing counts before both registrations are there.
    both_registrations: bool
    fee_status: Code
    remarks: tuple[Words, ...] = ()
    source: Source
