"""重新安置紀錄 of the plan: the assessed needs and the outcome (IGP manual 3.14)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from domain.calendar import WrittenDate
from domain.event import ENCRYPTED
from domain.section import PLAIN, NotFuture, SectionData, Text, define


class Replacement(SectionData):
    assessed_needs: Annotated[Text, ENCRYPTED, PLAIN] = Field(
        title="評估需求", description="評估所得的需求。"
    )
    outcome: Annotated[Text, ENCRYPTED, PLAIN] = Field(title="結果", description="評估後的結果。")
    decided_on: Annotated[WrittenDate | None, NotFuture(), PLAIN] = Field(
        None, title="日期", description="決定的日期。"
    )
    meeting_id: UUID | None = Field(None, title="會議", description="作成決定的會議紀錄；可不填。")


REPLACEMENT = define("replacement", "record", Replacement, source="七(二)")
