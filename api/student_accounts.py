"""`/students/{id}/student-account`: the account with which a student reads the own course goals."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.account_items import named
from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.house import House
from api.http import Posted, PostedChange, response_of, writes
from api.relations import end_relation
from api.seeing import by_student, student_seen
from api.viewer import SignedIn, TheHouse, Viewer
from domain import student_account
from domain.command import Actor
from domain.refusal import NotFound
from domain.student import Student
from domain.student_account import SECTION, StudentAccount, link_id

router = APIRouter(prefix="/students/{student_id}/student-account", tags=["relations"])


class StudentAccountEntry(Body):
    """`account` is the id or the username of an account of role student of the school."""

    account: str


@router.post("", **writes(StudentAccountEntry))
def post_student_account(
    house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted
) -> Response:
    """設定學生本人的帳號，供其檢視自己的課程目標（學校學務）。"""
    return response_of(house, viewer, link(house, viewer, student_id, asked))


@router.post("/{account_id}/end", **writes(Reason, 200))
def post_student_account_end(
    house: TheHouse, viewer: SignedIn, student_id: UUID, account_id: UUID, asked: PostedChange
) -> Response:
    """結束一個帳號與學生的關係；須說明原因。"""
    return response_of(house, viewer, end(house, viewer, student_id, account_id, asked))


def link(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A student's own account from a `StudentAccountEntry`."""
    deed = Deed(
        what="student-account.link",
        body=StudentAccountEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=by_student(SECTION, "create"),
        decide=_link,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def end(house: House, viewer: Viewer, student_id: UUID, account_id: UUID, asked: Asked) -> Done:
    """The end of an account's being the student's."""

    def decide(acting: Acting, seen: Student, actor: Actor, given: Reason) -> Decided:
        command = student_account.EndStudentAccount(
            actor=actor,
            reason=given.reason,
            student_id=student_id,
            student_organisation_id=seen.organisation_id,
            actor_organisation_id=acting.viewer.school_for(seen.organisation_id),
        )
        event = student_account.end(relation(acting), command)
        return Decided((event,), event.originator_id, event.originator_version)

    def relation(acting: Acting) -> StudentAccount:
        known = acting.known(student_account.evolve, link_id(account_id))
        if known.student_id != student_id:
            raise NotFound
        return known

    return end_relation(house, viewer, asked, "student-account.end", student_id, relation, decide)


def _link(acting: Acting, student: Student, actor: Actor, given: StudentAccountEntry) -> Decided:
    person = named(acting.house, acting.viewer, given.account)
    stream = link_id(person.account_id)
    command = student_account.LinkStudentAccount(
        actor=actor,
        student_id=student.student_id,
        account_id=person.account_id,
        roles=person.roles,
        closed=person.closed,
        account_organisation_id=person.organisation_id,
        student_organisation_id=student.organisation_id,
        actor_organisation_id=acting.viewer.school_for(student.organisation_id),
    )
    event = student_account.link(acting.state(student_account.evolve, stream), command)
    return Decided((event,), stream, event.originator_version)
