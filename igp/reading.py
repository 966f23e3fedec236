"""`igp changes` and `igp history`: what the API answers, at the terminal or as a file.

Same reach and same record of access as over HTTP: both go through the same functions.
"""

import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from api.change_report import Terms
from api.changes import (
    LARGEST_PAGE,
    ChangeFilters,
    asker_of,
    json_page,
    make_file,
    reports_of,
    wanted_of,
)
from api.history import read_history
from api.house import House
from api.problems import errors_of
from api.viewer import Viewer
from documents.change_report import KINDS
from documents.formats import FORMATS
from documents.table import local
from domain.calendar import roc_short
from domain.labels import SECTIONS, label, written
from igp.composition import build
from igp.identity import acting_as
from igp.output import keep
from igp.settings import Settings
from igp.terminal import Failed, say, show_table, tell
from ledger.encryption import canonical

_ON_SCREEN = ("table", "json")
_HEADINGS = ("時間", "學校", "學生", "項目", "類別", "異動前 → 異動後", "人員", "原因")


@dataclass(frozen=True)
class Wanted:
    """The filters as they were typed."""

    from_date: str
    to_date: str
    repeated: Mapping[str, Sequence[str] | None]

    def filters(self) -> ChangeFilters:
        """Raises `Failed`."""
        try:
            return ChangeFilters.model_validate(
                {"from": self.from_date, "to": self.to_date}
                | {name: list(values or ()) for name, values in self.repeated.items()}
            )
        except ValidationError as error:
            lines = [f"--{one.field.split('.')[0]}：{one.message}" for one in errors_of(error)]
        raise Failed("\n".join(lines))


def show_changes(
    settings: Settings,
    username: str | None,
    asked: Wanted,
    format: str,
    output: Path | None,
) -> None:
    """The change report on the screen, or as a file. Raises `Failed` and refusals."""
    if format not in (*_ON_SCREEN, *FORMATS):
        raise Failed(f"--format 請用 {'、'.join((*_ON_SCREEN, *FORMATS))} 其中一種。")
    if output is None and format in FORMATS and format != "csv" and sys.stdout.isatty():
        raise Failed(f"{format} 不能顯示在終端機，請以 -o 檔案 指定檔名。")
    filters = asked.filters()
    with build(settings) as running:
        running.catch_up()
        with acting_as(running, username) as viewer:
            house = running.house
            terms = reports_of(house).terms(
                asker_of(viewer), wanted_of(house, viewer, filters), None
            )
            if format in FORMATS:
                _write_file(house, viewer, terms, filters, format, output)
            elif format == "json":
                body = canonical(_whole(house, viewer, terms))
                if output is None:
                    say(body.decode())
                else:
                    _keep(output, body)
            else:
                _show(house, viewer, terms, output)


def show_history(settings: Settings, username: str | None, student: str) -> None:
    """What happened to one student's record, oldest first. Raises `Failed` and refusals."""
    try:
        student_id = UUID(student)
    except ValueError:
        raise Failed("STUDENT 請填學生的識別碼，例如網址中的那一段。") from None
    with build(settings) as running:
        running.catch_up()
        with acting_as(running, username) as viewer:
            items: list[dict[str, Any]] = []
            cursor = None
            while True:
                page = read_history(running.house, viewer, student_id, LARGEST_PAGE, cursor)
                items.extend(item.data for item in page.items)
                cursor = page.next_cursor
                if cursor is None:
                    break
    show_table(_HEADINGS, [_row(item) for item in items])


def _pages(house: House, viewer: Viewer, terms: Terms) -> Iterator[dict[str, Any]]:
    cursor = None
    while True:
        page = json_page(house, viewer, terms, cursor, LARGEST_PAGE)
        yield page
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _whole(house: House, viewer: Viewer, terms: Terms) -> dict[str, Any]:
    """All pages as the one answer that they are parts of."""
    items: list[Any] = []
    body: dict[str, Any] = {}
    for body in _pages(house, viewer, terms):
        items.extend(body["items"])
    return body | {"items": items}


def _show(house: House, viewer: Viewer, terms: Terms, output: Path | None) -> None:
    if output is not None:
        raise Failed("表格只顯示在畫面上；要存檔請加上 --format csv、xlsx、ods 或 pdf。")
    whole = _whole(house, viewer, terms)
    show_table(_HEADINGS, [_row(item) for item in whole["items"]])
    closed = "期間已結束" if terms.closed else "期間尚未結束，紀錄仍可能增加"
    say(f"共 {whole['terms']['rows']} 筆異動（{closed}），摘要碼 {whole['terms']['digest']}")


def _row(item: Mapping[str, Any]) -> tuple[object, ...]:
    """One change on one row, its fields below each other where there is a screen for it."""
    recorded = local(datetime.fromisoformat(item["recorded_at"]))
    between = "\n" if sys.stdout.isatty() else "；"
    return (
        f"{roc_short(recorded.date())} {recorded:%H:%M:%S}",
        item["organisation"]["name"],
        item["student"]["name"],
        SECTIONS.get(item["section"], item["section"]),
        KINDS.get(item["kind"], item["kind"]),
        between.join(_field(item, field) for field in item["fields"]),
        item["author"]["name"],
        item["reason"],
    )


def _field(item: Mapping[str, Any], field: Mapping[str, Any]) -> str:
    section, name, names = item["section"], field["field"], item.get("names", {})
    before, after = (
        written(section, name, field[side], names) or "（無）" for side in ("before", "after")
    )
    return f"{field.get('label') or label(section, name)}：{before} → {after}"


def _write_file(
    house: House,
    viewer: Viewer,
    terms: Terms,
    filters: ChangeFilters,
    format: str,
    output: Path | None,
) -> None:
    if output is not None and not output.parent.is_dir():
        raise Failed(f"沒有資料夾 {output.parent}，請先建立。")
    with closing(make_file(house, viewer, terms, filters.lists(), format)) as file:
        if output is None:
            shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            _keep(output, file.read())


def _keep(output: Path, content: bytes) -> None:
    keep(output, content)
    tell(f"已寫入 {output}")
