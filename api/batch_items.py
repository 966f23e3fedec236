"""How a school's batch is shown: where it stands, if its roster still holds, what is missing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from api.account_items import OfficeItem
from api.house import House
from api.process_items import OpenStep, StepItem, open_step
from api.roster_entries import entries, looking_for_school, schools_batches
from api.student_items import Person, offices, person
from api.viewer import Viewer
from domain.access import ORGANISED
from domain.event import Erased
from domain.machine_rules import NOT_BEGUN
from domain.process import STEPS, Record, StepEvent
from domain.programme_rules import Programme
from domain.roster import Entry, Made, RosterKind, by_school, digested
from domain.roster_digest import Digested
from domain.rosters import ROSTERS
from domain.school_batch import STAGES, is_stale, remitted
from domain.upload_checklist import Needed, missing
from ledger.database import Connection

#: What is read for a line: all that a checklist asks about.
_PROCESSES = ("application", "placement_case", "igp_document")


class MissingUpload(BaseModel):
    """A scan that is still missing; of the school where there is no student."""

    kind: str
    name: str
    student: Person | None
    cases: list[str]
    letter_number: bool
    until: str | None


class BatchLine(BaseModel):
    """A school's batch. `roster` is `none` before one was uploaded, `current` where what was
    uploaded is what the data say now, else `stale`; `remit_amount` is what the roster comes to
    now. `complete` says that nothing is missing and the roster is current."""

    organisation: OfficeItem
    stage: str
    version: int
    state: str
    state_name: str
    roster: str
    students: int
    remit_amount: int
    remitted: int
    late: bool
    missing: list[MissingUpload]
    complete: bool


class BatchLines(BaseModel):
    items: list[BatchLine]
    next_cursor: str | None


class BatchItem(BatchLine):
    """A batch with every step that was taken in it, the oldest first."""

    steps: list[StepItem]
    open: list[OpenStep]


@dataclass(frozen=True)
class Now:
    """A school's stage as it is: its batch, who is concerned, its roster."""

    organisation: OfficeItem
    stage: str
    batch: Record | None
    roster: Digested | None
    missing: list[Needed]

    @property
    def state(self) -> str:
        return NOT_BEGUN if self.batch is None else self.batch.state


def of_stage(
    house: House,
    viewer: Viewer,
    programme: Programme,
    stage: str,
    schools: Sequence[UUID] | None,
) -> Iterator[Now]:
    """The schools that have somebody at the stage, or have begun it; all of them for None."""
    with looking_for_school(house, viewer.account_id) as connection:
        named = offices(connection)
        listed = _entries(house, connection, programme, stage, schools)
    ids = {office.code: one for one, office in named.items()}
    batches = schools_batches(house, programme, named if schools is None else schools)
    of = {ids[school.code]: found for school, found in by_school(listed)}
    for one in dict.fromkeys([*of, *batches]):
        batch = batches.get(one, {}).get(STAGES[stage])
        now = _now(programme, stage, named[one], batch, of.get(one, []))
        if batch is not None or (now.roster is not None and now.roster.students) or now.missing:
            yield now


def of_school(house: House, viewer: Viewer, programme: Programme, stage: str, school: UUID) -> Now:
    """A school's stage, also where nothing was begun."""
    for one in of_stage(house, viewer, programme, stage, [school]):
        return one
    with looking_for_school(house, viewer.account_id) as connection:
        office = offices(connection)[school]
    return _now(programme, stage, office, None, [])


def _entries(
    house: House,
    connection: Connection,
    programme: Programme,
    stage: str,
    schools: Sequence[UUID] | None,
) -> list[Entry]:
    known = ROSTERS.get(stage)
    asked = known.processes if known is not None else ()
    reading = RosterKind(
        code=stage,
        title="",
        processes=tuple(dict.fromkeys((*asked, *_PROCESSES))),
        columns=(),
        rows=lambda _programme, _entries: Made(),
        placements=stage == "placement",
        handed_in=True,
        stages=(stage,),
    )
    if schools is None:
        return entries(house, connection, programme, reading, None)
    return [
        found
        for school in schools
        for found in entries(house, connection, programme, reading, school)
    ]


def _now(
    programme: Programme,
    stage: str,
    office: OfficeItem,
    batch: Record | None,
    listed: list[Entry],
) -> Now:
    kind = ROSTERS.get(stage)
    roster = None if kind is None else digested(kind, kind.rows(programme, listed))
    kinds = listed[0].school.documents if listed else {}
    return Now(office, stage, batch, roster, missing(stage, programme, listed, batch, kinds))


def line_of(house: House, viewer: Viewer, programme: Programme, now: Now) -> BatchLine:
    return BatchLine(**_line(viewer, programme, now))


def item_of(house: House, viewer: Viewer, programme: Programme, now: Now) -> BatchItem:
    process = STAGES[now.stage]
    machine = programme.machine(process)
    rules = () if machine is None else machine.open_in(now.state)
    return BatchItem(
        **_line(viewer, programme, now),
        steps=[] if now.batch is None else _steps(house, viewer, now.batch),
        open=[open_step(process, one) for one in rules],
    )


def _line(viewer: Viewer, programme: Programme, now: Now) -> dict[str, Any]:
    machine = programme.machine(STAGES[now.stage])
    batch = now.batch
    status = roster_status(programme, batch, now.roster)
    return {
        "organisation": now.organisation,
        "stage": now.stage,
        "version": 0 if batch is None else batch.version,
        "state": now.state,
        "state_name": now.state if machine is None else machine.state_name(now.state),
        "roster": status,
        "students": 0 if now.roster is None else now.roster.students,
        "remit_amount": 0 if now.roster is None else now.roster.passed_on,
        "remitted": 0 if batch is None else remitted(batch),
        "late": batch is not None and any(one.late is not None for one in batch.steps),
        "missing": [_missing(viewer, one) for one in now.missing],
        "complete": status == "current" and not now.missing,
    }


def roster_status(programme: Programme, batch: Record | None, now: Digested | None) -> str:
    """`none`, `current` or `stale`. What is over does not become stale any more."""
    if batch is None or batch.last("roster-uploaded") is None:
        return "none"
    machine = programme.machine(batch.process)
    final = machine is not None and any(
        one.code == batch.state and one.final for one in machine.states
    )
    return "stale" if not final and is_stale(batch, now) else "current"


def _missing(viewer: Viewer, one: Needed) -> MissingUpload:
    """Whose it is, for the school and who runs the programme; the council learns the kind."""
    told = one.student is not None and (ORGANISED in viewer.audiences or bool(viewer.schools))
    student = one.student if told else None
    return MissingUpload(
        kind=one.kind,
        name=one.name,
        student=None if student is None else Person(id=student.student_id, name=student.name),
        cases=list(one.cases),
        letter_number=one.letter_number,
        until=one.until,
    )


def _steps(house: House, viewer: Viewer, batch: Record) -> list[StepItem]:
    times = house.ledger.times(batch.record_id)
    with viewer.looking(house) as connection:
        return [
            _step(house, connection, batch.process, one, at)
            for one, at in zip(batch.steps, times, strict=False)
        ]


def _step(
    house: House, connection: Connection, process: str, taken: StepEvent, at: datetime
) -> StepItem:
    known = STEPS.get((process, taken.STEP))
    aside = {"programme", "rules", "state", "late", "outcome", "organisation_id", "computed"}
    data = {
        name: str(value) if isinstance(value, Erased) else value
        for name, value in taken.changed()
        if name not in aside
    }
    if taken.reason is not None:
        data["reason"] = str(taken.reason)
    return StepItem(
        step=taken.STEP,
        name="未受理" if known is None else known.name,
        version=taken.originator_version,
        state=taken.state,
        recorded_at=at,
        recorded_by=person(house, connection, taken.by),
        capacity=taken.capacity,
        late=taken.late,
        outcome=taken.outcome,
        data=data,
    )
