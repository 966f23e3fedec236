"""The records of every section of the plans, as they are now; see `projections.plan_fold`."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from domain.access import audiences_of_record, of_school
from domain.student import StudentTransferred
from ledger.database import Connection
from projections.plan_fold import PlanRecord, after, is_section
from projections.reading import with_row
from projections.schools import MOVES, Schools
from projections.view import Fact, SqlView, audience_id, audience_ids
from projections.writing import columns, replace_rows, uuid_array

_COLUMNS = columns(
    "record_id uuid, section text, student uuid, school_year int2, stage text, status text,"
    " version int8, recorded_at timestamptz, recorded_by uuid, updated_at timestamptz,"
    " updated_by uuid, row bytea, audiences binary"
)
_READ = (
    "SELECT record_id, section, student, school_year, stage, status, version, recorded_at,"
    " recorded_by, updated_at, updated_by, row FROM plan_record "
)


class PlanRecordsView(SqlView):
    """The view `plan_records`: see the module."""

    def __init__(self) -> None:
        super().__init__(name="plan_records", version=1, tables=("plan_record", "plan_school"))
        self._schools = Schools("plan_school")

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        mine = [fact for fact in facts if is_section(fact) or fact.event_class in MOVES]
        if not mine:
            return
        school_of = self._schools.apply_and_get(connection, mine)
        changed = [fact for fact in mine if is_section(fact)]
        moved = [fact.student for fact in mine if fact.event_class is StudentTransferred]
        if not changed and not moved:
            return
        records, audiences = _load(connection, changed, moved)
        old = list(records)
        files: defaultdict[UUID | None, set[UUID]] = defaultdict(set)
        for one, record in records.items():
            files[record.student].add(one)
        touched: set[UUID] = set()
        for fact in mine:
            if fact.event_class is StudentTransferred:
                # With the student goes the file: the new school sees it too.
                school = audience_id(of_school(UUID(fact.fields["organisation_id"])))
                for one in files[fact.student]:
                    audiences[one] = sorted({*audiences[one], school})
                touched |= files[fact.student]
            elif is_section(fact):
                one = fact.stream_id
                record = records[one] = after(records.get(one), fact)
                names = audiences_of_record(record.section, record.student, school_of(fact), one)
                audiences[one] = audience_ids(names)
                files[record.student].add(one)
                touched.add(one)
        rows = [_columns(records[one], audiences[one]) for one in touched]
        replace_rows(
            connection, "plan_record", _COLUMNS, rows, old=[one for one in old if one in touched]
        )


def _load(
    connection: Connection, changed: Sequence[Fact], moved: Sequence[UUID | None]
) -> tuple[dict[UUID, PlanRecord], dict[UUID, list[UUID]]]:
    """The records that stood before the batch, and who may see them."""
    records: dict[UUID, PlanRecord] = {}
    audiences: dict[UUID, list[UUID]] = {}
    begun = {fact.stream_id for fact in changed if fact.stream_version == 1}
    wanted = {fact.stream_id for fact in changed} - begun
    for column, values in (("record_id", list(wanted)), ("student", list(moved))):
        if not values:
            continue
        rows = connection.execute(
            _READ.replace(" row FROM", " audiences, row FROM").encode()
            + f"WHERE {column} = ANY(%s)".encode(),
            (values,),
            binary=True,
        )
        for row in rows:
            made: Any = PlanRecord
            record = made(*row[:-2], orjson.loads(row[-1]))
            records[record.record_id] = record
            audiences[record.record_id] = row[-2]
    return records, audiences


def _columns(record: PlanRecord, audiences: Sequence[UUID]) -> tuple[Any, ...]:
    return (
        record.record_id,
        record.section,
        record.student,
        record.school_year,
        record.stage,
        record.status,
        record.version,
        record.recorded_at,
        record.recorded_by,
        record.updated_at,
        record.updated_by,
        orjson.dumps(record.row),
        uuid_array(audiences),
    )


# -- reading


def records_of(connection: Connection, student: UUID) -> list[PlanRecord]:
    """The student's records that the viewer may see, withdrawn ones too, the oldest first."""
    return _read(connection, "WHERE student = %s ORDER BY recorded_at, record_id", (student,))


def record(connection: Connection, record_id: UUID) -> PlanRecord | None:
    """The record, if there is one and the viewer may see it."""
    return next(iter(_read(connection, "WHERE record_id = %s", (record_id,))), None)


def records_among(
    connection: Connection, students: Sequence[UUID], section: str
) -> list[PlanRecord]:
    """The records of one section of these students that the viewer may see."""
    return _read(connection, "WHERE student = ANY(%s) AND section = %s", (list(students), section))


class Standing(NamedTuple):
    """That a record stands, without what it says."""

    student: UUID
    section: str
    school_year: int | None
    stage: str | None


def standing_of(connection: Connection, students: Sequence[UUID]) -> list[Standing]:
    """Which records of these students stand, as far as the viewer may see them."""
    rows = connection.execute(
        b"SELECT student, section, school_year, stage FROM plan_record"
        b" WHERE student = ANY(%s) AND status = 'live'",
        (list(students),),
        binary=True,
        prepare=True,
    )
    return [Standing(*row) for row in rows]


def _read(connection: Connection, where: str, given: tuple[Any, ...]) -> list[PlanRecord]:
    rows = connection.execute((_READ + where).encode(), given, binary=True, prepare=True)
    return with_row(PlanRecord, rows)
