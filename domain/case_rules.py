"""What a programme says of a placement case: semesters, tracking reports, signatures, transfers.

Who decides, which duties, tasks and uploads follow stands with the rules of selection
(`domain.placement_rules`).
"""

from datetime import date
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field

from domain.programme_data import NONE, Body, Code, Data, Source, Words, at_publication

SemesterNumber = Literal[1, 2]


class Semester(Data):
    """A half of a school year (ROC); both days included. Year adjustments begin with one."""

    school_year: Annotated[int, Field(ge=1, le=999)]
    semester: SemesterNumber
    starts: date
    ends: date


class TrackingRule(Data):
    """Of which semester a tracking report is due by the end of which window."""

    school_year: Annotated[int, Field(ge=1, le=999)]
    semester: SemesterNumber
    window: Code
    source: Source


class PlanDue(Data):
    """By the end of which window a guidance plan is uploaded, by the way its case goes; after
    `closes` nothing is taken any more."""

    path: Literal["committee", "council"]
    due: Code
    closes: Code
    source: Source


class Signatures(Data):
    """Whose signatures a paper needs before it counts."""

    of: Annotated[tuple[Body, ...], Field(min_length=1)]
    source: Source

    def missing(self, given: tuple[str, ...]) -> tuple[str, ...]:
        """The names of those that have not signed."""
        return tuple(one.name for one in self.of if one.code not in given)


class TransferRule(Data):
    """What goes to the new school, each on paper and as a file, and who signs the notice."""

    items: Annotated[tuple[Body, ...], Field(min_length=1)]
    signatures: Signatures
    #: Which body places again at the new school, whatever the category.
    decides: Code
    source: Source


class Period(Data):
    """A row of the timetable in the guidance plan."""

    code: Code
    name: Words


class CaseRules(Data):
    """See the module."""

    semesters: Annotated[tuple[Semester, ...], Field(min_length=1)]
    tracking: tuple[TrackingRule, ...]
    #: The body whose decision opens a case to the council.
    council: Code
    igp_due: tuple[PlanDue, ...] = ()
    igp_signatures: Signatures
    #: Who signs a tracking report; where the plan does not say it, nobody is asked for.
    tracking_signatures: Signatures | Literal["none"] = NONE
    igp_periods: Annotated[tuple[Period, ...], Field(min_length=1)]
    transfer: TransferRule
    #: By the end of which window a school says who comes to the placement meeting.
    attendance_window: Code
    #: In which window the authority writes to the schools, that of the next stage among them.
    letters_window: Code
    source: Source

    def windows_named(self) -> tuple[tuple[str, str], ...]:
        """Place and window code of every rule that names a window."""
        return (
            *(("placement_cases.tracking", one.window) for one in self.tracking),
            *(
                ("placement_cases.igp_due", code)
                for one in self.igp_due
                for code in (one.due, one.closes)
            ),
            ("placement_cases.attendance_window", self.attendance_window),
            ("placement_cases.letters_window", self.letters_window),
        )

    def semester_from(self, day: date) -> Semester | None:
        """The first semester that starts on a day or after it; None where the plan has none."""
        return next((one for one in self.semesters if one.starts >= day), None)

    def semester(self, school_year: int, semester: int) -> Semester | None:
        wanted = (school_year, semester)
        return next(
            (one for one in self.semesters if (one.school_year, one.semester) == wanted), None
        )

    @at_publication
    def _in_order(self) -> Self:
        starts = [one.starts for one in self.semesters]
        if starts != sorted({*starts}):
            raise ValueError("semesters: 學期須依起日排列，不可重複")
        if any(one.ends < one.starts for one in self.semesters):
            raise ValueError("semesters: 迄日早於起日")
        if any(one.starts <= before.ends for before, one in pairwise(self.semesters)):
            raise ValueError("semesters: 學期的期間重疊")
        due = [(one.school_year, one.semester) for one in self.tracking]
        if len({*due}) != len(due):
            raise ValueError("tracking: 同一學期只能有一個期限")
        if missing := [one for one in due if self.semester(*one) is None]:
            raise ValueError(f"tracking: 沒有「{missing[0][0]}」學年度的這個學期")
        return self
