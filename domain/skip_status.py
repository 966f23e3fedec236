"""The status of a student who skipped a whole grade, set by the registrar on an official letter.

Source: Kaohsiung guideline 8(4): the status is noted, and the skipped grade's results do not count
in the score at graduation (reference 7.1, 7.2 item 3.0).
"""

from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain.access import Deed
from domain.capacity import Capacity
from domain.command import Command
from domain.event import Event
from domain.graduation_rules import Graduation
from domain.mark import SECTION
from domain.programme_data import NONE
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound, NotValid, Refusal
from domain.rules import (
    check_document_number,
    check_grade,
    check_not_future,
    check_school_year,
    permit,
    require_reason,
)
from domain.stream_ids import natural_id
from domain.student_event import StudentEvent
from domain.versioning import Change, expect


def skip_status_id(student: UUID) -> UUID:
    """The stream of a student's status: in a stage there is one (reference 3.8)."""
    return natural_id("skip-status", student)


class SkipStatusRecorded(StudentEvent):
    """From this school year on the student is in `to_grade`, having been in `from_grade` the year
    before. Number and date are those of the official letter."""

    TOPIC = "skip-status.recorded.v1"
    SECTION = SECTION

    programme: str
    rules: int
    school_year: int
    from_grade: int
    to_grade: int
    letter_number: str
    letter_date: date


class SkipStatusCorrected(StudentEvent):
    """The fields that were given changed."""

    TOPIC = "skip-status.corrected.v1"
    SECTION = SECTION

    school_year: int | None = None
    from_grade: int | None = None
    to_grade: int | None = None
    letter_number: str | None = None
    letter_date: date | None = None


class SkipStatusWithdrawn(StudentEvent):
    """The status was an error, or the student went back to the original grade."""

    TOPIC = "skip-status.withdrawn.v1"
    SECTION = SECTION


class SkipStatus(BaseModel, frozen=True):
    version: int
    student_id: UUID
    programme: str
    rules: int
    school_year: int
    from_grade: int
    to_grade: int
    letter_number: str
    letter_date: date
    withdrawn: bool = False


def skipped_grades(from_grade: int, to_grade: int) -> frozenset[int]:
    """The grades that were never studied: of 5 to 7 it is 6."""
    return frozenset(range(from_grade + 1, to_grade))


CONTENT = ("school_year", "from_grade", "to_grade", "letter_number", "letter_date")


def evolve(status: SkipStatus | None, event: Event) -> SkipStatus:
    if isinstance(event, SkipStatusRecorded):
        return SkipStatus(
            version=event.originator_version,
            student_id=event.student_id,
            programme=event.programme,
            rules=event.rules,
            **{name: getattr(event, name) for name in CONTENT},
        )
    if status is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of a status")
    changed: dict[str, Any] = {"version": event.originator_version}
    match event:
        case SkipStatusCorrected():
            changed |= dict(event.changed())
        case SkipStatusWithdrawn():
            changed["withdrawn"] = True
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to a status")
    return status.model_copy(update=changed)


class SaveSkipStatus(Change):
    """The whole status, as it is to be; a correction of one that stands needs a reason."""

    student_id: UUID
    programme: str
    rules: int
    graduation: Graduation
    today: date
    school_year: int
    from_grade: int
    to_grade: int
    letter_number: str
    letter_date: date


class WithdrawSkipStatus(Change):
    pass


class NoFullSkip(Refusal):
    CODE = "no-full-skip"
    TITLE = "這份計畫沒有全部學科跳級的學籍註記"


def save(
    status: SkipStatus | None, command: SaveSkipStatus
) -> SkipStatusRecorded | SkipStatusCorrected | None:
    """None where nothing changes; recorded anew where it had been withdrawn.

    Raises `NotAllowed`, `StaleVersion`, `NotValid`, `DateInFuture`, `ReasonRequired`, `NoFullSkip`.
    """
    _permit_registrar(command, "create" if status is None else "edit")
    expect(status, command.expected_version)
    check_school_year(command.school_year, SECTION)
    for name in ("from_grade", "to_grade"):
        check_grade(getattr(command, name), SECTION, name)
    if not skipped_grades(command.from_grade, command.to_grade):
        raise NotValid("請填跳級前後的年級，其間至少跳過一個年級。", "to_grade")
    number = check_document_number(command.letter_number, "letter_number")
    check_not_future(command.letter_date, command.today, "letter_date")
    if command.graduation.full_skip == NONE:
        raise NoFullSkip
    told = {name: getattr(command, name) for name in CONTENT} | {"letter_number": number}
    stream = skip_status_id(command.student_id)
    if status is None or status.withdrawn:
        return SkipStatusRecorded(
            **command.envelope(stream, 1 if status is None else status.version + 1),
            student_id=command.student_id,
            programme=command.programme,
            rules=command.rules,
            **told,
        )
    changed = {name: value for name, value in told.items() if value != getattr(status, name)}
    if not changed:
        return None
    require_reason(command)
    envelope = command.envelope(stream, status.version + 1)
    return SkipStatusCorrected(**envelope | changed, student_id=status.student_id)


def withdraw(status: SkipStatus | None, command: WithdrawSkipStatus) -> SkipStatusWithdrawn:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `ReasonRequired`, `AlreadyWithdrawn`."""
    if status is None:
        raise NotFound
    _permit_registrar(command, "withdraw")
    expect(status, command.expected_version)
    require_reason(command)
    if status.withdrawn:
        raise AlreadyWithdrawn
    envelope = command.envelope(skip_status_id(status.student_id), status.version + 1)
    return SkipStatusWithdrawn(**envelope, student_id=status.student_id)


def _permit_registrar(command: Command, deed: Deed) -> None:
    """The registrar's office alone sets it, whoever else keeps marks. Raises `NotAllowed`."""
    permit(SECTION, deed, command.actor.capacity)
    if command.actor.capacity is not Capacity.SCHOOL_ADMINISTRATOR:
        raise NotAllowed
