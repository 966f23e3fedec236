"""The change report as a table: what changed between two days, where, by whom, from what to what.

Columns and header follow the list of pupils modified between two dates of the Kaohsiung 114
handbook's organiser (某日至某日修改的學生名單), as far as the change report carries them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from documents.table import Column, Line, Table, local
from domain.calendar import roc_short, roc_written
from domain.labels import CAPACITIES, CHANGE_KINDS, SECTIONS

TITLE = "學生異動紀錄表"
KINDS: Mapping[str, str] = MappingProxyType(CHANGE_KINDS)
ORIGINS: Mapping[str, str] = MappingProxyType(
    {"school": "學校", "organiser": "承辦學校", "authority": "主管機關", "council": "鑑輔會"}
)
FILTERS: Mapping[str, str] = MappingProxyType(
    {
        "organisation": "學校",
        "student": "學生",
        "section": "項目",
        "author": "修改人員",
        "programme": "計畫",
        "kind": "異動類別",
        "origin": "異動來源",
    }
)
COLUMNS = (
    Column("number", "序號", "integer", 6),
    Column("organisation", "學校", "text", 16),
    Column("student", "學生姓名", "text", 13),
    Column("grade", "就讀年級", "integer", 10),
    Column("section", "項目", "text", 11),
    Column("kind", "異動類別", "text", 10),
    Column("field", "異動欄位", "text", 13),
    Column("before", "異動前", "text", 20),
    Column("after", "異動後", "text", 20),
    Column("recorded_date", "紀錄日期", "date", 13),
    Column("recorded_time", "紀錄時間", "text", 11),
    Column("occurred_on", "發生日期", "date", 13),
    Column("author", "修改人員", "text", 10),
    Column("capacity", "身分", "text", 12),
    Column("late", "逾期", "text", 6),
    Column("reason", "原因", "text", 22),
    Column("letter_number", "文號", "text", 17),
)

_AS_OF_SHOWN = 12  # enough to tell two reports apart, short enough to read out
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


@dataclass(frozen=True)
class ChangeReport:
    """What the report is made of; `terms` and `items` in the form of contract section 4.

    Instants and dates may be ISO text or datetime and date. `closing` is called after the last
    item and gives `rows`, `students`, `organisations` and `digest`. `labels` names codes, before
    the names the domain gives: `placement` → 安置 for sections and filter values,
    `placement_grade` → 安置年級 for fields without a label of their own, `category=skip` → 跳級
    and `student=…` → a name for a value of a field or a filter.
    """

    terms: Mapping[str, Any]
    filters: Mapping[str, Sequence[str]]
    items: Iterable[Mapping[str, Any]]
    pulled_at: datetime
    pulled_by: str
    closing: Callable[[], Mapping[str, Any]]
    labels: Mapping[str, str] = field(default_factory=dict)


def change_report_table(report: ChangeReport) -> Table:
    """The report as a table, one line per changed field; streams when `items` does."""
    return Table(
        title=TITLE,
        columns=COLUMNS,
        rows=_rows(report),
        created=report.pulled_at,
        terms=_terms(report),
        closing=lambda: _closing(report.closing()),
    )


def _terms(report: ChangeReport) -> list[Line]:
    terms = report.terms
    closed = (
        "是（期間已結束，紀錄不再增加）"
        if terms["closed"]
        else "否（期間尚未結束，紀錄仍可能增加）"
    )
    zone = "臺北時間" if terms["zone"] == "Asia/Taipei" else str(terms["zone"])
    return [
        ("期間", f"{_written(terms['from'])}至{_written(terms['to'])}（含首尾兩日）"),
        ("時區", zone),
        ("資料截至", str(terms["as_of"])[:_AS_OF_SHOWN]),
        ("是否已封閉", closed),
        ("調閱時間", _clock(report.pulled_at)),
        ("調閱人員", report.pulled_by),
        ("篩選條件", _filters(report) or "無（全部）"),
    ]


def _filters(report: ChangeReport) -> str:
    return "；".join(
        f"{FILTERS.get(name, report.labels.get(name, name))}："
        + "、".join(_filter_value(name, value, report.labels) for value in values)
        for name, values in report.filters.items()
        if values
    )


def _filter_value(name: str, value: str, labels: Mapping[str, str]) -> str:
    own = {"kind": KINDS, "origin": ORIGINS, "section": SECTIONS}.get(name, {})
    return labels.get(f"{name}={value}") or labels.get(value) or own.get(value, value)


def _closing(totals: Mapping[str, Any]) -> list[Line]:
    return [
        ("異動筆數", str(totals["rows"])),
        ("學生數", str(totals["students"])),
        ("學校數", str(totals["organisations"])),
        ("摘要碼", str(totals["digest"])),
    ]


def _rows(report: ChangeReport) -> Iterator[Sequence[object]]:
    # A change of three fields is three lines under one number, each whole in itself, so that
    # sorting and filtering in a spreadsheet tear nothing apart.
    for number, item in enumerate(report.items, start=1):
        recorded = local(_instant(item["recorded_at"]))
        student = item["student"]
        author = item["author"]
        head = (
            number,
            item["organisation"]["name"],
            student["name"],
            student["grade"],
            _section(item["section"], report.labels),
            KINDS.get(item["kind"], item["kind"]),
        )
        tail = (
            recorded.date(),
            f"{recorded:%H:%M:%S}",
            None if item["occurred_on"] is None else _day(item["occurred_on"]),
            author["name"],
            _capacity(author["capacity"], report.labels),
            _late(item["late"]),
            item["reason"],
            item["letter_number"],
        )
        fields: Sequence[Mapping[str, Any]] = item["fields"] or ({},)
        for changed in fields:
            yield (*head, *_change(changed, report.labels), *tail)


def _change(changed: Mapping[str, Any], labels: Mapping[str, str]) -> tuple[str, str, str]:
    if not changed:
        return "", "", ""
    name = changed["field"]
    return (
        changed.get("label") or labels.get(name, name),
        _value(name, changed["before"], labels),
        _value(name, changed["after"], labels),
    )


def _value(name: str, value: object, labels: Mapping[str, str]) -> str:
    """A stored value as people read it: codes by their labels, dates in the ROC calendar."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case datetime():
            return _clock(value)
        case date():
            return roc_short(value)
        case str():
            return labels.get(f"{name}={value}") or _in_roc(value)
        case Mapping() if value.keys() in ({"id", "name"}, {"code", "name"}):
            # An account or an organisation, which people know by its name.
            return str(value["name"] or value.get("code") or "")
        case Mapping():
            return "；".join(
                f"{labels.get(str(key), str(key))}：{_value(str(key), inner, labels)}"
                for key, inner in value.items()
            )
        case list() | tuple():
            return "、".join(_value(name, inner, labels) for inner in value)
    return str(value)


def _in_roc(text: str) -> str:
    try:
        if _DATE.fullmatch(text):
            return roc_short(date.fromisoformat(text))
        if _INSTANT.fullmatch(text):
            return _clock(datetime.fromisoformat(text))
    except ValueError:
        pass  # looks like a date and is none: shown as it stands
    return text


def _section(code: str, labels: Mapping[str, str]) -> str:
    return labels.get(code) or SECTIONS.get(code, code)


def _capacity(code: str, labels: Mapping[str, str]) -> str:
    return labels.get(f"capacity={code}") or CAPACITIES.get(code, code)


def _late(late: bool | None) -> str:
    return {None: "—", True: "是", False: "否"}[late]


def _clock(instant: datetime) -> str:
    moment = local(instant)
    return f"{roc_short(moment.date())} {moment:%H:%M:%S}"


def _written(day: str | date) -> str:
    # On a form the calendar goes without saying, as in 113年5月13日至113年8月5日.
    written = roc_written(_day(day))
    return written if written.startswith("民國前") else written.removeprefix("民國")


def _day(value: str | date) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _instant(value: str | datetime) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
