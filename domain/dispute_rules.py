"""What a programme says of disputes: which kinds it has, their days, conditions and effects."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from domain.deadline import Count, Start
from domain.programme_data import Body, Code, Data, Effect, Source, Weekday, Words


class DisputeKind(StrEnum):
    """複查, 申復, 申訴, 安置申覆 (programmes compared, section 3)."""

    RECHECK = "recheck"
    APPEAL = "appeal"
    COMPLAINT = "complaint"
    PLACEMENT_REVIEW = "placement_review"


class Closing(Data):
    """The printed last day of a stage."""

    stage: Code
    on: date
    weekday: Weekday | None = None


class Condition(Data):
    """What must be there beside the days, and what follows where it is not."""

    code: Code
    name: Words
    missing: Effect
    #: Whether without it the dispute is not opened at all; else it is opened as incomplete.
    refused: bool


class Period(Data):
    """So many days from the notice."""

    days: Annotated[int, Field(ge=1, le=3_660)]
    count: Count
    start: Start
    roll_last_day: bool
    #: Where the last day is no working day: whether the next one is accepted as well.
    next_working_day_accepted: bool


class DisputeRule(Data):
    """What a plan says of one kind of dispute.

    `window` is a number of days, the printed last day of each stage, or `none`.
    """

    name: Words
    about: Words
    source: Source
    window: Period | tuple[Closing, ...] | Literal["none"]
    date_by: Literal["postmark", "filing"] | Literal["none"]
    once_per: Literal["stage", "none"]
    late: Effect | Literal["none"]
    receiver: Body
    decides: Body | Literal["none"]
    #: The kind of dispute that must have been decided before.
    requires: Annotated[DisputeKind, Field(strict=False)] | Literal["none"]
    conditions: tuple[Condition, ...] = ()
    #: What is said beside every count.
    remarks: tuple[Words, ...] = ()


class Disputes(Data):
    """Every kind is spoken of, be it with `none`."""

    recheck: DisputeRule | Literal["none"]
    appeal: DisputeRule | Literal["none"]
    complaint: DisputeRule | Literal["none"]
    placement_review: DisputeRule | Literal["none"]
