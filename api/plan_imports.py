"""`POST /students/{id}/plan-imports`: a plan in the open form enters this ledger."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import ConfigDict, Field

from api.acting import Acting, Asked, Body, Decided, Deed, Done, perform
from api.house import House
from api.http import Posted, response_of, writes
from api.section_data import checked
from api.seeing import student_seen
from api.viewer import SignedIn, TheHouse, Viewer
from domain import plan, plan_form, section_record
from domain.basic_family import BASIC_FAMILY, BasicFamily
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.organisation import Stage
from domain.refusal import NotAllowed
from domain.section import Section
from domain.section_record import TEACHER, SaveRecord, evolve, is_live, record_id
from domain.sections import SECTIONS
from domain.student import Student
from ledger.standing import unmoved
from projections import plan_records
from projections.plan_fold import LIVE

router = APIRouter(prefix="/students/{student_id}/plan-imports", tags=["plan"])

#: Why every event of an import is there.
REASON = "匯入其他單位移轉的個別輔導計畫"


class ImportedRecord(Body):
    model_config = ConfigDict(extra="ignore", frozen=True)

    school_year: int | None = Field(None, ge=1, le=999)
    education_stage: Stage | None = None
    data: dict[str, Any]


class ImportedSection(Body):
    model_config = ConfigDict(extra="ignore", frozen=True)

    section: str
    records: list[ImportedRecord] = Field(max_length=500)


class PlanForm(Body):
    """The JSON of a copy (`POST /students/{id}/copies`); what is not named here is passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    format: str
    digest: str
    school_year: int = Field(ge=1, le=999)
    sections: list[ImportedSection] = Field(max_length=len(SECTIONS))


@router.post("", **writes(PlanForm))
def post_plan_import(
    house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted
) -> Response:
    """匯入其他單位移轉的個別輔導計畫；限學校學務，且學生尚無這些項目的資料。"""
    return response_of(house, viewer, bring_in(house, viewer, student_id, asked))


def bring_in(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """All records of a `PlanForm`, or none; what they say was decided where they come from.

    Raises `FormNotKnown`, `DigestDiffers`, `PlanNotEmpty`, and what a save of a section raises.
    """

    def permit(acting: Acting, seen: Student) -> Actor:
        held = acting.viewer.held_for(seen.student_id, seen.organisation_id)
        if Capacity.SCHOOL_ADMINISTRATOR not in held:
            raise NotAllowed
        return Actor(account_id=viewer.account_id, capacity=Capacity.SYSTEM)

    def decide(acting: Acting, seen: Student, actor: Actor, given: PlanForm) -> Decided:
        _check(given)
        batch = acting.new_id()
        opened = acting.state(plan.evolve, plan.plan_id(student_id))
        events: list[Event] = []
        if opened is None:
            command = plan.OpenPlan(
                actor=actor,
                correlation_id=batch,
                student_id=student_id,
                school_year=given.school_year,
                imported=True,
            )
            events.append(plan.open_plan(None, command))
        records = [
            (SECTIONS[one.section], record) for one in given.sections for record in one.records
        ]
        _check_empty(acting, student_id, [section for section, _ in records])
        for section, record in records:
            events += _events(acting, seen, actor, batch, section, record)
        if len({(one.originator_id, one.originator_version) for one in events}) < len(events):
            raise plan_form.FormNotKnown("檔案中有重複的資料。")
        # A year or a plan that was opened meanwhile collides in its stream; the student may also
        # have gone to another school.
        return Decided(events, batch, None, after=unmoved({student_id: seen.version}))

    deed = Deed(
        what="plan.import",
        body=PlanForm,
        see=lambda acting: student_seen(acting, student_id),
        permit=permit,
        decide=decide,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def _check(given: PlanForm) -> None:
    named = [one.section for one in given.sections]
    if (
        given.format != plan_form.FORMAT
        or set(named) - SECTIONS.keys()
        or len(set(named)) < len(named)
    ):
        raise plan_form.FormNotKnown
    if not any(one.section == BASIC_FAMILY.code and one.records for one in given.sections):
        raise plan_form.FormNotKnown("檔案中沒有年度資料。")
    sections = [one.model_dump(mode="json") for one in given.sections]
    if plan_form.digest(given.school_year, sections) != given.digest:
        raise plan_form.DigestDiffers


def _check_empty(acting: Acting, student_id: UUID, sections: list[Section]) -> None:
    codes = {section.code for section in sections}
    with acting.looking() as connection:
        records = plan_records.records_of(connection, student_id)
    if any(one.section in codes and one.status == LIVE for one in records):
        raise plan_form.PlanNotEmpty


def _events(
    acting: Acting,
    of: Student,
    actor: Actor,
    batch: UUID,
    section: Section,
    given: ImportedRecord,
) -> Iterator[Event]:
    stage = given.education_stage or of.stage
    data, new_rows = checked(acting, section, plan_form.own_data(given.data), f"{section.code}.")
    identity = acting.new_id()
    if section.per != "record":
        key = stage if section.per == "stage" else given.school_year
        if key is None:
            raise plan_form.FormNotKnown("檔案中有一筆資料沒有學年度。")
        identity = record_id(section, of.student_id, key)
    known = acting.state(evolve, identity)
    if is_live(known):
        raise plan_form.PlanNotEmpty
    command = SaveRecord(
        actor=actor,
        reason=REASON,
        correlation_id=batch,
        record_id=identity,
        student_id=of.student_id,
        school_year=given.school_year,
        education_stage=stage,
        # What was written in an earlier stage enters as it was.
        student_stage=stage,
        today=acting.today,
        data=data,
        new_rows=new_rows,
        imported=True,
    )
    events = section_record.save(section, known, command)
    if isinstance(data, BasicFamily) and events:
        yield _opening(events[0])
        events = events[1:]
    yield from events


def _opening(recorded: Event) -> Event:
    """The year's record begins with what the file says of it: teachers elsewhere wrote it."""
    assert BASIC_FAMILY.opened is not None
    said = {name: getattr(recorded, name) for name in recorded.model_fields_set}
    sources = {name: TEACHER for name, _ in recorded.changed() if name in BASIC_FAMILY.content}
    return BASIC_FAMILY.opened(**said | {"field_sources": sources})
