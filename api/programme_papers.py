"""`/programmes/{pid}/papers/{paper}`: a programme's papers as PDF, of one pupil or of a school.

Tickets and result notices of both stages (Kaohsiung F10, F11, F21, F22), the receipt of a school.
Who sees an application may print its papers; a result is on one from its publication on, for it is
read from the event that the publication made. Every paper is recorded before it is handed over.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Response

from api.audit import record_export, refusals_recorded
from api.house import House
from api.opened_records import opened_record
from api.process_items import rules_of
from api.processes import EVOLVE, record_id
from api.roster_entries import schools_batches
from api.student_items import offices
from api.viewer import SignedIn, TheHouse, Viewer
from documents.paper_sheet import Sheet, papers_pdf
from documents.programme_papers import Pupil, notice, receipt, ticket
from domain import application, programme_round
from domain.access import COUNCIL, ORGANISED
from domain.access_words import what_label
from domain.application_facts import Stage
from domain.programme_rules import Programme
from domain.refusal import NotFound, NotValid, Refusal
from domain.school_batch import STAGES as BATCHES
from ledger.database import Connection
from projections import directory
from projections import processes as view
from projections.processes import ProcessRecord

router = APIRouter(prefix="/programmes/{pid}", tags=["applications"])

_SHEETS = {"ticket": ticket, "notice": notice}
_RECEIPT = "receipt"
_STAGES = ("initial", "second")
OF_PUPIL = tuple(f"{kind}-{stage}" for stage in _STAGES for kind in _SHEETS)
OF_SCHOOL = (*OF_PUPIL, *(f"{_RECEIPT}-{stage}" for stage in _STAGES))

PDF: dict[int | str, dict[str, Any]] = {
    200: {"description": "PDF 檔。", "content": {"application/pdf": {}}}
}


class PaperNotReady(Refusal):
    """What the paper would say has not happened yet."""

    CODE = "paper-not-ready"
    TITLE = "這份文件還不能列印"


_NOT_READY = {
    "ticket": "請於承辦學校核發鑑定證後再列印。",
    "notice": "請於結果公告後再列印。",
    _RECEIPT: "請於承辦學校開立收據後再列印。",
}


@router.get(
    "/applications/{aid}/papers/{paper}",
    response_class=Response,
    responses=PDF,
)
def get_pupil_paper(house: TheHouse, viewer: SignedIn, pid: str, aid: UUID, paper: str) -> Response:
    """一位學生的文件（PDF）：鑑定證 `ticket-initial`、`ticket-second`，
    結果通知單 `notice-initial`、`notice-second`。"""
    return of_pupil(house, viewer, pid, aid, paper)


def of_pupil(house: House, viewer: Viewer, pid: str, aid: UUID, paper: str) -> Response:
    """A paper of one pupil, recorded. Raises `NotFound`, `PaperNotReady`."""
    with refusals_recorded(house, viewer, "papers"):
        if paper not in OF_PUPIL:
            raise NotFound
        rules = rules_of(house, pid)
        with viewer.looking(house) as connection:
            known = view.record(connection, aid)
            if known is None or (known.programme, known.process) != (pid, application.PROCESS):
                raise NotFound
            found = list(_sheets(house, connection, rules, paper, [known]))
        if not found:
            raise PaperNotReady(_NOT_READY[paper.partition("-")[0]])
    sheets, about = zip(*found, strict=True)
    file = papers_pdf(_titled(rules, paper), sheets, viewer.now, house.remarks)
    return handed(house, viewer, paper, file, (one for one in about if one is not None))


@router.get("/papers/{paper}", response_class=Response, responses=PDF)
def get_school_papers(
    house: TheHouse, viewer: SignedIn, pid: str, paper: str, organisation: str | None = None
) -> Response:
    """一所學校全部學生的同一種文件，合為一個 PDF 檔，每位學生另起一頁；`receipt-initial`、
    `receipt-second` 是學校的統一收據。"""
    return of_school(house, viewer, pid, paper, organisation)


def of_school(
    house: House, viewer: Viewer, pid: str, paper: str, organisation: str | None
) -> Response:
    """A paper of a school, recorded. Raises `NotFound`, `NotValid`, `PaperNotReady`."""
    with refusals_recorded(house, viewer, "papers"):
        if paper not in OF_SCHOOL:
            raise NotFound
        rules = rules_of(house, pid)
        school = _school(house, viewer, organisation)
        kind = paper.partition("-")[0]
        if kind == _RECEIPT and not _sees_money(viewer, school):
            raise NotFound
        with viewer.looking(house) as connection:
            if kind == _RECEIPT:
                found = list(_receipts(house, rules, paper, school))
            else:
                records = view.records(connection, pid, application.PROCESS, school.organisation_id)
                found = list(
                    _sheets(house, connection, rules, paper, records, school.organisation_id)
                )
        if not found:
            raise PaperNotReady(_NOT_READY[kind])
    sheets, about = zip(*found, strict=True)
    file = papers_pdf(_titled(rules, paper), sheets, viewer.now, house.remarks)
    return handed(house, viewer, paper, file, (one for one in about if one is not None))


def offered_to_pupil(house: House, viewer: Viewer, rules: Programme, aid: UUID) -> list[str]:
    """The papers of a pupil that can be printed now; nothing is handed over yet."""
    with viewer.looking(house) as connection:
        known = view.record(connection, aid)
        if known is None or known.process != application.PROCESS:
            return []
        return [one for one in OF_PUPIL if any(_sheets(house, connection, rules, one, [known]))]


def offered_to_school(
    house: House, viewer: Viewer, rules: Programme, stage: str, code: str
) -> list[str]:
    """The papers of a school's stage that can be printed now. Raises `NotFound`."""
    school = _school(house, viewer, code)
    offered = OF_SCHOOL if _sees_money(viewer, school) else OF_PUPIL
    asked = [one for one in offered if one.endswith(f"-{stage}")]
    with viewer.looking(house) as connection:
        records = view.records(connection, rules.code, application.PROCESS, school.organisation_id)
        return [
            one
            for one in asked
            if any(
                _receipts(house, rules, one, school)
                if one.startswith(_RECEIPT)
                else _sheets(house, connection, rules, one, records, school.organisation_id)
            )
        ]


#: A sheet, and about whom.
_About = tuple[Sheet, UUID | None]


def _sheets(
    house: House,
    connection: Connection,
    rules: Programme,
    paper: str,
    records: Iterable[ProcessRecord],
    school: UUID | None = None,
) -> Iterator[_About]:
    """The sheets of those records that have one, in the order of the records; of a school, those of
    its students of now."""
    kind, stage = _parts(paper)
    round_ = house.ledger.state(EVOLVE["round"], record_id("round", rules.code))
    moved = programme_round.postponed(round_)
    listed = list(records)
    ids = [one.student for one in listed]
    cards = {one.student_id: one for one in directory.students(connection, ids=ids)} if ids else {}
    schools = offices(connection)
    for one in listed:
        card = cards.get(one.student)
        if card is None or school not in (None, card.organisation):
            continue
        own = schools.get(card.organisation)
        key = house.opener.one(one.student)
        pupil = Pupil(
            name=str(key.open(card.row["name"])),
            school="" if own is None else own.name,
            record=opened_record(one, key),
        )
        sheet = _SHEETS[kind](rules, stage, pupil, moved)
        if sheet is not None:
            yield sheet, one.student


def _receipts(
    house: House, rules: Programme, paper: str, school: directory.OrganisationCard
) -> Iterator[_About]:
    _, stage = _parts(paper)
    own = schools_batches(house, rules, [school.organisation_id])
    batch = own.get(school.organisation_id, {}).get(BATCHES[stage])
    sheet = receipt(rules, stage, school.name, batch)
    if sheet is not None:
        yield sheet, None


def _parts(paper: str) -> tuple[str, Stage]:
    kind, _, stage = paper.partition("-")
    return kind, cast("Stage", stage)


def _school(house: House, viewer: Viewer, code: str | None) -> directory.OrganisationCard:
    """Whose papers are asked for: of the own school, of any by who runs the programme."""
    runs = bool({ORGANISED, COUNCIL} & viewer.audiences)
    own = viewer.schools
    if not runs and not own:
        raise NotFound
    if code is None and (runs or len(own) > 1):
        raise NotValid("請指定學校代碼。", "organisation")
    with viewer.looking(house) as connection:
        known = directory.organisations(connection)
    for one in known:
        if code in (None, one.code) and (one.organisation_id in own or (runs and code is not None)):
            return one
    raise NotFound


def _sees_money(viewer: Viewer, school: directory.OrganisationCard) -> bool:
    """A receipt is of the school and the organiser; the council deliberates on pupils."""
    return ORGANISED in viewer.audiences or school.organisation_id in viewer.schools


def _titled(rules: Programme, paper: str) -> str:
    return f"{what_label(f'papers/{paper}')}　{rules.name}"


def handed(
    house: House, viewer: Viewer, paper: str, file: bytes, about: Iterable[UUID]
) -> Response:
    """A paper that was made: recorded, then handed over."""
    what = f"papers/{paper}"
    digest = hashlib.sha256(file).hexdigest()
    record_export(house, viewer, what, about, format="pdf", digest=digest)
    name = quote(f"{what_label(what)}.pdf")
    return Response(
        file,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f"attachment; filename=\"{paper}.pdf\"; filename*=UTF-8''{name}"
        },
    )
