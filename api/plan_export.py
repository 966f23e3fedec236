"""The export of a plan as PDF or ODT, recorded before it is handed over (IGP manual 4.11).

`Igp-As-Of` binds the student, the year, the position, the exporter, the exporter's audiences over
this student, and the content itself. While these stand, the same token gives the same bytes.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import Response

from api.audit import record_export, record_notes_export, refusals_recorded
from api.change_report import ReportTermsChanged
from api.house import House
from api.plan_content import exportable
from api.plan_notes import newest_note, notes_at
from api.plan_paper import (
    FORMAT_VERSION,
    MEDIA_TYPES,
    FileFormat,
    Paper,
    Terms,
    disposition,
    new_terms,
    paper_at,
)
from api.plan_source import seen
from api.tokens import TokenNotValid
from api.viewer import Viewer
from domain.event import POLICY
from domain.refusal import NotAllowed, NotValid

_KIND = "plan-as-of"
WHAT = "plan.export"


@dataclass(frozen=True)
class PlanAsked:
    """Which plan is exported, and how."""

    student_id: UUID
    school_year: int
    format: FileFormat
    own_notes: bool = False


def export(house: House, viewer: Viewer, asked: PlanAsked, as_of: str | None) -> Response:
    """The file. Raises `NotFound`, `NotAllowed`, `SchoolYearNotOpen`, `ReportTermsChanged`.

    An export with own notes stands in the exporter's own ledger alone (design D7).
    """
    with refusals_recorded(house, viewer, WHAT, [asked.student_id], private=asked.own_notes):
        with viewer.looking(house) as connection:
            _, held = seen(connection, viewer, asked.student_id)
            sections = exportable(held)
            if not sections:
                raise NotAllowed
        kept = None if as_of is None else _kept(house, viewer, asked, as_of)
        terms = new_terms(house, viewer) if kept is None else _terms(kept)
        notes, notes_upto = _own(house, viewer, asked, kept)
        paper = paper_at(house, viewer, asked.student_id, asked.school_year, sections, terms, notes)
        if kept is not None and kept["d"] != paper.digest:
            raise ReportTermsChanged("當時的內容已無法完整重現，例如資料已依法刪除。")
    file = paper.file(asked.format)
    digest = hashlib.sha256(file).hexdigest()
    if asked.own_notes:
        record_notes_export(house, viewer, WHAT, digest)
    else:
        record_export(
            house,
            viewer,
            WHAT,
            [asked.student_id],
            format=asked.format,
            digest=digest,
            held=held,
            sections=tuple(sections),
            school_year=asked.school_year,
            as_of=terms.position,
            paper_id=terms.paper_id,
        )
    token = as_of if as_of is not None else _token(house, viewer, asked, paper, notes_upto)
    return Response(
        file,
        media_type=MEDIA_TYPES[asked.format],
        headers={
            "Content-Disposition": disposition(asked.school_year, asked.format),
            "Igp-As-Of": token,
        },
    )


def _own(
    house: House, viewer: Viewer, asked: PlanAsked, kept: dict[str, Any] | None
) -> tuple[list[dict[str, Any]] | None, int]:
    """The exporter's own notes where they are asked for, and where the own ledger ended."""
    if not asked.own_notes:
        return None, 0
    owner = viewer.account_id
    with viewer.looking(house) as connection:
        upto = newest_note(connection, owner) if kept is None else kept["n"]
        found = notes_at(house, connection, owner, upto, asked.student_id, asked.school_year)
    return found, upto


def _bound(viewer: Viewer, asked: PlanAsked) -> dict[str, Any]:
    """What must be as it was; each with the words for where it is not."""
    of_others = f"student:{asked.student_id}:"
    bearing = sorted(
        one
        for one in viewer.audiences
        if one.startswith(of_others) or not one.startswith("student:")
    )
    return {
        "s": str(asked.student_id),
        "y": asked.school_year,
        "o": asked.own_notes,
        "a": hashlib.sha256("\n".join(bearing).encode()).hexdigest()[:32],
        "k": FORMAT_VERSION,
        "r": POLICY,
    }


_TOLD = {
    "s": "這個時點是另一位學生的計畫。",
    "y": "學年度與當時不同。",
    "o": "是否附上本人輔導紀錄與當時不同。",
    "a": "您的權限範圍在這之後已經改變。",
    "k": "匯出檔的格式已經更新。",
    "r": "權限規則已經更新。",
}


def _token(house: House, viewer: Viewer, asked: PlanAsked, paper: Paper, notes_upto: int) -> str:
    payload = _bound(viewer, asked) | {
        "p": paper.terms.position,
        "n": notes_upto,
        "t": paper.terms.made_at.isoformat(),
        "e": str(paper.terms.paper_id),
        "d": paper.digest,
    }
    return house.tokens.seal(_KIND, payload, viewer.account_id)


def _kept(house: House, viewer: Viewer, asked: PlanAsked, as_of: str) -> dict[str, Any]:
    try:
        kept = house.tokens.open(_KIND, as_of, viewer.account_id)
    except TokenNotValid:
        raise NotValid("as_of 不是本系統發給您的代碼。", field="as_of") from None
    for name, present in _bound(viewer, asked).items():
        if kept[name] != present:
            raise ReportTermsChanged(_TOLD[name])
    return kept


def _terms(kept: dict[str, Any]) -> Terms:
    return Terms(kept["p"], datetime.fromisoformat(kept["t"]), UUID(kept["e"]))
