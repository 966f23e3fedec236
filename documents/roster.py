"""A roster as paper: the table, its totals, and the boxes of those who sign it (Kaohsiung F09)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from documents.table import Column, Line, Table
from domain.roster import Made, RosterKind, mark


@dataclass(frozen=True)
class RosterPaper:
    """What a paper says beside the rows; `school` is None for all schools together."""

    programme: str
    school: str | None
    digest: str
    made_at: datetime
    made_by: str


def roster_table(kind: RosterKind, made: Made, paper: RosterPaper) -> Table:
    """The roster as a table; who signs is on the paper of one school alone."""
    columns = [
        Column(one.key, one.label, one.kind, one.width)
        for one in kind.columns
        if paper.school is None or one.key != "school"
    ]
    return Table(
        title=kind.title,
        columns=columns,
        rows=_rows(columns, made.rows),
        created=paper.made_at,
        terms=_terms(paper),
        signatures=kind.signatures if paper.school is not None else (),
        pasted=kind.pasted if paper.school is not None else None,
        closing=lambda: list(made.lines),
    )


def _terms(paper: RosterPaper) -> list[Line]:
    return [
        ("計畫", paper.programme),
        ("學校", paper.school or "全部學校"),
        ("資料版次", mark(paper.digest)),
        ("匯出人員", paper.made_by),
    ]


def _rows(columns: Sequence[Column], rows: Sequence[Mapping[str, Any]]) -> list[list[object]]:
    keys = [column.key for column in columns]
    made = [[row.get(key) for key in keys] for row in rows]
    for place, column in enumerate(columns):
        cell = _CELLS.get(column.kind)
        if cell is not None:
            for row in made:
                # Most are text already; a roster has thousands of cells.
                if type(row[place]) is not str or cell is _date:
                    row[place] = cell(row[place])
    return made


def _text(value: Any) -> object:
    return None if value is None else str(value)


def _date(value: Any) -> object:
    return date.fromisoformat(value) if isinstance(value, str) and value else value


#: How a value becomes a cell, where it is not one already.
_CELLS: Mapping[str, Callable[[Any], object]] = {"text": _text, "date": _date}
