"""興趣分析: what the student is interested in, by field (IGP manual 3.7)."""

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from domain.event import ENCRYPTED
from domain.reference import Choice
from domain.section import SectionData, Text, define
from domain.section_words import in_order, other_explained


class InterestAnalysis(SectionData):
    """One per student and school year. What is interesting in another way has its text."""

    interests: Annotated[tuple[str, ...], Choice("interests")] = Field(
        (), title="各領域項目", description="可複選，依領域分組。", max_length=200
    )
    interests_other: Annotated[tuple[str, ...], Choice("interest_fields")] = Field(
        (), title="其他", description="勾選「其他」的領域。", max_length=20
    )
    interests_other_note: Annotated[dict[str, Text], ENCRYPTED, Choice("interest_fields")] = Field(
        {}, title="其他說明", description="各領域「其他」的說明；勾選時必填。"
    )

    @field_validator("interests")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return in_order("interests", value)

    @field_validator("interests_other")
    @classmethod
    def _others_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return in_order("interest_fields", value)

    @model_validator(mode="after")
    def _others(self) -> "InterestAnalysis":
        other_explained(self.interests_other, self.interests_other_note)
        return self


INTEREST_ANALYSIS = define("interest_analysis", "year", InterestAnalysis, source="三(三)")
