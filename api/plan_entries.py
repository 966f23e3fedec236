"""Sections with many records per student: entries that are listed, written, corrected, withdrawn.

The fields of an entry stand beside its header in one flat object, as those of a note do. What one
section has of its own is in its `Kind`; its routes are in a module of its own.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, BaseModel
from pydantic_core import PydanticCustomError

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, perform
from api.audit import record_read, refusals_recorded
from api.house import House
from api.paging import paged
from api.section_items import data_of
from api.sections import checked
from api.seeing import by_student, student_seen
from api.student_items import Instant, Person, person
from api.viewer import Viewer
from domain import section_record
from domain.access import Deed as Letter
from domain.access import allows
from domain.capacity import Capacity
from domain.command import Actor
from domain.refusal import AlreadyWithdrawn, NotFound, NotValid, StaleVersion
from domain.rules import check_school_year
from domain.school_year import SchoolYearNotOpen, year_record_id
from domain.section import Section, SectionData
from domain.section_record import Record, SaveRecord, WithdrawRecord, evolve, is_live
from domain.student import Student
from ledger.database import Connection
from ledger.recorder import Beside
from projections import directory, plan_records
from projections.directory import StudentCard
from projections.plan_fold import LIVE, PlanRecord

#: At most so many entries are withdrawn in one transaction.
MOST_AT_ONCE = 200

#: What makes a list and a record of one section visible at all.
_KNOWING: tuple[Letter, ...] = ("view", "create", "edit")


class SchoolYearFixed(NotValid):
    """A correction names another school year than that of the record."""

    CODE = "school-year-fixed"
    TITLE = "已儲存的紀錄不能改到另一個學年度；請刪除後在正確的學年度重新填寫"


class EntryBody(Body):
    """The header of a new entry. The fields of the section stand beside it."""

    school_year: int
    reason: str | None = None


class EntryCorrection(Body):
    """Fields that are left out stay as they are; `null` empties one that may be empty.

    `school_year` may be repeated, and is that of the record.
    """

    school_year: int | None = None
    reason: str | None = None


class EntryItem(BaseModel):
    """The header of an entry as it is shown. `locked`: of another education stage, for reading."""

    id: UUID
    version: int
    student_id: UUID
    school_year: int | None
    education_stage: str | None
    locked: bool
    created_at: Instant
    created_by: Person
    updated_at: Instant
    updated_by: Person


Item = TypeVar("Item", bound=EntryItem)
#: Checks what the fields refer to, given the student, the new data and the record before.
Check = Callable[[Acting, UUID, SectionData, Record | None], None]


@dataclass(frozen=True)
class Kind(Generic[Item]):
    """A section with many records: `plural` is what its list is called in the log of access."""

    section: Section
    plural: str
    entry: type[EntryBody]
    correction: type[EntryCorrection]
    item: type[Item]
    check: Check | None = None

    @property
    def code(self) -> str:
        return self.section.code


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


# -- reading


def page(
    house: House,
    viewer: Viewer,
    kind: Kind[Item],
    student_id: UUID,
    *,
    school_year: int | None,
    sort: str,
    limit: int,
    cursor: str | None,
) -> tuple[list[Item], str | None]:
    """The entries that stand, and the cursor of the next page; recorded. Raises `NotFound`.

    `sort` is a field of the item, `-` before it for descending; what is empty comes first.
    """
    with _looking(house, viewer, kind, student_id, kind.plural) as (connection, card, held):
        found = [
            item_of(house, connection, kind, one, card.stage)
            for one in plan_records.records_among(connection, [student_id], kind.code)
            if one.status == LIVE and school_year in (None, one.school_year)
        ]
    by = sort.removeprefix("-")
    items, after = paged(
        house,
        viewer,
        [(_key(by, one), one.id, one) for one in found],
        what=kind.plural,
        wanted={"student": student_id, "school_year": school_year, "sort": sort},
        limit=limit,
        cursor=cursor,
        descending=sort.startswith("-"),
    )
    record_read(house, viewer, kind.plural, [student_id], held=held)
    return items, after


def read(house: House, viewer: Viewer, kind: Kind[Item], student_id: UUID, entry_id: UUID) -> Item:
    """One entry that stands; recorded. Raises `NotFound`."""
    with _looking(house, viewer, kind, student_id, kind.code) as (connection, card, held):
        known = plan_records.record(connection, entry_id)
        if known is None or (known.section, known.student) != (kind.code, student_id):
            raise NotFound
        if known.status != LIVE:
            raise NotFound
        item = item_of(house, connection, kind, known, card.stage)
    record_read(house, viewer, kind.code, [student_id], record_id=entry_id, held=held)
    return item


def item_of(
    house: House, connection: Connection, kind: Kind[Item], known: PlanRecord, stage: str
) -> Item:
    """A record as it is shown; `stage` is the student's today. Erased texts read 已依法刪除."""
    header = {
        "id": known.record_id,
        "version": known.version,
        "student_id": known.student,
        "school_year": known.school_year,
        "education_stage": known.stage,
        "locked": known.stage != stage,
        "created_at": known.recorded_at,
        "created_by": person(house, connection, known.recorded_by),
        "updated_at": known.updated_at,
        "updated_by": person(house, connection, known.updated_by),
    }
    return kind.item.model_validate(data_of(house, kind.section, known) | header)


@contextmanager
def _looking(
    house: House, viewer: Viewer, kind: Kind[Item], student_id: UUID, what: str
) -> Iterator[tuple[Connection, StudentCard, frozenset[Capacity]]]:
    """A transaction over the views for who may see the section. Raises `NotFound`."""
    with (
        refusals_recorded(house, viewer, what, [student_id]),
        viewer.looking(house) as connection,
    ):
        card = directory.student(connection, student_id)
        if card is None:
            raise NotFound
        held = viewer.held_for(student_id, card.organisation)
        if not any(allows(kind.code, capacity, "view") for capacity in held):
            raise NotFound
        yield connection, card, held


def _key(by: str, item: EntryItem) -> list[Any]:
    value = getattr(item, by)
    if value is None:
        return []
    # Instants of one list have one offset, so that their texts sort as they do.
    return [item.model_dump(mode="json", include={by})[by]]


# -- writing


def record(house: House, viewer: Viewer, kind: Kind[Item], student_id: UUID, asked: Asked) -> Done:
    """A new entry from the kind's `entry`."""

    def decide(acting: Acting, seen: Student, actor: Actor, given: EntryBody) -> Decided:
        check_school_year(given.school_year, kind.code)
        data, new_rows = checked(acting, kind.section, _fields(given), "")
        year = acting.state(evolve, year_record_id(student_id, given.school_year))
        command = SaveRecord(
            actor=actor,
            reason=given.reason,
            record_id=acting.new_id(),
            student_id=student_id,
            school_year=given.school_year,
            education_stage=seen.stage if year is None else year.education_stage,
            student_stage=seen.stage,
            today=acting.today,
            data=data,
            new_rows=new_rows,
        )
        if kind.check is not None:
            kind.check(acting, student_id, data, None)
        events = section_record.save(kind.section, None, command)
        return Decided(
            events, command.record_id, events[-1].originator_version, after=standing(year)
        )

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
    kind: Kind[Item],
    student_id: UUID,
    entry_id: UUID,
    asked: Asked,
) -> Done:
    """A correction from the kind's `correction`."""

    def decide(acting: Acting, seen: Seen, actor: Actor, given: EntryCorrection) -> Decided:
        known = acting.known(evolve, entry_id)
        merged = {**known.data, **_fields(given)}
        data, new_rows = checked(acting, kind.section, merged, "")
        if given.school_year not in (None, known.school_year):
            raise SchoolYearFixed(field="school_year")
        if kind.check is not None:
            kind.check(acting, student_id, data, known)
        if known.withdrawn:
            raise AlreadyWithdrawn
        command = SaveRecord(
            actor=actor,
            reason=given.reason,
            record_id=entry_id,
            student_id=student_id,
            school_year=known.school_year,
            education_stage=known.education_stage,
            student_stage=seen.student.stage,
            today=acting.today,
            data=data,
            new_rows=new_rows,
        )
        events = section_record.save(kind.section, known, command)
        if not events:
            return Decided((), entry_id, known.version)
        assert known.school_year is not None
        year = acting.state(evolve, year_record_id(student_id, known.school_year))
        return Decided(events, entry_id, events[-1].originator_version, after=standing(year))

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

    def decide(acting: Acting, seen: Seen, actor: Actor, given: Reason) -> Decided:
        command = WithdrawRecord(actor=actor, reason=given.reason, student_stage=seen.student.stage)
        event = section_record.withdraw(section, acting.known(evolve, entry_id), command)
        return Decided((event,), entry_id, event.originator_version)

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

    def decide(acting: Acting, seen: Student, actor: Actor, given: Withdrawals) -> Decided:
        batch = acting.new_id()
        events = []
        for one in given.records:
            known = entry_in(acting, section, student_id, one.id).record
            command = WithdrawRecord(
                actor=actor,
                reason=given.reason,
                correlation_id=batch,
                expected_version=one.version,
                student_stage=seen.stage,
            )
            events.append(section_record.withdraw(section, known, command))
        return Decided(events, batch, None)

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


def standing(year: Record | None) -> Beside:
    """Looks once more, under the lock of the append, that the record of the school year stands.

    Raises `SchoolYearNotOpen` where it was not there at the decision; run after the append it
    raises `StaleVersion` where it changed since, and the decision is made again.
    """
    if year is None or not is_live(year):
        raise SchoolYearNotOpen

    def look(connection: Connection) -> None:
        newer = connection.execute(
            "SELECT stream_version FROM books.stream_records(NULL, %s, %s)",
            (year.record_id, year.version),
            prepare=True,
        ).fetchone()
        if newer is not None:
            raise StaleVersion(newer[0])

    return look


def _fields(given: Body) -> Mapping[str, Any]:
    """What a body says of the section's own fields."""
    return given.model_dump(exclude_unset=True, exclude={"school_year", "reason"})
