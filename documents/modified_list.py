"""The list of pupils whose placements were modified between two days (某日至某日修改的學生名單).

Columns and header: Kaohsiung 6.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from documents.change_report import ORIGINS
from documents.table import Column, Line, Table, local
from domain.calendar import roc_short, roc_written
from domain.labels import CATEGORIES, CHANGE_KINDS, GRADES, OUTCOMES

TITLE = "安置資料修改學生名單"
ROSTER_STATUSES: Mapping[str, str] = {"none": "未上傳", "current": "已更新", "stale": "須重新上傳"}
ATTACHMENTS: Mapping[str, str] = {
    "request": "申請書",
    "minutes": "特推會會議紀錄",
    "igp": "個別輔導計畫",
}
COLUMNS = (
    Column("no", "序號", "integer", 6),
    Column("district", "行政區", "text", 9),
    Column("school", "學校", "text", 16),
    Column("pupil_name", "學生姓名", "text", 12),
    Column("national_id", "身分證字號", "text", 12),
    Column("target_year_grade", "就讀年級", "text", 9),
    Column("area", "領域", "text", 8),
    Column("change_kind", "異動類別", "text", 9),
    Column("before", "異動前", "text", 22),
    Column("after", "異動後", "text", 22),
    Column("stamped_date", "填寫或修正日期", "date", 12),
    Column("stamped_time", "時間", "text", 10),
    Column("actor", "填寫人員", "text", 11),
    Column("late", "逾期", "text", 6),
    Column("reason", "原因", "text", 18),
    Column("decision_doc_no", "文號", "text", 16),
    Column("committee_result", "特推會審查結果", "text", 9),
    Column("attachments_present", "已附資料", "text", 14),
    Column("roster_status", "名冊", "text", 11),
)
ORIGIN = Column("origin", "異動來源", "text", 10)


@dataclass(frozen=True)
class ModifiedList:
    """What the list says. `items` are dictionaries by the keys of `COLUMNS`, `origin` beside;
    dates are dates, `before` and `after` placements or None."""

    programme: str
    school: str | None
    from_date: date
    to_date: date
    pulled_at: datetime
    pulled_by: str
    counts: Mapping[str, int]
    items: Sequence[Mapping[str, Any]]
    with_origin: bool


def modified_table(told: ModifiedList) -> Table:
    """The list as a table."""
    columns = (*COLUMNS, ORIGIN) if told.with_origin else COLUMNS
    return Table(
        title=TITLE,
        columns=columns,
        rows=[[_cell(one.key, item) for one in columns] for item in told.items],
        created=told.pulled_at,
        terms=_terms(told),
        closing=lambda: _closing(told),
    )


def _terms(told: ModifiedList) -> list[Line]:
    moment = local(told.pulled_at)
    return [
        ("計畫", told.programme),
        ("學校", told.school or "全部學校"),
        ("期間", f"{_day(told.from_date)}至{_day(told.to_date)}（含首尾兩日）"),
        ("調閱時間", f"{roc_short(moment.date())} {moment:%H:%M:%S}"),
        ("調閱人員", told.pulled_by),
    ]


def _closing(told: ModifiedList) -> list[Line]:
    return [
        ("學生數", str(told.counts["pupils"])),
        ("異動筆數", str(told.counts["changes"])),
        ("學校數", str(told.counts["schools"])),
    ]


def _cell(key: str, item: Mapping[str, Any]) -> object:
    value = item[key]
    match key:
        case "change_kind":
            return CHANGE_KINDS.get(value, value)
        case "before" | "after":
            return placement_words(value)
        case "target_year_grade":
            return None if value is None else f"{GRADES.get(value, value)}年級"
        case "late":
            return {None: "—", True: "是", False: "否"}[value]
        case "committee_result":
            return None if value is None else OUTCOMES.get(value, value)
        case "attachments_present":
            return "、".join(name for code, name in ATTACHMENTS.items() if value[code]) or "—"
        case "roster_status":
            return ROSTER_STATUSES[value]
        case "origin":
            return ORIGINS.get(value, value)
    return value


def placement_words(placement: Mapping[str, Any] | None) -> str | None:
    """英語 跳級 六年級 「至六年二班上英語課程」; None for none."""
    if placement is None:
        return None
    grade = placement["placement_grade"]
    words = [
        placement["area"],
        CATEGORIES.get(placement["category"], placement["category"]),
        f"{GRADES.get(grade, grade)}年級",
    ]
    if placement["arrangement"]:
        words.append(f"「{placement['arrangement']}」")
    return " ".join(words)


def _day(day: date) -> str:
    return roc_written(day).removeprefix("民國")
