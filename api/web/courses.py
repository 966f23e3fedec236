"""What a teacher does with an own course goal beside editing it: opened to a colleague, kept as a
template, filled from one; and the lists of own templates and of courses that others opened.

And the page of a student's account: the own courses, to be read."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api import course_goals, course_shares, course_templates
from api.acting import Done, Reason
from api.colleagues import colleagues
from api.course_items import CourseItem
from api.course_templates import TemplateItem
from api.web.editing import reason_form
from api.web.fields import Making, Option
from api.web.heads import head_of
from api.web.plans import index_of, worded
from api.web.rendering import Page, ThePage
from api.web.typed import Typed, data_of
from domain.calendar import school_year as school_year_of
from domain.capacity import Capacity
from domain.course_goal import COURSE_GOAL
from domain.course_share import Relation
from domain.course_template import LABELS
from domain.labels import SHARE_RELATIONS
from domain.reference import words
from domain.refusal import NotAllowed, NotFound, Refusal
from domain.section import HEADER

router = APIRouter()

_COURSE = "/students/{student_id}/courses/{entry_id}"


class Sharing(BaseModel):
    """The form that opens a course to a colleague."""

    account: str = Field(title="開放給哪位教師")
    relation: Relation = Field(title="與您的關係")


class Keeping(BaseModel):
    """The form that keeps a course as a template."""

    name: str = Field(title="範本名稱", max_length=100)


class Importing(BaseModel):
    """The form that fills a course from a template."""

    template_id: str = Field(title="課程範本")


class Renaming(BaseModel):
    """The form that gives a template another name."""

    name: str = Field(title="範本名稱", max_length=100)
    reason: str = Field(title="修改原因")


@router.get(_COURSE)
def get_course(page: ThePage, student_id: UUID, entry_id: UUID) -> Response:
    """Whom an own course is open to, and what templates can be made of it."""
    return page.show("course.html", **_course(page, student_id, entry_id))


@router.post(f"{_COURSE}/shares")
def post_share(page: ThePage, student_id: UUID, entry_id: UUID, typed: Typed) -> Response:
    """Opens the course to a colleague."""
    data = data_of(Sharing, typed)
    outcome = page.attempt(
        lambda: course_shares.share(
            page.house, page.viewer, student_id, entry_id, page.asked(data, typed)
        )
    )
    return _course_done(page, student_id, entry_id, "sharing", data, outcome)


@router.post(f"{_COURSE}/template")
def post_template(page: ThePage, student_id: UUID, entry_id: UUID, typed: Typed) -> Response:
    """Keeps the course as a template."""
    data = data_of(Keeping, typed)
    body = {**data, "course_id": str(entry_id), "student_id": str(student_id)}
    outcome = page.attempt(
        lambda: course_templates.save(page.house, page.viewer, page.asked(body, typed))
    )
    if isinstance(outcome, Refusal):
        return _course_done(page, student_id, entry_id, "keeping", data, outcome)
    return page.done(outcome, "/course-templates", "template-kept")


@router.post(f"{_COURSE}/template-import")
def post_template_import(page: ThePage, student_id: UUID, entry_id: UUID, typed: Typed) -> Response:
    """Fills the course from an own template."""
    data = data_of(Importing, typed)
    outcome = page.attempt(
        lambda: course_templates.fill(
            page.house, page.viewer, student_id, entry_id, page.asked(data, typed)
        )
    )
    return _course_done(page, student_id, entry_id, "importing", data, outcome)


@router.get(f"{_COURSE}/shares/{{account_id}}/end")
def get_share_end(page: ThePage, student_id: UUID, entry_id: UUID, account_id: UUID) -> Response:
    """Asks why it ends."""
    context = _ending(page, student_id, entry_id, account_id)
    return page.show("share_end.html", **context, form=reason_form(page, {}))


@router.post(f"{_COURSE}/shares/{{account_id}}/end")
def post_share_end(
    page: ThePage, student_id: UUID, entry_id: UUID, account_id: UUID, typed: Typed
) -> Response:
    """The course is open to this colleague no more."""
    data = data_of(Reason, typed)
    outcome = page.attempt(
        lambda: course_shares.end(
            page.house, page.viewer, student_id, entry_id, account_id, page.asked(data, typed)
        )
    )
    if isinstance(outcome, Refusal):
        context = _ending(page, student_id, entry_id, account_id)
        return page.refused(outcome, "share_end.html", **context, form=reason_form(page, data))
    return page.done(outcome, f"/students/{student_id}/courses/{entry_id}", "share-ended")


@router.get("/course-templates")
def get_templates(page: ThePage) -> Response:
    """The own templates."""
    return page.show("course_templates.html", templates=_templates(page), words=_known_words())


@router.get("/course-templates/{template_id}")
def get_template(page: ThePage, template_id: UUID) -> Response:
    """The forms that rename a template and take it off the list."""
    return page.show("course_template.html", **_template(page, template_id, {}, {}))


@router.post("/course-templates/{template_id}")
def post_template_name(page: ThePage, template_id: UUID, typed: Typed) -> Response:
    """Another name."""
    data = data_of(Renaming, typed)
    outcome = page.attempt(
        lambda: course_templates.rename(
            page.house, page.viewer, template_id, page.asked(data, typed, "PATCH")
        )
    )
    if isinstance(outcome, Refusal):
        context = _template(page, template_id, data, {})
        return page.refused(outcome, "course_template.html", **context)
    return page.done(outcome, "/course-templates")


@router.get("/course-templates/{template_id}/withdrawal")
def get_template_withdrawal(page: ThePage, template_id: UUID) -> Response:
    """Asks for the reason."""
    return page.show("course_template_withdrawal.html", **_template(page, template_id, {}, {}))


@router.post("/course-templates/{template_id}/withdrawal")
def post_template_withdrawal(page: ThePage, template_id: UUID, typed: Typed) -> Response:
    """Takes the template off the list; courses that were filled from it stay as they are."""
    data = data_of(Reason, typed)
    outcome = page.attempt(
        lambda: course_templates.withdraw(
            page.house, page.viewer, template_id, page.asked(data, typed)
        )
    )
    if isinstance(outcome, Refusal):
        context = _template(page, template_id, {}, data)
        return page.refused(outcome, "course_template_withdrawal.html", **context)
    return page.done(outcome, "/course-templates", "withdrawn")


@router.get("/me/shared-courses")
def get_shared_courses(page: ThePage) -> Response:
    """The courses that colleagues opened to the viewer. Of the students it says nothing."""
    found = course_shares.shared_with(page.house, page.viewer)
    shown = [(one, worded(COURSE_GOAL.code, [_record(one)], _people(one))) for one in found]
    return page.show("shared_courses.html", courses=shown)


@router.get("/me/courses")
def get_own_courses(page: ThePage) -> Response:
    """A student's own course goals, the newest school year first: all that a student sees."""
    if not page.me.is_one_of("student"):
        raise NotFound
    own = [one.target for one in page.viewer.relations if one.capacity is Capacity.STUDENT]
    found = [
        one
        for student in own
        if student is not None
        for one in course_goals.listed(page.house, page.viewer, student, None)
    ]
    found.sort(key=lambda one: -(one.school_year or 0))
    shown = [(one, worded(COURSE_GOAL.code, [_record(one)], _people(one))) for one in found]
    return page.show("own_courses.html", courses=shown)


# -- what these pages have in common


def _course(
    page: Page,
    student_id: UUID,
    entry_id: UUID,
    typed: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """An own course with its forms, `typed` into by their names. Raises `NotFound`,
    `NotAllowed`."""
    item = course_goals.read(page.house, page.viewer, student_id, entry_id)
    head = head_of(page.house, page.viewer, student_id)
    if page.viewer.account_id not in item.teachers or not head.may(COURSE_GOAL.code, "edit"):
        raise NotAllowed
    taken = {*item.teachers, *(one.account.id for one in item.shares)}
    people = [
        Option(str(one.id), "　".join((one.name, *one.subjects)))
        for one in colleagues(page.house, page.viewer, student_id)
        if one.id not in taken
    ]
    templates = [Option(str(one.id), f"{one.name}（{_subject(one)}）") for one in _templates(page)]
    choices = {"account": people, "template_id": templates}
    making = Making(COURSE_GOAL.code, page.viewer.today, choices=choices)
    said = typed or {}
    begun = {"name": item.course_name}
    year = item.school_year or school_year_of(page.viewer.today)
    return {
        "head": head,
        "item": item,
        "year": year,
        "index": index_of(page, head, year),
        "in_plan": True,
        "people": people,
        "templates": templates,
        "relations": SHARE_RELATIONS,
        "subject": _subject(item),
        "sharing": making.form(Sharing, said.get("sharing", {})),
        "keeping": making.form(Keeping, said.get("keeping", begun)),
        "importing": making.form(Importing, said.get("importing", {})),
        "key": page.new_key,
        "told": None,
    }


def _course_done(
    page: Page,
    student_id: UUID,
    entry_id: UUID,
    form: str,
    data: Mapping[str, Any],
    outcome: Done | Refusal,
) -> Response:
    if isinstance(outcome, Refusal):
        context = _course(page, student_id, entry_id, {form: data})
        return page.refused(outcome, "course.html", **context | {"told": context[form]})
    return page.done(outcome, f"/students/{student_id}/courses/{entry_id}")


def _ending(page: Page, student_id: UUID, entry_id: UUID, account_id: UUID) -> dict[str, Any]:
    context = _course(page, student_id, entry_id)
    found = next((one for one in context["item"].shares if one.account.id == account_id), None)
    if found is None:
        raise NotFound
    return context | {"share": found}


def _templates(page: Page) -> list[TemplateItem]:
    return course_templates.listed(page.house, page.viewer)


def _template(
    page: Page, template_id: UUID, renamed: Mapping[str, Any], withdrawn: Mapping[str, Any]
) -> dict[str, Any]:
    """An own template with its forms. Raises `NotFound`."""
    found = next((one for one in _templates(page) if one.id == template_id), None)
    if found is None:
        raise NotFound
    making = Making(LABELS, page.viewer.today, long=frozenset({"reason"}))
    return {
        "known": found,
        "words": _known_words(),
        "renaming": making.form(Renaming, renamed or {"name": found.name}),
        "form": reason_form(page, withdrawn),
    }


def _subject(of: CourseItem | TemplateItem) -> str:
    return words("subjects").get(of.subject, of.subject)


def _known_words() -> Mapping[str, Mapping[str, str]]:
    """The words of the codes in a template."""
    tables = ("subjects", "teaching_models", "course_components", "assessment_methods")
    return {one: words(one) for one in tables}


def _record(item: CourseItem) -> dict[str, Any]:
    said = item.model_dump(mode="json")
    data = {name: said[name] for name in COURSE_GOAL.data.model_fields if name not in HEADER}
    return {"data": data, "education_stage": said["education_stage"], "record_id": said["id"]}


def _people(item: CourseItem) -> dict[str, Any]:
    people = [{"id": str(one.id), "name": one.name} for one in item.taught_by]
    return {"people": people, "sections": []}
