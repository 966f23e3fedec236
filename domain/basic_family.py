"""基本資料與家庭背景, the record of a student's school year (IGP manual 3.3, 4.1 to 4.3)."""

from typing import Annotated

from pydantic import Field, field_validator

from domain.calendar import WrittenDate
from domain.event import ENCRYPTED
from domain.reference import Choice
from domain.section import PLAIN, Row, SectionData, Text, Word, define
from domain.section_words import in_order
from domain.student import Sex


class FamilyMember(Row):
    """家庭成員."""

    kinship: Annotated[Word, ENCRYPTED] = Field(
        title="稱謂", description="與學生的關係，例如父、母。"
    )
    name: Annotated[Word, ENCRYPTED, PLAIN] = Field(
        title="姓名", description="這位家庭成員的姓名。"
    )
    highest_education: Annotated[Word | None, ENCRYPTED, PLAIN] = Field(
        None, title="最高學歷", description="這位家庭成員的最高學歷。"
    )
    field_of_study: Annotated[Word | None, ENCRYPTED, PLAIN] = Field(
        None, title="畢業科系", description="這位家庭成員畢業的科系。"
    )
    phone: Annotated[Word | None, ENCRYPTED, PLAIN] = Field(
        None, title="聯絡電話", description="這位家庭成員的電話號碼。"
    )
    employer: Annotated[Word | None, ENCRYPTED, PLAIN] = Field(
        None, title="服務機構", description="這位家庭成員工作的機構。"
    )


class BasicFamily(SectionData):
    """One per student and school year; it begins with the student's directory report."""

    student_name: Annotated[Word, ENCRYPTED] = Field(title="姓名", description="取自通報資料。")
    sex: Annotated[Sex, ENCRYPTED] = Field(title="性別", description="取自通報資料。")
    birth_date: Annotated[WrittenDate, ENCRYPTED] = Field(
        title="出生日期", description="取自通報資料。"
    )
    school_name: Word = Field(title="學校", description="取自通報資料。")
    class_name: Word | None = Field(None, title="班級", description="取自通報資料。")
    grade: int = Field(title="年級", description="1 至 12，取自通報資料。", ge=1, le=12)
    giftedness_category: Annotated[tuple[str, ...], Choice("giftedness_categories")] = Field(
        (), title="資優類別", description="可複選；特殊教育法第 4 條。"
    )
    placement_type: Annotated[str | None, Choice("placement_types"), PLAIN] = Field(
        None, title="安置型態", description="學生接受資優教育的型態，一種。"
    )
    address: Annotated[Text | None, ENCRYPTED, PLAIN] = Field(
        None, title="住址", description="學生的住址。"
    )
    phone: Annotated[Word | None, ENCRYPTED, PLAIN] = Field(
        None, title="電話", description="學生家中的電話號碼。"
    )
    family_members: Annotated[tuple[FamilyMember, ...], PLAIN] = Field(
        (), title="家庭成員", description="家庭成員，一人一列。", max_length=30
    )

    @field_validator("giftedness_category")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return in_order("giftedness_categories", value)


#: The fields that come from the directory.
FROM_DIRECTORY = ("student_name", "sex", "birth_date", "school_name", "class_name", "grade")

BASIC_FAMILY = define(
    "basic_family",
    "year",
    BasicFamily,
    source="二(一)",
    rows={"family_members": "family-member"},
    opened={"field_sources": dict[str, str] | None, "copied_from_year": int | None},
    withdrawable=True,
)
