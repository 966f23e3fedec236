"""A roster as paper: the table, its totals, and the boxes of those who sign it (Kaohsiung F09)."""

from collections.abc import Mapping, Sequence
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
        rows=[_row(columns, one) for one in made.rows],
        created=paper.made_at,
        terms=_terms(paper),
        signatures=kind.signatures if paper.school is not None else (),
        closing=lambda: list(made.lines),
    )


def _terms(paper: RosterPaper) -> list[Line]:
    return [
        ("計畫", paper.programme),
        ("學校", paper.school or "全部學校"),
        ("資料版次", mark(paper.digest)),
        ("匯出人員", paper.made_by),
    ]


def _row(columns: Sequence[Column], row: Mapping[str, Any]) -> list[object]:
    return [_cell(column, row.get(column.key)) for column in columns]


def _cell(column: Column, value: Any) -> object:
    if column.kind == "date" and isinstance(value, str) and value:
        return date.fromisoformat(value)
    if column.kind == "text":
        return None if value is None else str(value)
    return value
