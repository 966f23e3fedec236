"""生涯興趣: career, interest and aptitude tests of one education stage (IGP manual 3.6)."""

from typing import Annotated

from pydantic import Field

from domain.calendar import WrittenDate
from domain.event import ENCRYPTED
from domain.reference import Choice
from domain.section import PLAIN, NotFuture, Row, SectionData, Text, define


class CareerInterestTest(Row):
    instrument: Annotated[str, Choice("career_instruments"), PLAIN] = Field(
        title="施測項目", description="所作的生涯、興趣或性向測驗。"
    )
    result: Annotated[Text | None, ENCRYPTED, PLAIN] = Field(
        None, title="測驗結果", description="測驗的結果，依測驗原樣填寫。"
    )
    test_date: Annotated[WrittenDate | None, NotFuture(), PLAIN] = Field(
        None, title="施測日期", description="施測的日期。"
    )


class CareerInterest(SectionData):
    """One per student and education stage; the plan shows those of all stages."""

    tests: Annotated[tuple[CareerInterestTest, ...], PLAIN] = Field(
        (), title="生涯、興趣或測驗", description="歷年的測驗，一次一列。", max_length=100
    )


CAREER_INTEREST = define(
    "career_interest", "stage", CareerInterest, source="三(二)", rows={"tests": "test"}
)
