"""The last day of a period that begins with a notice. Days are local dates in Asia/Taipei.

Source of the counting: New Taipei plan 陸四 (domain file 3.2) and Kaohsiung brochure 十五(九); the
vectors of both stand in the tests.
"""

from collections.abc import Container
from datetime import date, timedelta
from typing import Literal

#: Every day counts, weekends and holidays among them.
Count = Literal["calendar"]
#: Day 1 is the day after the notice, or the day of the notice itself.
Start = Literal["next_day", "same_day"]

_SATURDAY = 5


def last_day(
    notice: date,
    days: int,
    count: Count = "calendar",
    start: Start = "next_day",
    *,
    roll: bool = False,
    closed: Container[date] = (),
) -> date:
    """The last of `days` days after a notice; where `roll`, moved on to a working day.

    `closed` are the days on which the office is closed beside weekends. Raises `ValueError` for
    fewer days than one.
    """
    if days < 1:
        raise ValueError("a period has at least one day")
    if count != "calendar":
        raise ValueError(f"no way to count {count}")
    last = notice + timedelta(days=days if start == "next_day" else days - 1)
    return working_day(last, closed) if roll else last


def working_day(day: date, closed: Container[date] = ()) -> date:
    """The day itself or the next one that is no Saturday, no Sunday and not among `closed`."""
    while day.weekday() >= _SATURDAY or day in closed:
        day += timedelta(days=1)
    return day
