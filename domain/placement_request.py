"""A family asks to place a student again or to give a placement up, and bodies decide in turn."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import BaseModel

from domain.capacity import Capacity
from domain.command import Command
from domain.event import UPCASTS, Encrypted, Erased, Event
from domain.placement import (
    Category,
    Placement,
    PlacementEnded,
    PlacementRecorded,
    check_content,
    check_in_force,
)
from domain.placement_request_refused import (
    NewPlacementNotExpected,
    NewPlacementRequired,
    NotThisBodysTurn,
    OutcomeNotOfThisBody,
    PlacementRequestAlreadyRecorded,
    RequestAlreadyOpen,
    RequestNotOpen,
)
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound
from domain.rules import LONGEST_WORD, check_length, check_text, permit, require_reason
from domain.student_event import StudentEvent
from domain.versioning import Change, expect

SECTION = "placement_request"


class Kind(StrEnum):
    RE_PLACEMENT = "re_placement"
    ABANDONMENT = "abandonment"


class Body(StrEnum):
    """Who decides. The bureau is the competent authority, whatever it is called there."""

    SCHOOL_COMMITTEE = "school_committee"
    COUNCIL = "council"
    BUREAU = "bureau"


class Outcome(StrEnum):
    PASSED = "passed"
    REFUSED = "refused"
    CONSENTED = "consented"
    NOTED = "noted"


class Status(StrEnum):
    OPEN = "open"
    COMPLETED = "completed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class PlacementRequestRecorded(StudentEvent):
    """`why` is the reason the family states. The `new_` fields stand for a re-placement only.

    Number and date are those of the letter with the decision; the guardian is the one who signed.
    """

    TOPIC = "placement-request.recorded.v2"
    SECTION = SECTION

    kind: Kind
    placement_id: UUID
    letter_number: str | None = None
    letter_date: date | None = None
    guardian_name: Encrypted[str | None] = None
    guardian_signed_on: date | None = None
    new_area: str | None = None
    new_category: Category | None = None
    new_target_year_grade: int | None = None
    new_placement_grade: int | None = None
    new_arrangement: Encrypted[str | None] = None
    why: Encrypted[str]


UPCASTS["placement-request.recorded.v1"] = (PlacementRequestRecorded.TOPIC, dict)


class PlacementRequestDecided(StudentEvent):
    """One body's act. With a `final` one, under the rules of the day, the request took effect."""

    TOPIC = "placement-request.decided.v1"
    SECTION = SECTION

    body: Body
    outcome: Outcome
    document_number: str | None = None
    decided_on: date
    final: bool = False


class PlacementRequestWithdrawn(StudentEvent):
    TOPIC = "placement-request.withdrawn.v1"
    SECTION = SECTION


class NewPlacement(BaseModel, frozen=True):
    """What a re-placement asks for. The school year stays that of the old placement."""

    area: str
    category: Category
    target_year_grade: int
    placement_grade: int
    arrangement: str | Erased | None = None


class Decision(BaseModel, frozen=True):
    body: Body
    outcome: Outcome
    document_number: str | None
    decided_on: date


class PlacementRequest(BaseModel, frozen=True):
    request_id: UUID
    version: int
    student_id: UUID
    kind: Kind
    placement_id: UUID
    letter_number: str | None
    letter_date: date | None = None
    guardian_name: str | Erased | None = None
    guardian_signed_on: date | None = None
    new_placement: NewPlacement | None
    why: str | Erased
    decisions: tuple[Decision, ...] = ()
    status: Status = Status.OPEN

    @property
    def new_category(self) -> Category | None:
        return None if self.new_placement is None else self.new_placement.category


def evolve(request: PlacementRequest | None, event: Event) -> PlacementRequest:
    if isinstance(event, PlacementRequestRecorded):
        asked = {name: getattr(event, f"new_{name}") for name in NewPlacement.model_fields}
        return PlacementRequest(
            request_id=event.originator_id,
            version=event.originator_version,
            student_id=event.student_id,
            kind=event.kind,
            placement_id=event.placement_id,
            letter_number=event.letter_number,
            letter_date=event.letter_date,
            guardian_name=event.guardian_name,
            guardian_signed_on=event.guardian_signed_on,
            new_placement=NewPlacement(**asked) if event.kind is Kind.RE_PLACEMENT else None,
            why=event.why,
        )
    if request is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of a placement request")
    changed: dict[str, Any] = {"version": event.originator_version}
    match event:
        case PlacementRequestDecided():
            decision = Decision(
                body=event.body,
                outcome=event.outcome,
                document_number=event.document_number,
                decided_on=event.decided_on,
            )
            changed["decisions"] = (*request.decisions, decision)
            if event.outcome is Outcome.REFUSED:
                changed["status"] = Status.REFUSED
            elif event.final:
                changed["status"] = Status.COMPLETED
        case PlacementRequestWithdrawn():
            changed["status"] = Status.WITHDRAWN
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to a placement request")
    return request.model_copy(update=changed)


class RecordPlacementRequest(Command):
    """`another_open`: whether the placement has an open request already."""

    request_id: UUID
    student_id: UUID
    kind: Kind
    placement_id: UUID
    letter_number: str | None = None
    letter_date: date | None = None
    guardian_name: str | None = None
    guardian_signed_on: date | None = None
    new_placement: NewPlacement | None = None
    why: str
    another_open: bool


class DecidePlacementRequest(Change):
    """`new_placement_id` is used where the decision completes a re-placement."""

    body: Body
    outcome: Outcome
    document_number: str | None = None
    decided_on: date
    new_placement_id: UUID
    correlation_id: UUID


class WithdrawPlacementRequest(Change):
    pass


class Step(NamedTuple):
    """Whose turn it is, and the outcome that lets the request go on."""

    body: Body
    outcome: Outcome


_COMMITTEE = Step(Body.SCHOOL_COMMITTEE, Outcome.PASSED)
_CONSENT = Step(Body.BUREAU, Outcome.CONSENTED)
_FOR_THE_RECORD = Step(Body.BUREAU, Outcome.NOTED)
_COUNCIL = Step(Body.COUNCIL, Outcome.PASSED)

#: The acts a request needs, in their order, by its kind and the category of the placement it is
#: about; the last is final. `refused`, by the body whose turn it is, ends the request.
#: Source: Kaohsiung 1.3, columns re-placement and abandon.
STEPS: Mapping[tuple[Kind, Category], tuple[Step, ...]] = {
    (Kind.RE_PLACEMENT, Category.EXEMPTION): (_COMMITTEE, _CONSENT),
    (Kind.RE_PLACEMENT, Category.ACCELERATION): (_COMMITTEE, _CONSENT),
    (Kind.RE_PLACEMENT, Category.SKIP): (_COMMITTEE, _CONSENT, _COUNCIL),
    (Kind.RE_PLACEMENT, Category.PROMOTION): (_COMMITTEE, _CONSENT, _COUNCIL),
    (Kind.ABANDONMENT, Category.EXEMPTION): (_COMMITTEE, _FOR_THE_RECORD),
    (Kind.ABANDONMENT, Category.ACCELERATION): (_COMMITTEE, _FOR_THE_RECORD),
    (Kind.ABANDONMENT, Category.SKIP): (_COMMITTEE, _CONSENT),
    (Kind.ABANDONMENT, Category.PROMOTION): (_COMMITTEE, _CONSENT),
}

#: In which capacity a body's act is recorded.
RECORDERS: Mapping[Body, frozenset[Capacity]] = {
    Body.SCHOOL_COMMITTEE: frozenset({Capacity.SCHOOL_ADMINISTRATOR}),
    Body.COUNCIL: frozenset({Capacity.COUNCIL, Capacity.ORGANISER}),
    Body.BUREAU: frozenset({Capacity.AUTHORITY_ADMINISTRATOR}),
}


def acts(kind: Kind, category: Category, new: Category | None) -> tuple[Step, ...]:
    """The acts that a request needs: a re-placement those of the `new` category where these are
    more, for no pupil skips without the council (Kaohsiung 1.3)."""
    return max(STEPS[kind, category], STEPS[kind, new or category], key=len)


def next_step(request: PlacementRequest, category: Category) -> Step | None:
    """Whose act an open request waits for, given the placement's category; None when ended."""
    if request.status is not Status.OPEN:
        return None
    steps = acts(request.kind, category, request.new_category)
    # Where the category was corrected after all its acts, the last act is asked for anew.
    return steps[min(len(request.decisions), len(steps) - 1)]


def record(
    request: PlacementRequest | None, placement: Placement | None, command: RecordPlacementRequest
) -> PlacementRequestRecorded:
    """A request about `placement`, the state of `command.placement_id`.

    Raises `NotFound` where the student has no such placement, `NotAllowed`, `NotValid`,
    `PlacementRequestAlreadyRecorded`, `RequestAlreadyOpen`, and as `check_in_force`.
    """
    if placement is None or placement.student_id != command.student_id:
        raise NotFound
    permit(SECTION, "create", command.actor.capacity)
    asked = _asked(command)
    check_text(command.why, SECTION, "why")
    check_length(command.letter_number, SECTION, "letter_number", LONGEST_WORD)
    check_length(command.guardian_name, SECTION, "guardian_name", LONGEST_WORD)
    if request is not None:
        raise PlacementRequestAlreadyRecorded
    check_in_force(placement)
    if command.another_open:
        raise RequestAlreadyOpen
    return PlacementRequestRecorded(
        **command.envelope(command.request_id, version=1),
        student_id=command.student_id,
        kind=command.kind,
        placement_id=command.placement_id,
        letter_number=command.letter_number,
        letter_date=command.letter_date,
        guardian_name=command.guardian_name,
        guardian_signed_on=command.guardian_signed_on,
        why=command.why,
        **asked,
    )


def decide(
    request: PlacementRequest | None, placement: Placement | None, command: DecidePlacementRequest
) -> tuple[Event, ...]:
    """One body's act on the request, and with the final one what becomes of the placement.

    Raises `NotFound`, `NotAllowed`, `StaleVersion`, `OutcomeNotOfThisBody`, `RequestNotOpen`,
    `NotThisBodysTurn`, and as `check_in_force`.
    """
    if request is None or placement is None or placement.placement_id != request.placement_id:
        raise NotFound
    if command.actor.capacity not in RECORDERS[command.body]:
        raise NotAllowed
    expect(request, command.expected_version)
    steps = acts(request.kind, placement.category, request.new_category)
    _check_act(command, steps)
    turn = next_step(request, placement.category)
    if turn is None:
        raise RequestNotOpen
    check_in_force(placement)
    if turn.body is not command.body:
        raise NotThisBodysTurn(turn.body)
    final = turn is steps[-1] and command.outcome is turn.outcome
    decided = PlacementRequestDecided(
        **command.envelope(request.request_id, request.version + 1),
        student_id=request.student_id,
        body=command.body,
        outcome=command.outcome,
        document_number=command.document_number,
        decided_on=command.decided_on,
        final=final,
    )
    return (decided, *_effects(request, placement, command)) if final else (decided,)


def withdraw(
    request: PlacementRequest | None, command: WithdrawPlacementRequest
) -> PlacementRequestWithdrawn:
    """Raises as `decide`, and `ReasonRequired`."""
    if request is None:
        raise NotFound
    permit(SECTION, "withdraw", command.actor.capacity)
    expect(request, command.expected_version)
    require_reason(command)
    if request.status is Status.WITHDRAWN:
        raise AlreadyWithdrawn
    if request.status is not Status.OPEN:
        raise RequestNotOpen
    return PlacementRequestWithdrawn(
        **command.envelope(request.request_id, request.version + 1),
        student_id=request.student_id,
    )


def _asked(command: RecordPlacementRequest) -> dict[str, Any]:
    """The event's fields of the placement asked for, which its kind needs or forbids."""
    asked = command.new_placement
    if command.kind is Kind.ABANDONMENT:
        if asked is not None:
            raise NewPlacementNotExpected(field="new_placement")
        return {}
    if asked is None:
        raise NewPlacementRequired(field="new_placement")
    content = {name: getattr(asked, name) for name in NewPlacement.model_fields}
    check_content(content)
    return {f"new_{name}": value for name, value in content.items()}


def _check_act(command: DecidePlacementRequest, steps: tuple[Step, ...]) -> None:
    check_length(command.document_number, SECTION, "document_number", LONGEST_WORD)
    possible = {step.outcome for step in steps if step.body is command.body}
    # A body that has no step at all is told whose turn it is.
    if possible and command.outcome not in possible | {Outcome.REFUSED}:
        raise OutcomeNotOfThisBody(field="outcome")


def _effects(
    request: PlacementRequest, placement: Placement, command: DecidePlacementRequest
) -> tuple[Event, ...]:
    day = {"occurred_on": command.occurred_on or command.decided_on}
    asked = request.new_placement
    ended = PlacementEnded(
        **command.envelope(placement.placement_id, placement.version + 1) | day,
        student_id=placement.student_id,
        outcome="abandoned" if asked is None else "superseded",
        request_id=request.request_id,
    )
    if asked is None:
        return (ended,)
    recorded = PlacementRecorded(
        **command.envelope(command.new_placement_id, version=1) | day,
        student_id=placement.student_id,
        school_year=placement.school_year,
        **{name: getattr(asked, name) for name in NewPlacement.model_fields},
    )
    return ended, recorded
