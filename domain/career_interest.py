"""生涯興趣: career, interest and aptitude tests of one education stage (IGP manual 3.6)."""

from typing import Annotated

from pydantic import Field

from domain.calendar import WrittenDate
from domain.event import ENCRYPTED
from domain.reference import Choice
from domain.section import NotFuture, Row, SectionData, Text, define


class CareerInterestTest(Row):
    instrument: Annotated[str, Choice("career_instruments")] = Field(title="施測項目")
    result: Annotated[Text | None, ENCRYPTED] = Field(None, title="測驗結果")
    test_date: Annotated[WrittenDate | None, NotFuture()] = Field(None, title="施測日期")


class CareerInterest(SectionData):
    """One per student and education stage; the plan shows those of all stages."""

    tests: tuple[CareerInterestTest, ...] = Field((), title="生涯、興趣或測驗", max_length=100)


CAREER_INTEREST = define("career_interest", "stage", CareerInterest, rows={"tests": "test"})
