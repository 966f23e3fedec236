"""What must be over before something else begins, and what is left behind when a window moves."""

from datetime import date

import pytest

from domain.programme_data import Contingency, Source, Window
from domain.window_order import after, before, check, contingency_overlaps, left_behind, overlaps

SOURCE = Source(document="簡章", section="日程")


def window(code: str, opens: int, closes: int, *follows: str, kept: int | None = None) -> Window:
    ready = None if kept is None else Contingency(opens=day(kept), closes=day(kept))
    return Window(
        code=code,
        name=code,
        by="學校",
        opens=day(opens),
        closes=day(closes),
        follows=follows,
        contingency=ready,
        late="none",
        source=SOURCE,
    )


def day(number: int) -> date:
    return date(2025, 3, number)


WINDOWS = (
    window("test", 9, 9, kept=16),
    window("council", 11, 11, "test"),
    window("results", 14, 14, "council"),
    window("entry", 14, 20),
)


def test_windows_in_order_overlap_nowhere() -> None:
    assert [*overlaps(WINDOWS)] == []
    check(WINDOWS, ())


def test_what_begins_on_the_last_day_of_what_must_be_over_overlaps() -> None:
    windows = (*WINDOWS, window("recheck", 14, 19, "results"))
    [found] = overlaps(windows)
    assert found.finding == "windows-overlap:recheck.results"
    with pytest.raises(ValueError, match="recheck"):
        check(windows, ())
    check(windows, [found.finding])


def test_a_deadline_alone_is_its_first_and_last_day() -> None:
    deadline = window("papers", 12, 12, "council").model_copy(update={"opens": None})
    assert [*overlaps((*WINDOWS, deadline))] == []
    too_early = deadline.model_copy(update={"closes": day(11)})
    assert [one.window.code for one in overlaps((*WINDOWS, too_early))] == ["papers"]


def test_days_kept_ready_that_reach_into_what_follows_are_a_finding() -> None:
    [(name, message)] = contingency_overlaps(WINDOWS)
    assert name == "contingency-overlap:council.test"
    assert "council" in message


def test_a_window_that_moves_leaves_behind_what_comes_after_it_and_nothing_else() -> None:
    assert after(WINDOWS, "test") == ("council", "results")
    assert after(WINDOWS, "entry") == ()
    assert before(WINDOWS, "results") == {"results", "council", "test"}
    moved = {"test": (day(16), day(16))}
    assert left_behind(WINDOWS, moved) == {"test": ("council", "results")}
    set_anew = moved | {"council": (day(18), day(18)), "results": (day(20), day(20))}
    assert left_behind(WINDOWS, set_anew) == {}


def test_a_circle_of_windows_is_refused() -> None:
    circle = (window("one", 1, 1, "two"), window("two", 3, 3, "one"))
    with pytest.raises(ValueError, match="繞了一圈"):
        check(circle, ())
    with pytest.raises(ValueError, match="繞了一圈"):
        check((window("one", 1, 1, "one"),), ())
