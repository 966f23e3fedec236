"""The one neutral form of everything printed: a table with lines above and below it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

from domain.calendar import TAIPEI, roc_short

Kind = Literal["text", "integer", "date", "instant"]
Line = tuple[str, str]

#: What every document of a ledger with a simulated clock says (design D13).
SIMULATED: Line = ("注意", "這個紀錄簿使用模擬時鐘，僅供示範或測試，不是正式文件。")

# What XML 1.0 can carry. The rest stands in no file format of ours, so that one stray
# control character, typed or pasted, cannot make a whole file unreadable.
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NEW_LINE = re.compile("\r\n?")


class RowDoesNotFit(TypeError):
    """A row has another shape than its columns. Names row and column, never the value."""


class TooManyRows(ValueError):
    """More rows than the format holds. The message (zh-TW) tells the remedy."""

    CODE = "too-many-rows"


def no_lines() -> Sequence[Line]:
    """For a table with nothing to say below its last row."""
    return ()


@dataclass(frozen=True)
class Column:
    """One column. `width` counts half-width characters; a Chinese character takes two.

    Values by `kind`: text str, integer int, date `date`, instant aware `datetime`;
    None is an empty cell in each.
    """

    key: str
    label: str
    kind: Kind
    width: int


@dataclass(frozen=True)
class Table:
    """A table on its way to a file; it can be written once when `rows` is a generator.

    `terms` are (label, value) lines above the table. `closing` is called after the last row
    has been taken and gives the lines below it (row count, digest). `created` is aware and
    goes into the file's metadata in place of the clock: same input, same bytes.
    """

    title: str
    columns: Sequence[Column]
    # Neither shows in a repr: they name persons, and a repr may end in a log.
    rows: Iterable[Sequence[object]] = field(repr=False)
    created: datetime
    terms: Sequence[Line] = field(default=(), repr=False)
    #: Who signs the paper: boxes in print, a line in a sheet.
    signatures: Sequence[str] = ()
    #: What is pasted on the paper: a box in print.
    pasted: str | None = None
    closing: Callable[[], Sequence[Line]] = no_lines

    def __post_init__(self) -> None:
        if self.created.tzinfo is None:
            raise ValueError("created needs a time zone")
        if not self.columns:
            raise ValueError("a table needs at least one column")

    def saying(self, lines: Sequence[Line]) -> "Table":
        """The table with these lines among its terms."""
        return replace(self, terms=[*self.terms, *lines])


def signature_line(table: Table) -> Sequence[Line]:
    """Those who sign, for a format without boxes: one line, or none."""
    return [("核章", "　　　　".join(table.signatures))] if table.signatures else []


def legible(text: str) -> str:
    """The text with LF line ends; what no XML file may hold stands as U+FFFD."""
    return _ILLEGAL.sub("\ufffd", _NEW_LINE.sub("\n", text))


def local(instant: datetime) -> datetime:
    """The instant as a naive Taipei datetime, cut to the second.

    Cut, not rounded, so that every format shows the same second.
    """
    return instant.astimezone(TAIPEI).replace(tzinfo=None, microsecond=0)


def checked_rows(table: Table) -> Iterator[list[object]]:
    """The rows one by one, every text legible. Raises `RowDoesNotFit`."""
    for number, row in enumerate(table.rows, start=1):
        if len(row) != len(table.columns):
            raise RowDoesNotFit(
                f"row {number} has {len(row)} values for {len(table.columns)} columns"
            )
        yield [
            _checked(value, column, number)
            for value, column in zip(row, table.columns, strict=True)
        ]


def checked_lines(lines: Sequence[Line]) -> list[Line]:
    """Terms or closing lines, legible."""
    return [(legible(label), legible(value)) for label, value in lines]


def written(value: object) -> str:
    """A checked value as people read it: `114.2.17`, `114.2.17 09:12:44`, `5`, empty for None."""
    match value:
        case None:
            return ""
        case str():
            return str(value)
        case datetime():
            moment = local(value)
            return f"{roc_short(moment.date())} {moment:%H:%M:%S}"
        case date():
            return roc_short(value)
    return str(value)


def _checked(value: object, column: Column, number: int) -> object:
    match column.kind, value:
        case _, None:
            return None
        case "text", str():
            return legible(value)
        case "integer", int() if not isinstance(value, bool):
            return value
        case "instant", datetime() if value.tzinfo is not None:
            return value
        case "date", date() if not isinstance(value, datetime):
            return value
    raise RowDoesNotFit(
        f"row {number}: column {column.key} holds {column.kind}, not {type(value).__name__}"
    )
