"""Whether a change of the placement page came late, by what was in force when it was recorded."""

from datetime import date, datetime, time

import pytest

from domain.calendar import TAIPEI
from projections.change_windows import Page, Pages

PUBLISHED = Page(10, "county-114", 114, "page", date(2025, 4, 25), None)
POSTPONED = Page(20, "county-114", None, "page", date(2025, 4, 28), None)


def at(day: int, *clock: int, month: int = 4) -> datetime:
    return datetime(2025, month, day, *clock, tzinfo=TAIPEI)


def late(
    *acts: Page,
    position: int = 15,
    when: datetime,
    origin: str = "school",
    year: int | None = 114,
    section: str = "placement",
) -> bool | None:
    return Pages(acts).late(section, origin, year, position, when)


def test_the_last_day_is_in_time_to_its_last_instant() -> None:
    assert late(PUBLISHED, when=at(25, 23, 59, 59, 999_999)) is False
    assert late(PUBLISHED, when=at(26)) is True


def test_a_closing_time_is_in_time_to_its_second() -> None:
    closing = PUBLISHED._replace(closes_at=time(16))
    assert late(closing, when=at(25, 16)) is False
    assert late(closing, when=at(25, 16, 0, 1)) is True


def test_a_page_without_a_last_day_is_never_late() -> None:
    assert late(PUBLISHED._replace(closes=None), when=at(1, month=7)) is False


@pytest.mark.parametrize("year", [113, 115, None])
def test_a_year_that_no_programme_covers_is_neither_late_nor_in_time(year: int | None) -> None:
    assert late(PUBLISHED, when=at(1, month=7), year=year) is None


def test_other_sections_and_programmes_without_a_page_say_nothing() -> None:
    assert late(PUBLISHED, when=at(1, month=7), section="application") is None
    assert late(PUBLISHED._replace(page=None), when=at(1, month=7)) is None


@pytest.mark.parametrize("origin", ["organiser", "authority", "council"])
def test_what_is_not_the_schools_is_not_late(origin: str) -> None:
    assert late(PUBLISHED, when=at(1, month=7), origin=origin) is False


def test_a_change_is_judged_by_what_stood_before_it() -> None:
    assert late(PUBLISHED, when=at(1, month=7), position=9) is None
    both = (PUBLISHED, POSTPONED)
    assert late(*both, when=at(26), position=15) is True
    assert late(*both, when=at(26), position=25) is False
    assert late(*both, when=at(29), position=25) is True


def test_a_new_text_keeps_what_was_postponed() -> None:
    again = PUBLISHED._replace(position=30, closes=date(2025, 4, 24))
    assert late(PUBLISHED, POSTPONED, again, when=at(26), position=35) is False
    other = POSTPONED._replace(page="another")
    assert late(PUBLISHED, other, again, when=at(25), position=35) is True
