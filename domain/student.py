"""The register of students (通報資料): who they are and where they are taught."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain import national_id
from domain.command import Command
from domain.event import ERASED, Encrypted, Erased, Event
from domain.organisation import Stage
from domain.refusal import NotFound, NotValid, Refusal
from domain.rules import (
    LONGEST_WORD,
    check_given,
    check_grade,
    check_length,
    check_not_future,
    check_text,
    permit_school,
    require_reason,
)
from domain.student_event import StudentEvent
from domain.versioning import Change, changes, expect

SECTION = "directory"


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"
    OTHER = "other"


class StudentRegistered(StudentEvent):
    """The student's record and keys begin here. The stream is the student's random id."""

    TOPIC = "student.registered.v1"
    SECTION = SECTION

    national_id: Encrypted[str]
    name: Encrypted[str]
    sex: Encrypted[Sex]
    birth_date: Encrypted[date]
    organisation_id: UUID
    stage: Stage
    grade: int
    class_name: str | None


class StudentDetailsCorrected(StudentEvent):
    """The fields that were given changed."""

    TOPIC = "student.details-corrected.v1"
    SECTION = SECTION

    national_id: Encrypted[str | None] = None
    name: Encrypted[str | None] = None
    sex: Encrypted[Sex | None] = None
    birth_date: Encrypted[date | None] = None


class StudentClassChanged(StudentEvent):
    """The fields that were given changed."""

    TOPIC = "student.class-changed.v1"
    SECTION = SECTION

    stage: Stage | None = None
    grade: int | None = None
    class_name: str | None = None


class StudentTransferred(StudentEvent):
    TOPIC = "student.transferred.v1"
    SECTION = SECTION

    from_organisation_id: UUID
    organisation_id: UUID
    stage: Stage
    grade: int
    class_name: str | None


class StudentErased(StudentEvent):
    """The student's keys are destroyed by a lawful order; nothing is decided about them any more.

    Nothing here is encrypted, for no key is left to open it. `account_ids` are the student's own
    accounts, whose keys go too.
    """

    TOPIC = "student.erased.v1"
    SECTION = SECTION

    order_number: str
    order_date: date | None
    account_ids: tuple[UUID, ...]


class Student(BaseModel, frozen=True):
    """`organisation_id` is the school today; grades are 1 to 12 over all stages."""

    student_id: UUID
    version: int
    national_id: str | Erased
    name: str | Erased
    sex: Sex | Erased
    birth_date: date | Erased
    organisation_id: UUID
    stage: Stage
    grade: int
    class_name: str | None
    erased: bool = False


DETAILS = ("national_id", "name", "sex", "birth_date")
CLASS = ("stage", "grade", "class_name")


def evolve(student: Student | None, event: Event) -> Student:
    if isinstance(event, StudentRegistered):
        return Student(
            student_id=event.originator_id,
            version=event.originator_version,
            organisation_id=event.organisation_id,
            **{name: getattr(event, name) for name in (*DETAILS, *CLASS)},
        )
    if student is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of a student")
    changed: dict[str, Any] = {"version": event.originator_version}
    match event:
        case StudentDetailsCorrected() | StudentClassChanged():
            changed |= dict(event.changed())
        case StudentTransferred():
            changed |= {name: getattr(event, name) for name in ("organisation_id", *CLASS)}
        case StudentErased():
            changed |= dict.fromkeys(DETAILS, ERASED) | {"erased": True}
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to a student")
    return student.model_copy(update=changed)


class RegisterStudent(Command):
    """`today` is the local day in the ledger's time."""

    student_id: UUID
    today: date
    national_id: str
    name: str
    sex: Sex
    birth_date: date
    organisation_id: UUID
    stage: Stage
    grade: int
    class_name: str | None = None
    #: A foreign national's document may have a number of any form (Kaohsiung F02).
    is_foreign_national: bool = False
    actor_organisation_id: UUID | None


class CorrectStudentDetails(Change):
    """Fields that are left out stay as they are."""

    today: date
    national_id: str | None = None
    name: str | None = None
    sex: Sex | None = None
    birth_date: date | None = None
    is_foreign_national: bool = False
    actor_organisation_id: UUID | None


class ChangeStudentClass(Change):
    """Fields that are left out stay as they are."""

    stage: Stage | None = None
    grade: int | None = None
    class_name: str | None = None
    actor_organisation_id: UUID | None


class TransferStudent(Change):
    """The school that the student leaves hands the record over."""

    organisation_id: UUID
    stage: Stage
    grade: int
    class_name: str | None = None
    actor_organisation_id: UUID | None


class StudentAlreadyRegistered(Refusal):
    CODE = "student-already-registered"
    TITLE = "這位學生已經通報"


class NationalIdRefused(NotValid):
    CODE = national_id.NationalIdNotValid.CODE


class StudentIsErased(Refusal):
    """The student was erased by a lawful order. Nothing can be recorded about them any more."""

    CODE = "student-erased"
    TITLE = "這位學生的資料已依法刪除，不能再變更"


class AlreadyAtThatSchool(Refusal):
    CODE = "already-at-that-school"
    TITLE = "這位學生已經就讀這所學校"


#: 國小 1 to 6, 國中 7 to 9, 高中 10 to 12.
GRADES_OF: Mapping[Stage, range] = {
    Stage.ELEMENTARY: range(1, 7),
    Stage.JUNIOR_HIGH: range(7, 10),
    Stage.SENIOR_HIGH: range(10, 13),
}


def register(student: Student | None, command: RegisterStudent) -> StudentRegistered:
    """Raises `NotAllowed`, `NationalIdRefused`, `NotValid`, `DateInFuture`,
    `StudentAlreadyRegistered`."""
    permit_school(command.actor, command.actor_organisation_id, command.organisation_id)
    given = {name: getattr(command, name) for name in DETAILS}
    details = _checked_details(given, command.today, command.is_foreign_national)
    _check_class(command.stage, command.grade, command.class_name)
    if student is not None:
        raise StudentAlreadyRegistered
    return StudentRegistered(
        **command.envelope(command.student_id, version=1),
        student_id=command.student_id,
        **details,
        organisation_id=command.organisation_id,
        stage=command.stage,
        grade=command.grade,
        class_name=command.class_name,
    )


def correct_details(
    student: Student | None, command: CorrectStudentDetails
) -> StudentDetailsCorrected | None:
    """None where nothing changes.

    Raises `NotFound`, `NotAllowed`, `StaleVersion`, `StudentIsErased`, `NationalIdRefused`,
    `NotValid`, `DateInFuture`, `ReasonRequired`.
    """
    student = _own(student, command, command.actor_organisation_id)
    given = {name: getattr(command, name) for name in DETAILS if name in command.model_fields_set}
    details = _checked_details(given, command.today, command.is_foreign_national)
    changed = {name: value for name, value in details.items() if value != getattr(student, name)}
    if not changed:
        return None
    require_reason(command)
    return StudentDetailsCorrected(
        **command.envelope(student.student_id, student.version + 1),
        student_id=student.student_id,
        **changed,
    )


def change_class(
    student: Student | None, command: ChangeStudentClass
) -> StudentClassChanged | None:
    """None where nothing changes. A new school year is no correction and needs no reason.

    Raises `NotFound`, `NotAllowed`, `StaleVersion`, `StudentIsErased`, `NotValid`.
    """
    student = _own(student, command, command.actor_organisation_id)
    changed = changes(command, student, CLASS)
    after = {name: changed.get(name, getattr(student, name)) for name in CLASS}
    _check_class(after["stage"], after["grade"], after["class_name"])
    if not changed:
        return None
    return StudentClassChanged(
        **command.envelope(student.student_id, student.version + 1),
        student_id=student.student_id,
        **changed,
    )


def transfer(student: Student | None, command: TransferStudent) -> StudentTransferred:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `StudentIsErased`, `NotValid`,
    `AlreadyAtThatSchool`."""
    student = _own(student, command, command.actor_organisation_id)
    _check_class(command.stage, command.grade, command.class_name)
    if command.organisation_id == student.organisation_id:
        raise AlreadyAtThatSchool
    return StudentTransferred(
        **command.envelope(student.student_id, student.version + 1),
        student_id=student.student_id,
        from_organisation_id=student.organisation_id,
        organisation_id=command.organisation_id,
        stage=command.stage,
        grade=command.grade,
        class_name=command.class_name,
    )


def _own(student: Student | None, command: Change, actor_organisation: UUID | None) -> Student:
    if student is None:
        raise NotFound
    permit_school(command.actor, actor_organisation, student.organisation_id)
    expect(student, command.expected_version)
    if student.erased:
        raise StudentIsErased
    return student


def _checked_details(details: Mapping[str, Any], today: date, foreign: bool) -> dict[str, Any]:
    """The same details, the national ID normalised."""
    checked = dict(details)
    for name, value in details.items():
        check_given(value, SECTION, name)
        if name == "national_id":
            checked[name] = _checked_national_id(value, foreign)
        elif name == "name":
            check_text(value, SECTION, name, LONGEST_WORD)
        elif name == "birth_date":
            check_not_future(value, today, name)
    return checked


def _checked_national_id(text: str, foreign: bool) -> str:
    try:
        return national_id.check_foreign(text) if foreign else national_id.check(text)
    except national_id.NationalIdNotValid as error:
        message = str(error)
    # Raised out here, so that no earlier error with the typed number hangs on it.
    raise NationalIdRefused(message, "national_id")


def _check_class(stage: Stage | None, grade: int | None, class_name: str | None) -> None:
    check_given(stage, SECTION, "stage")
    check_grade(grade, SECTION, "grade")
    check_length(class_name, SECTION, "class_name", LONGEST_WORD)
    if stage is not None and grade not in GRADES_OF[stage]:
        raise NotValid("年級與教育階段不符：國小 1 到 6、國中 7 到 9、高中 10 到 12。", "grade")
