"""The CSV files of an import folder (contract 5), read strictly: nothing is guessed or mended.

Every mistake is told with its file, line and column. The message never repeats what a cell holds.
"""

import csv
import io
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
    if not folder.is_dir():
        raise FolderMissing(f"找不到資料夾 {folder}。")
    there = [name for name in HEADERS if (folder / name).exists()]
    if not there:
        raise FolderMissing(f"資料夾 {folder} 中沒有 {'、'.join(HEADERS)} 任何一個檔案。")
    mistakes: list[Mistake] = []
    found = read_files({name: _bytes(folder / name, mistakes) for name in there})
    found.mistakes[:0] = mistakes
    found.others = sorted(file.name for file in folder.glob("*.csv") if file.name not in HEADERS)
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
        except csv.Error:
            mistakes.append(
                Mistake(name, begins, "", "引號不成對，或引號後面還有文字，請檢查這一行。")
            )
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
            yield begins, dict(zip(header, cells, strict=True))
    if header is None:
        mistakes.append(Mistake(name, 1, "", "檔案是空的，第一行應該是欄位名稱。"))


def _bytes(file: Path, mistakes: list[Mistake]) -> bytes | None:
    try:
        if file.stat().st_size > LARGEST_BYTES:
            mistakes.append(Mistake(file.name, 0, "", "檔案太大，請分成幾次匯入。"))
            return None
        return file.read_bytes()
    except OSError as error:
        mistakes.append(Mistake(file.name, 0, "", f"無法讀取檔案（{why(error)}）。"))
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
    wrong = [
        Mistake(name, line, column, "缺少這個欄位。") for column in wanted if column not in cells
    ]
    extra = sum(1 for cell in cells if cell not in known)
    if extra:
        told = f"有 {extra} 個不認得的欄位；欄位應為 {','.join(known)}。"
        wrong.append(Mistake(name, line, "", told))
    if not wrong and len(set(cells)) != len(cells):
        wrong.append(Mistake(name, line, "", "有重複的欄位。"))
    mistakes.extend(wrong)
    return None if wrong else list(cells)
