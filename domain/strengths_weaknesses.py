"""優弱勢能力: what a student does better or worse than peers of the same age (IGP manual 3.9)."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator

from domain.event import ENCRYPTED
from domain.reference import Choice
from domain.section import PLAIN, SectionData, Text, define
from domain.section_words import in_order, of_group, other_explained


class Mark(StrEnum):
    """An item is one or the other, never both (Q42)."""

    STRENGTH = "strength"
    WEAKNESS = "weakness"


class StrengthsWeaknesses(SectionData):
    """One per student and school year. Each area maps an item's code to its mark."""

    cognitive: Annotated[dict[str, Mark], Choice("traits"), PLAIN] = Field(
        {}, title="認知特質", description="各項認知特質與同齡學生相較，為優勢或弱勢；未勾選者不列。"
    )
    affective: Annotated[dict[str, Mark], Choice("traits"), PLAIN] = Field(
        {}, title="情意能力", description="各項情意能力與同齡學生相較，為優勢或弱勢；未勾選者不列。"
    )
    academic: Annotated[dict[str, Mark], Choice("subjects"), PLAIN] = Field(
        {}, title="學科能力", description="各學科與同齡學生相較，為優勢或弱勢；未勾選者不列。"
    )
    other_ticked: Annotated[tuple[str, ...], Choice("other_abilities")] = Field(
        (), title="其他", description="勾選「其他」的面向與方向，例如 cognitive:strength。"
    )
    other_note: Annotated[dict[str, Text], ENCRYPTED, Choice("other_abilities")] = Field(
        {}, title="其他說明", description="每一項「其他」的說明；勾選時必填。"
    )

    @field_validator("cognitive", "affective")
    @classmethod
    def _of_area(cls, value: dict[str, Mark], info: ValidationInfo) -> dict[str, Mark]:
        of_group("traits", str(info.field_name), value)
        return value

    @field_validator("other_ticked")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return in_order("other_abilities", value)

    @model_validator(mode="after")
    def _others(self) -> "StrengthsWeaknesses":
        other_explained(self.other_ticked, self.other_note)
        return self


STRENGTHS_WEAKNESSES = define("strengths_weaknesses", "year", StrengthsWeaknesses, source="四(一)")
