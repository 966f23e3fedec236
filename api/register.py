"""`/directory/students`: the register (通報資料), kept by the school of each student."""

import hashlib
import hmac
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AliasChoices, Field

from api.acting import Acting, Asked, Body, Decided, Deed, Done, office, perform
from api.house import House
from api.http import Changed, Posted, response_of, writes
from api.organisations import by_code
from api.seeing import student_seen
from api.viewer import SignedIn, TheHouse, Viewer
from domain import student
from domain.calendar import WrittenDate
from domain.capacity import Capacity
from domain.command import Actor
from domain.organisation import Stage
from domain.refusal import NotAllowed, NotFound, NotValid, Refusal
from domain.section import Line
from domain.student import GRADES_OF, Sex, Student, StudentAlreadyRegistered
from ledger.database import Connection
from ledger.ledger import Ledger

router = APIRouter(prefix="/directory/students", tags=["students"])

ClassName = Annotated[
    Line | None, Field(validation_alias=AliasChoices("class_name", "class"), max_length=100)
]


class StudentEntry(Body):
    """A student to register. `organisation` is the own school where it is left out, `stage`
    follows from the grade."""

    national_id: str
    name: Line
    sex: Sex
    birth_date: WrittenDate
    organisation: str | None = None
    stage: Stage | None = None
    grade: int
    class_name: ClassName = None
    is_foreign_national: bool = Field(
        False, description="外籍學生：證號不受國民身分證與居留證格式限制。"
    )


class StudentCorrection(Body):
    """Fields that are left out stay as they are."""

    national_id: str | None = None
    name: Line | None = None
    sex: Sex | None = None
    birth_date: WrittenDate | None = None
    is_foreign_national: bool = False
    reason: str | None = None


class ClassChange(Body):
    """Fields that are left out stay as they are."""

    stage: Stage | None = None
    grade: int | None = None
    class_name: ClassName = None


class Transfer(Body):
    """To which school the record is handed over; `organisation` is its code."""

    organisation: str
    stage: Stage | None = None
    grade: int
    class_name: ClassName = None


class NotRegistrable(Refusal):
    """The number is registered for a student whom the asker may not see. It says no more."""

    CODE = "student-not-registrable"
    TITLE = "這位學生無法由貴校通報，請洽主管機關"


@router.post("", **writes(StudentEntry))
def post_student(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """通報學生（學校學務）。"""
    return response_of(house, viewer, register(house, viewer, asked))


@router.patch("/{student_id}", **writes(StudentCorrection, 200))
def patch_student(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Changed) -> Response:
    """更正學生基本資料（學校學務）；須說明原因。"""
    return response_of(house, viewer, correct(house, viewer, student_id, asked))


@router.post("/{student_id}/class-changes", **writes(ClassChange, 200))
def post_class_change(
    house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted
) -> Response:
    """升級或換班（學校學務）。"""
    return response_of(house, viewer, change_class(house, viewer, student_id, asked))


@router.post("/{student_id}/transfers", **writes(Transfer, 200))
def post_transfer(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """轉學：由原校將檔案移交新校。"""
    return response_of(house, viewer, transfer(house, viewer, student_id, asked))


def register(house: House, viewer: Viewer, asked: Asked) -> Done:
    """A student from a `StudentEntry`, the keys made before the event."""
    deed = Deed(
        what="student.register",
        body=StudentEntry,
        see=lambda _: None,
        permit=office(Capacity.SCHOOL_ADMINISTRATOR),
        decide=_register,
    )
    return perform(house, viewer, asked, deed)


def correct(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A correction from a `StudentCorrection`."""
    deed = Deed(
        what="student.correct",
        body=StudentCorrection,
        see=lambda acting: student_seen(acting, student_id),
        permit=_permit_school,
        version=lambda acting, _: acting.known(student.evolve, student_id).version,
        decide=_correct,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def change_class(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A new class or grade from a `ClassChange`."""

    def decide(acting: Acting, seen: Student, actor: Actor, given: ClassChange) -> Decided:
        command = student.ChangeStudentClass(
            actor=actor,
            actor_organisation_id=acting.viewer.school_for(seen.organisation_id),
            **given.model_dump(exclude_unset=True),
        )
        known = acting.known(student.evolve, student_id)
        event = student.change_class(known, command)
        if event is None:
            return Decided((), student_id, known.version)
        return Decided((event,), student_id, event.originator_version)

    deed = Deed(
        what="student.change-class",
        body=ClassChange,
        see=lambda acting: student_seen(acting, student_id),
        permit=_permit_school,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def transfer(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A `Transfer` to another school."""

    def decide(acting: Acting, seen: Student, actor: Actor, given: Transfer) -> Decided:
        school = by_code(acting.house.ledger, given.organisation)
        command = student.TransferStudent(
            actor=actor,
            organisation_id=school.organisation_id,
            stage=given.stage or _stage_of(given.grade),
            grade=given.grade,
            class_name=given.class_name,
            actor_organisation_id=acting.viewer.school_for(seen.organisation_id),
        )
        event = student.transfer(acting.known(student.evolve, student_id), command)
        return Decided((event,), student_id, event.originator_version)

    deed = Deed(
        what="student.transfer",
        body=Transfer,
        see=lambda acting: student_seen(acting, student_id),
        permit=_permit_school,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def student_of_number(ledger: Ledger, number: str) -> UUID | None:
    """Whose national ID this is; the number in its normal form."""
    with ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT student_id FROM desk.national_id_reservation WHERE mac = %s",
            (number_mac(ledger, number),),
        ).fetchone()
    return row[0] if row else None


def number_mac(ledger: Ledger, number: str) -> bytes:
    """What is kept of a national ID beside the books: an HMAC of its normal form."""
    return hmac.digest(ledger.keyring.house("national-id"), number.encode(), hashlib.sha256)


def _permit_school(acting: Acting, seen: Student) -> Actor:
    """The administration of the student's school today."""
    viewer = acting.viewer
    if viewer.is_system:
        return Actor(account_id=viewer.account_id, capacity=Capacity.SYSTEM)
    if seen.organisation_id not in viewer.schools:
        raise NotAllowed
    return Actor(account_id=viewer.account_id, capacity=Capacity.SCHOOL_ADMINISTRATOR)


def _register(acting: Acting, _: None, actor: Actor, given: StudentEntry) -> Decided:
    ledger = acting.house.ledger
    school = _school(acting, given.organisation)
    command = student.RegisterStudent(
        actor=actor,
        student_id=acting.new_id(),
        today=acting.today,
        organisation_id=school,
        actor_organisation_id=acting.viewer.school_for(school),
        **given.model_dump(exclude={"organisation", "stage"}),
        stage=given.stage or _stage_of(given.grade),
    )
    event = student.register(None, command)
    number = str(event.national_id)
    ledger.keyring.create_student(command.student_id, actor.account_id)

    def reserve(connection: Connection) -> None:
        connection.execute(
            "INSERT INTO desk.national_id_reservation (mac, student_id) VALUES (%s, %s)",
            (number_mac(ledger, number), command.student_id),
        )

    return Decided(
        (event,),
        command.student_id,
        event.originator_version,
        beside=reserve,
        taken=lambda: _taken(acting, number),
    )


def _correct(acting: Acting, seen: Student, actor: Actor, given: StudentCorrection) -> Decided:
    ledger = acting.house.ledger
    command = student.CorrectStudentDetails(
        actor=actor,
        today=acting.today,
        actor_organisation_id=acting.viewer.school_for(seen.organisation_id),
        **given.model_dump(exclude_unset=True),
    )
    known = acting.known(student.evolve, seen.student_id)
    event = student.correct_details(known, command)
    if event is None:
        return Decided((), seen.student_id, known.version)
    number = event.national_id if "national_id" in event.model_fields_set else None

    def reserve(connection: Connection) -> None:
        if number is not None:
            connection.execute(
                "UPDATE desk.national_id_reservation SET mac = %s WHERE student_id = %s",
                (number_mac(ledger, str(number)), seen.student_id),
            )

    return Decided(
        (event,),
        seen.student_id,
        event.originator_version,
        beside=reserve,
        taken=lambda: _taken(acting, str(number)),
    )


def _taken(acting: Acting, number: str) -> Refusal:
    """What is said of a number that is taken: more to somebody who may see the student."""
    known = student_of_number(acting.house.ledger, number)
    if known is not None:
        try:
            student_seen(acting, known)
        except NotFound:
            return NotRegistrable()
    return StudentAlreadyRegistered()


def _school(acting: Acting, code: str | None) -> UUID:
    if code is not None:
        return by_code(acting.house.ledger, code).organisation_id
    if len(acting.viewer.schools) == 1:
        return acting.viewer.schools[0]
    raise NotValid("請填寫學校代碼。", "organisation")


def _stage_of(grade: int) -> Stage:
    """The stage of a grade; the domain refuses a grade that is none."""
    return next((stage for stage, grades in GRADES_OF.items() if grade in grades), Stage.ELEMENTARY)
