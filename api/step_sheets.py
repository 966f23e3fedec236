"""`GET /programmes/{pid}/step-batches/{step}`: the applicants of a sheet, as they stand.

Who takes a step of many applicants sees here of whom it is still to be taken, and what was recorded
of the others (`domain.step_sheets`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel

from api.account_items import OfficeItem
from api.acting import Acting
from api.audit import record_list, refusals_recorded
from api.house import House
from api.name_order import name_key
from api.paging import Cursor, Limit, paged
from api.processes import EVOLVE, Seen, Which, permitted, record_id, see, takes
from api.student_items import Person, offices
from api.viewer import SignedIn, TheHouse, Viewer
from domain import student
from domain.examination_initial import scores as initial_scores
from domain.examination_second import scores_of as subject_scores
from domain.process import Record
from domain.programme_round import PROCESS as ROUND
from domain.programme_rules import Programme
from domain.refusal import NotFound
from domain.step_sheets import SHEETS, Sheet
from domain.student import Student
from projections import directory
from projections import processes as view

router = APIRouter(prefix="/programmes/{pid}/step-batches", tags=["applications"])

_APPLICATION, _EXAMINATION = "application", "examination"
#: A score that proposes a decision says so in what was computed.
_PROPOSING = ("initial-score-imported", "score-corrected")

Show = Literal["waiting", "recorded", "all"]


class SheetRow(BaseModel):
    """An applicant of a sheet. `version` is that of the record that the step is of; `subjects` are
    those of the test, `beside` is what the form says of this applicant beside what is typed, `data`
    what was recorded last. Scores and what they propose are told where they are decided on."""

    application: UUID
    version: int
    student: Person
    organisation: OfficeItem
    ticket_no: str | None
    room_no: str | None
    waiting: bool
    subjects: list[str]
    beside: dict[str, Any]
    scores: dict[str, Decimal]
    proposed: str | None
    data: dict[str, Any] | None


class StepSheet(BaseModel):
    """`waiting` and `recorded` count all applicants of the sheet, whatever the filter."""

    step: str
    name: str
    waiting: int
    recorded: int
    rooms: list[str]
    rows: list[SheetRow]
    next_cursor: str | None


@dataclass(frozen=True)
class Applicant:
    """An applicant as the books say. `shown`: whether the viewer sees the application itself."""

    application: Record
    student: Student
    name: str
    records: tuple[Record, ...]
    shown: bool

    def record(self, process: str) -> Record | None:
        return next((one for one in self.records if one.process == process), None)

    @property
    def ticket(self) -> Any:
        """The newest ticket of the stage that the applicant is in, or None."""
        issued = [one for one in self.application.steps if one.STEP in _TICKETS]
        return issued[-1] if issued and self.shown else None


_TICKETS = frozenset(
    {"ticket-issued", "ticket-reissued", "second-ticket-issued", "second-ticket-reissued"}
)


@router.get("/{batch_step}")
def get_step_sheet(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    batch_step: str,
    organisation: str | None = None,
    room: str | None = None,
    show: Show = "waiting",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> StepSheet:
    """一個步驟待辦理與已辦理的考生（承辦學校、鑑輔會）。順序固定，依學校、准考證號與姓名。"""
    return sheet_of(house, viewer, pid, batch_step, organisation, room, show, limit, cursor)


def sheet_of(
    house: House,
    viewer: Viewer,
    pid: str,
    step: str,
    organisation: str | None,
    room: str | None,
    show: Show,
    limit: int | None,
    cursor: str | None,
) -> StepSheet:
    """A page of a sheet, all of it without a `limit`; recorded. Raises `NotFound`, `NotAllowed`."""
    sheet, rows = _rows(house, viewer, pid, step)
    wanted = {"organisation": organisation, "room": room, "show": show}
    found = [
        one
        for one in rows
        if organisation in (None, one.organisation.code)
        and room in (None, one.room_no)
        and show in ("all", "waiting" if one.waiting else "recorded")
    ]
    page, after = paged(
        house,
        viewer,
        [(_place(one), one.application, one) for one in found],
        what=f"step-batches/{step}",
        wanted={"programme": pid, **wanted},
        limit=limit or max(1, len(found)),
        cursor=cursor,
    )
    record_list(house, viewer, f"step-batches/{step}", [one.student.id for one in page], wanted)
    waiting = sum(one.waiting for one in rows)
    return StepSheet(
        step=step,
        name=sheet.of.name,
        waiting=waiting,
        recorded=len(rows) - waiting,
        rooms=sorted({one.room_no for one in rows if one.room_no}),
        rows=page,
        next_cursor=after,
    )


def _place(row: SheetRow) -> list[Any]:
    """By school, ticket and name."""
    return [row.organisation.code, row.ticket_no or "", name_key(row.student.name)]


def enters(acting: Acting, round_: Seen) -> bool:
    """Whether the viewer fills in any of the sheets of a programme, whose round is seen."""
    return any(takes(acting, round_, one.process, one.step) for one in SHEETS.values())


def counts(house: House, viewer: Viewer, pid: str) -> dict[str, tuple[int, int]]:
    """Of each sheet that the viewer may take: how many wait, and how many are recorded."""
    acting = Acting(house, viewer)
    seen = see(acting, Which(pid, ROUND))
    rules = seen.edition.programme
    known: dict[str, tuple[int, int]] = {}
    found = None
    for step, sheet in SHEETS.items():
        if not takes(acting, seen, sheet.process, sheet.step):
            continue
        if found is None:
            found = applicants_of(acting, rules)
        waits = [one.waiting for one in _of_sheet(sheet, rules, found, {})]
        known[step] = (sum(waits), len(waits) - sum(waits))
    return known


def _rows(house: House, viewer: Viewer, pid: str, step: str) -> tuple[Sheet, list[SheetRow]]:
    acting = Acting(house, viewer)
    sheet = SHEETS.get(step)
    if sheet is None:
        raise NotFound
    seen = see(acting, Which(pid, ROUND))
    with refusals_recorded(house, viewer, f"step-batches/{step}"):
        permitted(sheet.process, sheet.step)(acting, seen)
    rules = seen.edition.programme
    with viewer.looking(house) as connection:
        schools = offices(connection)
    return sheet, [*_of_sheet(sheet, rules, applicants_of(acting, rules), schools)]


def _of_sheet(
    sheet: Sheet,
    rules: Programme,
    applicants: Mapping[UUID, Applicant],
    schools: Mapping[UUID, OfficeItem],
) -> Iterator[SheetRow]:
    """Who is on a sheet: the step waits for them, or was taken."""
    for application_id, one in applicants.items():
        record = one.record(sheet.process)
        last = None if record is None else record.last(sheet.step)
        waiting = sheet.waits(rules, record)
        if not sheet.concerns(rules, one.application) or not (waiting or last):
            continue
        ticket = one.ticket
        yield SheetRow(
            application=application_id,
            version=0 if record is None else record.version,
            student=Person(id=one.student.student_id, name=one.name),
            organisation=schools.get(one.student.organisation_id, OfficeItem(code="", name="")),
            ticket_no=None if ticket is None else ticket.ticket_no,
            room_no=None if ticket is None else ticket.room_no,
            waiting=waiting,
            subjects=[*sheet.subjects(one.application)],
            beside=sheet.beside(one.application),
            **_to_decide(sheet, one.record(_EXAMINATION)),
            data=None if last is None else _said(sheet, last),
        )


def _to_decide(sheet: Sheet, examination: Record | None) -> dict[str, Any]:
    """The scores that a sheet of decisions decides on."""
    if not sheet.decides or examination is None:
        return {"scores": {}, "proposed": None}
    if sheet.stage == "second":
        return {"scores": subject_scores(examination), "proposed": None}
    scored = [one for one in examination.steps if one.STEP in _PROPOSING]
    computed = scored[-1].computed if scored else None
    proposed = computed[0].outcome if isinstance(computed, tuple) and computed else None
    return {"scores": initial_scores(examination), "proposed": proposed}


def _said(sheet: Sheet, last: Any) -> dict[str, Any]:
    """What an event says of the fields of its form."""
    names = {*sheet.of.form.model_fields}
    said: dict[str, Any] = last.model_dump(mode="json", exclude_unset=True)
    return {name: one for name, one in said.items() if name in names and one is not None}


def applicants_of(acting: Acting, rules: Programme) -> dict[UUID, Applicant]:
    """The applicants of a programme whom the viewer may see, by application, as the books say them;
    few statements for all of them. The council sees an examination before its application."""
    house, pid = acting.house, rules.code
    with acting.looking() as connection:
        shown = {*view.students_of(connection, pid, _APPLICATION)}
        seen = shown | {*view.students_of(connection, pid, _EXAMINATION)}
        cards = directory.students(connection, ids=sorted(seen)) if seen else []
    stands = house.ledger.keyring.stands
    cards = [one for one in cards if stands("student.record", one.student_id)]
    names = {
        one.student_id: str(house.opener.of_student(one.student_id, one.row["name"]))
        for one in cards
    }
    students = house.ledger.states(student.evolve, names)
    applications = _states(house, pid, _APPLICATION, [*students])
    examinations = _states(house, pid, _EXAMINATION, [*students])
    schools = {one.organisation_id for one in students.values()}
    batches = _states(house, pid, "second_batch", [*schools])
    return {
        record.record_id: Applicant(
            record,
            students[one],
            names[one],
            tuple(
                found
                for found in (
                    record,
                    examinations.get(one),
                    batches.get(students[one].organisation_id),
                )
                if found is not None
            ),
            one in shown,
        )
        for one, record in applications.items()
    }


def _states(house: House, pid: str, process: str, keys: Sequence[UUID]) -> dict[UUID, Record]:
    """The records of a process by their student, or school."""
    streams = {record_id(process, pid, one): one for one in keys}
    known = house.ledger.states(EVOLVE[process], streams)
    return {streams[stream]: record for stream, record in known.items()}
