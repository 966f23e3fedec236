"""A sheet as a file: written to be filled in, read back, and looked through before it counts."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from fastapi import Response

from api.audit import record_export
from api.sheet_files import Line, read_table
from api.step_batches import MOST_AT_ONCE, RowsDone
from api.step_sheets import SheetRow, StepSheet
from api.web.rendering import Page
from api.web.result_cells import Column, data_of, wrongs_of
from documents.formats import FORMATS, file_name
from documents.table import Column as TableColumn
from documents.table import Table
from domain.programme_rules import Programme
from domain.refusal import NotValid
from domain.step_sheets import Sheet
from ledger.files import digest

_APPLICATION, _TICKET = "申請案編號", "鑑定證編號"
_SCHOOL, _NAME, _ROOM = "學校", "姓名", "試場"
#: For the eye alone: who it is, and where.
_BESIDE = (_SCHOOL, _NAME, _TICKET, _ROOM)


@dataclass(frozen=True)
class FileRow:
    """A row of a file: what it says, and what is wrong with it."""

    line: int
    name: str
    school: str
    cells: Mapping[str, str]
    outcome: Literal["recorded", "unchanged", "refused"]
    wrongs: Sequence[str] = ()


@dataclass(frozen=True)
class Preview:
    """What a file would do. `rows` are those of a `StepRows`, by the place of their row in
    `listed`; `blank` counts rows in which nothing was filled in."""

    columns: Sequence[Column]
    listed: list[FileRow]
    rows: list[dict[str, Any]]
    places: list[int]
    blank: int = 0

    def judged(self, sheet: Sheet, columns: Sequence[Column], checked: RowsDone) -> "Preview":
        """With what would become of each row; only what would be recorded is left to send."""
        listed = list(self.listed)
        left = []
        labels = {one.name: one.label for one in columns}
        for place, row, done in zip(self.places, self.rows, checked.items, strict=True):
            wrongs = []
            if done.outcome == "refused":
                found = wrongs_of(sheet, columns, row["data"], done)
                wrongs = [
                    f"{labels[name]}：{told}" if name else told for name, told in found.items()
                ]
            listed[place] = replace(listed[place], outcome=done.outcome, wrongs=wrongs)
            if done.outcome == "recorded":
                left.append(row)
        return replace(self, listed=listed, rows=left, places=[])

    def count(self, outcome: str) -> int:
        return sum(one.outcome == outcome for one in self.listed)

    @property
    def sent(self) -> str:
        """The rows as the form that confirms them brings them back."""
        return json.dumps(self.rows, ensure_ascii=False, separators=(",", ":"))


def written(
    page: Page,
    rules: Programme,
    sheet: Sheet,
    columns: Sequence[Column],
    found: StepSheet,
    format: str,
) -> Response:
    """A file with a row for everybody who waits. It is recorded as an export."""
    labels = [one.label for one in columns]
    beside = [one for one in _BESIDE if one not in labels]
    heads = [_APPLICATION, *beside, *labels]
    widths = {_APPLICATION: 40, _SCHOOL: 24, _NAME: 14}
    rows = []
    for one in found.rows:
        known = {
            _APPLICATION: str(one.application),
            _SCHOOL: one.organisation.name,
            _NAME: one.student.name,
            _TICKET: one.ticket_no,
            _ROOM: one.room_no,
        }
        rows.append([*(known[name] for name in (_APPLICATION, *beside)), *([None] * len(labels))])
    table = Table(
        title=f"{rules.name}　{sheet.of.name}",
        columns=[
            TableColumn(f"c{at}", label, "text", widths.get(label, max(12, 2 * len(label) + 2)))
            for at, label in enumerate(heads)
        ],
        rows=rows,
        created=page.viewer.now,
    )
    stream = BytesIO()
    FORMATS[format].write(table, stream)
    content = stream.getvalue()
    what = f"step-batches/{sheet.step}"
    students = [one.student.id for one in found.rows]
    record_export(page.house, page.viewer, what, students, format=format, digest=digest(content))
    name = file_name(sheet.of.name, None, None, format)
    return Response(
        content,
        media_type=FORMATS[format].media_type,
        headers={
            "Content-Disposition": f'attachment; filename="{sheet.step}{FORMATS[format].suffix}";'
            f" filename*=UTF-8''{quote(name)}"
        },
    )


def previewed(
    sheet: Sheet, columns: Sequence[Column], everybody: Sequence[SheetRow], content: bytes
) -> Preview:
    """What a file says, before it is judged. Raises `TableNotRead`, `NotValid`."""
    labels = [one.label for one in columns]
    keys = [_APPLICATION, *([] if _TICKET in labels else [_TICKET])]
    lines = read_table(content, [_APPLICATION, *_BESIDE, *labels], keys)
    if len(lines) > MOST_AT_ONCE:
        raise NotValid(f"一次最多 {MOST_AT_ONCE} 列，請分成幾個檔案上傳。", "file")
    by_key = {str(one.application): one for one in everybody}
    if _TICKET in keys:
        by_key |= {one.ticket_no: one for one in everybody if one.ticket_no}
    made = Preview(columns, [], [], [])
    blank = 0
    for line in lines:
        typed = {one.name: line.cells.get(one.label) for one in columns}
        if not any(typed.values()):
            blank += 1
            continue
        _add(made, sheet, line, typed, by_key.get(_key(line, keys)))
    return replace(made, blank=blank)


def _key(line: Line, keys: Sequence[str]) -> str:
    found = next((line.cells[one] for one in keys if line.cells.get(one)), "")
    try:
        return str(UUID(found))
    except ValueError:
        return found


def _add(
    made: Preview,
    sheet: Sheet,
    line: Line,
    typed: Mapping[str, str | None],
    row: SheetRow | None,
) -> None:
    wrongs = []
    if row is None:
        wrongs.append("這份表格中沒有這件申請案，請核對申請案編號或鑑定證編號。")
    elif (named := line.cells.get(_NAME)) and named != row.student.name:
        wrongs.append("姓名與這件申請案的學生不同，請確認是否填錯列。")
    for one in made.columns:
        value = one.value(typed[one.name])
        if told := one.wrong(value):
            wrongs.append(f"{one.label}：{told}")
        elif value is not None and one.subject and row and one.subject not in row.subjects:
            wrongs.append(f"{one.label}：這位學生不參加這一科，請留白。")
    cells = {one.name: typed[one.name] or "" for one in made.columns}
    name = line.cells.get(_NAME, "") if row is None else row.student.name
    school = line.cells.get(_SCHOOL, "") if row is None else row.organisation.name
    made.listed.append(FileRow(line.number, name, school, cells, "refused", wrongs))
    data = None if row is None or wrongs else data_of(sheet, made.columns, row, typed)
    if row is not None and data is not None:
        made.places.append(len(made.listed) - 1)
        made.rows.append(
            {"application": str(row.application), "version": row.version, "data": data}
        )
