"""The timeline of a dispute on paper: local time, words for codes, why something is not shown."""

import io
from datetime import UTC, datetime
from typing import Any

import pikepdf

from documents.timeline import Timeline, timeline_data, timeline_pdf
from tests.documents.pdf_text import pages_of

STATED: dict[str, Any] = {
    "code": "placement",
    "section": "安置",
    "event": "修正",
    "rows": None,
    "author": "王老師",
    "capacity": "個案管理教師",
    "labels": {"category": "安置類型", "arrangement": "安置方式"},
    "names": {},
    "could_see": [{"name": "李主任", "capacity": "學校學務"}],
    "offices": ["鑑輔會"],
}


def changed(field: str, before: Any, after: Any, before_from: int | None = 3) -> dict[str, Any]:
    return {"field": field, "before": before, "after": after, "before_from": before_from}


def item(**more: Any) -> dict[str, Any]:
    return {
        "position": 7,
        "recorded_at": "2024-06-02T17:30:00.000120Z",
        "occurred_on": "2024-06-01",
        "reason": "家長來函",
        "fields": [changed("category", "skip", "promotion")],
        "stated": STATED,
    } | more


def paper(*items: dict[str, Any], closed: dict[int, str] | None = None) -> Timeline:
    terms = [("學生", "8c7a"), ("筆數", str(len(items)))]
    made_at = datetime(2024, 6, 3, tzinfo=UTC)
    return Timeline(
        items, closed or {}, terms, [("查驗方式", "請依說明查驗。")], "爭議案件 5c4c", made_at
    )


def events(*items: dict[str, Any], closed: dict[int, str] | None = None) -> list[dict[str, Any]]:
    return list(timeline_data(paper(*items, closed=closed))["events"])


def test_a_head_says_once_who_did_what_when_in_local_time_and_who_could_see() -> None:
    [event] = events(item())
    assert event["heading"] == "安置：修正"
    assert dict(event["about"]) == {
        "紀錄時間": "113.6.3 01:30:00.000120",
        "紀錄簿": "第 7 筆",
        "發生日期": "113.6.1",
        "人員": "王老師",
        "身分": "個案管理教師",
        "原因": "家長來函",
        "當時可見": "鑑輔會、李主任（學校學務）",
    }
    assert event["fields"] == [["安置類型", "跳級", "升級"]]


def test_what_is_not_shown_says_why() -> None:
    hidden = item(fields=[changed("arrangement", None, {"#": None}, None)])
    for rule, words in (("erased", "已依法刪除"), ("release-withdrawn", "（填寫者已收回）")):
        [event] = events(hidden, closed={7: rule})
        assert event["fields"] == [["安置方式", "", words]]


def test_an_empty_field_is_called_empty_and_what_was_not_said_before_has_no_before() -> None:
    cleared, new = changed("arrangement", "五年甲班", None), changed("category", None, None, None)
    filled = changed("arrangement", None, "五年甲班")
    [event] = events(item(fields=[cleared, new, filled]))
    assert [row[1:] for row in event["fields"]] == [
        ["五年甲班", "（無）"],
        ["", "（無）"],
        ["（無）", "五年甲班"],
    ]


def test_the_pages_head_each_event_once_are_tagged_and_made_again_to_the_byte() -> None:
    fields = [changed("category", "skip", "promotion")] * 70
    told = paper(item(fields=fields), item(fields=[], occurred_on=None))
    data = timeline_pdf(told)
    assert timeline_pdf(told) == data
    pages = pages_of(data)
    assert len(pages) > 1
    text = "".join(pages)
    assert (text.count("安置：修正"), text.count("王老師"), text.count("家長來函")) == (2, 2, 2)
    # A page that goes on with the fields of an event names their columns again.
    assert text.count("之前") == len(pages)
    assert text.count("爭議案件 5c4c") == len(pages)
    with pikepdf.open(io.BytesIO(data)) as pdf, pdf.open_metadata() as about:
        assert pdf.Root.MarkInfo.Marked
        assert (about["pdfaid:part"], about["pdfaid:conformance"]) == ("2", "A")
        assert about["pdfuaid:part"] == "1"
        assert len(pdf.Root.Outlines) > 0
