from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.deadline import last_day, working_day

#: The tables of New Taipei 3.2, the vectors of programmes compared 4, and Kaohsiung 8.2.
VECTORS = [
    ("2024-08-26", 20, "2024-09-15"),
    ("2024-08-28", 20, "2024-09-17"),
    ("2024-08-30", 20, "2024-09-19"),
    ("2024-09-02", 20, "2024-09-22"),
    ("2024-09-20", 20, "2024-10-10"),
    ("2024-12-20", 20, "2025-01-09"),
    ("2024-12-27", 20, "2025-01-16"),
    ("2025-01-08", 20, "2025-01-28"),
    ("2024-09-10", 30, "2024-10-10"),
    ("2024-10-01", 30, "2024-10-31"),
    ("2024-10-15", 30, "2024-11-14"),
    ("2024-12-02", 30, "2025-01-01"),
    ("2025-01-24", 30, "2025-02-23"),
    ("2025-01-31", 30, "2025-03-02"),
    ("2025-03-17", 20, "2025-04-06"),
    ("2025-04-21", 20, "2025-05-11"),
]

DAYS = st.dates(min_value=date(1950, 1, 1), max_value=date(2100, 1, 1))
LENGTHS = st.integers(min_value=1, max_value=400)


@pytest.mark.parametrize(("notice", "days", "last"), VECTORS)
def test_the_last_day_is_the_one_that_the_plans_count(notice: str, days: int, last: str) -> None:
    assert last_day(date.fromisoformat(notice), days) == date.fromisoformat(last)


@given(notice=DAYS, days=LENGTHS)
def test_exactly_so_many_days_lie_after_the_notice(notice: date, days: int) -> None:
    last = last_day(notice, days)
    counted = [notice + timedelta(days=n) for n in range(1, days + 1)]
    assert counted[-1] == last
    assert len({one for one in counted if notice < one <= last}) == days


@given(notice=DAYS, days=LENGTHS)
def test_with_the_notice_as_day_one_it_ends_a_day_earlier(notice: date, days: int) -> None:
    assert last_day(notice, days, start="same_day") + timedelta(days=1) == last_day(notice, days)


@given(notice=DAYS, days=LENGTHS, closed=st.frozensets(DAYS, max_size=3))
def test_a_rolled_day_is_the_first_working_day_from_the_last_one(
    notice: date, days: int, closed: frozenset[date]
) -> None:
    last = last_day(notice, days)
    rolled = last_day(notice, days, roll=True, closed=closed)
    assert rolled >= last
    assert rolled.weekday() < 5
    assert rolled not in closed
    between = (last + timedelta(days=n) for n in range((rolled - last).days))
    assert all(one.weekday() >= 5 or one in closed for one in between)


def test_a_closed_monday_moves_a_sunday_to_tuesday() -> None:
    assert working_day(date(2025, 4, 6)) == date(2025, 4, 7)
    assert working_day(date(2025, 4, 6), {date(2025, 4, 7)}) == date(2025, 4, 8)


def test_a_period_of_no_days_has_no_last_day() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        last_day(date(2025, 1, 1), 0)
    with pytest.raises(ValueError, match="no way to count"):
        last_day(date(2025, 1, 1), 3, "working")  # type: ignore[arg-type]
