"""The CSV files of an import folder (contract 5), read strictly: nothing is guessed or mended.

Every mistake is told with its file, line and column. The message never repeats what a cell holds.
"""

import csv
import io
import os
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.importing.rows import (
    AccountRow,
    Cells,
    Mistake,
    OrganisationRow,
    RelationRow,
    StudentRow,
    account_row,
    name_key,
    organisation_row,
    relation_row,
    student_row,
)
from domain.national_id import NationalIdNotValid, normalise
from domain.rules import is_one_line, on_one_line
from ledger.disk_errors import why

#: Each file of the folder and its header.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "organisations.csv": ("code", "name", "kind", "county", "stage", "parent"),
    "accounts.csv": (
        "username",
        "name",
        "organisation",
        "roles",
        "duties",
        "teaching_category",
        "subjects",
        "homeroom_class",
        "gifted_class",
        "password",
    ),
    "students.csv": (
        "national_id",
        "name",
        "sex",
        "birth_date",
        "organisation",
        "stage",
        "grade",
        "class",
    ),
    "relations.csv": ("kind", "account", "student_national_id", "subject", "school_year"),
}

#: Columns that a file may have beside its header, or leave out.
OPTIONAL: Mapping[str, tuple[str, ...]] = {"organisations.csv": ("district",)}

LARGEST_BYTES = 200_000_000
#: Files that somebody may take for a part of the import: they are named where they are not read.
_LIKE_A_TABLE = (".csv", ".tsv", ".txt", ".xls", ".xlsx", ".ods")
_PLACES_SHOWN = 10
_TOO_LONG = "field larger than field limit"


@dataclass
class Folder:
    """What the files say, and what is wrong with them."""

    organisations: list[OrganisationRow] = field(default_factory=list)
    accounts: list[AccountRow] = field(default_factory=list)
    students: list[StudentRow] = field(default_factory=list)
    relations: list[RelationRow] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    #: Files of the folder that are no part of an import.
    others: list[str] = field(default_factory=list)
    #: Keys of rows that cannot be read, by file; None among them where the whole file cannot.
    spoiled: dict[str, set[str | None]] = field(
        default_factory=lambda: {name: set() for name in HEADERS}
    )

    def spoils(self, file: str, key: str) -> bool:
        """Whether a reference to this key fails only because its own row is wrong."""
        return not self.spoiled[file].isdisjoint({key, None})


class FolderMissing(Exception):
    """There is nothing to import; the message (zh-TW) says why."""


def read_folder(folder: Path) -> Folder:
    """Reads what is there; a missing file means nothing of its kind. Raises `FolderMissing`."""
    try:
        names = {file.name for file in folder.iterdir()}
    except FileNotFoundError:
        raise FolderMissing(f"找不到資料夾 {folder}。") from None
    except OSError as error:
        what = "它不是資料夾" if isinstance(error, NotADirectoryError) else why(error)
        raise FolderMissing(f"無法讀取 {folder}（{what}）。請指定放有 CSV 檔的資料夾。") from None
    there = [name for name in HEADERS if name in names]
    if not there:
        raise FolderMissing(f"資料夾 {folder} 中沒有 {'、'.join(HEADERS)} 任何一個檔案。")
    mistakes: list[Mistake] = []
    found = read_files({name: _bytes(folder / name, mistakes) for name in there})
    found.mistakes[:0] = mistakes
    found.others = sorted(
        name for name in names - HEADERS.keys() if name.lower().endswith(_LIKE_A_TABLE)
    )
    return found


def read_files(files: Mapping[str, bytes | None]) -> Folder:
    """What files of these names say; None for one that could not be opened."""
    found = Folder()
    makers: dict[str, tuple[list[Any], Callable[[Cells], Any]]] = {
        "organisations.csv": (found.organisations, organisation_row),
        "accounts.csv": (found.accounts, account_row),
        "students.csv": (found.students, student_row),
        "relations.csv": (found.relations, relation_row),
    }
    for name, raw in files.items():
        rows, make = makers[name]
        of_rows = 0
        began = len(found.mistakes)
        for line, cells in _records(name, raw, found.mistakes):
            before = len(found.mistakes)
            row = make(Cells(name, line, cells, found.mistakes))
            if len(found.mistakes) == before:
                rows.append(row)
            else:
                of_rows += len(found.mistakes) - before
                found.spoiled[name].add(key_of(name, cells[HEADERS[name][0]]))
        if raw is None or len(found.mistakes) - began > of_rows:
            found.spoiled[name].add(None)
    return found


def key_of(file: str, cell: str) -> str:
    """The form in which a row of this file is referred to."""
    if file == "accounts.csv":
        return name_key(cell)
    if file == "students.csv":
        try:
            return normalise(cell)
        except NationalIdNotValid:
            return cell
    return cell


def _records(
    name: str, raw: bytes | None, mistakes: list[Mistake]
) -> Iterator[tuple[int, dict[str, str]]]:
    """The line a record begins at and its cells by column."""
    text = None if raw is None else _text(name, raw, mistakes)
    if text is None:
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    ended = 0
    while True:
        begins = ended + 1
        try:
            record = next(reader)
        except StopIteration:
            break
        except csv.Error as error:
            mistakes.append(Mistake(name, begins, "", _broken(error)))
            return
        ended = reader.line_num
        cells = [cell.strip() for cell in record]
        if not any(cells):
            continue
        if header is None:
            header = _header(name, begins, cells, mistakes)
            if header is None:
                return
        elif len(cells) != len(header):
            how = "多" if len(cells) > len(header) else "少"
            mistakes.append(
                Mistake(
                    name,
                    begins,
                    "",
                    f"欄位太{how}：應有 {len(header)} 欄，這一行有 {len(cells)} 欄。",
                )
            )
        else:
            row = dict(zip(header, map(on_one_line, cells), strict=True))
            broken = [column for column, cell in row.items() if not is_one_line(cell)]
            told = "這一格裡有換行或控制字元，請改成一行文字。"
            mistakes.extend(Mistake(name, begins, column, told) for column in broken)
            if not broken:
                yield begins, row
    if header is None:
        mistakes.append(Mistake(name, 1, "", "檔案是空的，第一行應該是欄位名稱。"))


def _broken(error: csv.Error) -> str:
    if str(error).startswith(_TOO_LONG):
        return f"有一格超過 {csv.field_size_limit():,} 字；請檢查內容，或這一格起是否缺少引號。"
    return "引號不成對，或引號後面還有文字，請檢查這一行。"


def _bytes(file: Path, mistakes: list[Mistake]) -> bytes | None:
    """The whole file as it was at one time. A pipe or a device has no end and is not opened."""
    told = ""
    try:
        mode = file.stat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            told = "這不是一般的檔案，請改放 CSV 檔。"
        else:
            with file.open("rb") as stream:
                before = os.fstat(stream.fileno())
                raw = stream.read(LARGEST_BYTES + 1)
                after = os.fstat(stream.fileno())
            if len(raw) > LARGEST_BYTES:
                told = "檔案太大，請分成幾次匯入。"
            elif (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                told = "讀取時檔案正被修改，請存檔並關閉檔案後再匯入。"
            else:
                return raw
    except FileNotFoundError:
        told = "這個連結所指的檔案不存在，請改放檔案本身。"
    except OSError as error:
        told = f"無法讀取檔案（{why(error)}）。"
    mistakes.append(Mistake(file.name, 0, "", told))
    return None


def _text(name: str, raw: bytes, mistakes: list[Mistake]) -> str | None:
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        told = "不是 UTF-8 編碼，請另存成「CSV UTF-8」再匯入。"
        mistakes.append(Mistake(name, line, "", told))
        return None
    for number, line_text in enumerate(text.split("\n"), start=1):
        if any(one < " " and one not in "\t\r" for one in line_text):
            mistakes.append(Mistake(name, number, "", "含有控制字元，請重新輸入這一行。"))
            return None
    return text


def _header(
    name: str, line: int, cells: Sequence[str], mistakes: list[Mistake]
) -> list[str] | None:
    wanted = HEADERS[name]
    known = (*wanted, *OPTIONAL.get(name, ()))
    if set(cells).isdisjoint(known):
        told = f"第一行應該是這些欄位名稱，以逗號分隔：{','.join(wanted)}。"
        mistakes.append(Mistake(name, line, "", told))
        return None
    wrong = [
        Mistake(name, line, column, "缺少這個欄位。") for column in wanted if column not in cells
    ]
    extra = [str(place) for place, cell in enumerate(cells, start=1) if cell not in known]
    if extra:
        shown = "、".join(extra[:_PLACES_SHOWN]) + ("…" if len(extra) > _PLACES_SHOWN else "")
        told = f"第 {shown} 欄的名稱不認得，請刪除這些欄；欄位應為 {','.join(known)}。"
        wrong.append(Mistake(name, line, "", told))
    if not wrong and len(set(cells)) != len(cells):
        wrong.append(Mistake(name, line, "", "有重複的欄位。"))
    mistakes.extend(wrong)
    return None if wrong else list(cells)
