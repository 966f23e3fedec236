"""Opening a course goal to another teacher, named: viewing of that course, and nothing else.

Source: IGP manual §六(一)2(1)(B); who may be named: Q15; how it ends: Q17. The events stand in the
course's own stream.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel

from domain.account import Account, Role
from domain.course_goal import SECTION, permit_owner, teachers
from domain.event import Event
from domain.refusal import AlreadyWithdrawn, NotFound, NotValid, Refusal
from domain.rules import require_reason
from domain.section import Happening, SectionEvent
from domain.section_record import Record
from domain.versioning import Change, expect


class Relation(StrEnum):
    """How the two teachers' fields relate: a label on the grant, without effect (Q16)."""

    SAME_FIELD = "same_field"
    CROSS_FIELD = "cross_field"


class CourseGoalShared(SectionEvent):
    """The account may view the course from now on.

    `organisation_id` is the school of the account and the student, None of an itinerant case
    manager: the share lasts as long as both are there, or as the student is dispatched to them.
    """

    TOPIC = "course-goal.shared.v1"
    SECTION = SECTION
    HAPPENING: ClassVar[Happening] = "shared"

    account_id: UUID
    relation: Relation
    organisation_id: UUID | None = None


class CourseGoalShareEnded(SectionEvent):
    """An owner withdrew the share."""

    TOPIC = "course-goal.share-ended.v1"
    SECTION = SECTION
    HAPPENING: ClassVar[Happening] = "share-ended"

    account_id: UUID


class Sharing(BaseModel, frozen=True):
    """To whom the course is open, as the owners said; `version` is the course's own."""

    version: int
    shares: Mapping[UUID, Relation] = {}


def evolve(sharing: Sharing | None, event: Event) -> Sharing:
    if event.SECTION != SECTION:
        raise TypeError(f"{event.TOPIC} does not belong to a course goal")
    shares = {} if sharing is None else dict(sharing.shares)
    match event:
        case CourseGoalShared():
            shares[event.account_id] = event.relation
        case CourseGoalShareEnded():
            shares.pop(event.account_id, None)
        case SectionEvent() if event.HAPPENING == "withdrawn":
            shares.clear()
    return Sharing(version=event.originator_version, shares=shares)


class ShareCourse(Change):
    """`account` is None where nobody has that name; `itinerant` says whether it is that of an
    itinerant case manager to whom the student is dispatched."""

    account: Account | None
    itinerant: bool
    relation: Relation
    student_organisation_id: UUID


class EndShare(Change):
    account_id: UUID


class NotShareable(NotValid):
    """Somebody the course cannot be opened to, or nobody at all: one answer (Q15)."""

    CODE = "not-shareable"
    TITLE = "只能分享給同校教師，或這位學生的資優巡迴輔導教師"


class AlreadyShared(Refusal):
    CODE = "already-shared"
    TITLE = "這門課程已經開放給這位教師瀏覽"


class TeachesCourse(Refusal):
    """A 授課教師 sees the course anyway."""

    CODE = "teaches-course"
    TITLE = "這位教師是這門課程的授課教師"


def is_colleague(account: Account | None, school: UUID) -> bool:
    """Whether this is an open account of a teacher of the school."""
    return (
        account is not None
        and not account.closed
        and Role.TEACHER in account.roles
        and account.organisation_id == school
    )


def share(record: Record, sharing: Sharing | None, command: ShareCourse) -> CourseGoalShared:
    """Raises `NotAllowed`, `NotShareable`, `AlreadyWithdrawn`, `TeachesCourse`, `AlreadyShared`."""
    permit_owner(record, command.actor)
    person = command.account
    colleague = is_colleague(person, command.student_organisation_id)
    if person is None or person.closed or not (colleague or command.itinerant):
        raise NotShareable(field="account")
    if record.withdrawn:
        raise AlreadyWithdrawn
    if person.account_id in teachers(record):
        raise TeachesCourse
    if sharing is not None and person.account_id in sharing.shares:
        raise AlreadyShared
    return CourseGoalShared(
        **command.envelope(record.record_id, record.version + 1),
        student_id=record.student_id,
        school_year=record.school_year,
        education_stage=record.education_stage,
        account_id=person.account_id,
        relation=command.relation,
        organisation_id=command.student_organisation_id if colleague else None,
    )


def end_share(record: Record, sharing: Sharing | None, command: EndShare) -> CourseGoalShareEnded:
    """Raises `NotAllowed`, `NotFound`, `StaleVersion`, `ReasonRequired`."""
    permit_owner(record, command.actor)
    if sharing is None or command.account_id not in sharing.shares:
        raise NotFound
    expect(record, command.expected_version)
    require_reason(command)
    return CourseGoalShareEnded(
        **command.envelope(record.record_id, record.version + 1),
        student_id=record.student_id,
        school_year=record.school_year,
        education_stage=record.education_stage,
        account_id=command.account_id,
    )
