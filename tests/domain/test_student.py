from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.event import ERASED, Event
from domain.organisation import Stage
from domain.plan import PlanOpened
from domain.refusal import NotAllowed, NotFound, NotValid, ReasonRequired, StaleVersion
from domain.rules import DateInFuture
from domain.student import (
    AlreadyAtThatSchool,
    ChangeStudentClass,
    CorrectStudentDetails,
    NationalIdRefused,
    RegisterStudent,
    Sex,
    Student,
    StudentAlreadyRegistered,
    StudentClassChanged,
    StudentDetailsCorrected,
    StudentRegistered,
    StudentTransferred,
    TransferStudent,
    change_class,
    correct_details,
    evolve,
    register,
    transfer,
)

STUDENT, OFFICER, SCHOOL, JUNIOR_HIGH = (UUID(int=n) for n in range(61, 65))
TODAY = date(2025, 2, 14)
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
IMPORT = Actor(account_id=OFFICER, capacity=Capacity.SYSTEM)
WHO: dict[str, Any] = {
    "national_id": "A123456789",
    "name": "王小明",
    "sex": Sex.MALE,
    "birth_date": date(2013, 9, 2),
}
WHERE: dict[str, Any] = {
    "organisation_id": SCHOOL,
    "stage": Stage.ELEMENTARY,
    "grade": 5,
    "class_name": "五年二班",
}
REGISTER = RegisterStudent(
    actor=OFFICE,
    student_id=STUDENT,
    today=TODAY,
    actor_organisation_id=SCHOOL,
    **WHO,
    **WHERE,
)
ENVELOPE: dict[str, Any] = {
    "originator_id": STUDENT,
    "by": OFFICER,
    "capacity": Capacity.SCHOOL_ADMINISTRATOR,
    "student_id": STUDENT,
}
REGISTERED = StudentRegistered(**ENVELOPE, originator_version=1, **WHO, **WHERE)


def correcting(**changed: Any) -> CorrectStudentDetails:
    base = {
        "actor": OFFICE,
        "today": TODAY,
        "actor_organisation_id": SCHOOL,
        "reason": "戶籍更名",
    }
    return CorrectStudentDetails(**base | changed)


def changing(**changed: Any) -> ChangeStudentClass:
    return ChangeStudentClass(**{"actor": OFFICE, "actor_organisation_id": SCHOOL} | changed)


TRANSFER = TransferStudent(
    actor=OFFICE,
    actor_organisation_id=SCHOOL,
    organisation_id=JUNIOR_HIGH,
    stage=Stage.JUNIOR_HIGH,
    grade=7,
    class_name=None,
)


def given(*events: Event) -> Student | None:
    return reduce(evolve, events, None)


def test_the_school_registers_its_student() -> None:
    assert register(given(), REGISTER) == REGISTERED
    student = given(REGISTERED)
    assert student is not None
    assert {name: getattr(student, name) for name in WHO | WHERE} == WHO | WHERE


def test_a_national_id_is_stored_in_its_ordinary_form() -> None:
    typed = REGISTER.model_copy(update={"national_id": " ａ123456789 "})
    assert register(given(), typed).national_id == "A123456789"


def test_a_foreign_nationals_document_has_a_number_of_any_form() -> None:
    typed = REGISTER.model_copy(update={"national_id": "x1234567", "is_foreign_national": True})
    assert register(given(), typed).national_id == "X1234567"
    with pytest.raises(NationalIdRefused):
        register(given(), typed.model_copy(update={"national_id": "？？"}))


def test_a_wrong_national_id_is_refused_and_not_repeated() -> None:
    with pytest.raises(NationalIdRefused) as refused:
        register(given(), REGISTER.model_copy(update={"national_id": "A123456780"}))
    assert (refused.value.CODE, refused.value.field) == ("national-id-not-valid", "national_id")
    assert "A123456780" not in str(refused.value)
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", " "), ("grade", 0), ("grade", 13), ("grade", 7), ("class_name", "長" * 101)],
)
def test_a_student_that_cannot_be_names_its_field(field: str, value: object) -> None:
    with pytest.raises(NotValid) as refused:
        register(given(), REGISTER.model_copy(update={field: value}))
    assert refused.value.field == field


def test_nobody_is_born_tomorrow() -> None:
    with pytest.raises(DateInFuture):
        register(given(), REGISTER.model_copy(update={"birth_date": date(2025, 2, 15)}))


@pytest.mark.parametrize("capacity", [c for c in Capacity if c.value not in {"SA", "SYS"}])
def test_only_the_school_registers_and_changes_students(capacity: Capacity) -> None:
    actor = {"actor": Actor(account_id=OFFICER, capacity=capacity)}
    with pytest.raises(NotAllowed):
        register(given(), REGISTER.model_copy(update=actor))
    with pytest.raises(NotAllowed):
        correct_details(given(REGISTERED), correcting(name="王大明", **actor))
    with pytest.raises(NotAllowed):
        change_class(given(REGISTERED), changing(grade=6, **actor))
    with pytest.raises(NotAllowed):
        transfer(given(REGISTERED), TRANSFER.model_copy(update=actor))


def test_a_school_does_not_touch_the_students_of_another_school() -> None:
    elsewhere = {"actor_organisation_id": JUNIOR_HIGH}
    with pytest.raises(NotAllowed):
        register(given(), REGISTER.model_copy(update=elsewhere))
    with pytest.raises(NotAllowed):
        correct_details(given(REGISTERED), correcting(name="王大明", **elsewhere))
    with pytest.raises(NotAllowed):
        change_class(given(REGISTERED), changing(grade=6, **elsewhere))
    with pytest.raises(NotAllowed):
        transfer(given(REGISTERED), TRANSFER.model_copy(update=elsewhere))


def test_an_import_registers_students() -> None:
    command = REGISTER.model_copy(update={"actor": IMPORT, "actor_organisation_id": None})
    assert register(given(), command).capacity is Capacity.SYSTEM


def test_a_student_is_registered_once() -> None:
    with pytest.raises(StudentAlreadyRegistered):
        register(given(REGISTERED), REGISTER)


def test_a_correction_of_details_says_the_changed_ones_only() -> None:
    event = correct_details(given(REGISTERED), correcting(**WHO | {"name": "王大明"}))
    assert event == StudentDetailsCorrected(
        **ENVELOPE, originator_version=2, reason="戶籍更名", name="王大明"
    )
    assert event is not None
    assert dict(event.changed()) == {"name": "王大明"}
    student = given(REGISTERED, event)
    assert student is not None
    assert (student.name, student.sex, student.version) == ("王大明", Sex.MALE, 2)


def test_a_correction_of_details_that_changes_nothing_makes_no_event() -> None:
    same = correcting(**WHO | {"national_id": "a123456789"}, reason=None)
    assert correct_details(given(REGISTERED), same) is None


def test_a_correction_of_details_needs_reason_version_and_a_valid_value() -> None:
    student = given(REGISTERED)
    with pytest.raises(ReasonRequired):
        correct_details(student, correcting(name="王大明", reason=None))
    with pytest.raises(StaleVersion):
        correct_details(student, correcting(name="王大明", expected_version=3))
    with pytest.raises(NationalIdRefused):
        correct_details(student, correcting(national_id="B000000000"))
    with pytest.raises(NotValid):
        correct_details(student, correcting(sex=None))


def test_a_new_class_is_a_change_of_its_own_without_a_reason() -> None:
    event = change_class(
        given(REGISTERED), changing(stage=Stage.ELEMENTARY, grade=6, class_name=None)
    )
    assert event == StudentClassChanged(**ENVELOPE, originator_version=2, grade=6, class_name=None)
    assert event is not None
    assert dict(event.changed()) == {"grade": 6, "class_name": None}
    student = given(REGISTERED, event)
    assert student is not None
    assert (student.grade, student.class_name) == (6, None)


def test_a_class_that_is_the_same_makes_no_event() -> None:
    assert change_class(given(REGISTERED), changing(grade=5)) is None


def test_a_grade_belongs_to_its_stage() -> None:
    with pytest.raises(NotValid, match="教育階段"):
        change_class(given(REGISTERED), changing(grade=7))
    event = change_class(given(REGISTERED), changing(stage=Stage.JUNIOR_HIGH, grade=7))
    assert event is not None


def test_a_transfer_names_the_school_left_and_the_school_entered() -> None:
    event = transfer(given(REGISTERED), TRANSFER)
    assert event == StudentTransferred(
        **ENVELOPE,
        originator_version=2,
        from_organisation_id=SCHOOL,
        organisation_id=JUNIOR_HIGH,
        stage=Stage.JUNIOR_HIGH,
        grade=7,
        class_name=None,
    )
    student = given(REGISTERED, event)
    assert student is not None
    assert (student.organisation_id, student.grade) == (JUNIOR_HIGH, 7)
    with pytest.raises(NotAllowed):
        transfer(student, TRANSFER)


def test_a_transfer_goes_to_another_school() -> None:
    with pytest.raises(AlreadyAtThatSchool):
        transfer(
            given(REGISTERED),
            TRANSFER.model_copy(
                update={"organisation_id": SCHOOL, "stage": Stage.ELEMENTARY, "grade": 6}
            ),
        )


def test_a_student_never_registered_is_not_found() -> None:
    with pytest.raises(NotFound):
        correct_details(given(), correcting(name="王大明"))
    with pytest.raises(NotFound):
        change_class(given(), changing(grade=6))
    with pytest.raises(NotFound):
        transfer(given(), TRANSFER)


def test_an_erased_student_is_still_a_student() -> None:
    erased = REGISTERED.model_copy(update=dict.fromkeys(WHO, ERASED))
    student = given(erased)
    assert student is not None
    assert {getattr(student, name) for name in WHO} == {ERASED}
    assert student.grade == 5


def test_an_event_of_another_record_is_no_part_of_a_student() -> None:
    foreign = PlanOpened(
        originator_id=STUDENT,
        originator_version=2,
        by=OFFICER,
        capacity="CM",
        student_id=STUDENT,
        school_year=113,
    )
    with pytest.raises(TypeError):
        given(REGISTERED, foreign)
    with pytest.raises(TypeError):
        given(foreign)
