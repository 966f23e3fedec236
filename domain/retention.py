"""Retention: how long records are kept, as data with its sources. A person decides what follows.

Periods count from the end of the last school year of which the student has a plan.
"""

import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.calendar import school_year_ends
from domain.toml_text import not_toml


class Period(BaseModel):
    """How long one kind of record is kept; `years` is None where no document says so."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: str = Field(pattern="^[a-z_]+$")
    label: str = Field(min_length=1)
    years: int | None = Field(default=None, ge=0, le=100)
    source: str = Field(min_length=1)


class RetentionNotValid(ValueError):
    """A file of periods is not in its form; the message (zh-TW) says where."""


def read(text: str) -> tuple[Period, ...]:
    """The periods of a TOML text, each under `[[periods]]`. Raises `RetentionNotValid`."""
    try:
        return tuple(Period.model_validate(one) for one in tomllib.loads(text)["periods"])
    except tomllib.TOMLDecodeError as error:
        problem = f"{not_toml(error)}。"
    except ValidationError as error:
        fields = "、".join(".".join(map(str, one["loc"])) for one in error.errors())
        problem = f"欄位 {fields} 不正確；每一項需有 kind、label、source，年數寫在 years。"
    except (KeyError, TypeError):
        problem = "沒有 [[periods]]。"
    raise RetentionNotValid(problem)


@cache
def shipped() -> tuple[Period, ...]:
    """The periods as the documents print them."""
    return read(files("domain").joinpath("retention.toml").read_text(encoding="utf-8"))


def kept_until(periods: Sequence[Period], last_school_year: int | None) -> date | None:
    """The last day on which any of the periods runs.

    None where one of them is not stated, or nothing tells from when it counts.
    """
    years = [one.years for one in periods]
    if last_school_year is None or not years or None in years:
        return None
    longest = max(one for one in years if one is not None)
    return school_year_ends(last_school_year + longest)
