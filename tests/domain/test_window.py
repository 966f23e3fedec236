"""A window is open from its first to its last moment, both included, in local time."""

from datetime import UTC, date, datetime, time

import pytest

from domain.calendar import TAIPEI
from domain.programme_data import Contingency, Source, Window
from domain.window import Postponed, days_of, standing

WINDOW = Window(
    code="w09",
    name="初選報名",
    by="監護人",
    opens=date(2025, 2, 17),
    closes=date(2025, 2, 18),
    opens_at=time(8, 30),
    closes_at=time(16),
    daily=True,
    late="none",
    source=Source(document="簡章", section="日程"),
)


@pytest.mark.parametrize(
    ("at", "stands"),
    [
        ("2025-02-17T08:29:59", "early"),
        ("2025-02-17T08:30:00", "open"),
        ("2025-02-17T16:00:00", "open"),
        ("2025-02-17T16:00:01", "between"),
        ("2025-02-18T08:00:00", "between"),
        ("2025-02-18T16:00:00", "open"),
        ("2025-02-18T16:00:01", "late"),
        ("2025-02-19T09:00:00", "late"),
    ],
)
def test_a_daily_window_is_closed_overnight(at: str, stands: str) -> None:
    assert standing(WINDOW, datetime.fromisoformat(at).replace(tzinfo=TAIPEI)) == stands


def test_an_instant_counts_by_its_local_day() -> None:
    assert standing(WINDOW, datetime(2025, 2, 17, 0, 30, tzinfo=UTC)) == "open"
    assert standing(WINDOW, datetime(2025, 2, 17, 8, 0, 1, tzinfo=UTC)) == "between"


def test_a_window_without_times_is_open_for_whole_days() -> None:
    whole = WINDOW.model_copy(update={"opens_at": None, "closes_at": None, "daily": False})
    last = datetime(2025, 2, 18, 23, 59, 59, 999_999, TAIPEI)
    assert standing(whole, last) == "open"
    assert standing(whole, datetime(2025, 2, 19, tzinfo=TAIPEI)) == "late"
    assert standing(whole, datetime(2025, 2, 16, 23, 59, 59, tzinfo=TAIPEI)) == "early"


def test_a_postponement_counts_instead_of_what_is_printed() -> None:
    moved = {"w09": (date(2025, 2, 18), date(2025, 2, 19))}
    at = datetime(2025, 2, 19, 10, tzinfo=TAIPEI)
    assert standing(WINDOW, at) == "late"
    assert standing(WINDOW, at, moved) == "open"


def test_a_last_day_set_alone_moves_what_is_printed_for_one_day_and_prolongs_the_rest() -> None:
    moved = {"w09": (None, date(2025, 2, 20))}
    assert days_of(WINDOW, moved) == (date(2025, 2, 17), date(2025, 2, 20))
    one = WINDOW.model_copy(update={"opens": date(2025, 2, 18)})
    assert days_of(one, moved) == (date(2025, 2, 20), date(2025, 2, 20))
    open_ended = WINDOW.model_copy(update={"opens": None})
    assert days_of(open_ended, moved) == (None, date(2025, 2, 20))


def test_where_only_some_days_count_the_others_between_are_closed() -> None:
    days = (date(2025, 2, 17), date(2025, 2, 20))
    some = WINDOW.model_copy(update={"closes": days[1], "days": days})

    def stands(day: int, moved: Postponed | None = None) -> str:
        return standing(some, datetime(2025, 2, day, 9, tzinfo=TAIPEI), moved)

    assert [stands(day) for day in (17, 18, 20, 21)] == ["open", "between", "open", "late"]
    # Of other days that were set, each counts; of those kept ready, the ones that were printed.
    moved: Postponed = {"w09": (date(2025, 2, 21), date(2025, 2, 24))}
    assert [stands(day, moved) for day in (20, 21, 22, 24)] == ["early", "open", "open", "open"]
    kept = Contingency(opens=date(2025, 2, 21), closes=date(2025, 2, 24),
                       days=(date(2025, 2, 21), date(2025, 2, 24)))  # fmt: skip
    some = some.model_copy(update={"contingency": kept})
    assert [stands(day, moved) for day in (21, 22, 24)] == ["open", "between", "open"]
