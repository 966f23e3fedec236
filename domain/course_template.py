"""課程範本: the data of a course, kept by its maker for courses to come (IGP manual 3.17, 4.7).

It holds no student, no assessment result, no share and no teacher's name (Q19), and is its maker's
alone (Q18).
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain.access import allows
from domain.command import Command
from domain.event import Encrypted, Erased, Event
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound
from domain.rules import LONGEST_WORD, check_text, require_reason
from domain.versioning import Change, expect

#: How its fields are labelled; it is no section of a student's record.
LABELS = "course-template"

#: What a row of a template says of the row of a course it was copied from; never its result.
ROW = ("component", "learning_performance", "adjusted_learning_performance", "assessment_methods")

#: A row of a template: those fields of `ROW` that were given.
TemplateRow = dict[str, str | tuple[str, ...]]


class CourseTemplateSaved(Event):
    """`account_id` is its maker; `teaching_model` the one that the rows were divided by."""

    TOPIC = "course-template.saved.v1"

    account_id: UUID
    name: Encrypted[str]
    subject: str
    teaching_model: str | None
    course_name: Encrypted[str | None] = None
    rows: Encrypted[tuple[TemplateRow, ...]]


class CourseTemplateRenamed(Event):
    TOPIC = "course-template.renamed.v1"

    account_id: UUID
    name: Encrypted[str]


class CourseTemplateWithdrawn(Event):
    """It is offered no more; courses that were filled from it stay as they are."""

    TOPIC = "course-template.withdrawn.v1"

    account_id: UUID


class CourseTemplate(BaseModel, frozen=True):
    template_id: UUID
    version: int
    owner: UUID
    name: str | Erased
    subject: str
    teaching_model: str | None
    course_name: str | Erased | None
    rows: tuple[TemplateRow, ...]
    withdrawn: bool = False


def evolve(template: CourseTemplate | None, event: Event) -> CourseTemplate:
    if isinstance(event, CourseTemplateSaved):
        return CourseTemplate(
            template_id=event.originator_id,
            version=event.originator_version,
            owner=event.account_id,
            name=event.name,
            subject=event.subject,
            teaching_model=event.teaching_model,
            course_name=event.course_name,
            rows=() if isinstance(event.rows, Erased) else event.rows,
        )
    if template is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of a course template")
    changed: dict[str, Any] = {"version": event.originator_version}
    match event:
        case CourseTemplateRenamed():
            changed["name"] = event.name
        case CourseTemplateWithdrawn():
            changed["withdrawn"] = True
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to a course template")
    return template.model_copy(update=changed)


class SaveTemplate(Command):
    """`course` is the data of a course that the actor teaches, its rows among them."""

    template_id: UUID
    name: str
    teaching_model: str | None
    course: Mapping[str, Any]


class RenameTemplate(Change):
    name: str


class WithdrawTemplate(Change):
    pass


def save(template: CourseTemplate | None, command: SaveTemplate) -> CourseTemplateSaved:
    """Raises `NotAllowed`, `NotValid`."""
    if not allows("course_goal", command.actor.capacity, "create"):
        raise NotAllowed
    check_text(command.name, LABELS, "name", LONGEST_WORD)
    rows = tuple(
        {name: row[name] for name in ROW if row.get(name)} for row in command.course.get("rows", ())
    )
    return CourseTemplateSaved(
        **command.envelope(command.template_id, 1 if template is None else template.version + 1),
        account_id=command.actor.account_id,
        name=command.name.strip(),
        subject=command.course["subject"],
        teaching_model=command.teaching_model,
        course_name=command.course.get("course_name"),
        rows=rows,
    )


def rename(
    template: CourseTemplate | None, command: RenameTemplate
) -> CourseTemplateRenamed | None:
    """None where it has that name already.

    Raises `NotFound`, `StaleVersion`, `NotValid`, `ReasonRequired`, `AlreadyWithdrawn`.
    """
    template = _own(template, command)
    check_text(command.name, LABELS, "name", LONGEST_WORD)
    require_reason(command)
    if template.withdrawn:
        raise AlreadyWithdrawn
    if command.name.strip() == template.name:
        return None
    envelope = command.envelope(template.template_id, template.version + 1)
    return CourseTemplateRenamed(**envelope, account_id=template.owner, name=command.name.strip())


def withdraw(template: CourseTemplate | None, command: WithdrawTemplate) -> CourseTemplateWithdrawn:
    """Raises `NotFound`, `StaleVersion`, `ReasonRequired`, `AlreadyWithdrawn`."""
    template = _own(template, command)
    require_reason(command)
    if template.withdrawn:
        raise AlreadyWithdrawn
    envelope = command.envelope(template.template_id, template.version + 1)
    return CourseTemplateWithdrawn(**envelope, account_id=template.owner)


def _own(template: CourseTemplate | None, command: Change) -> CourseTemplate:
    if template is None or template.owner != command.actor.account_id:
        raise NotFound
    expect(template, command.expected_version)
    return template
