"""Sections with many records per student: how their entries look, are listed and are read.

The fields of an entry stand beside its header in one flat object, as those of a note do. What one
section has of its own is in its `Kind`; its routes are in a module of its own.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel

from api.acting import Acting, Body
from api.audit import record_read, refusals_recorded
from api.house import House
from api.paging import sorted_page
from api.section_items import data_of
from api.stages import opened_tabs
from api.student_items import Instant, Person, person
from api.viewer import Viewer
from domain.access import allows
from domain.capacity import Capacity
from domain.organisation import Stage
from domain.refusal import NotFound
from domain.section import Section, SectionData
from domain.section_record import Record
from domain.transition import open_stage
from ledger.database import Connection
from projections import directory, plan_records
from projections.directory import StudentCard
from projections.plan_fold import LIVE, PlanRecord


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
        records = plan_records.records_of(connection, student_id)
        stage = open_stage(Stage(card.stage), opened_tabs(records))
        found = [
            item_of(house, connection, kind, one, stage)
            for one in records
            if (one.section, one.status) == (kind.code, LIVE)
            and school_year in (None, one.school_year)
        ]
    items, after = sorted_page(
        house,
        viewer,
        found,
        sort,
        what=kind.plural,
        wanted={"student": student_id, "school_year": school_year},
        limit=limit,
        cursor=cursor,
    )
    record_read(house, viewer, kind.plural, [student_id], held=held)
    return items, after


def read(house: House, viewer: Viewer, kind: Kind[Item], student_id: UUID, entry_id: UUID) -> Item:
    """One entry that stands; recorded. Raises `NotFound`."""
    with _looking(house, viewer, kind, student_id, kind.code) as (connection, card, held):
        records = plan_records.records_of(connection, student_id)
        known = next((one for one in records if one.record_id == entry_id), None)
        if known is None or (known.section, known.status) != (kind.code, LIVE):
            raise NotFound
        stage = open_stage(Stage(card.stage), opened_tabs(records))
        item = item_of(house, connection, kind, known, stage)
    record_read(house, viewer, kind.code, [student_id], record_id=entry_id, held=held)
    return item


def item_of(
    house: House, connection: Connection, kind: Kind[Item], known: PlanRecord, stage: Stage | None
) -> Item:
    """A record as it is shown; `stage` is the one that is open. Erased texts read 已依法刪除."""
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
        knows = any(allows(kind.code, capacity, "view") for capacity in held)
        if not knows and not viewer.reviews(kind.code, student_id):
            raise NotFound
        yield connection, card, held
