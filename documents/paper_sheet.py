"""Papers made of sheets, each begun on a page of its own: pairs, tables, notes, empty boxes.

So a school prints those of all its pupils in one file.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from documents.table import Line, legible
from documents.typesetting import press


@dataclass(frozen=True)
class Rows:
    """A table; `height` of its rows is in millimetres, 0 for as high as what stands in them."""

    columns: Sequence[str]
    widths: Sequence[int]
    rows: Sequence[Sequence[str]] = field(repr=False)
    height: int = 0


@dataclass(frozen=True)
class Notes:
    """Numbered lines below a heading."""

    title: str
    lines: Sequence[str]


@dataclass(frozen=True)
class Sheet:
    """One paper. `stamps` are labels of empty boxes; `photo` is the label of the photo's place."""

    title: str
    programme: str
    pairs: Sequence[Line] = field(repr=False)
    blocks: Sequence[Rows | Notes] = field(repr=False)
    stamps: Sequence[str] = ()
    photo: str | None = None


def papers_pdf(
    title: str,
    sheets: Sequence[Sheet],
    created: datetime,
    remarks: Sequence[Line] = (),
    *,
    font_folders: Sequence[Path] = (),
) -> bytes:
    """The sheets as one PDF/A-2a and PDF/UA-1; same sheets and fonts, same bytes. `remarks` stand
    at the foot of each page.

    Raises `NotPrintable`, `BrokenOff`.
    """
    data = {
        "title": title,
        "sheets": [_sheet(one) for one in sheets],
        "footer": [text for _, text in remarks],
    }
    return press(tuple(font_folders)).print("programme.typ", data, created)


def _sheet(one: Sheet) -> dict[str, Any]:
    return {
        "title": legible(one.title),
        "programme": legible(one.programme),
        "pairs": [[legible(label), legible(text)] for label, text in one.pairs],
        "blocks": [_block(block) for block in one.blocks],
        "stamps": list(one.stamps),
        "photo": one.photo,
    }


def _block(one: Rows | Notes) -> dict[str, Any]:
    if isinstance(one, Notes):
        lines = [legible(line) for line in one.lines]
        return {"kind": "notes", "title": one.title, "lines": lines}
    return {
        "kind": "rows",
        "columns": list(one.columns),
        "widths": list(one.widths),
        "rows": [[legible(cell) for cell in row] for row in one.rows],
        "height": one.height,
    }
