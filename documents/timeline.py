"""The timeline of a dispute on paper: what happened, in order, by whom, from what to what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from documents.table import Line, legible, local
from documents.typesetting import press
from domain.calendar import roc_short
from domain.event import ERASED
from domain.labels import written

TITLE = "爭議案件歷程"
COLUMNS = ("欄位", "之前", "之後")
#: Where nothing stood there before.
COLUMNS_FIRST = ("欄位", "內容")

#: What stands for an empty field.
NOTHING = "（無）"

#: What stands in place of a content that is not shown, by the rule it is closed by.
NOT_SHOWN = {
    "not-visible": "（調閱者看不到）",
    "release-withdrawn": "（填寫者已收回）",
    "erased": str(ERASED),
    "national-id": "（這一筆含完整的身分證統一編號，不開啟）",
}


@dataclass(frozen=True)
class Timeline:
    """What the paper is made of. `items` are in the form of `timeline.json`
    (docs/formats/evidence.md), `closed` says by position which rule closes one."""

    items: Iterable[Mapping[str, Any]] = field(repr=False)
    closed: Mapping[int, str]
    terms: Sequence[Line] = field(repr=False)
    closing: Sequence[Line]
    #: What stands at the foot of each page, so that a loose one is known.
    footer: str
    made_at: datetime


def timeline_pdf(timeline: Timeline, *, font_folders: Sequence[Path] = ()) -> bytes:
    """The paper as PDF/A-2a and PDF/UA-1; same timeline and fonts, same bytes.

    Raises `NotPrintable`, `BrokenOff`.
    """
    data = timeline_data(timeline)
    return press(tuple(font_folders)).print("timeline.typ", data, timeline.made_at)


def timeline_data(timeline: Timeline) -> dict[str, Any]:
    """What the template is given: of every event its head once, and its fields below."""
    return {
        "title": TITLE,
        "footer": legible(timeline.footer),
        "terms": _legible(timeline.terms),
        "columns": COLUMNS,
        "columns_first": COLUMNS_FIRST,
        "events": [
            _event(number, item, NOT_SHOWN.get(timeline.closed.get(item["position"], ""), ""))
            for number, item in enumerate(timeline.items, start=1)
        ],
        "closing": _legible(timeline.closing),
    }


def _event(number: int, item: Mapping[str, Any], not_shown: str) -> dict[str, Any]:
    stated = item["stated"]
    at = datetime.fromisoformat(item["recorded_at"])
    recorded = local(at)
    occurred = item["occurred_on"]
    could_see = [
        *stated["offices"],
        *(f"{one['name']}（{one['capacity']}）" for one in stated["could_see"]),
    ]
    about = [
        # To the microsecond: two events of one second have an order.
        ("紀錄時間", f"{roc_short(recorded.date())} {recorded:%H:%M:%S}.{at.microsecond:06d}"),
        ("紀錄簿", f"第 {item['position']} 筆"),
        ("發生日期", "" if occurred is None else roc_short(date.fromisoformat(occurred))),
        ("人員", stated["author"]),
        ("身分", stated["capacity"]),
        ("原因", _written(stated, "reason", item["reason"], not_shown)),
        ("當時可見", "、".join(could_see)),
    ]
    return {
        "number": number,
        "heading": legible("：".join(filter(None, (stated["section"], stated["event"])))),
        "about": _legible([(label, text) for label, text in about if text]),
        "fields": [
            [legible(text) for text in _field(stated, changed, not_shown)]
            for changed in item["fields"]
        ],
    }


def _field(
    stated: Mapping[str, Any], changed: Mapping[str, Any], not_shown: str
) -> tuple[str, str, str]:
    """What a field is called, what it said before, empty where nothing did, and what it says."""
    name = changed["field"]
    before = _written(stated, name, changed["before"], not_shown)
    return (
        stated["labels"].get(name, name),
        before if changed["before_from"] is None else before or NOTHING,
        _written(stated, name, changed["after"], not_shown) or NOTHING,
    )


def _legible(lines: Sequence[Line]) -> list[list[str]]:
    return [[legible(label), legible(text)] for label, text in lines]


def _written(stated: Mapping[str, Any], name: str, value: Any, not_shown: str) -> str:
    if value == {"#": None}:
        return not_shown
    rows = stated["rows"]
    field = name if rows is None else f"{rows}.{name}"
    return written(stated["code"], field, value, stated["names"])


def day(instant: datetime) -> str:
    """The local day and time of an instant as a paper says it: 114.2.18 10:00:00."""
    moment = local(instant)
    return f"{roc_short(moment.date())} {moment:%H:%M:%S}"
