"""What every rule of a programme is made of: strict data with a source, and windows.

Rules stand in a TOML text (`domain.programme_rules`); code never names a county.
"""

from collections.abc import Callable
from datetime import date, time
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationInfo,
    model_validator,
)

Code = Annotated[str, Field(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=60)]
Words = Annotated[str, Field(min_length=1, max_length=2_000)]
Weekday = Literal["一", "二", "三", "四", "五", "六", "日"]

NONE: Literal["none"] = "none"


#: The context in which a text that was published is read again.
PUBLISHED = "published"


def at_publication(check: Callable[[Any], Any]) -> Any:
    """A check of a rule that is made when its text is published. Of one that was published every
    rule is read whatever is checked today: checks become stricter, and what is in force stays.
    Nor is a rule checked again that was read already and is shown."""

    def checked(
        of: type[BaseModel], value: Any, read: ModelWrapValidatorHandler[Any], info: ValidationInfo
    ) -> Any:
        if isinstance(value, of):
            return value
        rule = read(value)
        if info.context != PUBLISHED:
            check(rule)
        return rule

    return model_validator(mode="wrap")(cast(Any, classmethod(checked)))


class Data(BaseModel):
    # Strict, so that a number in quotes or a date as text is refused and not guessed at.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Source(Data):
    """Where a rule is printed: the document, and the part of it."""

    document: Words
    section: Words


class Effect(Data):
    """What follows, as the plan words it, with a code of its own."""

    code: Code
    words: Words


class Body(Data):
    """Who receives or decides."""

    code: Code
    name: Words


class Contingency(Data):
    """The days that the plan keeps ready where an office is closed by disaster.

    They hold only once somebody sets them: nothing moves by itself. `days` are the only ones that
    count between the two, where not every day does.
    """

    opens: date
    closes: date
    days: tuple[date, ...] = ()


class Window(Data):
    """From when to when something is done; both days included. A clock time is local.

    The weekdays are those printed, which may not be those of the dates (see `lint`).
    """

    code: Code
    name: Words
    by: Words
    opens: date | None = None
    closes: date | None = None
    opens_at: time | None = None
    closes_at: time | None = None
    #: Whether the times hold for each day, so that it is closed overnight.
    daily: bool = False
    opens_weekday: Weekday | None = None
    closes_weekday: Weekday | None = None
    #: The only days that count between the two, where not every day does.
    days: tuple[date, ...] = ()
    #: Where the plan gives a deadline without a date.
    deadline: Words | None = None
    #: The windows that must be over before this one begins.
    follows: tuple[Code, ...] = ()
    contingency: Contingency | None = None
    remarks: tuple[Words, ...] = ()
    late: Effect | Literal["none"]
    source: Source
