"""What people of the demo county do, each through the same function as the API."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from api import (
    counselling_notes,
    placement_requests,
    placements,
    simulation,
    students,
)
from api.acting import Asked, Body, Reason
from api.house import House
from api.register import student_of_number
from api.sign_in import account_of_name
from api.viewer import Viewer
from domain import placement, placement_request
from domain.calendar import parse_date
from domain.placement_request import Status
from igp.composition import Running
from igp.demo.people import NATIONAL_IDS
from igp.importing.running import decided, recorded
from projections import placements as placement_view

COUNTY = Path(__file__).parent / "county"


@dataclass(frozen=True)
class Desk:
    """Somebody of the county at work: the house they work in and who they are."""

    running: Running
    house: House
    viewer: Viewer

    def student(self, key: str) -> UUID:
        known = student_of_number(self.house.ledger, NATIONAL_IDS[key])
        if known is None:
            raise LookupError(f"no student {key}")
        return known

    def placement(self, key: str, area: str) -> UUID:
        """The placement of a student in an area that is in force."""
        with self.viewer.looking(self.house) as connection:
            known = placement_view.placements_of(connection, self.student(key))
        fitting = [
            one.placement_id
            for one in known
            if one.row["area"] == area and one.status == placement.Status.IN_FORCE
        ]
        if not fitting:
            raise LookupError(f"no placement of {key}")
        return fitting[-1]

    def request(self, key: str) -> UUID:
        """The open request of a student."""
        with self.viewer.looking(self.house) as connection:
            known = placement_view.requests_of(connection, self.student(key))
        return next(one.request_id for one in known if one.status == Status.OPEN)


Act = Callable[[Desk], None]


def bring_in(school_year: str) -> Act:
    """The import of the county as it is at the start of a school year."""

    def act(desk: Desk) -> None:
        register = decided(desk.running, COUNTY / school_year).register
        recorded(desk.running, register)

    return act


def move_clock(desk: Desk, instant: datetime) -> None:
    """Moves the simulated clock: the next thing that happens carries exactly this instant."""
    simulation.move_clock(desk.house, desk.viewer, Asked(body=simulation.NewInstant(now=instant)))


def open_plan(key: str, school_year: int) -> Act:
    def act(desk: Desk) -> None:
        entry = students.SingleAdd(national_id=NATIONAL_IDS[key], school_year=school_year)
        students.add(desk.house, desk.viewer, Asked(body=entry))

    return act


def place(
    key: str,
    area: str,
    category: str,
    grades: tuple[int, int],
    arrangement: str | None = None,
    day: str | None = None,
) -> Act:
    """A placement for the school year 113; `grades` are 就讀年級 and 安置年級."""
    entry = placements.PlacementEntry(
        school_year=113,
        area=area,
        category=placement.Category(category),
        target_year_grade=grades[0],
        placement_grade=grades[1],
        arrangement=arrangement,
        occurred_on=parse_date(day) if day else None,
    )

    def act(desk: Desk) -> None:
        placements.record(desk.house, desk.viewer, desk.student(key), Asked(body=entry))

    return act


def correct(key: str, area: str, reason: str | None, **fields: Any) -> Act:
    """A correction; the same values as before are a saving without change."""

    def act(desk: Desk) -> None:
        known = desk.placement(key, area)
        body = placements.PlacementCorrection(reason=reason, **fields)
        asked = _change(desk, "PUT", body, placement.evolve, known)
        placements.correct(desk.house, desk.viewer, desk.student(key), known, asked)

    return act


def delete(key: str, area: str, reason: str) -> Act:
    def act(desk: Desk) -> None:
        known = desk.placement(key, area)
        asked = _change(desk, "POST", Reason(reason=reason), placement.evolve, known)
        placements.withdraw(desk.house, desk.viewer, desk.student(key), known, asked)

    return act


def move_to(key: str, area: str, right: str, reason: str) -> Act:
    """A placement entered for the wrong student, moved to the right one."""

    def act(desk: Desk) -> None:
        body = placements.Move(student_id=desk.student(right), reason=reason)
        known = desk.placement(key, area)
        placements.move(desk.house, desk.viewer, desk.student(key), known, Asked(body=body))

    return act


def request(
    key: str,
    area: str,
    reason: str,
    letter: str,
    new: tuple[str, str, int, int] | None = None,
) -> Act:
    """A request to give a placement up, or with `new` (area, category, grades) to change it."""

    def act(desk: Desk) -> None:
        asked_for = None
        if new is not None:
            asked_for = placement_requests.AskedPlacement(
                area=new[0],
                category=placement.Category(new[1]),
                target_year_grade=new[2],
                placement_grade=new[3],
            )
        kind = placement_request.Kind
        body = placement_requests.PlacementRequestEntry(
            kind=kind.ABANDONMENT if new is None else kind.RE_PLACEMENT,
            placement_id=desk.placement(key, area),
            letter_number=letter,
            reason=reason,
            new_placement=asked_for,
        )
        placement_requests.record(desk.house, desk.viewer, desk.student(key), Asked(body=body))

    return act


def decide(key: str, body: str, outcome: str, number: str, day: str) -> Act:
    """A body's act on the student's open request."""

    def act(desk: Desk) -> None:
        entry = placement_requests.DecisionEntry(
            body=placement_request.Body(body),
            outcome=placement_request.Outcome(outcome),
            document_number=number,
            decided_on=parse_date(day),
        )
        known = desk.request(key)
        asked = _change(desk, "POST", entry, placement_request.evolve, known)
        placement_requests.decide(desk.house, desk.viewer, known, asked)

    return act


def take_back(key: str, reason: str) -> Act:
    """The withdrawal of the student's open request."""

    def act(desk: Desk) -> None:
        known = desk.request(key)
        asked = _change(desk, "POST", Reason(reason=reason), placement_request.evolve, known)
        placement_requests.withdraw(desk.house, desk.viewer, known, asked)

    return act


def note(key: str, day: str, purpose: str, participants: str, content: str) -> Act:
    """A counselling note; participants are separated by `、`, the first one keeps the record."""
    people = tuple(participants.split("、"))
    entry = counselling_notes.NoteEntry(
        held_on=parse_date(day),
        purpose=purpose,
        participants=people,
        recorder=people[0],
        content=content,
    )

    def act(desk: Desk) -> None:
        counselling_notes.record(desk.house, desk.viewer, desk.student(key), Asked(body=entry))

    return act


def _change(desk: Desk, method: str, body: Body, evolve: Any, stream: UUID) -> Asked:
    """A change of the version that is there now."""
    known = desk.house.ledger.state(evolve, stream)
    assert known is not None
    return Asked(method=method, body=body, if_match=f'"{known.version}"')


def viewer_of(house: House, username: str) -> Viewer:
    """The account of the county with this username."""
    known = account_of_name(house.ledger, username)
    if known is None:
        raise LookupError(f"no account {username}")
    return Viewer.of(house, known, house.ledger.now())
