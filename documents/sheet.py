"""What the XLSX and the ODS sheet share: names, limits, the packed lines above the table."""

import re
import unicodedata

from documents.table import Line, Table, TooManyRows, checked_lines, legible, signature_line

#: Rows of one sheet in Excel and LibreOffice alike.
SHEET_ROWS = 1_048_576

_NAME_LENGTH = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_GAP = "　　"


class SheetFull(TooManyRows):
    """More rows than a sheet holds."""

    def __init__(self) -> None:
        super().__init__(f"試算表最多 {SHEET_ROWS:,} 列，請縮小範圍，或改用 CSV 檔。")


def sheet_name(title: str) -> str:
    """The title as Excel accepts it for a sheet: at most 31 characters, none of []:*?/\\."""
    name = _NOT_IN_NAMES.sub("_", legible(title))[:_NAME_LENGTH].strip("' ")
    return name or "資料表"


def lines_above(table: Table) -> list[str]:
    """The terms as `label：value`, several to a line as far as the columns reach.

    Packed, because these lines stay in view with the frozen header and must leave room.
    """
    room = sum(column.width for column in table.columns)
    lines: list[str] = []
    for term in map(_line, checked_lines(table.terms)):
        if lines and display_width(lines[-1] + _GAP + term) <= room:
            lines[-1] += _GAP + term
        else:
            lines.append(term)
    return lines


def lines_below(table: Table) -> list[str]:
    """The closing lines as `label：value`; to be asked for after the last row."""
    return [_line(line) for line in checked_lines([*table.closing(), *signature_line(table)])]


def display_width(text: str) -> int:
    """Width in half-width characters: full-width characters count two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def wrapped_lines(text: str, width: int) -> int:
    """Lines that a text takes in a column of this many half-width characters, rather one too many.

    A full-width glyph is a little more than two digits wide, and a line ends before the
    character that no longer fits: hence two characters of reserve.
    """
    room = max(width - 2, 2)
    return sum(-(-display_width(line) // room) or 1 for line in text.split("\n"))


def _line(line: Line) -> str:
    return f"{line[0]}：{line[1]}"
