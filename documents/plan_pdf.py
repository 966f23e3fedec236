"""A plan as PDF for paper and archive: A4, tagged, PDF/A-2a and PDF/UA-1."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from documents.plan import PlanPaper
from documents.plan_blocks import Block, Grid, Heading, Nothing, Pairs, Prose
from documents.typesetting import press


def plan_pdf(paper: PlanPaper, *, font_folders: Sequence[Path] = ()) -> bytes:
    """The paper in print; same paper and fonts, same bytes. Raises `NotPrintable`, `BrokenOff`."""
    data = plan_data(paper)
    return press(tuple(font_folders)).print("plan.typ", data, paper.created)


def plan_data(paper: PlanPaper) -> dict[str, Any]:
    """What the template is given, as JSON values."""
    return {
        "title": paper.title,
        "subtitle": paper.subtitle,
        "student": paper.student,
        "parts": [
            {"title": part.title, "blocks": [_block(one) for one in part.blocks]}
            for part in paper.parts
        ],
        "footer": paper.footer,
        "closing": paper.closing,
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Heading(text=text):
            return {"kind": "heading", "text": text}
        case Nothing(text=text):
            return {"kind": "nothing", "text": text}
        case Pairs(pairs=pairs):
            return {"kind": "pairs", "pairs": pairs}
        case Prose(label=label, text=text):
            return {"kind": "prose", "label": label, "text": text}
        case Grid(columns=columns, widths=widths, rows=rows, whole=whole):
            kind = "whole" if whole else "grid"
            return {"kind": kind, "columns": columns, "widths": widths, "rows": rows}
