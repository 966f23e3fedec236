"""What a programme says of placing: types, categories, who decides, full skips, duties, tasks.

Which papers are uploaded in which case stands in `domain.upload_rules`, the placement page in
`domain.placement_page`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field

from domain.exam_rules import Grade, Grades
from domain.placement import Category
from domain.programme_data import Code, Data, Effect, Source, Words, at_publication

Kind = Annotated[Category, Field(strict=False)]
Kinds = Annotated[tuple[Kind, ...], Field(min_length=1)]


class RegistrationType(Data):
    """A type of shortening the course as pupils register for it, one for each subject.

    `categories` are those it leads to without a further act; `page_name` is what the system's page
    calls it, where that is another name.
    """

    code: Code
    name: Words
    page_name: Words | None = None
    statute: Words
    categories: Kinds
    #: Whether all subjects must be registered at once.
    all_subjects: bool
    #: Whether the achievement test is always the joint one.
    joint_test_only: bool
    #: Whether with earlier placements all subjects may come together to a skip of the whole grade.
    may_become_full: bool
    #: Whether the school must adjust the enrolment record.
    enrolment_changes: bool
    source: Source


class CategoryRule(Data):
    """How the placement grade follows, and what must be there before.

    `grade` is `exam_grade` (what was passed), `last_placement` or `own_grade` (of the year of the
    placement); `ahead` is added.
    """

    code: Kind
    name: Words
    grade: Literal["exam_grade", "last_placement", "own_grade"]
    ahead: Annotated[int, Field(ge=0, le=3)]
    test_this_year: bool
    #: What the subject must have been placed as in the year before.
    follows: tuple[Kind, ...] = ()
    remarks: tuple[Words, ...] = ()
    source: Source


class ExemptionAgain(Data):
    """Who is exempt again without a new test: passed grades at once in earlier years."""

    #: Subjects that are listed without a further act; any other by a recorded one of `decides`.
    subjects: tuple[Code, ...]
    decides: Code
    source: Source


class Consent(Data):
    """Who decides on a change and what the authority says to it."""

    decides: Code
    #: `consented` is a written consent that must be there first, `noted` a filing.
    authority: Literal["consented", "noted"]


class DecisionRule(Data):
    """Who decides what for some categories (decision matrix).

    `authority` is the final act: `approved` (核定), or `noted` (備查), which is a filing. Nothing
    starts before it is there.
    """

    categories: Kinds
    first_look: Code | Literal["none"]
    decides: Code
    authority: Literal["approved", "noted"]
    authority_words: Words
    #: Who reviews the guidance plan, in this order.
    igp: Annotated[tuple[Code, ...], Field(min_length=1)]
    re_placement: Consent
    #: Before whom the reason is told where the placement is given up before the decision.
    abandoned_before: Code
    abandonment: Consent
    source: Source


class Level(Data):
    """A level of the other areas, from so many points."""

    code: Code
    name: Words
    at_least: Annotated[int, Field(ge=0, le=100)]


class AssessorRule(Data):
    """Which school assesses the other areas of which grades, and whether the next one helps."""

    assessed_grades: Grades
    by: Literal["own_school", "next_school"]
    with_next_school: bool


class FullSkip(Data):
    """A skip of a whole grade: the subjects that must land on one grade, and the other areas."""

    subjects: Annotated[tuple[Code, ...], Field(min_length=1)]
    other_areas: Annotated[tuple[Words, ...], Field(min_length=1)]
    levels: Annotated[tuple[Level, ...], Field(min_length=1)]
    #: The grade assessed in the other areas lies so many below the one that is reached.
    assessed_below: Annotated[int, Field(ge=0, le=3)]
    assessors: tuple[AssessorRule, ...]
    #: Who may set aside that not all subjects are tested in an exam grade, or that one lies above.
    override: Code
    remarks: tuple[Words, ...] = ()
    source: Source

    @at_publication
    def _falling(self) -> Self:
        lines = [one.at_least for one in self.levels]
        if lines != sorted({*lines}, reverse=True) or lines[-1] != 0:
            raise ValueError("levels: 等第須由高到低，最後一等自 0 分起")
        return self


class Duration(Data):
    """How long things last: `lapses` are the categories that end with the year."""

    full_skips_per_stage: Annotated[int, Field(ge=0, le=6)]
    #: Who may allow one more, by a recorded decision.
    override: Code
    starts: Literal["semester"]
    lapses: tuple[Kind, ...]
    remarks: tuple[Words, ...] = ()
    source: Source


class AttendanceRule(Data):
    """Who must come to the placement meeting; the first rule that fits counts.

    `into` is where the placement lies, `request` what is asked of an earlier placement, `to` the
    category it becomes.
    """

    code: Code
    name: Words
    categories: Kinds
    into: Literal["next_stage", "own_stage", "any"] = "any"
    request: Literal["none", "re_placement", "abandonment"] = "none"
    to: tuple[Kind, ...] = ()
    duty: Literal["required", "unless_uploads_complete", "not_required"]
    source: Source


class TransitionTask(Data):
    """Something to be done for a pupil, and from when on.

    What is left out does not matter: grades are the present one and those that are reached.
    """

    code: Code
    name: Words
    at: Literal["registration", "approval"]
    grades: tuple[Grade, ...] = ()
    reaches: tuple[Grade, ...] = ()
    full: bool | None = None
    controlled_school: bool | None = None
    continuing: bool | None = None
    #: Whether by its registration type the placement changes the enrolment record.
    enrolment_changes: bool | None = None
    #: Whether it must be done or may be.
    required: bool = True
    #: By the last day of this window.
    window: Code
    source: Source


class Opening(Data):
    """From when a window opens for some cases, beyond its printed day."""

    window: Code
    cases: Literal["new", "continuing"]
    #: Results of this stage must have been published; `none` where the window's day is enough.
    after_results_of: Code | Literal["none"]
    #: After a recheck that was passed: until the end of this window, for that pupil.
    after_recheck_until: Code | Literal["none"]
    source: Source


class PupilRule(Data):
    """Who may apply, and what of a pupil must be known."""

    grades: Grades
    #: That pupils register at their own school. It is always true: an application is opened by the
    #: school where the register has the pupil (`domain.programme_check`).
    own_school_only: bool
    photos_each_stage: Annotated[int, Field(ge=0, le=9)]
    #: Grades in which the school of the next stage must be named.
    next_school_grades: tuple[Grade, ...]
    #: From this grade on a placement lies in the next stage.
    next_stage_from: Grade
    vetted_by: tuple[Code, ...]
    #: Whether the forms on paper stay at the school. It is said to the reader; no step asks for it.
    papers_stay_at_school: bool
    late: Effect
    source: Source


class MemberRule(Data):
    """A seat that must be taken by one of these offices."""

    any_of: Annotated[tuple[Words, ...], Field(min_length=1)]


class Committee(Data):
    """A body of a school, and who must sit on it; a missing seat is a warning."""

    code: Code
    name: Words
    convenor: Words | Literal["none"] = "none"
    members: tuple[MemberRule, ...] = ()
    #: Whether the next stage's school must be represented where a test crosses into it.
    next_stage_for_crossing_tests: bool = False
    remarks: tuple[Words, ...] = ()
    source: Source


class Subsidy(Data):
    """Whose cost of exempt lessons the authority may bear on request; else who pays, and whose
    consent that needs."""

    statuses: tuple[Code, ...]
    otherwise: Words
    consent: Code
    source: Source
