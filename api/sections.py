"""`/students/{id}/sections/{section}`: the sections with one record per student, year or stage."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field
from pydantic_core import to_jsonable_python

from api import annual_goals
from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, by_matrix, perform
from api.audit import record_read, refusals_recorded
from api.house import House
from api.http import Changed, PostedChange, response_of, shown, writes
from api.meeting_reference import check_references
from api.section_data import checked
from api.section_items import SectionItem, differing, section_item
from api.seeing import student_seen
from api.stages import ground, incomplete, opened_tabs
from api.viewer import SignedIn, TheHouse, Viewer
from api.year_content import empty_year
from domain import annual_goal, section_record, transition
from domain.access import Deed as Letter
from domain.access import allows
from domain.annual_goal import ANNUAL_GOAL
from domain.basic_family import BASIC_FAMILY
from domain.calendar import school_year as school_year_of
from domain.command import Actor
from domain.organisation import Stage
from domain.refusal import NotFound, NotValid
from domain.school_year import SchoolYearNotOpen, year_record_id
from domain.section import Section
from domain.section_record import Record, SaveRecord, WithdrawRecord, evolve, is_live, record_id
from domain.sections import SECTIONS
from domain.student import Student
from ledger.standing import together
from projections import directory, plan_records
from projections.plan_fold import LIVE, PlanRecord

router = APIRouter(prefix="/students/{student_id}/sections/{section}", tags=["sections"])

#: The sections that are reached by this path.
SINGLE = {code: section for code, section in SECTIONS.items() if section.per != "record"}


class SectionSave(Body):
    """The whole record (PUT), or the fields that change (PATCH).

    The fields of `data` are those of the section. `confirmed` opens an education stage although
    sections of the stage before it are incomplete.
    """

    data: dict[str, Any] = Field(description="各欄位；既有的列帶 row_id，新的列不帶，少列者刪除。")
    reason: str | None = None
    confirmed: bool = False


Code = Annotated[str, Path(description=f"{'、'.join(SINGLE)}")]
Year = Annotated[
    int | None, Query(ge=1, le=999, description="學年度（民國年）；省略為目前學年度。")
]
InStage = Annotated[Stage | None, Query(description="教育階段；省略為該學年度的教育階段。")]


@dataclass(frozen=True)
class Which:
    """Which record a path and its query name; for what it is `school_year` may be None."""

    section: Section
    student: Student
    school_year: int
    stage: Stage
    record_id: UUID

    @property
    def of_year(self) -> int | None:
        """The school year, where there is a record for each."""
        return self.school_year if self.section.per == "year" else None


@router.get("", response_model=SectionItem)
def get_section(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    section: Code,
    school_year: Year = None,
    stage: InStage = None,
) -> Response:
    """一位學生一個項目的資料；從未填寫者為第 0 版。"""
    return shown(read(house, viewer, student_id, section, school_year, stage))


@router.put("", **writes(SectionSave, 200))
def put_section(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    section: Code,
    asked: Changed,
    school_year: Year = None,
    stage: InStage = None,
) -> Response:
    """儲存一個項目的全部欄位；修改已儲存的內容須說明原因。"""
    return response_of(
        house, viewer, save(house, viewer, student_id, section, school_year, stage, asked)
    )


@router.patch("", **writes(SectionSave, 200))
def patch_section(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    section: Code,
    asked: Changed,
    school_year: Year = None,
    stage: InStage = None,
) -> Response:
    """儲存一個項目的部分欄位；未列出的欄位不變。"""
    return response_of(
        house, viewer, save(house, viewer, student_id, section, school_year, stage, asked)
    )


@router.post("/withdrawal", **writes(Reason, 200))
def post_section_withdrawal(
    house: TheHouse,
    viewer: SignedIn,
    student_id: UUID,
    section: Code,
    asked: PostedChange,
    school_year: Year = None,
    stage: InStage = None,
) -> Response:
    """刪除可以刪除的項目（年度資料、學年目標）；須說明原因，歷程仍保留。"""
    return response_of(
        house, viewer, withdraw(house, viewer, student_id, section, school_year, stage, asked)
    )


def read(
    house: House,
    viewer: Viewer,
    student_id: UUID,
    code: str,
    school_year: int | None,
    stage: Stage | None,
) -> SectionItem:
    """The record as it is shown; recorded. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, f"section.{code}", [student_id]),
        viewer.looking(house) as connection,
    ):
        card = directory.student(connection, student_id)
        section = SINGLE.get(code)
        if card is None or section is None:
            raise NotFound
        held = viewer.held_for(student_id, card.organisation)
        if not any(allows(code, capacity, "view") for capacity in held) and not viewer.reviews(
            code, student_id
        ):
            raise NotFound
        records = plan_records.records_of(connection, student_id)
        year = school_year or school_year_of(viewer.today)
        in_stage = _stage_of_year(records, year)
        if section.per == "stage" and school_year is None:
            in_stage = card.stage
        wanted = stage or Stage(in_stage or card.stage)
        key = year if section.per == "year" else wanted
        identity = record_id(section, student_id, key)
        known = next((one for one in records if one.record_id == identity), None)
        of_record = known.stage if known is not None else wanted
        item = section_item(
            house,
            connection,
            section,
            student_id,
            known,
            school_year=year,
            stage=of_record,
            locked=of_record != transition.open_stage(Stage(card.stage), opened_tabs(records)),
            stages=_stages(records, section),
        )
        if item.field_sources is not None and year == max(card.plan_years, default=None):
            item.directory = differing(house, connection, card, item.data)
    record_read(house, viewer, f"section.{code}", [student_id], record_id=identity, held=held)
    return item


def save(
    house: House,
    viewer: Viewer,
    student_id: UUID,
    code: str,
    school_year: int | None,
    stage: Stage | None,
    asked: Asked,
) -> Done:
    """A save from a `SectionSave`; with PATCH, fields that are left out stay as they are."""

    def see(acting: Acting) -> Which:
        return which(acting, student_id, code, school_year, stage)

    def permit(acting: Acting, seen: Which) -> Actor:
        live = is_live(acting.state(evolve, seen.record_id))
        return permitted(acting, seen.student, code, "edit" if live else "create")

    def decide(acting: Acting, seen: Which, actor: Actor, given: SectionSave) -> Decided:
        if seen.section is ANNUAL_GOAL:
            annual_goal.check_year(school_year)
        return _saved(acting, seen, actor, given, patch=asked.method == "PATCH")

    deed = Deed(
        what=f"section.{code}.save",
        body=SectionSave,
        see=see,
        permit=permit,
        version=_version,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def _saved(
    acting: Acting, seen: Which, actor: Actor, given: SectionSave, *, patch: bool
) -> Decided:
    """What a save comes to. Raises refusals."""
    section, year = seen.section, seen.of_year
    now = ground(acting, seen.student.student_id, year)
    record = acting.state(evolve, seen.record_id)
    live = is_live(record)
    before = _known(section, record) if patch and record is not None and live else {}
    data, new_rows = checked(acting, section, before | given.data)
    command = SaveRecord(
        actor=actor,
        reason=given.reason,
        record_id=seen.record_id,
        student_id=seen.student.student_id,
        school_year=year,
        education_stage=seen.stage,
        student_stage=now.stage,
        today=acting.today,
        data=data,
        new_rows=new_rows,
    )
    check_references(acting, command.student_id, data, record, "data.")
    if isinstance(data, transition.Transition):
        transition.check_grade(data, record, now.student)
    try:
        events = section_record.save(section, record, command)
    except NotValid as refusal:
        if refusal.field is not None:
            refusal.field = f"data.{refusal.field}"
        raise
    if year is not None and not is_live(now.year):
        raise SchoolYearNotOpen
    if isinstance(data, transition.Transition):
        transition.check_tab(data, seen.stage)
        if not live and not given.confirmed:
            transition.check_complete(incomplete(acting, now.student))
    if not events:
        return Decided((), seen.record_id, 0 if record is None else record.version)
    version = events[-1].originator_version
    decided = Decided(events, seen.record_id, version, after=now.unmoved(seen.record_id))
    if section is ANNUAL_GOAL:
        return annual_goals.after_save(acting, record, command, decided)
    return decided


def withdraw(
    house: House,
    viewer: Viewer,
    student_id: UUID,
    code: str,
    school_year: int | None,
    stage: Stage | None,
    asked: Asked,
) -> Done:
    """A withdrawal from a `Reason`."""

    def see(acting: Acting) -> Which:
        return which(acting, student_id, code, school_year, stage)

    def permit(acting: Acting, seen: Which) -> Actor:
        actor = permitted(acting, seen.student, code, "withdraw")
        if seen.section is ANNUAL_GOAL:
            annual_goals.permit_withdrawal(acting, seen.record_id, student_id, actor)
        return actor

    def decide(acting: Acting, seen: Which, actor: Actor, given: Reason) -> Decided:
        now = ground(acting, student_id, None)
        command = WithdrawRecord(actor=actor, reason=given.reason, student_stage=now.stage)
        record = acting.state(evolve, seen.record_id)
        event = section_record.withdraw(seen.section, record, command)
        after = now.unmoved(seen.record_id)
        if seen.section is BASIC_FAMILY:
            after = together(after, empty_year(acting, student_id, seen.school_year))
        decided = Decided((event,), seen.record_id, event.originator_version, after=after)
        if seen.section is ANNUAL_GOAL and record is not None:
            return annual_goals.after_withdrawal(acting, record, command, decided)
        return decided

    deed = Deed(
        what=f"section.{code}.withdraw",
        body=Reason,
        see=see,
        permit=permit,
        version=_version,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def which(
    acting: Acting, student_id: UUID, code: str, school_year: int | None, stage: Stage | None
) -> Which:
    """The record that is named, for somebody who may know of the section. Raises `NotFound`."""
    student = student_seen(acting, student_id)
    section = SINGLE.get(code)
    held = acting.viewer.held_for(student_id, student.organisation_id)
    deeds: tuple[Letter, ...] = ("view", "create", "edit")
    knows = any(allows(code, capacity, deed) for capacity in held for deed in deeds)
    if section is None or not (knows or acting.viewer.reviews(code, student_id)):
        raise NotFound
    year = school_year or school_year_of(acting.today)
    of_year = acting.state(evolve, year_record_id(student_id, year))
    in_stage = None if of_year is None else of_year.education_stage
    if section.per == "stage" and school_year is None:
        in_stage = student.stage
    wanted = stage if stage is not None and section.per == "stage" else in_stage or student.stage
    key = year if section.per == "year" else wanted
    return Which(section, student, year, wanted, record_id(section, student_id, key))


def permitted(acting: Acting, student: Student, code: str, letter: Letter) -> Actor:
    """The actor whom the matrix lets do this for the student. Raises `NotAllowed`."""
    held = acting.viewer.held_for(student.student_id, student.organisation_id)
    return by_matrix(acting, code, letter, held)


def _known(section: Section, record: Record) -> dict[str, Any]:
    """What the form of a record says now, with the part of its header that the form asks for."""
    known = {"education_stage": record.education_stage, **record.data}
    fields = section.data.model_fields
    return {name: to_jsonable_python(one) for name, one in known.items() if name in fields}


def _version(acting: Acting, seen: Which) -> int:
    record = acting.state(evolve, seen.record_id)
    return 0 if record is None else record.version


def _stage_of_year(records: list[PlanRecord], year: int) -> str | None:
    return next(
        (
            one.stage
            for one in records
            if one.section == BASIC_FAMILY.code and one.school_year == year
        ),
        None,
    )


def _stages(records: list[PlanRecord], section: Section) -> list[str]:
    if section.per != "stage":
        return []
    found = {one.stage for one in records if one.section == section.code and one.status == LIVE}
    return [stage.value for stage in Stage if stage.value in found]
