"""Who is on a roster: the records of the views, opened on demand, with the names of today.

A roster must come out the same whoever asks for it, for its digest is what a school signs. So a
school's rows are read as who runs the programme sees them, narrowed to that school; whether the
viewer may have them is decided before (`api.rosters`).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from uuid import UUID

from api.house import House
from api.opened_records import opened_record
from api.student_items import offices
from domain import national_id, programme_document
from domain.access import ORGANISED, PROCESS
from domain.event import Erased
from domain.placement import CONTENT, STANDING, Placement, Status
from domain.placement_request import Status as RequestStatus
from domain.process import SECTION_OF, Record
from domain.processes import EVOLVE
from domain.programme_document import OF_STUDENT, said_of
from domain.programme_rules import Programme
from domain.roster import ENTERED, Entry, Made, Requested, RosterKind, School
from domain.school_batch import STAGES
from domain.stream_ids import natural_id
from domain.upload_checklist import CASE_OF, documents_of
from ledger.database import Connection
from ledger.opened_memory import Kept, of_version
from ledger.opening import OneKey
from projections import placements
from projections import processes as view
from projections.identities import PackedStudent, packed_students, student_versions
from projections.processes import RecordHead
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
) -> Made:
    """A roster, of one school or of all."""
    return kind.rows(programme, entries(house, connection, programme, kind, organisation))


def entries(
    house: House,
    connection: Connection,
    programme: Programme,
    kind: RosterKind,
    organisation: UUID | None,
) -> list[Entry]:
    """Who has a record of the first process, by school and in the order in which it began."""
    begins, *others = kind.processes
    heads = {
        process: {
            one.student: one
            for one in view.heads(connection, programme.code, process, organisation)
        }
        for process in kind.processes
    }
    first = heads[begins]
    kept = {student: house.ledger.opened.of(student) for student in first}
    records = {process: _records(house, connection, kept, of) for process, of in heads.items()}
    at = {
        student: _stands_with(kind, student, heads, records)
        if kind.stages and any(student in of and of[student].moved_to for of in heads.values())
        else {first[student].organisation: kind.stages or None}
        for student in records[begins]
    }
    schools = _schools(house, connection, programme, kind, heads, records, at.values())
    handed_in = _handed_in(connection, programme, organisation) if kind.handed_in else {}
    identities = _identities(house, connection, kept)
    placed = _placed(house, connection, first) if kind.placements else {}
    requested = _requested(house, connection, first) if kind.placements else {}
    found = []
    # A county has thousands: nothing is looked up here that the roster does not ask for.
    for student, record in records[begins].items():
        of_student = {begins: record}
        for process in others:
            if (other := records[process].get(student)) is not None:
                of_student[process] = other
        for school, stages in at[student].items():
            if organisation not in (None, school):
                continue
            found.append(
                Entry(
                    student,
                    *identities.get(student, _UNKNOWN),
                    schools[school],
                    of_student,
                    placed.get(student, ()) if placed else (),
                    requested.get(student, ()) if requested else (),
                    tuple(handed_in.get(student, ())) if handed_in else (),
                    stages,
                )
            )
    # Stable: within a school in the order in which the records began.
    return sorted(found, key=lambda one: one.school_code)


#: By school the stages of a roster at which a student stands with it.
_Standing = Mapping[UUID, tuple[str, ...] | None]


def _stands_with(
    kind: RosterKind,
    student: UUID,
    heads: Mapping[str, Mapping[UUID, RecordHead]],
    records: Mapping[str, Mapping[UUID, Record]],
) -> _Standing:
    """With which school a student who changed schools stands at each stage of a roster."""
    first = heads[kind.processes[0]][student]
    of_student = {code: of[student] for code, of in heads.items() if student in of}
    found: dict[UUID, tuple[str, ...]] = {}
    for stage in kind.stages:
        process, step = ENTERED.get(stage, ("", ""))
        head, known = of_student.get(process), records.get(process, {}).get(student)
        entered = None if known is None else known.last(step)
        if head is None or entered is None:
            school = first.school_now
        else:
            school = head.school_at(entered.originator_version)
        found[school] = (*found.get(school, ()), stage)
    return found


def _records(
    house: House,
    connection: Connection,
    kept: Mapping[UUID, Kept],
    heads: Mapping[UUID, RecordHead],
) -> dict[UUID, Record]:
    """The records of these students, in the order of the heads. One that an earlier roster opened
    is read again when it has another version."""
    found: dict[UUID, Record | None] = {}
    unread = []
    for student, one in heads.items():
        if student in kept:
            known = found[student] = of_version(kept[student], one.record_id, one.version)
            if known is None:
                unread.append(one.record_id)
    for packed in view.packed(connection, unread) if unread else ():
        opened = opened_record(packed, house.opener.one(packed.student))
        house.ledger.opened.keep(packed.student, packed.record_id, packed.version, opened)
        found[packed.student] = opened
    return {student: one for student, one in found.items() if one is not None}


#: The name, the masked number and the class of a student on a roster.
Identity = tuple[str, str, str | None]
_UNKNOWN: Identity = ("", "", None)


def _identities(
    house: House, connection: Connection, kept: Mapping[UUID, Kept]
) -> dict[UUID, Identity]:
    """Who these students are; kept as their records are."""
    found: dict[UUID, Identity] = {}
    unread = []
    for student, version in student_versions(connection, kept):
        known = of_version(kept[student], student, version)
        if known is None:
            unread.append(student)
        else:
            found[student] = known
    for card in packed_students(connection, unread) if unread else ():
        identity = _opened_identity(house.opener.one(card.student_id), card)
        house.ledger.opened.keep(card.student_id, card.student_id, card.version, identity)
        found[card.student_id] = identity
    return found


def _opened_identity(key: OneKey, card: PackedStudent) -> Identity:
    row = card.unpacked()
    number = key.open(row["national_id"])
    return (
        str(key.open(row["name"])),
        str(number) if isinstance(number, Erased) else national_id.masked(number),
        card.class_name,
    )


def _placed(
    house: House, connection: Connection, students: Iterable[UUID]
) -> dict[UUID, tuple[Placement, ...]]:
    found: dict[UUID, tuple[Placement, ...]] = {}
    for one in placements.placements_among(connection, list(students)):
        if one.status in STANDING:
            said = house.opener.fields(one.student, one.row)
            made = Placement(
                placement_id=one.placement_id,
                version=one.version,
                student_id=one.student,
                occurred_on=said.get("occurred_on"),
                status=Status(one.status),
                **{name: said.get(name) for name in CONTENT},
            )
            found[one.student] = (*found.get(one.student, ()), made)
    return found


def _requested(
    house: House, connection: Connection, students: Iterable[UUID]
) -> dict[UUID, tuple[Requested, ...]]:
    found: dict[UUID, tuple[Requested, ...]] = {}
    listed = list(students)
    among = placements.placements_among(connection, listed)
    years = {one.placement_id: one.row["school_year"] for one in among}
    for one in placements.requests_among(connection, listed):
        if one.status in (RequestStatus.OPEN, RequestStatus.COMPLETED):
            said = house.opener.fields(one.student, one.row)
            about = UUID(str(said["placement_id"]))
            year = years.get(about, 0)
            made = Requested(said["kind"], said.get("letter_number"), about, year)
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
    heads: Mapping[str, Mapping[UUID, RecordHead]],
    records: Mapping[str, Mapping[UUID, Record]],
    standing: Iterable[_Standing],
) -> dict[UUID, School]:
    """The schools of these records; their batches where the roster asks for them."""
    named = offices(connection)
    ids = {one.organisation: None for of in heads.values() for one in of.values()}
    ids |= dict.fromkeys(school for one in standing for school in one)
    cases: defaultdict[UUID, list[Record]] = defaultdict(list)
    for process in CASE_OF.values() if kind.handed_in else ():
        for student, case in records.get(process, {}).items():
            cases[heads[process][student].organisation].append(case)
    batches = schools_batches(house, programme, ids) if kind.handed_in else {}
    found = {}
    for school in ids:
        office = named.get(school)
        own = batches.get(school, {})
        found[school] = School(
            code="" if office is None else office.code,
            name="" if office is None else office.name,
            batches=own,
            documents=_kinds(house, [*own.values(), *cases[school]]) if kind.handed_in else {},
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


def _kinds(house: House, records: Iterable[Record]) -> dict[UUID, str]:
    """The kinds of the schools' own scans that batches and cases name."""
    ids = {one for record in records for step in record.steps for one in documents_of(step)}
    found = house.ledger.states(programme_document.evolve, ids)
    return {
        one: said_of(record).document_kind
        for one, record in found.items()
        if record.student_id is None
    }
