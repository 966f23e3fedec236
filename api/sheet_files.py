"""Tables that people send: CSV and XLSX read strictly into rows of text; nothing is guessed.

What is wrong is told with its line; a message never repeats what a cell holds.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import openpyxl

from domain.refusal import NotValid, Refusal

#: Unpacked, more bytes than this are no table that somebody filled in.
_LARGEST_UNPACKED = 32 * 1024 * 1024
_MOST_ROWS = 10_000
_MOST_COLUMNS = 200


class TableNotRead(NotValid):
    """The file is no table; the detail says what to do."""

    CODE = "table-not-read"
    TITLE = "無法讀取這個檔案"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, "file")


@dataclass(frozen=True)
class Line:
    """A row of a table: the line it stands in, and its cells by the name of their column."""

    number: int
    cells: Mapping[str, str]


def read_table(content: bytes, known: Sequence[str], keys: Sequence[str]) -> list[Line]:
    """The rows below the header: the first row that has one of the columns `keys`.

    What stands above it is a title, empty rows are passed over. Raises `TableNotRead` also for
    columns that are not among those `known`, or are there twice.
    """
    if not content:
        raise TableNotRead("請選擇要上傳的檔案。")
    rows = _xlsx(content) if content.startswith(b"PK") else _csv(content)
    header: list[str] | None = None
    found = []
    for number, cells in rows:
        if not any(cells):
            continue
        if header is None:
            if not {*keys}.isdisjoint(cells):
                header = _header(cells, known)
            continue
        if any(cells[len(header) :]):
            raise TableNotRead(f"第 {number} 行比欄位名稱多了欄位，請檢查這一行。")
        found.append(Line(number, dict(zip(header, cells, strict=False))))
    if header is None:
        raise TableNotRead(f"找不到「{keys[0]}」欄，請用本頁下載的表格填寫。")
    return found


def _header(cells: Sequence[str], known: Sequence[str]) -> list[str]:
    header = list(cells)
    while header and not header[-1]:
        header.pop()
    if unknown := [at for at, one in enumerate(header, start=1) if one not in known]:
        raise TableNotRead(f"第 {unknown[0]} 欄不是這份表格的欄位，請用本頁下載的表格填寫。")
    if len({*header}) != len(header):
        raise TableNotRead("有重複的欄位名稱，請用本頁下載的表格填寫。")
    return header


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        told = f"第 {line} 行不是 UTF-8 編碼，請另存成「CSV UTF-8」或 Excel 檔再上傳。"
        raise TableNotRead(told) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    ended = 0
    while True:
        begins = ended + 1
        try:
            record = next(reader, None)
        except csv.Error:
            told = f"第 {begins} 行的引號不成對，或引號後面還有文字，請檢查這一行。"
            raise TableNotRead(told) from None
        if record is None:
            return
        ended = reader.line_num
        yield begins, [_plain(begins, one) for one in record]


def _plain(number: int, text: str) -> str:
    """A cell without what stands around it; the apostrophe before a number is a spreadsheet's."""
    if any(one < " " and one not in "\t\r\n" for one in text):
        raise TableNotRead(f"第 {number} 行含有控制字元，請重新輸入這一行。")
    return text.strip().removeprefix("'").strip()


def _xlsx(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The first sheet, each row as wide as its last cell."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked = sum(one.file_size for one in archive.infolist())
        if unpacked > _LARGEST_UNPACKED:
            raise TableNotRead("檔案太大，請分成幾次上傳。")
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        if not book.worksheets:
            raise TableNotRead("檔案中沒有工作表，請用本頁下載的表格填寫。")
        sheet = book.worksheets[0]
        # Rows are as wide as their cells, not as the sheet says: a cell in its last corner would
        # stand for milliards of them.
        sheet.reset_dimensions()
        for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
            filled = [at for at, value in enumerate(values) if value is not None]
            if not filled:
                continue
            if number > _MOST_ROWS:
                raise TableNotRead(f"一次最多 {_MOST_ROWS} 行，請分成幾次上傳。")
            if filled[-1] >= _MOST_COLUMNS:
                raise TableNotRead(f"第 {number} 行的欄位太多，請用本頁下載的表格填寫。")
            yield number, [_plain(number, _text(value)) for value in values[: filled[-1] + 1]]
    except Refusal:
        raise
    except Exception:  # whatever a reader meets in the bytes of somebody else
        raise TableNotRead("檔案已損壞，或不是 Excel（XLSX）檔，請另存新檔再上傳。") from None


def _text(value: object) -> str:
    """A cell as it would be typed: 114001 may be kept as 114001.0."""
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case float() if value.is_integer():
            return str(int(value))
    return str(value)
