"""What the forms of the second stage name: subjects, how each is tested, awards (F16, F17)."""

from typing import Literal

from pydantic import Field

from domain.placement import Category
from domain.section import SectionData, Word

#: The second stage's application, and what a body decided against the rule.
SUBMITTED = "second-stage-application-submitted"
EXCEPTION = "council-exception-recorded"

#: Who tests the subjects of types that need not sit the joint test (學校自辦, 聯合評量).
Mode = Literal["joint", "school"]
#: How a subject is tested; `award`: an award stands in for the test.
Test = Literal["joint", "school", "award"]
ExceptionKind = Literal["grade_without_all_subjects", "another_full_skip"]
WITHOUT_ALL: ExceptionKind = "grade_without_all_subjects"


class SecondRow(SectionData):
    """A subject as registered. Without `test` it is as the application says for its type."""

    subject: Word = Field(title="報考學科")
    exam_grade: int = Field(title="報考年級")
    registration_type: Word = Field(title="報考類型")
    test: Test | None = Field(None, title="測驗方式")
    #: Filled in from the programme: its name in that grade, and on what it is taken.
    subject_name: Word | None = Field(None, title="學科名稱")
    medium: Literal["paper", "computer"] | None = Field(None, title="測驗形式")


class PlacedSubject(SectionData):
    """How a subject is placed in the year in which pupils apply."""

    subject: Word = Field(title="學科")
    category: Category = Field(title="安置類別")
    placement_grade: int = Field(title="安置年級")


class SubjectAward(SectionData):
    """An award that stands in for the test of a subject; `standard` by the programme's code."""

    subject: Word = Field(title="學科")
    standard: Word = Field(title="依據")
    award: Word = Field(title="獎項或研習營名稱")
    school_year: int = Field(title="獲獎學年度")
