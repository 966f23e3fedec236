"""What a save or a withdrawal of the annual goal (學年目標) does to the courses of its year.

The ids of a year's courses follow from student, year and number, so that the books alone say which
there are; a decision that rests on them finds in its append that none moved and none was added.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from api.acting import Acting, Decided
from api.house import House
from api.viewer import Viewer
from domain import annual_goal
from domain.access import allows
from domain.annual_goal import ANNUAL_GOAL
from domain.capacity import Capacity
from domain.command import Actor
from domain.course_goal import course_id
from domain.refusal import NotAllowed
from domain.rules import says_nothing
from domain.section import SectionEvent
from domain.section_record import Record, SaveRecord, WithdrawRecord, evolve, record_id
from ledger.recorder import Beside
from ledger.standing import together, unmoved
from projections import reach

#: How many courses of a year are looked for by one statement.
_AT_ONCE = 16

#: Why the rows of courses go where the annual goal was saved without a reason.
_MODEL_CHANGED = "變更教學模式"


def goal_id(student_id: UUID, school_year: int) -> UUID:
    """The stream of the annual goal of a year."""
    return record_id(ANNUAL_GOAL, student_id, school_year)


def goal_of(acting: Acting, student_id: UUID, school_year: int) -> Record | None:
    """The annual goal of a year as the books have it, withdrawn or not."""
    return acting.state(evolve, goal_id(student_id, school_year))


def courses_of(acting: Acting, student_id: UUID, school_year: int) -> list[Record]:
    """Every course that was ever added to the year, in the order of their numbers."""
    found: list[Record] = []
    while True:
        first = len(found) + 1
        ids = [
            course_id(student_id, school_year, number) for number in range(first, first + _AT_ONCE)
        ]
        records = acting.house.ledger.states(evolve, ids)
        found += [records[one] for one in ids if one in records]
        if len(records) < _AT_ONCE:
            return found


def permit_withdrawal(acting: Acting, record_id: UUID, student_id: UUID, actor: Actor) -> None:
    """That of an actor whom the matrix lets withdraw goals of the student. Raises `NotAllowed`."""
    with acting.looking() as connection:
        now = acting.viewer.now + acting.house.slack
        related = reach.related_to(connection, student_id, now)
    teaching = {
        one.relation.account_id
        for one in related
        if allows(ANNUAL_GOAL.code, one.relation.capacity, "withdraw")
    }
    annual_goal.permit_withdrawal(acting.state(evolve, record_id), actor, teaching)


def may_withdraw(house: House, viewer: Viewer, student_id: UUID, school_year: int) -> bool:
    """Whether a viewer whom the matrix lets withdraw goals may withdraw this one."""
    actor = Actor(account_id=viewer.account_id, capacity=Capacity.SUBJECT_TEACHER)
    try:
        permit_withdrawal(
            Acting(house, viewer), goal_id(student_id, school_year), student_id, actor
        )
    except NotAllowed:
        return False
    return True


def after_save(
    acting: Acting, record: Record | None, command: SaveRecord, decided: Decided
) -> Decided:
    """A save with what follows from it: another division begins the courses' rows anew."""
    if not annual_goal.changes_components(record, command):
        return decided
    assert command.school_year is not None
    courses = courses_of(acting, command.student_id, command.school_year)
    batch = acting.new_id()
    update: dict[str, Any] = {"correlation_id": batch}
    if command.reason is None or says_nothing(command.reason):
        update["reason"] = _MODEL_CHANGED
    events = annual_goal.rows_begun_anew(courses, command.model_copy(update=update))
    return _with(decided, events, batch, _standing(command, courses, events))


def after_withdrawal(
    acting: Acting, record: Record, command: WithdrawRecord, decided: Decided
) -> Decided:
    """A withdrawal with the courses that nobody else teaches. Raises `CoursesOfOthers`."""
    assert record.school_year is not None
    courses = courses_of(acting, record.student_id, record.school_year)
    batch = acting.new_id()
    command = command.model_copy(update={"correlation_id": batch})
    events = annual_goal.courses_withdrawn(courses, command)
    return _with(decided, events, batch, _standing(record, courses, events))


def _standing(
    of: SaveRecord | Record, courses: Sequence[Record], events: Sequence[SectionEvent]
) -> Beside:
    """That the courses which are not written to stay as they are, and no other one comes."""
    assert of.school_year is not None
    written = {event.originator_id for event in events}
    versions = {one.record_id: one.version for one in courses if one.record_id not in written}
    versions[course_id(of.student_id, of.school_year, len(courses) + 1)] = 0
    return unmoved(versions)


def _with(
    decided: Decided, events: Sequence[SectionEvent], batch: UUID, standing: Beside
) -> Decided:
    looks = [standing] if decided.after is None else [decided.after, standing]
    if not events:
        return replace(decided, after=together(*looks))
    own = [event.model_copy(update={"correlation_id": batch}) for event in decided.events]
    return replace(decided, events=[*own, *events], after=together(*looks))
