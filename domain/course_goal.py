"""課程目標: one record per subject course, of its own teachers (IGP manual 3.12)."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.event import ENCRYPTED
from domain.reference import Choice
from domain.section import Row, SectionData, Text, Word, define


class Semester(StrEnum):
    FIRST = "first"
    SECOND = "second"


class LearningPerformance(Row):
    """A row of the course. `component` is one that the teaching model of the year asks for."""

    component: Annotated[str | None, Choice("course_components")] = Field(None, title="課程架構")
    learning_performance: Annotated[Text, ENCRYPTED] = Field(
        title="學習表現", description="課綱學習表現代碼與文字。"
    )
    adjusted_learning_performance: Annotated[Text | None, ENCRYPTED] = Field(
        None, title="學習表現調整", description="依學生特質與需求調整；代碼或自行填寫。"
    )
    assessment_methods: Annotated[
        tuple[Word, ...], ENCRYPTED, Choice("assessment_methods", free=True)
    ] = Field((), title="評量方式", description="選項代碼，或自行填寫。", max_length=20)
    assessment_result: Annotated[Text | None, ENCRYPTED] = Field(None, title="評量結果")


class CourseGoal(SectionData):
    """`teachers` are the accounts of the 授課教師, who own the record."""

    subject: Annotated[str, Choice("subjects")] = Field(title="課程科目")
    course_name: Annotated[Word | None, ENCRYPTED] = Field(None, title="課程名稱")
    teachers: tuple[UUID, ...] = Field((), title="授課教師", max_length=20)
    semester: Semester | None = Field(None, title="學期")
    rows: tuple[LearningPerformance, ...] = Field((), title="學習表現", max_length=200)


COURSE_GOAL = define(
    "course_goal", "record", CourseGoal, rows={"rows": "learning-performance"}, withdrawable=True
)
