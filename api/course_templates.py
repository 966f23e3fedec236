"""`/course-templates`: 課程範本, each its maker's own, and their import (IGP manual 3.17, 4.7)."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from pydantic_core import to_jsonable_python

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, given_in, perform
from api.annual_goals import goal_of
from api.audit import record_list
from api.course_goals import Seen, course_command, course_seen, permit_owner
from api.house import House
from api.http import Changed, Posted, PostedChange, response_of, writes
from api.paging import Cursor, Limit, sorted_page
from api.student_items import Instant
from api.viewer import SignedIn, TheHouse, Viewer
from domain import course_goal, course_template
from domain.command import Actor
from domain.course_goal import ImportTemplate
from domain.course_template import CourseTemplate, RenameTemplate, SaveTemplate, WithdrawTemplate
from domain.event import Erased
from domain.refusal import NotFound
from domain.section import Line
from domain.section_record import evolve, is_live
from projections.course_templates import StoredTemplate, templates_of

router = APIRouter(tags=["plan"])


class TemplateEntry(Body):
    """An own course that is kept as a template."""

    course_id: UUID
    student_id: UUID
    name: Line


class TemplateName(Body):
    """Another name of an own template."""

    name: Line
    reason: str | None = None


class TemplateImport(Body):
    """Which own template fills the course."""

    template_id: UUID


class TemplateRowItem(BaseModel):
    component: str | None = None
    learning_performance: str | None = None
    adjusted_learning_performance: str | None = None
    assessment_methods: list[str] | str = []


class TemplateItem(BaseModel):
    """A template: the data of a course without student, results, shares and teachers."""

    id: UUID
    version: int
    name: str = Field(title="範本名稱")
    subject: str = Field(title="課程科目")
    teaching_model: str | None = Field(title="教學模式")
    course_name: str | None = Field(title="課程名稱")
    rows: list[TemplateRowItem] = Field(title="學習表現")
    saved_at: Instant


class Templates(BaseModel):
    items: list[TemplateItem]
    next_cursor: str | None


Sort = Literal["saved_at", "-saved_at", "name", "-name", "subject", "-subject"]


@router.get("/course-templates")
def list_templates(
    house: TheHouse,
    viewer: SignedIn,
    sort: Annotated[Sort, Query()] = "saved_at",
    limit: Limit = 200,
    cursor: Cursor = None,
) -> Templates:
    """自己的課程範本；只有自己看得到。"""
    found = listed(house, viewer)
    page, after = sorted_page(
        house, viewer, found, sort, what="course-templates", wanted={}, limit=limit, cursor=cursor
    )
    return Templates(items=page, next_cursor=after)


def listed(house: House, viewer: Viewer) -> list[TemplateItem]:
    """The viewer's own templates; recorded."""
    with viewer.looking(house) as connection:
        items = [_item(house, one) for one in templates_of(connection)]
    record_list(house, viewer, "course-templates", [])
    return items


@router.post("/course-templates", **writes(TemplateEntry))
def post_template(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """將一門自己的課程儲存為課程範本；不含學生、評量結果、分享對象與授課教師。"""
    return response_of(house, viewer, save(house, viewer, asked))


@router.patch("/course-templates/{template_id}", **writes(TemplateName, 200))
def patch_template(
    house: TheHouse, viewer: SignedIn, template_id: UUID, asked: Changed
) -> Response:
    """更改範本名稱；須說明原因。"""
    return response_of(house, viewer, rename(house, viewer, template_id, asked))


@router.post("/course-templates/{template_id}/withdrawal", **writes(Reason, 200))
def post_template_withdrawal(
    house: TheHouse, viewer: SignedIn, template_id: UUID, asked: PostedChange
) -> Response:
    """刪除課程範本；須說明原因，已匯入的課程不受影響。"""
    return response_of(house, viewer, withdraw(house, viewer, template_id, asked))


@router.post(
    "/students/{student_id}/courses/{record_id}/template-imports", **writes(TemplateImport)
)
def post_template_import(
    house: TheHouse, viewer: SignedIn, student_id: UUID, record_id: UUID, asked: Posted
) -> Response:
    """將自己的課程範本匯入尚無學習表現的課程。"""
    return response_of(house, viewer, fill(house, viewer, student_id, record_id, asked))


def save(house: House, viewer: Viewer, asked: Asked) -> Done:
    """A new template from a `TemplateEntry`."""

    def see(acting: Acting) -> Seen:
        given = given_in(asked, TemplateEntry)
        return course_seen(acting, given.student_id, given.course_id)

    def decide(acting: Acting, seen: Seen, actor: Actor, given: TemplateEntry) -> Decided:
        course = acting.known(evolve, seen.record.record_id)
        if not is_live(course):
            raise NotFound
        assert course.school_year is not None
        goal = goal_of(acting, course.student_id, course.school_year)
        command = SaveTemplate(
            actor=actor,
            template_id=acting.new_id(),
            name=given.name,
            teaching_model=None if goal is None else goal.data.get("teaching_model"),
            course=course.data,
        )
        event = course_template.save(None, command)
        return Decided((event,), event.originator_id, event.originator_version)

    deed = Deed(
        what="course-template.save",
        body=TemplateEntry,
        see=see,
        permit=permit_owner("edit"),
        decide=decide,
    )
    return perform(house, viewer, asked, deed)


def rename(house: House, viewer: Viewer, template_id: UUID, asked: Asked) -> Done:
    """Another name from a `TemplateName`."""

    def decide(acting: Acting, _: CourseTemplate, actor: Actor, given: TemplateName) -> Decided:
        known = _own(acting, template_id)
        command = RenameTemplate(actor=actor, name=given.name, reason=given.reason)
        event = course_template.rename(known, command)
        if event is None:
            return Decided((), template_id, known.version)
        return Decided((event,), template_id, event.originator_version)

    deed = Deed(
        what="course-template.rename",
        body=TemplateName,
        see=lambda acting: _own(acting, template_id),
        permit=_maker,
        version=lambda acting, _: _own(acting, template_id).version,
        decide=decide,
        status=200,
    )
    return perform(house, viewer, asked, deed)


def withdraw(house: House, viewer: Viewer, template_id: UUID, asked: Asked) -> Done:
    """A withdrawal from a `Reason`."""

    def decide(acting: Acting, _: CourseTemplate, actor: Actor, given: Reason) -> Decided:
        command = WithdrawTemplate(actor=actor, reason=given.reason)
        event = course_template.withdraw(_own(acting, template_id), command)
        return Decided((event,), template_id, event.originator_version)

    deed = Deed(
        what="course-template.withdraw",
        body=Reason,
        see=lambda acting: _own(acting, template_id),
        permit=_maker,
        version=lambda acting, _: _own(acting, template_id).version,
        decide=decide,
        status=200,
    )
    return perform(house, viewer, asked, deed)


def fill(house: House, viewer: Viewer, student_id: UUID, record_id: UUID, asked: Asked) -> Done:
    """An import from a `TemplateImport`; of somebody else's template as of none (IGP-121)."""

    def decide(acting: Acting, _: Seen, actor: Actor, given: TemplateImport) -> Decided:
        known = acting.known(evolve, record_id)
        assert known.school_year is not None
        command, standing = course_command(
            acting, actor, student_id, known.school_year, known, record_id, known.data, None
        )
        template = acting.state(course_template.evolve, given.template_id)
        row_ids = tuple(acting.new_id() for _ in (() if template is None else template.rows))
        said = {name: getattr(command, name) for name in command.model_fields_set}
        said |= {"correlation_id": acting.new_id(), "new_rows": frozenset(row_ids)}
        events = course_goal.import_template(
            known, ImportTemplate(**said, template=template, row_ids=row_ids)
        )
        return Decided(events, record_id, events[-1].originator_version, after=standing)

    deed = Deed(
        what="course.import-template",
        body=TemplateImport,
        see=lambda acting: course_seen(acting, student_id, record_id),
        permit=permit_owner("edit"),
        decide=decide,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def _own(acting: Acting, template_id: UUID) -> CourseTemplate:
    """An own template, withdrawn or not. Raises `NotFound`, for anybody else's as for none."""
    known = acting.known(course_template.evolve, template_id)
    if known.owner != acting.viewer.account_id:
        raise NotFound
    return known


def _maker(acting: Acting, _: CourseTemplate) -> Actor:
    return Actor(account_id=acting.viewer.account_id, capacity=acting.viewer.capacity())


def _item(house: House, known: StoredTemplate) -> TemplateItem:
    said: dict[str, Any] = {
        name: house.opener.of_account(known.owner, value) for name, value in known.row.items()
    }
    if isinstance(said["rows"], Erased):
        said["rows"] = []
    said = {name: str(one) if isinstance(one, Erased) else one for name, one in said.items()}
    return TemplateItem(
        id=known.template_id,
        version=known.version,
        saved_at=known.recorded_at,
        course_name=said.pop("course_name", None),
        **to_jsonable_python(said),
    )
