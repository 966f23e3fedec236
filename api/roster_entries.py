"""Who is on a roster: the records of the views, opened on demand, with the names of today.

A roster must come out the same whoever asks for it, for its digest is what a school signs. So a
school's rows are read as who runs the programme sees them, narrowed to that school; whether the
viewer may have them is decided before (`api.rosters`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

from api.house import House
from api.opened_records import opened_record
from api.student_items import offices
from domain import national_id, programme_document
from domain.access import ORGANISED, PROCESS
from domain.event import Erased
from domain.placement import CONTENT, Placement, Status
from domain.placement_request import Status as RequestStatus
from domain.process import SECTION_OF, Record
from domain.processes import EVOLVE
from domain.programme_document import OF_STUDENT, said_of
from domain.programme_rules import Programme
from domain.roster import Entry, Made, Requested, RosterKind, School
from domain.school_batch import STAGES
from domain.stream_ids import natural_id
from domain.upload_checklist import CASE_OF, documents_of
from ledger.database import Connection
from ledger.opened_memory import Kept, of_version
from ledger.opening import OneKey
from projections import placements
from projections import processes as view
from projections.identities import PackedStudent, packed_students
from projections.processes import PackedRecord
from projections.view import audience_ids
from projections.viewer import viewing

#: The section that schools do not see.
_HIDDEN = "application_result"


def is_hidden(kind: RosterKind) -> bool:
    """Whether a roster is made of what schools do not see."""
    return any(SECTION_OF.get(one) == _HIDDEN for one in kind.processes)


def looking_for_school(house: House, account_id: UUID) -> AbstractContextManager[Connection]:
    """A transaction that sees what who runs a programme sees: only for one school's rows."""
    return viewing(house.reader, account_id, audience_ids([ORGANISED, PROCESS]))


def made_of(
    house: House,
    connection: Connection,
    programme: Programme,
    kind: RosterKind,
    organisation: UUID | None,
) -> tuple[Made, list[UUID]]:
    """A roster, and the students on it in the order of the entries."""
    found = entries(house, connection, programme, kind, organisation)
    return kind.rows(programme, found), [one.student_id for one in found]


def entries(
    house: House,
    connection: Connection,
    programme: Programme,
    kind: RosterKind,
    organisation: UUID | None,
) -> list[Entry]:
    """Who has a record of the first process, by school and in the order in which it began."""
    known: dict[str, dict[UUID, PackedRecord]] = {
        process: {
            one.student: one
            for one in view.packed(connection, programme.code, process, organisation)
        }
        for process in kind.processes
    }
    first = known[kind.processes[0]]
    cases = [one for of in known.values() for one in of.values()]
    schools = _schools(house, connection, programme, kind, cases)
    handed_in = _handed_in(connection, programme, organisation) if kind.handed_in else {}
    cards = packed_students(connection, first)
    placed = _placed(house, connection, first) if kind.placements else {}
    requested = _requested(house, connection, first) if kind.placements else {}
    found = []
    for student, record in first.items():
        kept = house.ledger.opened.of(student)
        found.append(
            Entry(
                student_id=student,
                **_identity(house, kept, cards.get(student)),
                school=schools[record.organisation],
                records={
                    process: _opened(house, kept, of[student])
                    for process, of in known.items()
                    if student in of
                },
                placements=placed.get(student, ()),
                requests=requested.get(student, ()),
                documents=tuple(handed_in.get(student, ())),
            )
        )
    # Stable: within a school in the order in which the records began.
    return sorted(found, key=lambda one: one.school_code)


def _opened(house: House, kept: Kept, known: PackedRecord) -> Record:
    """The record; the one that an earlier roster opened, while it is of this version."""
    found: Record | None = of_version(kept, known.record_id, known.version)
    if found is None:
        found = opened_record(known, house.opener.one(known.student))
        house.ledger.opened.keep(known.student, known.record_id, known.version, found)
    return found


def _identity(house: House, kept: Kept, card: PackedStudent | None) -> dict[str, Any]:
    if card is None:
        return {"name": "", "national_id": "", "class_name": None}
    student = card.student_id
    found: dict[str, Any] | None = of_version(kept, student, card.version)
    if found is None:
        found = _opened_identity(house.opener.one(student), card)
        house.ledger.opened.keep(student, student, card.version, found)
    return found


def _opened_identity(key: OneKey, card: PackedStudent) -> dict[str, Any]:
    row = card.unpacked()
    number = key.open(row["national_id"])
    return {
        "name": str(key.open(row["name"])),
        "national_id": str(number) if isinstance(number, Erased) else national_id.masked(number),
        "class_name": card.class_name,
    }


def _placed(
    house: House, connection: Connection, students: Iterable[UUID]
) -> dict[UUID, tuple[Placement, ...]]:
    found: dict[UUID, tuple[Placement, ...]] = {}
    for one in placements.placements_among(connection, list(students)):
        if one.status == Status.IN_FORCE:
            said = house.opener.fields(one.student, one.row)
            made = Placement(
                placement_id=one.placement_id,
                version=one.version,
                student_id=one.student,
                occurred_on=said.get("occurred_on"),
                **{name: said.get(name) for name in CONTENT},
            )
            found[one.student] = (*found.get(one.student, ()), made)
    return found


def _requested(
    house: House, connection: Connection, students: Iterable[UUID]
) -> dict[UUID, tuple[Requested, ...]]:
    found: dict[UUID, tuple[Requested, ...]] = {}
    for one in placements.requests_among(connection, list(students)):
        if one.status in (RequestStatus.OPEN, RequestStatus.COMPLETED):
            said = house.opener.fields(one.student, one.row)
            made = Requested(said["kind"], said.get("letter_number"))
            found[one.student] = (*found.get(one.student, ()), made)
    return found


def _handed_in(
    connection: Connection, programme: Programme, organisation: UUID | None
) -> Mapping[UUID, list[str]]:
    """The kinds of the students' scans."""
    found: defaultdict[UUID, list[str]] = defaultdict(list)
    for one in view.records(connection, programme.code, OF_STUDENT, organisation):
        found[one.student].append(one.steps[0]["said"]["document_kind"])
    return found


def _schools(
    house: House,
    connection: Connection,
    programme: Programme,
    kind: RosterKind,
    records: Sequence[PackedRecord],
) -> dict[UUID, School]:
    """The schools of these records; their batches where the roster asks for them."""
    named = offices(connection)
    ids = {one.organisation: None for one in records}
    cases: defaultdict[UUID, list[PackedRecord]] = defaultdict(list)
    for one in records:
        if one.process in CASE_OF.values():
            cases[one.organisation].append(one)
    batches = schools_batches(house, programme, ids) if kind.handed_in else {}
    found = {}
    for school in ids:
        office = named.get(school)
        own = batches.get(school, {})
        found[school] = School(
            code="" if office is None else office.code,
            name="" if office is None else office.name,
            batches=own,
            documents=_kinds(house, own.values(), cases.get(school, ())) if kind.handed_in else {},
        )
    return found


def schools_batches(
    house: House, programme: Programme, schools: Iterable[UUID]
) -> dict[UUID, dict[str, Record]]:
    """The batches of schools, by school and process, as the books say them."""
    found: dict[UUID, dict[str, Record]] = {}
    asked = list(schools)
    for process in STAGES.values():
        ids = {natural_id(process, programme.code, one): one for one in asked}
        for record_id, known in house.ledger.states(EVOLVE[process], ids).items():
            found.setdefault(ids[record_id], {})[process] = known
    return found


def _kinds(
    house: House, batches: Iterable[Record], cases: Iterable[PackedRecord]
) -> dict[UUID, str]:
    """The kinds of the schools' own scans that batches and cases name."""
    ids = {one for batch in batches for step in batch.steps for one in documents_of(step)}
    for known in cases:
        for step in known.steps:
            said = step["said"]
            ids |= {UUID(said[one]) for one in said if one.endswith("_document") and said[one]}
    found = house.ledger.states(programme_document.evolve, ids)
    return {
        one: said_of(record).document_kind
        for one, record in found.items()
        if record.student_id is None
    }
