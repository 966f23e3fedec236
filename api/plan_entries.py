"""Sections with many records per student: entries are written, corrected and withdrawn.

How they look and are read: `api.plan_entry_items`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.house import House
from api.plan_entry_items import EntryBody, EntryCorrection, Kind
from api.section_data import checked
from api.seeing import by_student, student_seen
from api.stages import ground
from api.viewer import Viewer
from domain import section_record
from domain.access import Deed as Letter
from domain.access import allows
from domain.command import Actor
from domain.refusal import AlreadyWithdrawn, NotFound, NotValid
from domain.rules import check_school_year
from domain.school_year import SchoolYearNotOpen
from domain.section import Section
from domain.section_record import Record, SaveRecord, WithdrawRecord, evolve, is_live
from domain.student import Student

#: At most so many entries are withdrawn in one transaction.
MOST_AT_ONCE = 200

#: What makes a section visible at all.
_KNOWING: tuple[Letter, ...] = ("view", "create", "edit")


class SchoolYearFixed(NotValid):
    """A correction names another school year than that of the record."""

    CODE = "school-year-fixed"
    TITLE = "已儲存的紀錄不能改到另一個學年度；請刪除後在正確的學年度重新填寫"


class Ticked(Body):
    """An entry with the version that was loaded."""

    id: UUID
    version: int


def _some(records: tuple[Ticked, ...]) -> tuple[Ticked, ...]:
    if not records:
        raise PydanticCustomError("nothing-selected", "請先勾選要刪除的紀錄。")
    if len(records) > MOST_AT_ONCE:
        raise PydanticCustomError("too-many-selected", f"一次最多刪除 {MOST_AT_ONCE} 筆。")
    if len({one.id for one in records}) < len(records):
        raise PydanticCustomError("selected-twice", "同一筆紀錄勾選了兩次。")
    return records


class Withdrawals(Body):
    """Several entries of one student that are withdrawn together, or none of them."""

    records: Annotated[tuple[Ticked, ...], AfterValidator(_some)]
    reason: str | None = None


def record(house: House, viewer: Viewer, kind: Kind[Any], student_id: UUID, asked: Asked) -> Done:
    """A new entry from the kind's `entry`."""

    def decide(acting: Acting, _: Student, actor: Actor, given: EntryBody) -> Decided:
        check_school_year(given.school_year, kind.code)
        data, new_rows = checked(acting, kind.section, _fields(given), "")
        now = ground(acting, student_id, given.school_year)
        command = SaveRecord(
            actor=actor,
            reason=given.reason,
            record_id=acting.new_id(),
            student_id=student_id,
            school_year=given.school_year,
            education_stage=now.stage if now.year is None else now.year.education_stage,
            student_stage=now.stage,
            today=acting.today,
            data=data,
            new_rows=new_rows,
        )
        if kind.check is not None:
            kind.check(acting, student_id, data, None)
        events = section_record.save(kind.section, None, command)
        if not is_live(now.year):
            raise SchoolYearNotOpen
        version = events[-1].originator_version
        return Decided(events, command.record_id, version, after=now.unmoved())

    deed = Deed(
        what=f"{kind.code}.record",
        body=kind.entry,
        see=lambda acting: student_in(acting, kind.section, student_id),
        permit=by_student(kind.code, "create"),
        decide=decide,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def correct(
    house: House,
    viewer: Viewer,
    kind: Kind[Any],
    student_id: UUID,
    entry_id: UUID,
    asked: Asked,
) -> Done:
    """A correction from the kind's `correction`."""

    def decide(acting: Acting, _: Seen, actor: Actor, given: EntryCorrection) -> Decided:
        known = acting.known(evolve, entry_id)
        merged = {**known.data, **_fields(given)}
        data, new_rows = checked(acting, kind.section, merged, "")
        if given.school_year not in (None, known.school_year):
            raise SchoolYearFixed(field="school_year")
        if kind.check is not None:
            kind.check(acting, student_id, data, known)
        if known.withdrawn:
            raise AlreadyWithdrawn
        now = ground(acting, student_id, known.school_year)
        command = SaveRecord(
            actor=actor,
            reason=given.reason,
            record_id=entry_id,
            student_id=student_id,
            school_year=known.school_year,
            education_stage=known.education_stage,
            student_stage=now.stage,
            today=acting.today,
            data=data,
            new_rows=new_rows,
        )
        events = section_record.save(kind.section, known, command)
        if not events:
            return Decided((), entry_id, known.version)
        if not is_live(now.year):
            raise SchoolYearNotOpen
        return Decided(events, entry_id, events[-1].originator_version, after=now.unmoved())

    deed = Deed(
        what=f"{kind.code}.correct",
        body=kind.correction,
        see=lambda acting: entry_in(acting, kind.section, student_id, entry_id),
        permit=permitted(kind.section, "edit"),
        version=version_of,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def withdraw(
    house: House,
    viewer: Viewer,
    section: Section,
    student_id: UUID,
    entry_id: UUID,
    asked: Asked,
) -> Done:
    """A withdrawal from a `Reason`. Whom the matrix gives no such right gets 403."""

    def decide(acting: Acting, _: Seen, actor: Actor, given: Reason) -> Decided:
        now = ground(acting, student_id, None)
        command = WithdrawRecord(actor=actor, reason=given.reason, student_stage=now.stage)
        event = section_record.withdraw(section, acting.known(evolve, entry_id), command)
        return Decided((event,), entry_id, event.originator_version, after=now.unmoved())

    deed = Deed(
        what=f"{section.code}.withdraw",
        body=Reason,
        see=lambda acting: entry_in(acting, section, student_id, entry_id),
        permit=permitted(section, "withdraw"),
        version=version_of,
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


def withdraw_many(
    house: House, viewer: Viewer, section: Section, student_id: UUID, asked: Asked
) -> Done:
    """The withdrawal of all of `Withdrawals`, or of none; answers with the id of the batch,
    which every event of it carries as its correlation id."""

    def decide(acting: Acting, _: Student, actor: Actor, given: Withdrawals) -> Decided:
        now, batch = ground(acting, student_id, None), acting.new_id()
        events = []
        for one in given.records:
            known = entry_in(acting, section, student_id, one.id).record
            command = WithdrawRecord(
                actor=actor,
                reason=given.reason,
                correlation_id=batch,
                expected_version=one.version,
                student_stage=now.stage,
            )
            events.append(section_record.withdraw(section, known, command))
        return Decided(events, batch, None, after=now.unmoved())

    deed = Deed(
        what=f"{section.code}.withdraw-many",
        body=Withdrawals,
        see=lambda acting: student_in(acting, section, student_id),
        permit=by_student(section.code, "withdraw"),
        decide=decide,
        status=200,
        students=(student_id,),
    )
    return perform(house, viewer, asked, deed)


# -- what deeds on entries have in common


@dataclass(frozen=True)
class Seen:
    """The student and the record of the path."""

    student: Student
    record: Record


def student_in(acting: Acting, section: Section, student_id: UUID) -> Student:
    """The student, for somebody who may know of the section. Raises `NotFound`."""
    student = student_seen(acting, student_id)
    held = acting.viewer.held_for(student_id, student.organisation_id)
    knows = any(allows(section.code, capacity, deed) for capacity in held for deed in _KNOWING)
    knows = knows or acting.viewer.reviews(section.code, student_id)
    if not knows and not acting.viewer.is_system:
        raise NotFound
    return student


def entry_in(acting: Acting, section: Section, student_id: UUID, entry_id: UUID) -> Seen:
    """A record of this section and student, withdrawn or not. Raises `NotFound`."""
    student = student_in(acting, section, student_id)
    known = acting.known(evolve, entry_id)
    if (known.section, known.student_id) != (section.code, student_id):
        raise NotFound
    return Seen(student, known)


def permitted(section: Section, letter: Letter) -> Callable[[Acting, Seen], Actor]:
    """Permits by the matrix, for deeds on one record."""
    permit = by_student(section.code, letter)
    return lambda acting, seen: permit(acting, seen.student)


def version_of(acting: Acting, seen: Seen) -> int:
    """The version of the record as the books have it."""
    return acting.known(evolve, seen.record.record_id).version


def _fields(given: Body) -> Mapping[str, Any]:
    """What a body says of the section's own fields."""
    return given.model_dump(exclude_unset=True, exclude={"school_year", "reason"})
