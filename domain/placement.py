"""Where a student is placed in a subject: recorded, corrected, withdrawn, ended by a request."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from domain.capacity import Capacity
from domain.command import Command
from domain.event import Encrypted, Erased, Event
from domain.refusal import AlreadyWithdrawn, NotFound, Refusal
from domain.rules import (
    SameStudent,
    check_given,
    check_grade,
    check_length,
    check_school_year,
    check_text,
    permit,
    require_reason,
)
from domain.student_event import StudentEvent
from domain.versioning import Change, changes, expect

SECTION = "placement"

#: Characters of an area (安置科目). Which areas there are is the programme's, not ours.
LONGEST_AREA = 40
LONGEST_ARRANGEMENT = 500


class Category(StrEnum):
    """安置類別 (Kaohsiung 3.2)."""

    SKIP = "skip"
    PROMOTION = "promotion"
    EXEMPTION = "exemption"
    ACCELERATION = "acceleration"


class Status(StrEnum):
    """What became of a placement."""

    IN_FORCE = "in_force"
    #: Filled in after the bodies judged the pupil's case: they have not judged this one yet.
    AWAITING = "awaiting"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    ABANDONED = "abandoned"
    #: The body that decides on it, or the authority, did not let it pass.
    REFUSED = "refused"
    #: The pupil went back to the original grade, from a semester on.
    RETURNED = "returned"


#: The flag of a row that was filled in after the bodies had judged the pupil's case.
AFTER_DECISION = "after-decision"
#: What stands on record as a pupil's own of a year, decided on or not.
STANDING = (Status.IN_FORCE, Status.AWAITING)

Outcome = Literal["superseded", "abandoned", "refused", "returned"]


class PlacementRecorded(StudentEvent):
    """A placement was entered. `moved_from` is the placement it was mistakenly entered as."""

    TOPIC = "placement.recorded.v1"
    SECTION = SECTION

    school_year: int
    area: str
    category: Category
    target_year_grade: int
    placement_grade: int
    arrangement: Encrypted[str | None]
    moved_from: UUID | None = None


class PlacementCorrected(StudentEvent):
    """The fields that were given changed; the envelope's `occurred_on`, where given, too."""

    TOPIC = "placement.corrected.v1"
    SECTION = SECTION

    school_year: int | None = None
    area: str | None = None
    category: Category | None = None
    target_year_grade: int | None = None
    placement_grade: int | None = None
    arrangement: Encrypted[str | None] = None


class PlacementWithdrawn(StudentEvent):
    """The entry was a mistake. `moved_to` is the placement of the student it belongs to."""

    TOPIC = "placement.withdrawn.v1"
    SECTION = SECTION

    moved_to: UUID | None = None


class PlacementEnded(StudentEvent):
    """The placement was replaced or given up, did not pass, or ended by a return. `request_id` is
    the request that was granted, or the case in which it was decided."""

    TOPIC = "placement.ended.v1"
    SECTION = SECTION

    outcome: Outcome
    request_id: UUID


class PlacementDecided(StudentEvent):
    """What was filled in after its case was judged has been judged by its own body, and the
    authority approved or noted it (Kaohsiung 2.3): from here on it is in force. `starts_on` is the
    day of the semester from which it counts, `request_id` the case in which it was decided."""

    TOPIC = "placement.decided.v1"
    SECTION = SECTION

    authority: Literal["approved", "noted"]
    decided_on: date
    starts_on: date
    request_id: UUID


class Placement(BaseModel, frozen=True):
    """`occurred_on` is the day the office claims; grades are 1 to 12."""

    placement_id: UUID
    version: int
    student_id: UUID
    school_year: int
    area: str
    category: Category
    target_year_grade: int
    placement_grade: int
    arrangement: str | Erased | None
    occurred_on: date | None
    status: Status = Status.IN_FORCE
    moved_from: UUID | None = None
    moved_to: UUID | None = None
    #: Of a row on a programme's page: see `domain.placement_row`.
    programme: str | None = None
    rules: int | None = None
    lessons_at: str | None = None
    free_time: str | None = None
    flags: tuple[str, ...] = ()
    #: Of what was decided on after its case: the day from which it counts.
    starts_on: date | None = None


CONTENT = (
    "school_year",
    "area",
    "category",
    "target_year_grade",
    "placement_grade",
    "arrangement",
)
#: What a programme's page asks of a row beside.
OF_PAGE = ("lessons_at", "free_time")


def evolve(placement: Placement | None, event: Event) -> Placement:
    if isinstance(event, PlacementRecorded):
        return Placement(
            placement_id=event.originator_id,
            version=event.originator_version,
            student_id=event.student_id,
            occurred_on=event.occurred_on,
            status=status_of(getattr(event, "flags", ())),
            **_said(event),
        )
    if placement is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of a placement")
    changed: dict[str, Any] = {"version": event.originator_version}
    match event:
        case PlacementCorrected():
            changed |= _said(event)
            if "occurred_on" in event.model_fields_set:
                changed["occurred_on"] = event.occurred_on
        case PlacementWithdrawn():
            changed |= {"status": Status.WITHDRAWN, "moved_to": event.moved_to}
        case PlacementEnded():
            changed["status"] = Status(event.outcome)
        case PlacementDecided():
            changed |= {"status": Status.IN_FORCE, "starts_on": event.starts_on}
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to a placement")
    return placement.model_copy(update=changed)


def status_of(flags: Iterable[str]) -> Status:
    """What a placement is as it is entered, by what was flagged of it then."""
    return Status.AWAITING if AFTER_DECISION in flags else Status.IN_FORCE


_FIELDS = frozenset(Placement.model_fields)


def _said(event: Event) -> dict[str, Any]:
    """What an event says of a placement; how it was computed stays with the event."""
    return {name: value for name, value in event.changed() if name in _FIELDS}


class RecordPlacement(Command):
    placement_id: UUID
    student_id: UUID
    school_year: int
    area: str
    category: Category
    target_year_grade: int
    placement_grade: int
    arrangement: str | None = None


class CorrectPlacement(Change):
    """Fields that are left out stay as they are; `occurred_on` is one of them."""

    school_year: int | None = None
    area: str | None = None
    category: Category | None = None
    target_year_grade: int | None = None
    placement_grade: int | None = None
    arrangement: str | None = None
    lessons_at: str | None = None
    free_time: str | None = None


class WithdrawPlacement(Change):
    pass


class MovePlacement(Change):
    """`to_capacity` is the one in which the actor writes for the other student."""

    new_placement_id: UUID
    to_student_id: UUID
    to_capacity: Capacity
    correlation_id: UUID


class PlacementAlreadyRecorded(Refusal):
    CODE = "placement-already-recorded"
    TITLE = "這筆安置已經填寫過了"


class PlacementNotInForce(Refusal):
    """The placement was replaced, given up, refused or left, and stands as it was then."""

    CODE = "placement-not-in-force"
    TITLE = "這筆安置已重新安置、放棄、未通過或回歸原年級，不能再變更"


class PlacementAwaiting(Refusal):
    """A request is about what was decided."""

    CODE = "placement-awaiting"
    TITLE = "這筆安置還沒有審議，不需要申請，請直接修正或刪除"


def record(placement: Placement | None, command: RecordPlacement) -> PlacementRecorded:
    """Raises `NotAllowed`, `NotValid`, `PlacementAlreadyRecorded`."""
    permit(SECTION, "create", command.actor.capacity)
    content = {name: getattr(command, name) for name in CONTENT}
    check_content(content)
    if placement is not None:
        raise PlacementAlreadyRecorded
    return PlacementRecorded(
        **command.envelope(command.placement_id, version=1),
        student_id=command.student_id,
        **content,
    )


def correct(placement: Placement | None, command: CorrectPlacement) -> PlacementCorrected | None:
    """None where nothing changes.

    Raises `NotFound`, `NotAllowed`, `StaleVersion`, `NotValid`, `ReasonRequired`,
    `AlreadyWithdrawn`, `PlacementNotInForce`.
    """
    said = correction(placement, command, CONTENT)
    return None if said is None else PlacementCorrected(**said)


def correction(
    placement: Placement | None, command: CorrectPlacement, content: Sequence[str]
) -> dict[str, Any] | None:
    """The fields of the event that corrects this content; None where nothing changes. Raises as
    `correct`."""
    placement = _changeable(placement, command, "edit")
    changed = changes(command, placement, (*content, "occurred_on"))
    check_content(changed)
    if changed:
        require_reason(command)
    check_standing(placement)
    if not changed:
        return None
    envelope = command.envelope(placement.placement_id, placement.version + 1)
    # The day stands in the event only where the correction is about it.
    envelope.pop("occurred_on", None)
    return envelope | changed | {"student_id": placement.student_id}


def withdraw(placement: Placement | None, command: WithdrawPlacement) -> PlacementWithdrawn:
    """Raises as `correct`."""
    placement = _changeable(placement, command, "withdraw")
    require_reason(command)
    check_standing(placement)
    return PlacementWithdrawn(
        **command.envelope(placement.placement_id, placement.version + 1),
        student_id=placement.student_id,
    )


def move(
    placement: Placement | None, command: MovePlacement
) -> tuple[PlacementWithdrawn, PlacementRecorded]:
    """Mend an entry made for the wrong student, by two events that name each other.

    The reason stays with the withdrawal: it may speak of the first student. Raises as
    `correct`, and `SameStudent`.
    """
    placement = _changeable(placement, command, "withdraw")
    permit(SECTION, "create", command.to_capacity)
    require_reason(command)
    check_standing(placement)
    if command.to_student_id == placement.student_id:
        raise SameStudent
    withdrawn = PlacementWithdrawn(
        **command.envelope(placement.placement_id, placement.version + 1),
        student_id=placement.student_id,
        moved_to=command.new_placement_id,
    )
    envelope = command.envelope(command.new_placement_id, version=1)
    envelope.pop("reason", None)
    envelope |= {"capacity": command.to_capacity, "occurred_on": placement.occurred_on}
    recorded = PlacementRecorded(
        **envelope,
        student_id=command.to_student_id,
        moved_from=placement.placement_id,
        **{name: getattr(placement, name) for name in CONTENT},
    )
    return withdrawn, recorded


def _changeable(
    placement: Placement | None, command: Change, deed: Literal["edit", "withdraw"]
) -> Placement:
    if placement is None:
        raise NotFound
    permit(SECTION, deed, command.actor.capacity)
    expect(placement, command.expected_version)
    return placement


def check_standing(placement: Placement) -> None:
    """Raises `AlreadyWithdrawn`, `PlacementNotInForce`."""
    if placement.status is Status.WITHDRAWN:
        raise AlreadyWithdrawn
    if placement.status not in STANDING:
        raise PlacementNotInForce


def check_in_force(placement: Placement) -> None:
    """Raises as `check_standing`, and `PlacementAwaiting`."""
    check_standing(placement)
    if placement.status is Status.AWAITING:
        raise PlacementAwaiting


def check_content(content: Mapping[str, Any]) -> None:
    """Refuse, of the fields that are given, those that no placement can have.

    Which grade follows from which category is the programme's to compute, not a rule here.
    Raises `NotValid`.
    """
    for name, value in content.items():
        match name:
            case "school_year":
                check_school_year(value, SECTION)
            case "area":
                check_text(value, SECTION, name, LONGEST_AREA)
            case "category":
                check_given(value, SECTION, name)
            case "target_year_grade" | "placement_grade":
                check_grade(value, SECTION, name)
            case "arrangement":
                check_length(value, SECTION, name, LONGEST_ARRANGEMENT)
