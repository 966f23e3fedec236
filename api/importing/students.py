"""A row of `students.csv` against the ledger: registered, corrected, moved up or transferred."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api.importing.register import Changed, Register, Wrong, changed_columns
from api.importing.rows import StudentRow
from api.register import NotRegistrable
from domain import student
from domain.organisation import Kind
from domain.student import Student

COLUMNS = {"class_name": "class", "organisation_id": "organisation"}


def decide_student(register: Register, row: StudentRow) -> Changed:
    """A student is known by the national ID, which an import therefore never corrects."""
    where = register.known_organisation(row.organisation, "organisation")
    if where.kind is not Kind.SCHOOL:
        raise Wrong("organisation", "這個單位不是學校。")
    details: dict[str, Any] = {"name": row.name, "sex": row.sex, "birth_date": row.birth_date}
    taught: dict[str, Any] = {"stage": row.stage, "grade": row.grade}
    known = register.student(row.national_id)
    if row.class_name is not None or known is None:
        taught["class_name"] = row.class_name
    if known is None:
        if register.is_taken(row.national_id):
            raise Wrong("national_id", f"{NotRegistrable.TITLE}。")
        officer = register.school(where.organisation_id)
        new = student.RegisterStudent(
            student_id=register.new_id(officer.actor.account_id),
            today=register.today,
            national_id=row.national_id,
            organisation_id=where.organisation_id,
            actor_organisation_id=officer.school,
            **register.about(officer),
            **details,
            **taught,
        )
        register.add_student(student.register(None, new), row.national_id)
        return ()
    same = known.organisation_id == where.organisation_id
    if same and all(getattr(known, name) == value for name, value in (details | taught).items()):
        return None
    # The school that a student leaves hands the record over.
    officer = register.school(known.organisation_id)
    about = register.about(officer) | {"actor_organisation_id": officer.school}
    correction = student.correct_details(
        known, student.CorrectStudentDetails(today=register.today, **about, **details)
    )
    register.decided(student.evolve, known.student_id, correction)
    changed = changed_columns(correction, COLUMNS) or ()
    after = register.student(row.national_id)
    assert after is not None
    return changed + _moved(register, after, where.organisation_id, about, taught) or None


def _moved(
    register: Register,
    known: Student,
    where: UUID,
    about: Mapping[str, Any],
    taught: Mapping[str, Any],
) -> tuple[str, ...]:
    """The columns that a new school, or a new class at the old one, changes."""
    if known.organisation_id != where:
        command = student.TransferStudent(organisation_id=where, **about, **taught)
        register.decided(student.evolve, known.student_id, student.transfer(known, command))
        return ("organisation", "stage", "grade", "class")
    event = student.change_class(known, student.ChangeStudentClass(**about, **taught))
    register.decided(student.evolve, known.student_id, event)
    return changed_columns(event, COLUMNS) or ()
