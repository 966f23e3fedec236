"""A whole plan on its way to paper: headings and blocks, which each writer sets in its own way.

What is said comes from `plan_blocks`; this module is the form of it, and the frame: title, who the
plan is about, what the paper itself is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from documents.plan_blocks import (
    Block,
    blocks_of,
    day,
    note_blocks,
    statement_blocks,
    words_of_year,
)
from documents.table import Line, legible, local
from domain.calendar import roc_short
from domain.labels import SECTIONS, STAGES, written

TITLE = "個別輔導計畫"
NOTES_TITLE = "晤談與輔導紀錄（匯出者本人填寫）"
STATEMENTS_TITLE = "爭議案件的雙方陳述"


@dataclass(frozen=True)
class Imprint:
    """What a paper says of itself. `made_at` is aware; `digest` is of the content, in hex."""

    paper_id: str
    made_at: datetime
    made_by: str
    version: int
    digest: str
    #: Whom the paper is for, where it is a copy that was handed out.
    recipient: str | None = None
    #: When the root that covers all of the student was recorded; None where it is not sealed.
    sealed_at: datetime | None = None


@dataclass(frozen=True)
class Part:
    """A section of the plan; the number counts the parts of the paper."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class PlanPaper:
    """The paper, every text legible. `footer` stands on each page."""

    title: str
    subtitle: str
    created: datetime
    student: Sequence[Line] = field(repr=False)
    parts: Sequence[Part] = field(repr=False)
    footer: Sequence[str] = field(repr=False)
    closing: Sequence[Line] = field(repr=False)

    def saying(self, lines: Sequence[Line]) -> "PlanPaper":
        """The paper with these lines at its end and on each page."""
        on_each = [text for _, text in lines]
        return replace(self, footer=[*self.footer, *on_each], closing=[*self.closing, *lines])


def plan_paper(
    content: Mapping[str, Any],
    imprint: Imprint,
    notes: Sequence[Mapping[str, Any]] | None = None,
    statements: Sequence[Mapping[str, Any]] = (),
) -> PlanPaper:
    """The paper of a plan in the form of `GET /students/{id}/plan`.

    `notes` are the exporter's own, in the form of contract 3; None leaves their part out.
    `statements` are what both sides said in disputes: `kind`, `filed_on`, `side`, `given_on`,
    `text`.
    """
    student = content["student"]
    parts = [
        Part(SECTIONS[one["section"]], blocks_of(one["section"], one["records"], content))
        for one in content["sections"]
    ]
    if notes is not None:
        parts.append(Part(NOTES_TITLE, note_blocks(notes)))
    if statements:
        parts.append(Part(STATEMENTS_TITLE, statement_blocks(statements)))
    year = words_of_year(content["school_year"])
    return PlanPaper(
        TITLE,
        year,
        imprint.made_at,
        [
            ("姓名", legible(student["name"])),
            ("身分證統一編號", legible(student["national_id"])),
            ("性別", written("", "sex", student["sex"])),
            ("出生日期", day(student["birth_date"])),
            ("學校", legible(student["organisation"]["name"])),
            ("班級", legible(student["class_name"] or "—")),
            ("教育階段", STAGES.get(student["stage"], student["stage"])),
            ("年級", written("", "grade", student["grade"])),
        ],
        parts,
        _footer(imprint),
        _closing(content, imprint),
    )


def _footer(imprint: Imprint) -> list[str]:
    made = local(imprint.made_at)
    what = "複本" if imprint.recipient else "匯出"
    return [
        f"{what}編號 {imprint.paper_id}　第 {imprint.version} 版　{_sealed(imprint)}",
        f"{legible(imprint.made_by)}　{roc_short(made.date())} {made:%H:%M:%S}"
        f"　內容摘要 {imprint.digest[:16]}",
    ]


def _sealed(imprint: Imprint) -> str:
    if imprint.sealed_at is None:
        return "尚未封存"
    at = local(imprint.sealed_at)
    return f"已封存（{roc_short(at.date())} {at:%H:%M:%S}）"


def _closing(content: Mapping[str, Any], imprint: Imprint) -> list[Line]:
    made = local(imprint.made_at)
    given = [("給予對象", imprint.recipient)] if imprint.recipient else []
    return [
        *given,
        ("複本編號" if imprint.recipient else "匯出編號", imprint.paper_id),
        ("製作人員", legible(imprint.made_by)),
        ("製作時間", f"{roc_short(made.date())} {made:%H:%M:%S}"),
        ("計畫版次", f"第 {content['version']} 版"),
        ("封存狀態", _sealed(imprint)),
        ("內容摘要（SHA-256）", imprint.digest),
    ]
