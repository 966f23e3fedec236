"""The timeline of a dispute on paper: local time, words for codes, why something is not shown."""

from datetime import UTC, datetime
from typing import Any

from documents.table import checked_rows
from documents.timeline import COLUMNS, Timeline, timeline_table

STATED: dict[str, Any] = {
    "code": "placement",
    "section": "安置",
    "event": "修正",
    "rows": None,
    "author": "王老師",
    "capacity": "個案管理教師",
    "labels": {"category": "安置類型", "arrangement": "安置方式"},
    "names": {},
    "could_see": [{"name": "李主任"}],
    "offices": ["鑑輔會"],
}


def item(**changed: Any) -> dict[str, Any]:
    return {
        "position": 7,
        "recorded_at": "2024-06-02T17:30:00.000120Z",
        "occurred_on": "2024-06-01",
        "reason": "家長來函",
        "fields": [{"field": "category", "before": "skip", "after": "promotion"}],
        "stated": STATED,
    } | changed


def lines(*items: dict[str, Any], closed: dict[int, str] | None = None) -> list[dict[str, Any]]:
    made_at = datetime(2024, 6, 3, tzinfo=UTC)
    table = timeline_table(Timeline(items, closed or {}, [], [], made_at))
    keys = [column.key for column in COLUMNS]
    return [dict(zip(keys, row, strict=True)) for row in checked_rows(table)]


def test_a_day_and_a_time_are_those_of_taipei() -> None:
    [line] = lines(item())
    assert str(line["recorded_date"]) == "2024-06-03"
    assert line["recorded_time"] == "01:30:00.000120"
    assert str(line["occurred_on"]) == "2024-06-01"


def test_codes_are_words_and_who_could_see_is_named() -> None:
    [line] = lines(item())
    assert (line["field"], line["before"], line["after"]) == ("安置類型", "跳級", "升級")
    assert line["could_see"] == "鑑輔會、李主任"


def test_what_is_not_shown_says_why() -> None:
    hidden = item(fields=[{"field": "arrangement", "before": None, "after": {"#": None}}])
    for rule, words in (("erased", "已依法刪除"), ("release-withdrawn", "（填寫者已收回）")):
        [line] = lines(hidden, closed={7: rule})
        assert (line["before"], line["after"]) == ("", words)


def test_an_event_without_fields_is_a_line_too() -> None:
    [line] = lines(item(fields=[]))
    assert (line["field"], line["event"]) == ("", "修正")
