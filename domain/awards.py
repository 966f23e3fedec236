"""得獎紀錄: a student's awards in one education stage (IGP manual 3.8)."""

from typing import Annotated

from pydantic import Field

from domain.calendar import WrittenDate
from domain.event import ENCRYPTED
from domain.reference import Choice
from domain.section import NotFuture, Row, SectionData, Word, define


class Award(Row):
    award_date: Annotated[WrittenDate | None, NotFuture()] = Field(None, title="日期")
    event_name: Annotated[Word, ENCRYPTED] = Field(title="競賽／活動名稱")
    organiser: Annotated[Word | None, ENCRYPTED] = Field(None, title="主辦單位")
    level: Annotated[str | None, Choice("award_levels")] = Field(None, title="級別")
    prize: Annotated[Word, ENCRYPTED] = Field(title="名次／獎項")


class Awards(SectionData):
    """One per student and education stage; the plan shows those of all stages."""

    awards: tuple[Award, ...] = Field((), title="得獎紀錄", max_length=300)


AWARDS = define("awards", "stage", Awards, rows={"awards": "award"})
