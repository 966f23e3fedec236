"""Tables to print, and what each test of a format asks of them."""

import io
import resource
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO
from zoneinfo import ZoneInfo

from documents.table import Column, Table

Write = Callable[[Table, BinaryIO], None]

ROOT = Path(__file__).parents[2]
TAIPEI = ZoneInfo("Asia/Taipei")
TERMS = [("期間", "113年5月13日至113年8月5日（含首尾兩日）"), ("調閱人員", "吳承辦")]
CLOSING = [("異動筆數", "6"), ("摘要碼", "9f86d081")]
COLUMNS = (
    Column("number", "序號", "integer", 6),
    Column("name", "姓名", "text", 12),
    Column("born_on", "出生日期", "date", 14),
    Column("recorded_at", "紀錄時間", "instant", 22),
    Column("remark", "備註", "text", 24),
)
ROW = (
    1,
    "王小明",
    date(2025, 2, 17),
    datetime(2025, 2, 17, 9, 12, 44, 987654, tzinfo=TAIPEI),
    "無",
)


def table_of(*rows: Sequence[object], **other: object) -> Table:
    """A table of the columns above over the rows given."""
    return table_over(rows, **other)


def table_over(rows: Iterable[Sequence[object]], **other: object) -> Table:
    given: dict[str, object] = {
        "title": "學生名冊",
        "columns": COLUMNS,
        "rows": rows,
        "created": datetime(2025, 2, 17, 10, 0, tzinfo=TAIPEI),
        **other,
    }
    return Table(**given)  # type: ignore[arg-type]


def remark(text: str) -> tuple[object, ...]:
    """A row with this remark."""
    return (*ROW[:4], text)


def bytes_of(write: Write, table: Table) -> bytes:
    stream = io.BytesIO()
    write(table, stream)
    return stream.getvalue()


class Counted(io.RawIOBase):
    """A stream that keeps nothing, as a socket does, and cannot be sought in."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        length = memoryview(data).nbytes  # type: ignore[arg-type]
        self.size += length
        return length


def peak_growth(write: Write, rows: int) -> int:
    """Bytes by which a process of its own grew at most while it wrote so many rows.

    Measured at its peak from outside Python: tracing every allocation takes a minute.
    """
    script = (
        "from tests.documents.tables import grown;"
        f"from {write.__module__} import {write.__name__} as write;"
        f"print(grown(write, {rows}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return int(done.stdout)


def grown(write: Write, rows: int) -> int:
    """See `peak_growth`; runs in the other process."""
    made = (
        (number, "王小明", date(2025, 2, 17), ROW[3], f"第 {number} 列的備註，各不相同")
        for number in range(rows)
    )
    bytes_of(write, table_of(ROW))
    before = _peak()
    write(table_over(made), Counted())  # type: ignore[arg-type]
    return _peak() - before


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
