"""教育需求評估: what the school's plan meeting found the student to need (IGP manual 3.10)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from domain.event import ENCRYPTED
from domain.reference import Choice, table
from domain.section import PLAIN, SectionData, Text, define
from domain.section_words import in_order, of_group


class NeedsAssessment(SectionData):
    """One per student and school year. `needs` maps each of the five areas to what is ticked."""

    needs: Annotated[dict[str, tuple[str, ...]], Choice("needs")] = Field(
        {}, title="教育需求", description="五個面向各自勾選的項目。"
    )
    guidance_recommendations: Annotated[Text | None, ENCRYPTED, PLAIN] = Field(
        None, title="輔導建議事項", description="依教育需求所提的輔導建議。"
    )
    source_meeting_id: UUID | None = Field(
        None, title="會議依據", description="作成這項評估的會議紀錄；可不填。"
    )

    @field_validator("needs")
    @classmethod
    def _areas(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        areas = table("needs").groups
        if any(area not in areas for area in value):
            raise PydanticCustomError("not-offered", "沒有這個需求面向，請重新選擇。")
        for area, codes in value.items():
            of_group("needs", area, codes)
        return {area: in_order("needs", value[area]) for area in areas if value.get(area)}


NEEDS_ASSESSMENT = define("needs_assessment", "year", NeedsAssessment, source="五(一)")
