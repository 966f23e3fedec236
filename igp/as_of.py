"""`igp replay as-of` and `igp replay compare`: a student's record at an instant, and at two.

Same reach and same record of access as over HTTP: both go through the same functions.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from api.as_of import read_as_of
from api.compare_as_of import read_comparison
from api.house import House
from api.viewer import Viewer
from documents.change_report import KINDS
from documents.table import local
from domain.calendar import roc_short
from domain.capacity import LABELS
from domain.labels import CAPACITIES, PLACEMENT_STATUSES, REQUEST_STATUSES, SECTIONS, label, written
from igp.composition import build
from igp.identity import acting_as
from igp.settings import Settings
from igp.terminal import Failed, say, show_table
from ledger.encryption import canonical

FORMATS = ("table", "json")
Found = Mapping[str, Any]

_BASIS = {"occurred_on": "述及當時", "correction": "更正當時的資料"}
_COMPARED = {
    "added": "新增",
    "changed": "異動",
    "removed": "刪除",
    "added_and_removed": "新增後刪除",
}
_NOBODY: Mapping[str, str] = {}
_STATUSES = {"placement": PLACEMENT_STATUSES, "placement_request": REQUEST_STATUSES}


def show_as_of(
    settings: Settings, username: str | None, student: str, at: str, format: str
) -> None:
    """The record as it stood, on the screen. Raises `Failed` and refusals."""

    def read(house: House, viewer: Viewer, student_id: UUID) -> Found:
        return read_as_of(house, viewer, student_id, at)

    found = _read(settings, username, student, format, read)
    if format == "json":
        say(canonical(found).decode())
        return
    say(f"{_instant(found['at'])} 的紀錄")
    _show_student(found["student"])
    show_table(("項目", "內容", "最後更新", "人員", "當時可見"), list(records_of(found)))
    show_table(
        ("服務關係", "身分", "起", "迄", "當時可見"),
        [(*_relation(one), _yes(one["could_see_then"])) for one in found["relations"]],
    )
    if found["said_since"]:
        say("之後才記錄、而述及當時的異動")
        said = [(_BASIS[one["basis"]], *_change(one["change"])) for one in found["said_since"]]
        show_table(("依據", *_CHANGE), said)


def show_comparison(
    settings: Settings, username: str | None, student: str, start: str, end: str, format: str
) -> None:
    """What differs between two instants, on the screen. Raises `Failed` and refusals."""

    def read(house: House, viewer: Viewer, student_id: UUID) -> Found:
        return read_comparison(house, viewer, student_id, start, end)

    found = _read(settings, username, student, format, read)
    if format == "json":
        say(canonical(found).decode())
        return
    say(f"{_instant(found['from'])} 與 {_instant(found['to'])} 的比較")
    show_table(
        ("項目", "比較", "異動前 → 異動後", "其間的異動"),
        [
            (
                one["title"],
                _COMPARED[one["kind"]],
                _lines(_differences(one)) or "內容相同，其間曾有異動",
                _lines(" ".join(str(cell) for cell in _who(each)) for each in one["changes"]),
            )
            for one in found["records"]
        ],
    )
    relations = found["relations"]
    both = [("開始", one) for one in relations["began"]]
    both += [("結束", one) for one in relations["ended"]]
    show_table(
        ("比較", "服務關係", "身分", "起", "迄"), [(kind, *_relation(one)) for kind, one in both]
    )


def _read(
    settings: Settings,
    username: str | None,
    student: str,
    format: str,
    read: Callable[[House, Viewer, UUID], Found],
) -> Found:
    if format not in FORMATS:
        raise Failed(f"--format 請用 {'、'.join(FORMATS)} 其中一種。")
    try:
        student_id = UUID(student)
    except ValueError:
        raise Failed("STUDENT 請填學生的識別碼，例如網址中的那一段。") from None
    with build(settings) as running:
        running.catch_up()
        with acting_as(running, username) as viewer:
            return read(running.house, viewer, student_id)


def _show_student(student: Found | None) -> None:
    if student is None:
        say("當時還沒有這位學生可供查看的紀錄。")
        return
    school = student["organisation"]["name"]
    grade = written("directory", "grade", student["grade"])
    say(f"{student['name']}　{school}　{grade}　{student['class_name'] or ''}".rstrip("　"))


def records_of(found: Found) -> Iterator[tuple[object, ...]]:
    """Section, content, when and by whom it was last changed, and whether it could be seen then."""
    names = {one["id"]: one["name"] for one in found["people"]}
    for section in found["sections"]:
        for one in section["records"]:
            lines = _lines(_fields(section["section"], one["data"], names))
            yield section["title"], lines, *_updated(one)
    for code, records in (
        ("placement", found["placements"]),
        ("placement_request", found["placement_requests"]),
    ):
        for one in records:
            status = _STATUSES[code].get(one["status"], one["status"])
            said = [f"狀態：{status}", *_fields(code, _of_form(code, one))]
            yield SECTIONS[code], _lines(said), *_updated(one)


#: What of a placement and a request is a field of its form.
_FORM = {
    "placement": (
        *("school_year", "area", "category", "target_year_grade", "placement_grade"),
        *("arrangement", "occurred_on"),
    ),
    "placement_request": ("kind", "letter_number", "reason", "occurred_on"),
}


def _of_form(code: str, one: Found) -> Found:
    return {name: one[name] for name in _FORM[code]}


def _fields(section: str, data: Found, names: Mapping[str, str] = _NOBODY) -> Iterator[str]:
    """Field by field, what is empty left out; the fields of a row together. `names` are of ids."""
    for name, value in data.items():
        if isinstance(value, list) and value and isinstance(value[0], Mapping):
            for row in value:
                said = {f"{name}.{inner}": one for inner, one in row.items() if inner != "row_id"}
                yield "、".join(_fields(section, said, names))
        elif value not in (None, "", [], {}):
            yield f"{label(section, name)}：{written(section, name, value, names)}"


def _updated(one: Found) -> tuple[object, ...]:
    return _instant(one["updated_at"]), one["updated_by"]["name"], _yes(one["could_see_then"])


def _relation(one: Found) -> tuple[object, ...]:
    until = one["until"]
    return (
        one["account"]["name"],
        LABELS[one["capacity"]],
        _instant(one["since"]),
        "" if until is None else _instant(until),
    )


_CHANGE = ("時間", "項目", "類別", "異動前 → 異動後", "人員", "原因")


def _change(item: Found) -> tuple[object, ...]:
    return (
        _instant(item["recorded_at"]),
        SECTIONS.get(item["section"], item["section"]),
        KINDS.get(item["kind"], item["kind"]),
        _lines(_field(item, field) for field in item["fields"]),
        item["author"]["name"],
        item["reason"],
    )


def _who(item: Found) -> Iterator[object]:
    yield _instant(item["recorded_at"])
    yield item["author"]["name"]
    yield f"（{CAPACITIES[item['author']['capacity']]}）"
    yield KINDS.get(item["kind"], item["kind"])
    if item["reason"]:
        yield f"原因：{item['reason']}"


def _differences(one: Found) -> Iterator[str]:
    statuses = _STATUSES.get(one["section"], {})
    before, after = one["status_before"], one["status_after"]
    if before != after:
        yield f"狀態：{statuses.get(before, '（無）')} → {statuses.get(after, '（無）')}"
    for field in one["fields"]:
        yield _field(one, field)


def _field(item: Found, field: Found) -> str:
    section, name, names = item["section"], field["field"], item.get("names", {})
    before, after = (
        written(section, name, field[side], names) or "（無）" for side in ("before", "after")
    )
    return f"{field['label']}：{before} → {after}"


def _instant(text: str) -> str:
    at = local(datetime.fromisoformat(text))
    return f"{roc_short(at.date())} {at:%H:%M:%S}"


def _yes(value: bool) -> str:
    return "是" if value else "否"


def _lines(said: Iterable[str]) -> str:
    """Below each other where there is a screen for it."""
    return ("\n" if sys.stdout.isatty() else "；").join(said)
