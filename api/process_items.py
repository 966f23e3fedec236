"""How a record of a process is shown: its steps opened at the edge, and what can be done next."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from api.account_items import OfficeItem
from api.audit import record_list
from api.house import House
from api.paging import paged
from api.student_items import Instant, Person, offices, person
from api.viewer import Viewer
from domain import programme, programme_round
from domain.capacity import Capacity
from domain.machine_rules import StepRule
from domain.process import STEPS
from domain.programme import programme_id
from domain.programme_rules import Programme
from domain.refusal import NotFound
from domain.stream_ids import natural_id
from ledger.database import Connection
from projections import directory
from projections.processes import ProcessRecord

#: Of a school that nobody may name.
_NOWHERE = OfficeItem(code="", name="")


class StepItem(BaseModel):
    """A step that was taken. `data` is what it says, by the field names of its form."""

    step: str
    name: str
    version: int
    state: str
    recorded_at: Instant
    recorded_by: Person
    capacity: Capacity
    late: str | None
    outcome: str | None
    data: dict[str, Any]


class OpenStep(BaseModel):
    """A step that the machine opens now: by whom, and in which windows. What comes after the window
    `due_by` is late, as long as `recorded_in` is open."""

    step: str
    name: str
    by: list[Capacity]
    received_in: str | None
    recorded_in: str | None
    due_by: str | None


class ProcessLine(BaseModel):
    """A record in a list. `organisation` is the student's school when it began."""

    id: UUID
    version: int
    programme: str
    process: str
    state: str
    state_name: str
    student: Person
    organisation: OfficeItem
    updated_at: Instant


class ProcessItem(ProcessLine):
    """A record with every step that was taken in it, the oldest first."""

    steps: list[StepItem]
    open: list[OpenStep]


class ProcessLines(BaseModel):
    items: list[ProcessLine]
    next_cursor: str | None


def rules_of(house: House, code: str) -> Programme:
    """A programme's rules in force, its windows as they were set anew. Raises `NotFound`."""
    published = house.ledger.state(programme.evolve, programme_id(code))
    if published is None:
        raise NotFound
    round_ = house.ledger.state(programme_round.evolve, natural_id("round", code))
    return programme_round.as_set(published.newest.programme, round_)


#: The order of a list, `-` before it for descending.
Sort = Literal["organisation", "-organisation", "state", "-state", "updated_at", "-updated_at"]

_PLACES: Mapping[str, Callable[[ProcessRecord, OfficeItem], str]] = {
    "organisation": lambda known, school: school.code,
    "state": lambda known, school: known.state,
    "updated_at": lambda known, school: known.updated_at.isoformat(),
}


def _begun(known: ProcessRecord) -> tuple[str, str]:
    """A record's place among its school's: those of its own process, by the time of beginning."""
    return known.process, known.recorded_at.isoformat()


def page_of(
    house: House,
    viewer: Viewer,
    rules: Programme,
    what: str,
    found: Callable[[Connection], Iterable[tuple[UUID, ProcessRecord]]],
    *,
    organisation: str | None,
    state: str | None,
    sort: str,
    limit: int,
    cursor: str | None,
) -> tuple[list[ProcessLine], str | None, int]:
    """A page of the records found, each under the id it is shown by, and how many fit a school's
    code and a state; recorded. Raises `CursorNotValid`."""
    by = sort.removeprefix("-")
    with viewer.looking(house) as connection:
        schools = offices(connection)

        def school(known: ProcessRecord) -> OfficeItem:
            return schools.get(known.organisation, _NOWHERE)

        rows = [
            (
                [_PLACES[by](known, school(known)), school(known).code, *_begun(known)],
                one,
                (one, known),
            )
            for one, known in found(connection)
            if organisation in (None, school(known).code) and state in (None, known.state)
        ]
        wanted = {
            "programme": rules.code,
            "organisation": organisation,
            "state": state,
            "sort": sort,
        }
        page, after = paged(
            house,
            viewer,
            rows,
            what=what,
            wanted=wanted,
            limit=limit,
            cursor=cursor,
            descending=sort.startswith("-"),
        )
        students = [known.student for _, known in page]
        cards = {one.student_id: one for one in directory.students(connection, ids=students)}
    record_list(house, viewer, what, students, wanted)
    return (
        [
            ProcessLine(
                **_line(house, rules, known, cards.get(known.student), school(known)) | {"id": one}
            )
            for one, known in page
        ],
        after,
        len(rows),
    )


def item(
    house: House, connection: Connection, rules: Programme, known: ProcessRecord
) -> ProcessItem:
    machine = rules.machine(known.process)
    steps = () if machine is None else machine.open_in(known.state)
    return ProcessItem(
        **_line(
            house,
            rules,
            known,
            directory.student(connection, known.student),
            offices(connection).get(known.organisation, _NOWHERE),
        ),
        steps=[_step(house, connection, known, one) for one in known.steps],
        open=[open_step(known.process, one) for one in steps],
    )


def opened_said(house: House, known: ProcessRecord, said: dict[str, Any]) -> dict[str, Any]:
    """What a step says, its ciphertexts opened; an erased value reads 已依法刪除."""
    opened = house.opener.fields(known.student, said)
    return {name: str(one) if isinstance(one, BaseModel) else one for name, one in opened.items()}


def _line(
    house: House,
    rules: Programme,
    known: ProcessRecord,
    card: directory.StudentCard | None,
    school: OfficeItem,
) -> dict[str, Any]:
    """What a list says of a record; whoever sees the record sees whose it is."""
    machine = rules.machine(known.process)
    name = "" if card is None else str(house.opener.of_student(known.student, card.row["name"]))
    return {
        "id": known.record_id,
        "version": known.version,
        "programme": known.programme,
        "process": known.process,
        "state": known.state,
        "state_name": known.state if machine is None else machine.state_name(known.state),
        "student": Person(id=known.student, name=name),
        "organisation": school,
        "updated_at": known.updated_at,
    }


def _step(
    house: House, connection: Connection, known: ProcessRecord, taken: dict[str, Any]
) -> StepItem:
    said = opened_said(house, known, taken["said"])
    late, outcome = said.pop("late", None), said.pop("outcome", None)
    step = STEPS.get((known.process, taken["step"]))
    return StepItem(
        step=taken["step"],
        name="未受理" if step is None else step.name,
        version=taken["version"],
        state=taken["state"],
        recorded_at=datetime.fromisoformat(taken["at"]),
        recorded_by=person(house, connection, UUID(taken["by"])),
        capacity=Capacity(taken["capacity"]),
        late=late,
        outcome=outcome,
        data=said,
    )


def open_step(process: str, rule: StepRule) -> OpenStep:
    step = STEPS.get((process, rule.step))
    return OpenStep(
        step=rule.step,
        name=rule.step if step is None else step.name,
        by=[Capacity(one) for one in rule.by],
        received_in=rule.received_in,
        recorded_in=rule.recorded_in,
        due_by=rule.due_by,
    )
