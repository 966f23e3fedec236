"""得獎紀錄: a student's awards in one education stage (IGP manual 3.8)."""

from typing import Annotated

from pydantic import Field

from domain.calendar import WrittenDate
from domain.event import ENCRYPTED
from domain.reference import Choice
from domain.section import PLAIN, NotFuture, Row, SectionData, Word, define


class Award(Row):
    award_date: Annotated[WrittenDate | None, NotFuture(), PLAIN] = Field(
        None, title="日期", description="得獎的日期。"
    )
    event_name: Annotated[Word, ENCRYPTED, PLAIN] = Field(
        title="競賽／活動名稱", description="得獎的競賽或活動。"
    )
    organiser: Annotated[Word | None, ENCRYPTED, PLAIN] = Field(
        None, title="主辦單位", description="主辦這項競賽或活動的單位。"
    )
    level: Annotated[str | None, Choice("award_levels"), PLAIN] = Field(
        None, title="級別", description="競賽或活動的級別。"
    )
    prize: Annotated[Word, ENCRYPTED, PLAIN] = Field(
        title="名次／獎項", description="得到的名次或獎項。"
    )


class Awards(SectionData):
    """One per student and education stage; the plan shows those of all stages."""

    awards: Annotated[tuple[Award, ...], PLAIN] = Field(
        (), title="得獎紀錄", description="歷年得獎，一項一列。", max_length=300
    )


AWARDS = define("awards", "stage", Awards, source="三(四)", rows={"awards": "award"})
