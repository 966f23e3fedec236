"""`/students/{id}/teaching-assignments`: who teaches a student what (AMB-03)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.account_items import named
from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.house import House
from api.http import Posted, PostedChange, response_of, writes
from api.relations import end_relation
from api.seeing import by_student, student_seen
from api.viewer import SignedIn, TheHouse, Viewer
from domain import teaching_assignment
from domain.account import Role
from domain.command import Actor
from domain.section import Line
from domain.student import Student
from domain.teaching_assignment import SECTION, Teaching, teaching_id

router = APIRouter(prefix="/students/{student_id}/teaching-assignments", tags=["relations"])


class TeachingEntry(Body):
    """`account` is the id or the username of a teacher of the school."""

    account: str
    subject: Line
    school_year: int


@router.post("", **writes(TeachingEntry))
def post_teaching(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """設定任課教師（學校學務）。"""
    return response_of(house, viewer, assign(house, viewer, student_id, asked))


@router.post("/{account_id}/end", **writes(Reason, 200))
def post_teaching_end(
    house: TheHouse, viewer: SignedIn, student_id: UUID, account_id: UUID, asked: PostedChange
) -> Response:
    """結束一位教師對學生的所有任課。"""
    return response_of(house, viewer, end(house, viewer, student_id, account_id, asked))


def assign(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A teaching assignment from a `TeachingEntry`."""
    deed = Deed(
        what="teaching.assign",
        body=TeachingEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=by_student(SECTION, "create"),
        decide=_assign,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def end(house: House, viewer: Viewer, student_id: UUID, account_id: UUID, asked: Asked) -> Done:
    """The end of all that one teacher teaches the student."""

    def decide(acting: Acting, seen: Student, actor: Actor, given: Reason) -> Decided:
        command = teaching_assignment.EndTeaching(
            actor=actor,
            reason=given.reason,
            student_organisation_id=seen.organisation_id,
            actor_organisation_id=acting.viewer.school_for(seen.organisation_id),
        )
        event = teaching_assignment.end(relation(acting), command)
        return Decided((event,), event.originator_id, event.originator_version)

    def relation(acting: Acting) -> Teaching:
        return acting.known(teaching_assignment.evolve, teaching_id(student_id, account_id))

    return end_relation(house, viewer, asked, "teaching.end", student_id, relation, decide)


def _assign(acting: Acting, student: Student, actor: Actor, given: TeachingEntry) -> Decided:
    person = named(acting.house, acting.viewer, given.account)
    stream = teaching_id(student.student_id, person.account_id)
    command = teaching_assignment.AssignTeaching(
        actor=actor,
        student_id=student.student_id,
        account_id=person.account_id,
        subject=given.subject,
        school_year=given.school_year,
        account_is_teacher=Role.TEACHER in person.roles,
        account_organisation_id=person.organisation_id,
        student_organisation_id=student.organisation_id,
        actor_organisation_id=acting.viewer.school_for(student.organisation_id),
    )
    event = teaching_assignment.assign(acting.state(teaching_assignment.evolve, stream), command)
    return Decided((event,), stream, event.originator_version)
