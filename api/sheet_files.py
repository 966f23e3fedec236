"""Tables that people send: CSV and XLSX read strictly into rows of text; nothing is guessed.

What is wrong is told with its line; a message never repeats what a cell holds.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO
from xml.etree import ElementTree

from domain.refusal import NotValid

#: Unpacked, more than this is no table that somebody filled in.
_LARGEST_PART = 32 * 1024 * 1024
_MOST_COLUMNS = 200
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
#: A number as spreadsheets keep it: 114001 may stand there as 114001.0.
_WHOLE = re.compile(r"(-?[0-9]+)\.0+")


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
            names = sorted(
                (one for one in archive.namelist() if one.startswith("xl/worksheets/sheet")),
                key=lambda one: (len(one), one),
            )
            if not names:
                raise TableNotRead("檔案中沒有工作表，請用本頁下載的表格填寫。")
            shared = _shared(archive)
            yield from _rows(_part(archive, names[0]), shared)
    except (zipfile.BadZipFile, ElementTree.ParseError, NotImplementedError, RuntimeError):
        raise TableNotRead("檔案已損壞，或不是 Excel（XLSX）檔，請另存新檔再上傳。") from None


def _part(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    with archive.open(name) as part:
        content = part.read(_LARGEST_PART + 1)
    if len(content) > _LARGEST_PART:
        raise TableNotRead("檔案太大，請分成幾次上傳。")
    if b"<!DOCTYPE" in content[:4096]:
        raise TableNotRead("檔案已損壞，或不是 Excel（XLSX）檔，請另存新檔再上傳。")
    return io.BytesIO(content)


def _shared(archive: zipfile.ZipFile) -> list[str]:
    """The texts that cells refer to by number."""
    if "xl/sharedStrings.xml" not in archive.namelist():
        return []
    tree = ElementTree.parse(_part(archive, "xl/sharedStrings.xml"))
    return [_text(one) for one in tree.iter(f"{_MAIN}si")]


def _text(element: ElementTree.Element) -> str:
    return "".join(one.text or "" for one in element.iter(f"{_MAIN}t"))


def _rows(part: IO[bytes], shared: Sequence[str]) -> Iterator[tuple[int, list[str]]]:
    number = 0
    for _, element in ElementTree.iterparse(part):
        if element.tag != f"{_MAIN}row":
            continue
        given = element.get("r", "")
        number = int(given) if given.isdecimal() and len(given) < 8 else number + 1
        cells: list[str] = []
        for at, cell in enumerate(element.iter(f"{_MAIN}c")):
            place = _CELL.fullmatch(cell.get("r", ""))
            column = at if place is None else _column(place[1])
            if column >= _MOST_COLUMNS:
                raise TableNotRead(f"第 {number} 行的欄位太多，請用本頁下載的表格填寫。")
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = _plain(number, _value(cell, shared))
        yield number, cells
        element.clear()


def _column(letters: str) -> int:
    at = 0
    for one in letters:
        at = at * 26 + ord(one) - ord("A") + 1
    return at - 1


def _value(cell: ElementTree.Element, shared: Sequence[str]) -> str:
    value = cell.find(f"{_MAIN}v")
    text = "" if value is None else value.text or ""
    match cell.get("t"):
        case "s":
            return shared[int(text)] if text.isdecimal() and int(text) < len(shared) else ""
        case "inlineStr":
            return _text(cell)
        case "b":
            return {"1": "是", "0": "否"}.get(text, text)
        case None | "n":
            whole = _WHOLE.fullmatch(text)
            return text if whole is None else whole[1]
        case "e":
            return ""
    return text
