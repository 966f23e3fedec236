"""A record of a section: how its events make it, and how a save becomes the events of what changed.

Nothing here knows a section by name; what a section adds to these rules is in its own module.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain.event import Erased, Event
from domain.organisation import Stage
from domain.reference import Choice, day_of_offer, table
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound, NotValid, Refusal
from domain.rules import DateInFuture, check_in_calendar, permit, require_reason
from domain.section import (
    BESIDE,
    HEADER,
    NotFuture,
    RowEvent,
    Rows,
    Section,
    SectionData,
    SectionEvent,
    choice_of,
)
from domain.stream_ids import natural_id
from domain.versioning import Change, expect

#: Where a value of a record came from (IGP manual 3.3).
DIRECTORY, TEACHER = "directory", "teacher"


class Record(BaseModel, frozen=True):
    """A record now. `data` holds the fields that were given; a group of rows is a tuple of
    mappings with their `row_id`. `sources` is kept where the record began with other data."""

    record_id: UUID
    version: int
    section: str
    student_id: UUID
    school_year: int | None
    education_stage: Stage | None
    created_by: UUID
    data: Mapping[str, Any]
    sources: Mapping[str, str] = {}
    withdrawn: bool = False

    def rows(self, group: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(self.data.get(group, ()))


def record_id(section: Section, student: UUID, key: int | Stage) -> UUID:
    """The stream of the student's record of a school year or a stage."""
    return natural_id("section", section.code, student, key)


def evolve(record: Record | None, event: Event) -> Record:
    if not isinstance(event, SectionEvent):
        raise TypeError(f"{event.TOPIC} does not belong to a section")
    begins = event.HAPPENING in ("opened", "recorded")
    if record is None or (record.withdrawn and begins):
        if not begins:
            raise TypeError(f"{event.TOPIC} cannot be the first event of a record")
        assert event.SECTION is not None
        record = Record(
            record_id=event.originator_id,
            version=0,
            section=event.SECTION,
            student_id=event.student_id,
            school_year=event.school_year,
            education_stage=event.education_stage,
            created_by=event.by,
            data={},
            # The default would be copied for each record of thousands.
            sources={},
        )
    data, sources = dict(record.data), record.sources
    said = {name: value for name, value in event.changed() if name not in (*HEADER, "row_id")}
    if isinstance(event, RowEvent):
        assert event.ROWS is not None
        data[event.ROWS] = tuple(_rows_after(data.get(event.ROWS, ()), event, said))
    elif event.HAPPENING == "opened":
        sources = said.pop("field_sources", None) or {}
        said.pop("copied_from_year", None)
        data |= said
    elif event.HAPPENING != "withdrawn" and event.HAPPENING not in BESIDE:
        data |= said
        sources = {name: TEACHER if name in said else one for name, one in sources.items()}
    return record.model_copy(
        update={
            "version": event.originator_version,
            "data": data,
            "sources": sources,
            "withdrawn": event.HAPPENING == "withdrawn",
        }
    )


def _rows_after(
    rows: tuple[Mapping[str, Any], ...], event: RowEvent, said: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        if row["row_id"] != event.row_id:
            yield row
        elif event.HAPPENING == "row-corrected":
            yield dict(row) | dict(said)
    if event.HAPPENING == "row-added":
        yield {"row_id": event.row_id, **said}


class SaveRecord(Change):
    """A save of the whole record; `expected_version` 0 is of a record that is not there.

    `data` is what the record shall say. `new_rows` are the ids given to rows that came without.
    `today` is the local day in the ledger's time, `student_stage` the stage in which the student's
    records may be written today (`domain.transition.open_stage`). `imported` is a record that
    enters from another ledger: it was permitted there.
    """

    record_id: UUID
    student_id: UUID
    school_year: int | None
    education_stage: Stage | None
    student_stage: Stage | None
    today: date
    data: SectionData
    new_rows: frozenset[UUID] = frozenset()
    imported: bool = False


class WithdrawRecord(Change):
    """`student_stage` is the stage in which the student's records may be written today."""

    student_stage: Stage | None


class StageLocked(Refusal):
    """Records of another stage than the student's current one are for reading (IGP manual 4.4)."""

    CODE = "stage-locked"
    TITLE = "這是其他教育階段的資料，只能檢視，不能再變更"


class RowNotFound(NotValid):
    """A row was named that the record does not have."""

    CODE = "row-not-found"
    TITLE = "找不到這一列，請重新載入後再修改"


class RowRepeated(NotValid):
    """A row stands in the save twice: which of the two is meant, nobody can tell."""

    CODE = "row-repeated"
    TITLE = "同一列出現兩次，請重新載入後再修改"


class NotOffered(NotValid):
    """A code that the reference table does not offer to a record of this school year."""

    CODE = "not-offered"
    TITLE = "選項中沒有這一項，請重新選擇"


def is_live(record: Record | None) -> bool:
    """Whether there is a record to correct; one never saved or withdrawn begins anew."""
    return record is not None and not record.withdrawn


def save(section: Section, record: Record | None, command: SaveRecord) -> tuple[SectionEvent, ...]:
    """The events of what changed; none where nothing did.

    What was empty is recorded and needs no reason; what was saved is corrected or removed and
    needs one. Raises `NotAllowed`, `StaleVersion`, `NotValid`, `ReasonRequired`, `StageLocked`.
    """
    live = is_live(record)
    if not command.imported:
        permit(section.code, "edit" if live else "create", command.actor.capacity)
    expect(record, command.expected_version)
    before: Mapping[str, Any] = record.data if record is not None and live else {}
    recorded: dict[str, Any] = {}
    corrected: dict[str, Any] = {}
    for name in section.content:
        value = getattr(command.data, name)
        was = before.get(name)
        if (_empty(value) and _empty(was)) or value == was:
            continue
        _check(section.data, name, value, was, command)
        (recorded if _empty(was) else corrected)[name] = None if _empty(value) else value
    rows = [
        one
        for group in section.groups
        if not group.managed
        for one in _rows(group, before, command)
    ]
    if corrected or any(_mends(event, fields, before) for event, fields in rows):
        require_reason(command)
    check_stage(command.education_stage, command.student_stage)
    said: list[tuple[type[SectionEvent], Mapping[str, Any]]] = []
    if recorded:
        said.append((section.recorded, recorded))
    if corrected:
        assert section.corrected is not None
        said.append((section.corrected, corrected))
    # The first event of a record is the one that begins it.
    if not live and rows and not said:
        said.append((section.recorded, {}))
    return _written(command, record, [*said, *rows])


def withdraw(section: Section, record: Record | None, command: WithdrawRecord) -> SectionEvent:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `ReasonRequired`, `AlreadyWithdrawn`,
    `StageLocked`."""
    permit(section.code, "withdraw", command.actor.capacity)
    if section.withdrawn is None:
        raise NotAllowed
    if record is None:
        raise NotFound
    expect(record, command.expected_version)
    require_reason(command)
    if record.withdrawn:
        raise AlreadyWithdrawn
    check_stage(record.education_stage, command.student_stage)
    return section.withdrawn(
        **command.envelope(record.record_id, record.version + 1),
        student_id=record.student_id,
        school_year=record.school_year,
        education_stage=record.education_stage,
    )


def check_stage(of_record: Stage | None, of_student: Stage | None) -> None:
    """Raises `StageLocked`."""
    if of_record is not None and of_record != of_student:
        raise StageLocked


def _written(
    command: SaveRecord,
    record: Record | None,
    said: list[tuple[type[SectionEvent], Mapping[str, Any]]],
) -> tuple[SectionEvent, ...]:
    version = 0 if record is None else record.version
    header = {
        "student_id": command.student_id,
        "school_year": command.school_year,
        "education_stage": command.education_stage,
    }
    return tuple(
        event_class(**command.envelope(command.record_id, version + number), **header, **fields)
        for number, (event_class, fields) in enumerate(said, start=1)
    )


def _rows(
    group: Rows, before: Mapping[str, Any], command: SaveRecord
) -> Iterator[tuple[type[RowEvent], Mapping[str, Any]]]:
    """The events of the rows that changed: removed, corrected, added, in this order."""
    known = {row["row_id"]: row for row in before.get(group.field, ())}
    given = getattr(command.data, group.field)
    kept = {row.row_id for row in given}
    for row_id in known:
        if row_id not in kept:
            yield group.removed, {"row_id": row_id}
    added = []
    seen: set[UUID | None] = set()
    for number, row in enumerate(given):
        place = f"{group.field}.{number}"
        if row.row_id in seen:
            raise RowRepeated(field=f"{place}.row_id")
        seen.add(row.row_id)
        if row.row_id not in known and row.row_id not in command.new_rows:
            raise RowNotFound(field=f"{place}.row_id")
        was = known.get(row.row_id, {})
        changed = {}
        for name in group.model.model_fields:
            value = getattr(row, name)
            if name == "row_id" or (_empty(value) and _empty(was.get(name))):
                continue
            if value != was.get(name):
                _check(group.model, name, value, was.get(name), command, f"{place}.{name}")
                changed[name] = None if _empty(value) else value
        if row.row_id not in known:
            added.append((group.added, {"row_id": row.row_id, **changed}))
        elif changed:
            assert group.corrected is not None
            yield group.corrected, {"row_id": row.row_id, **changed}
    yield from added


def _mends(event: type[RowEvent], fields: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether an event of a row changes what was saved; a field filled for the first time is none
    of that, such as the result of a row that waited for it."""
    if event.HAPPENING == "row-removed":
        return True
    assert event.ROWS is not None
    known: Mapping[UUID, Mapping[str, Any]] = {
        row["row_id"]: row for row in before.get(event.ROWS, ())
    }
    row = known.get(fields["row_id"], {})
    return any(not _empty(row.get(name)) for name in fields if name != "row_id")


def _empty(value: Any) -> bool:
    return value is None or value == () or value == {} or value is False


def _check(
    model: type[BaseModel],
    name: str,
    value: Any,
    was: Any,
    command: SaveRecord,
    place: str | None = None,
) -> None:
    """Refuses a new value that is not on offer, and a day to come or of before the calendar.
    Raises `NotValid`."""
    info = model.model_fields[name]
    field = place or name
    if isinstance(was, Erased):
        raise NotValid("這項資料已依法刪除，不能再變更。", field)
    if isinstance(value, date):
        check_in_calendar(value, field)
    if isinstance(value, date) and NotFuture() in info.metadata and value > command.today:
        raise DateInFuture(field=field)
    choice = choice_of(info)
    if choice is not None:
        _check_offered(choice, set(_codes(value)) - set(_codes(was)), command, field)


def _check_offered(choice: Choice, codes: set[str], command: SaveRecord, field: str) -> None:
    """What enters from another ledger was on offer there; here it is a code of the table."""
    if choice.free:
        return
    known = table(choice.table)
    day = day_of_offer(command.school_year, command.today)
    offered = known.values if command.imported else {one.code for one in known.offered(day)}
    if codes - set(offered):
        raise NotOffered(field=field)


def _codes(value: Any) -> Iterator[str]:
    """The codes in a value: of a mapping its keys, or the codes that it holds by area."""
    match value:
        case str():
            yield value
        case dict():
            for key, one in value.items():
                if isinstance(one, tuple):
                    yield from one
                else:
                    yield key
        case tuple() | list():
            yield from value
