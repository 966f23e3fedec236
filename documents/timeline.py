"""The timeline of a dispute on paper: what happened, in order, by whom, from what to what."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from documents.table import Column, Line, Table, local
from domain.calendar import roc_short
from domain.event import ERASED
from domain.labels import written

TITLE = "爭議案件歷程"
COLUMNS = (
    Column("number", "序號", "integer", 6),
    Column("recorded_date", "紀錄日期", "date", 13),
    Column("recorded_time", "紀錄時間", "text", 16),
    Column("occurred_on", "發生日期", "date", 13),
    Column("section", "項目", "text", 12),
    Column("event", "事項", "text", 12),
    Column("field", "欄位", "text", 14),
    Column("before", "之前", "text", 22),
    Column("after", "之後", "text", 22),
    Column("author", "人員", "text", 12),
    Column("capacity", "身分", "text", 12),
    Column("reason", "原因", "text", 20),
    Column("could_see", "當時可見", "text", 26),
)

#: What stands in place of a content that is not shown, by the rule it is closed by.
NOT_SHOWN = {
    "not-visible": "（調閱者看不到）",
    "release-withdrawn": "（填寫者已收回）",
    "erased": str(ERASED),
    "national-id": "（含身分證統一編號，不開啟）",
}


@dataclass(frozen=True)
class Timeline:
    """What the paper is made of. `items` are in the form of `timeline.json`
    (docs/formats/evidence.md), `closed` says by position which rule closes one."""

    items: Iterable[Mapping[str, Any]] = field(repr=False)
    closed: Mapping[int, str]
    terms: Sequence[Line] = field(repr=False)
    closing: Sequence[Line]
    made_at: datetime


def timeline_table(timeline: Timeline) -> Table:
    """The timeline as a table, a line for every changed field."""
    return Table(
        title=TITLE,
        columns=COLUMNS,
        rows=_rows(timeline),
        created=timeline.made_at,
        terms=timeline.terms,
        closing=lambda: timeline.closing,
    )


def _rows(timeline: Timeline) -> Iterator[Sequence[object]]:
    for number, item in enumerate(timeline.items, start=1):
        stated = item["stated"]
        at = datetime.fromisoformat(item["recorded_at"])
        recorded = local(at)
        head = (
            number,
            recorded.date(),
            # To the microsecond: two events of one second have an order.
            f"{recorded:%H:%M:%S}.{at.microsecond:06d}",
            None if item["occurred_on"] is None else date.fromisoformat(item["occurred_on"]),
            stated["section"],
            stated["event"],
        )
        not_shown = NOT_SHOWN.get(timeline.closed.get(item["position"], ""), "")
        tail = (
            stated["author"],
            stated["capacity"],
            _written(stated, "reason", item["reason"], not_shown),
            "、".join([*stated["offices"], *(one["name"] for one in stated["could_see"])]),
        )
        nothing = {"field": "", "before": None, "after": None}
        for changed in item["fields"] or (nothing,):
            name = str(changed["field"])
            yield (
                *head,
                stated["labels"].get(name, name),
                _written(stated, name, changed["before"], not_shown),
                _written(stated, name, changed["after"], not_shown),
                *tail,
            )


def _written(stated: Mapping[str, Any], name: str, value: Any, not_shown: str) -> str:
    if value == {"#": None}:
        return not_shown
    if isinstance(value, str) and value in stated["names"]:
        return str(stated["names"][value])
    rows = stated["rows"]
    return written(stated["code"], name if rows is None else f"{rows}.{name}", value)


def day(instant: datetime) -> str:
    """The local day and time of an instant as a paper says it: 114.2.18 10:00:00."""
    moment = local(instant)
    return f"{roc_short(moment.date())} {moment:%H:%M:%S}"
