"""`GET /programmes/{pid}/placement-cases/{cid}/papers/{paper}`: the papers of a case as PDF.

The guidance plan says what the case's plan says (Kaohsiung F30), the application for the placement
what the committee reviews (F24); who sees the case may print both, and what nobody has written yet
is blank. The address of the pupil's application gives the plan, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from api import case_sources
from api.audit import refusals_recorded
from api.case_items import PlanItem, plan
from api.changes import own_name
from api.house import House
from api.process_items import rules_of
from api.processes import EVOLVE, record_id
from api.programme_papers import PDF, handed
from api.student_items import offices
from api.viewer import SignedIn, TheHouse, Viewer
from documents.igp_paper import IgpImprint, igp_paper
from documents.placement_paper import PlacementApplication, placement_paper
from documents.plan import PlanPaper
from documents.plan_pdf import plan_pdf
from documents.table import Line
from domain import application, learning_performance, placement_case
from domain.calendar import roc_short
from domain.igp_parts import plain
from domain.labels import written
from domain.placement_path import rules_of as case_rules_of
from domain.programme_rules import Programme
from domain.refusal import NotFound
from ledger.database import Connection
from projections import directory
from projections import processes as view
from projections.processes import ProcessRecord

router = APIRouter(prefix="/programmes/{pid}", tags=["placement cases"])

PAPER = "igp"
APPLICATION = "placement-application"


@router.get("/placement-cases/{cid}/papers/igp", response_class=Response, responses=PDF)
def get_case_igp_paper(house: TheHouse, viewer: SignedIn, pid: str, cid: UUID) -> Response:
    """安置案的個別輔導計畫（PDF）：一至六項由資料帶入，其餘留白供填寫，已撰寫者印出。"""
    return paper_of(house, viewer, pid, cid)


@router.get(
    "/placement-cases/{cid}/papers/placement-application", response_class=Response, responses=PDF
)
def get_placement_application(house: TheHouse, viewer: SignedIn, pid: str, cid: UUID) -> Response:
    """安置申請表（PDF，學校留存）：由安置階段與學習表現帶入，供特推會（資優小組）審查核章。"""
    return paper_of(house, viewer, pid, cid, APPLICATION)


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


@dataclass(frozen=True)
class About:
    """A case of which a paper is made, and who makes it."""

    house: House
    connection: Connection
    rules: Programme
    case: ProcessRecord
    card: directory.StudentCard
    school: str
    made_at: datetime
    made_by: str

    def opened(self, name: str) -> str:
        """A personal field of the student's card."""
        return str(self.house.opener.of_student(self.case.student, self.card.row[name]))


def paper_of(house: House, viewer: Viewer, pid: str, case: UUID, paper: str = PAPER) -> Response:
    """A paper of a case, recorded. Raises `NotFound`."""
    with refusals_recorded(house, viewer, "papers"):
        rules = rules_of(house, pid)
        made_by = own_name(house, viewer)
        with viewer.looking(house) as connection:
            known = view.record(connection, case)
            if known is None or (known.programme, known.process) != (pid, placement_case.PROCESS):
                raise NotFound
            card = directory.student(connection, known.student)
            if card is None:
                raise NotFound
            school = offices(connection).get(card.organisation)
            name = "" if school is None else school.name
            about = About(house, connection, rules, known, card, name, viewer.now, made_by)
            file = plan_pdf(_MADE[paper](about).saying(house.remarks))
    return handed(house, viewer, paper, file, [known.student])


def _plan(about: About) -> PlanPaper:
    found = plan(about.house, about.connection, about.rules, about.case)
    student = [("姓名", about.opened("name")), ("就讀學校", about.school)]
    return worded(about.rules, found, student, about.made_at, about.made_by)


def _application(about: About) -> PlanPaper:
    house, connection, rules, case = about.house, about.connection, about.rules, about.case
    applied = case_sources.application_of(house, connection, case)
    whole = house.ledger.state(EVOLVE[case.process], case.record_id)
    assert whole is not None
    reviewed = whole.last("committee-reviewed")
    remarks = None if reviewed is None else reviewed.committee_remarks
    past = case_sources.placements(house, connection, rules, case, applied)
    born = date.fromisoformat(about.opened("birth_date")) if not about.card.erased else None
    return placement_paper(
        PlacementApplication(
            programme=rules.name,
            school_year=rules.school_year,
            made_at=about.made_at,
            made_by=about.made_by,
            student=[
                ("姓名", about.opened("name")),
                ("就讀學校", about.school),
                ("年級", written("", "grade", about.card.grade)),
                ("班級", about.card.class_name or "—"),
                ("性別", written("", "sex", about.opened("sex"))),
                ("出生日期", "" if born is None else roc_short(born)),
            ],
            assessments=[
                *case_sources.assessments_before(rules, applied),
                *case_sources.results(rules, applied),
            ],
            asked=case_sources.placements_asked(house, connection, rules, case),
            past=[one for one in past if one["school_year"] < rules.school_year],
            told={name: plain(one) for name, one in learning_performance.told(whole).items()},
            result=None if reviewed is None else reviewed.committee_result,
            met_on=None if reviewed is None else reviewed.committee_met_on,
            remarks=None if remarks is None else str(remarks),
        )
    )


_MADE = {PAPER: _plan, APPLICATION: _application}


def worded(
    rules: Programme, found: PlanItem, student: Sequence[Line], made_at: datetime, made_by: str
) -> PlanPaper:
    """A plan in words: its parts in blocks, as they are printed."""
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
        ),
    )
