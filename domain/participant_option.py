"""Names an account keeps to tick as participants (IGP manual §一(四)5): its own list (AMB-21).

A meeting or a note keeps the chosen names as text, so that an option may go at any time. The
list is as private as the notes (design D2, D7): it lies in the notes book of its owner.
"""

from uuid import UUID

from pydantic import BaseModel

from domain.access import PREFERENCE, allows
from domain.command import Command
from domain.event import Event
from domain.refusal import AlreadyWithdrawn, NotAllowed, NotFound, Refusal
from domain.rules import LONGEST_WORD, check_text
from domain.versioning import Change, expect

#: How its fields are labelled; it is no section of a student's record.
LABELS = "participant-option"

#: Who has use for the list: whoever may write meetings or notes.
WRITERS = tuple(
    capacity
    for capacity in PREFERENCE
    if allows("meeting", capacity, "create") or allows("counselling_note", capacity, "create")
)


class ParticipantOptionAdded(Event):
    """The name is offered from now on, for the first time or again."""

    TOPIC = "participant-option.added.v1"
    BOOK = "notes"

    name: str


class ParticipantOptionRemoved(Event):
    """The name is offered no more; what was written with it stays."""

    TOPIC = "participant-option.removed.v1"
    BOOK = "notes"

    name: str


class ParticipantOption(BaseModel, frozen=True):
    """A name of the list. `offered` is false once it was removed."""

    option_id: UUID
    version: int
    owner: UUID
    name: str
    offered: bool


def evolve(option: ParticipantOption | None, event: Event) -> ParticipantOption:
    match event:
        case ParticipantOptionAdded() | ParticipantOptionRemoved():
            return ParticipantOption(
                option_id=event.originator_id,
                version=event.originator_version,
                owner=event.by,
                name=event.name,
                offered=isinstance(event, ParticipantOptionAdded),
            )
    raise TypeError(f"{event.TOPIC} does not belong to a participant option")


class AddParticipantOption(Command):
    """`option_id` follows from owner and name, so that one name is one option."""

    option_id: UUID
    name: str


class RemoveParticipantOption(Change):
    pass


class ParticipantAlreadyOffered(Refusal):
    CODE = "participant-already-offered"
    TITLE = "這個姓名已經在您的參與人員選項中"


def add(option: ParticipantOption | None, command: AddParticipantOption) -> ParticipantOptionAdded:
    """Raises `NotAllowed`, `NotValid`, `ParticipantAlreadyOffered`."""
    if command.actor.capacity not in WRITERS:
        raise NotAllowed
    check_text(command.name, LABELS, "name", LONGEST_WORD)
    if option is not None and option.offered:
        raise ParticipantAlreadyOffered
    version = 1 if option is None else option.version + 1
    envelope = command.envelope(command.option_id, version)
    return ParticipantOptionAdded(**envelope, name=command.name.strip())


def remove(
    option: ParticipantOption | None, command: RemoveParticipantOption
) -> ParticipantOptionRemoved:
    """An own name goes without a reason, also when its owner writes about nobody any more.

    Raises `NotFound`, `StaleVersion`, `AlreadyWithdrawn`.
    """
    if option is None or option.owner != command.actor.account_id:
        raise NotFound
    expect(option, command.expected_version)
    if not option.offered:
        raise AlreadyWithdrawn
    envelope = command.envelope(option.option_id, option.version + 1)
    return ParticipantOptionRemoved(**envelope, name=option.name)
