"""`GET /programmes/{pid}/placement-cases/{cid}/papers/igp`: a pupil's guidance plan as PDF.

It says what the case's plan says (Kaohsiung F30); who sees the case may print it, and what is
written by hand is blank until somebody has written it. The address of the pupil's application gives
the same paper.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response

from api.audit import refusals_recorded
from api.case_items import PlanItem, plan
from api.changes import own_name
from api.house import House
from api.process_items import rules_of
from api.processes import record_id
from api.programme_papers import PDF, handed
from api.student_items import offices
from api.viewer import SignedIn, TheHouse, Viewer
from documents.igp_paper import IgpImprint, igp_paper
from documents.plan import PlanPaper
from documents.plan_pdf import plan_pdf
from documents.table import Line
from domain import application, placement_case
from domain.placement_path import rules_of as case_rules_of
from domain.programme_rules import Programme
from domain.refusal import NotFound
from ledger.database import Connection
from projections import directory
from projections import processes as view
from projections.processes import ProcessRecord

router = APIRouter(prefix="/programmes/{pid}", tags=["placement cases"])

PAPER = "igp"


@router.get("/placement-cases/{cid}/papers/igp", response_class=Response, responses=PDF)
def get_case_igp_paper(house: TheHouse, viewer: SignedIn, pid: str, cid: UUID) -> Response:
    """安置案的個別輔導計畫（PDF）：一至六項由資料帶入，其餘留白供填寫，已撰寫者印出。"""
    return paper_of(house, viewer, pid, cid)


@router.get("/applications/{aid}/papers/igp", response_class=Response, responses=PDF)
def get_application_igp_paper(house: TheHouse, viewer: SignedIn, pid: str, aid: UUID) -> Response:
    """申請案學生的個別輔導計畫（PDF），內容同安置案的個別輔導計畫。"""
    with (
        refusals_recorded(house, viewer, "papers"),
        viewer.looking(house) as connection,
    ):
        known = view.record(connection, aid)
        if known is None or (known.programme, known.process) != (pid, application.PROCESS):
            raise NotFound
    return paper_of(house, viewer, pid, record_id(placement_case.PROCESS, pid, known.student))


def paper_of(house: House, viewer: Viewer, pid: str, case: UUID) -> Response:
    """The plan of a case, recorded. Raises `NotFound`."""
    with refusals_recorded(house, viewer, "papers"):
        rules = rules_of(house, pid)
        made_by = own_name(house, viewer)
        with viewer.looking(house) as connection:
            known = view.record(connection, case)
            if known is None or (known.programme, known.process) != (pid, placement_case.PROCESS):
                raise NotFound
            file = _file(house, viewer, connection, rules, known, made_by)
    return handed(house, viewer, PAPER, file, [known.student])


def _file(
    house: House,
    viewer: Viewer,
    connection: Connection,
    rules: Programme,
    case: ProcessRecord,
    made_by: str,
) -> bytes:
    card = directory.student(connection, case.student)
    if card is None:
        raise NotFound
    school = offices(connection).get(card.organisation)
    found = plan(house, connection, rules, case)
    student = [
        ("姓名", str(house.opener.of_student(case.student, card.row["name"]))),
        ("就讀學校", "" if school is None else school.name),
    ]
    return plan_pdf(worded(rules, found, student, viewer.now, made_by))


def worded(
    rules: Programme, found: PlanItem, student: Sequence[Line], made_at: datetime, made_by: str
) -> PlanPaper:
    """A plan in words: its parts in blocks, as they are printed."""
    subjects = (
        {}
        if isinstance(rules.selection, str)
        else {one.code: one.name for one in rules.selection.subjects}
    )
    settings = case_rules_of(rules)
    return igp_paper(
        [one.model_dump(mode="json") for one in found.parts],
        student,
        IgpImprint(
            programme=rules.name,
            school_year=rules.school_year,
            version=found.version,
            state=found.state_name,
            made_at=made_at,
            made_by=made_by,
            signatures=[one.name for one in settings.igp_signatures.of],
            periods={one.code: one.name for one in settings.igp_periods},
            subjects=subjects,
        ),
    )
