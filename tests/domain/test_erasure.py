from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.erasure import DisputeOpen, EraseStudent, erase
from domain.event import ERASED
from domain.legal_hold import LegalHold, LegalHoldStands
from domain.organisation import Stage
from domain.refusal import NotAllowed, NotFound, NotValid
from domain.rules import DateInFuture
from domain.student import (
    ChangeStudentClass,
    CorrectStudentDetails,
    Sex,
    StudentErased,
    StudentIsErased,
    StudentRegistered,
    TransferStudent,
    change_class,
    correct_details,
    evolve,
    transfer,
)

STUDENT, OFFICER, SCHOOL, ACCOUNT, DISPUTE = (UUID(int=n) for n in range(71, 76))
TODAY = date(2025, 2, 14)
AUTHORITY = Actor(account_id=OFFICER, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
NUMBER = "高市教特字第11400001號"
REGISTERED = StudentRegistered(
    originator_id=STUDENT,
    originator_version=1,
    by=OFFICER,
    capacity=Capacity.SCHOOL_ADMINISTRATOR,
    student_id=STUDENT,
    national_id="A123456789",
    name="王小明",
    sex=Sex.MALE,
    birth_date=date(2013, 9, 2),
    organisation_id=SCHOOL,
    stage=Stage.ELEMENTARY,
    grade=5,
    class_name="五年二班",
)
KNOWN = evolve(None, REGISTERED)
ERASE = EraseStudent(
    actor=AUTHORITY,
    today=TODAY,
    order_number=f" {NUMBER} ",
    order_date=date(2025, 2, 13),
    account_ids=(ACCOUNT,),
)
HOLD = LegalHold(version=1, student_id=STUDENT, order_number="法字第1號", placed=True)


def erased(command: EraseStudent = ERASE, **given: Any) -> StudentErased:
    standing: dict[str, Any] = {"hold": None, "open_disputes": ()} | given
    return erase(standing.pop("student", KNOWN), command, **standing)


def test_an_order_is_recorded_with_its_number_and_nothing_of_the_person() -> None:
    event = erased()
    assert (event.order_number, event.order_date) == (NUMBER, date(2025, 2, 13))
    assert (event.originator_id, event.originator_version) == (STUDENT, 2)
    assert event.account_ids == (ACCOUNT,)
    assert "王小明" not in event.model_dump_json()


def test_the_student_stays_and_who_it_was_goes() -> None:
    student = evolve(KNOWN, erased())
    assert student.erased
    assert student.version == 2
    assert {student.national_id, student.name, student.sex, student.birth_date} == {ERASED}
    assert (student.organisation_id, student.grade) == (SCHOOL, 5)


def test_nothing_is_decided_about_an_erased_student() -> None:
    student = evolve(KNOWN, erased())
    common: dict[str, Any] = {"actor": OFFICE, "actor_organisation_id": SCHOOL}
    with pytest.raises(StudentIsErased):
        correct_details(
            student, CorrectStudentDetails(today=TODAY, name="王大明", reason="更名", **common)
        )
    with pytest.raises(StudentIsErased):
        change_class(student, ChangeStudentClass(grade=6, **common))
    elsewhere = {"organisation_id": UUID(int=80), "stage": Stage.JUNIOR_HIGH, "grade": 7}
    with pytest.raises(StudentIsErased):
        transfer(student, TransferStudent(**elsewhere, **common))
    with pytest.raises(StudentIsErased):
        erased(student=student)


def test_a_legal_hold_stands_against_an_erasure_until_it_is_lifted() -> None:
    with pytest.raises(LegalHoldStands, match="法字第1號"):
        erased(hold=HOLD)
    assert erased(hold=HOLD.model_copy(update={"placed": False}))


def test_an_open_dispute_stands_against_an_erasure_and_is_named() -> None:
    with pytest.raises(DisputeOpen, match=str(DISPUTE)):
        erased(open_disputes=(DISPUTE,))


def test_only_the_authority_erases_and_only_on_a_document() -> None:
    with pytest.raises(NotAllowed):
        erased(ERASE.model_copy(update={"actor": OFFICE}))
    with pytest.raises(NotFound):
        erased(student=None)
    for number in (" ", "字" * 101):
        with pytest.raises(NotValid):
            erased(ERASE.model_copy(update={"order_number": number}))
    with pytest.raises(DateInFuture):
        erased(ERASE.model_copy(update={"order_date": date(2025, 2, 15)}))
