"""鑑定資料: the tests of a student's identification in one education stage (IGP manual 3.5)."""

from typing import Annotated

from pydantic import Field

from domain.calendar import WrittenDate
from domain.event import ENCRYPTED
from domain.section import PLAIN, NotFuture, Row, SectionData, Text, Word, define


class IdentificationTest(Row):
    test_name: Annotated[Word, ENCRYPTED, PLAIN] = Field(
        title="施測項目", description="測驗或評量的名稱。"
    )
    test_date: Annotated[WrittenDate, NotFuture(), PLAIN] = Field(
        title="日期", description="施測的日期。"
    )
    result: Annotated[Text, ENCRYPTED] = Field(
        title="施測結果", description="原始分數、百分等級或 T 分數，依測驗原樣填寫。"
    )


class Identification(SectionData):
    """One per student and education stage."""

    tests: Annotated[tuple[IdentificationTest, ...], PLAIN] = Field(
        (), title="施測紀錄", description="鑑定所作的測驗與評量，一次一列。", max_length=100
    )


IDENTIFICATION = define(
    "identification", "stage", Identification, source="三(一)", rows={"tests": "test"}
)
