"""The records of a programme's processes as they are now: applications, examinations, cases.

The row of a record is `{"steps": [...]}`, the oldest first: `step`, `version`, `state`, `by`,
`capacity`, `at`, and under `said` what the step says, ciphertext unopened. It is kept packed
(`projections/packing.py`). What a school may not see yet lies in a record of another process, so
a row is seen whole or not at all.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast
from uuid import UUID

from domain.access import COUNCIL, audiences_of, of_school
from domain.process import SECTION_OF, StepEvent
from domain.student import StudentTransferred
from ledger.database import Connection
from projections.packing import pack, unpack
from projections.schools import MOVES, Schools
from projections.view import Fact, Revision, SqlView, audience_id, audience_ids
from projections.writing import columns, copy_rows, overwrite_rows

Row = dict[str, Any]

_COLUMNS = columns(
    "record_id uuid, process text, programme text, student uuid, organisation uuid,"
    " moved_to uuid[], moved_after int8[], state text, version int8, recorded_at timestamptz,"
    " updated_at timestamptz, updated_by uuid, row bytea, audiences uuid[]"
)
#: What the columns say already.
_ASIDE = frozenset({"programme", "organisation_id", "state"})


@dataclass(frozen=True)
class ProcessRecord:
    """A record now; `state` is one of the machine's, `row` as the module says."""

    record_id: UUID
    process: str
    programme: str
    student: UUID
    organisation: UUID
    state: str
    version: int
    recorded_at: datetime
    updated_at: datetime
    updated_by: UUID
    row: Row
    audiences: list[UUID]
    #: The schools that the student moved to since it began, and after which version of it.
    moved_to: list[UUID] = field(default_factory=list)
    moved_after: list[int] = field(default_factory=list)

    @property
    def steps(self) -> list[Row]:
        return cast("list[Row]", self.row["steps"])

    @property
    def school_now(self) -> UUID:
        return self.moved_to[-1] if self.moved_to else self.organisation

    def last(self, step: str) -> Row | None:
        """What the newest event of a step says, or None."""
        found = (one["said"] for one in reversed(self.steps) if one["step"] == step)
        return next(found, None)


class ProcessesView(SqlView):
    """The view `processes`: see the module."""

    def __init__(self) -> None:
        super().__init__(
            name="processes",
            version=2,
            tables=("process", "process_school"),
            revisions={2: Revision("紀錄註明學生其後轉入的學校", ("process",))},
        )
        self._schools = Schools("process_school")

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        mine = [fact for fact in facts if _is_step(fact) or fact.event_class in MOVES]
        if not mine:
            return
        school_of = self._schools.apply_and_get(connection, mine)
        steps = [fact for fact in mine if fact.event_class not in MOVES]
        moved = {fact.student for fact in mine if fact.event_class is StudentTransferred}
        if not steps and not moved:
            return
        wanted = {fact.stream_id for fact in steps if fact.stream_version > 1}
        old = {
            one.record_id: one
            for one in _select(
                connection,
                b"WHERE record_id = ANY(%s) OR student = ANY(%s)",
                list(wanted),
                list(moved),
            )
        }
        now = dict(old)
        files: defaultdict[UUID | None, set[UUID]] = defaultdict(set)
        for one in old.values():
            files[one.student].add(one.record_id)
        for fact in mine:
            if fact.event_class is StudentTransferred:
                for record_id in files[fact.student]:
                    now[record_id] = _handed_over(now[record_id], fact)
            elif fact.event_class not in MOVES:
                now[fact.stream_id] = _next(now.get(fact.stream_id), fact, school_of(fact))
                files[fact.student].add(fact.stream_id)
        for write, stands in ((overwrite_rows, True), (copy_rows, False)):
            rows = [
                _columns(one)
                for one in now.values()
                if (one.record_id in old) is stands and one is not old.get(one.record_id)
            ]
            if rows:
                write(connection, "process", _COLUMNS, rows)


def _is_step(fact: Fact) -> bool:
    return fact.student is not None and issubclass(fact.event_class, StepEvent)


def _next(known: ProcessRecord | None, fact: Fact, school: UUID | None) -> ProcessRecord:
    event_class = cast("type[StepEvent]", fact.event_class)
    said, at = fact.said(), fact.recorded_at
    taken = {
        "step": event_class.STEP,
        "version": fact.stream_version,
        "state": said["state"],
        "by": str(fact.by),
        "capacity": fact.fields["capacity"],
        "at": at.astimezone(UTC).isoformat(),
        "said": {name: value for name, value in said.items() if name not in _ASIDE}
        | {
            name: value
            for name, value in (
                ("occurred_on", fact.fields.get("occurred_on")),
                ("reason", fact.ciphertext("reason")),
            )
            if value is not None
        },
    }
    if known is None:
        assert fact.student is not None
        begun = UUID(said["organisation_id"])
        section = SECTION_OF[event_class.PROCESS]
        assert section is not None
        names = audiences_of(section, fact.student, school or begun)
        known = ProcessRecord(
            fact.stream_id,
            event_class.PROCESS,
            said["programme"],
            fact.student,
            begun,
            said["state"],
            0,
            at,
            at,
            fact.by,
            {"steps": []},
            audience_ids(names),
        )
    audiences = {*known.audiences}
    if said.get("before_council"):
        audiences.add(audience_id(COUNCIL))
    if next_school := said.get("next_school_id"):
        audiences.add(audience_id(of_school(UUID(next_school))))
    return replace(
        known,
        state=said["state"],
        version=fact.stream_version,
        updated_at=at,
        updated_by=fact.by,
        row={"steps": [*known.steps, taken]},
        audiences=sorted(audiences),
    )


def _handed_over(record: ProcessRecord, fact: Fact) -> ProcessRecord:
    """Shown to the new school too, where schools see it at all."""
    school = UUID(fact.fields["organisation_id"])
    moved = replace(
        record,
        moved_to=[*record.moved_to, school],
        moved_after=[*record.moved_after, record.version],
    )
    if audience_id(of_school(record.organisation)) not in record.audiences:
        return moved
    return replace(moved, audiences=sorted({*record.audiences, audience_id(of_school(school))}))


def _columns(one: ProcessRecord) -> tuple[Any, ...]:
    return (
        one.record_id,
        one.process,
        one.programme,
        one.student,
        one.organisation,
        one.moved_to,
        one.moved_after,
        one.state,
        one.version,
        one.recorded_at,
        one.updated_at,
        one.updated_by,
        pack(one.record_id, one.row),
        one.audiences,
    )


# -- reading

_PROCESS = (
    b"SELECT record_id, process, programme, student, organisation, state, version, recorded_at,"
    b" updated_at, updated_by, audiences, moved_to, moved_after, row FROM process "
)


def _read(rows: Iterable[tuple[Any, ...]]) -> list[ProcessRecord]:
    made: Callable[..., ProcessRecord] = ProcessRecord
    return [made(*row[:-4], unpack(row[0], row[-1]), *row[-4:-1]) for row in rows]


_AMONG = (
    b"WHERE programme = %s AND process = %s"
    b" AND (%s::uuid IS NULL OR organisation = %s OR %s = ANY(moved_to))"
    b" AND (%s::uuid IS NULL OR student = %s) ORDER BY organisation, recorded_at, record_id"
)


class PackedRecord(NamedTuple):
    """A record whose row is unpacked by who needs it (`projections/packing.py`)."""

    record_id: UUID
    process: str
    programme: str
    student: UUID
    organisation: UUID
    state: str
    version: int
    row: bytes

    @property
    def steps(self) -> list[Row]:
        return cast("list[Row]", unpack(self.record_id, self.row)["steps"])


class RecordHead(NamedTuple):
    """Which record there is, in which version: enough for who has read it before."""

    record_id: UUID
    student: UUID
    organisation: UUID
    version: int
    #: None for a student who stayed: a county has thousands, and arrays take long to read.
    moved_to: list[UUID] | None
    moved_after: list[int] | None

    def school_at(self, version: int) -> UUID:
        """The student's school when the record came to a version."""
        school = self.organisation
        for after, moved_to in zip(self.moved_after or (), self.moved_to or (), strict=True):
            if after < version:
                school = moved_to
        return school

    @property
    def school_now(self) -> UUID:
        return self.moved_to[-1] if self.moved_to else self.organisation


def heads(
    connection: Connection, programme: str, process: str, organisation: UUID | None
) -> list[RecordHead]:
    """As `records`, without what they say."""
    rows = connection.execute(
        b"SELECT record_id, student, organisation, version, nullif(moved_to, '{}'),"
        b" nullif(moved_after, '{}') FROM process " + _AMONG,
        (programme, process, organisation, organisation, organisation, None, None),
        binary=True,
    )
    return [RecordHead(*row) for row in rows.fetchall()]


def packed(connection: Connection, ids: Sequence[UUID]) -> list[PackedRecord]:
    """Those of these records that the viewer may see, in no order."""
    rows = connection.execute(
        b"SELECT record_id, process, programme, student, organisation, state, version, row"
        b" FROM process WHERE record_id = ANY(%s)",
        (list(ids),),
        binary=True,
    )
    return [PackedRecord(*row) for row in rows.fetchall()]


def _select(connection: Connection, where: bytes, *values: object) -> list[ProcessRecord]:
    return _read(connection.execute(_PROCESS + where, values, binary=True))


def record(connection: Connection, record_id: UUID) -> ProcessRecord | None:
    """The record, if there is one and the viewer may see it."""
    return next(iter(_select(connection, b"WHERE record_id = %s", record_id)), None)


def students_of(connection: Connection, programme: str, process: str) -> list[UUID]:
    """The students who have a record of the process that the viewer may see."""
    found = connection.execute(
        "SELECT student FROM process WHERE programme = %s AND process = %s ORDER BY student",
        (programme, process),
    )
    return [student for (student,) in found]


def records(
    connection: Connection,
    programme: str,
    process: str,
    organisation: UUID | None = None,
    student: UUID | None = None,
) -> list[ProcessRecord]:
    """The records of a process that the viewer may see, by school and time of beginning; of an
    organisation those that began there and those that moved there."""
    return _select(
        connection,
        _AMONG,
        programme,
        process,
        organisation,
        organisation,
        organisation,
        student,
        student,
    )
