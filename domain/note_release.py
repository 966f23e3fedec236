"""The one way out for a counselling note: its author shows it to a named dispute (design D7).

What is shown is carried by the event itself, encrypted under the student's record key, so that
nothing of the author's own ledger leaves the house and the note goes when the student is erased.
The events stand in `records`; until the first of them no surface of the dispute shows a note.
"""

from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain.command import Command
from domain.counselling_note import CounsellingNote
from domain.dispute import Dispute, HearingIsClosed
from domain.event import Encrypted, Event
from domain.refusal import AlreadyWithdrawn, NotFound, Refusal
from domain.rules import require_reason
from domain.student_event import StudentEvent
from domain.versioning import Change, expect

#: For the audiences alone: a release is of a dispute and belongs to no section of the record, so no
#: history, report or comparison shows it, and what was taken back is nowhere shown again.
SECTION = "note_release"


class NoteReleased(StudentEvent):
    """The author shows the note to the dispute, as it read in its version `note_version`.

    Which note it was is encrypted too: its id stands in the author's own ledger in plain.
    """

    TOPIC = "note-release.made.v1"

    dispute_id: UUID
    note_id: Encrypted[UUID]
    note_version: Encrypted[int]
    school_year: Encrypted[int]
    held_on: Encrypted[date]
    purpose: Encrypted[str]
    participants: Encrypted[tuple[str, ...]]
    recorder: Encrypted[str]
    content: Encrypted[str]


#: What is shown of a note, as `CounsellingNote` names it too.
SHOWN = ("note_id", "school_year", "held_on", "purpose", "participants", "recorder", "content")


class NoteReleaseWithdrawn(StudentEvent):
    """The author took it back. What was handed out before cannot be taken back."""

    TOPIC = "note-release.withdrawn.v1"

    dispute_id: UUID


class Status(StrEnum):
    RELEASED = "released"
    WITHDRAWN = "withdrawn"


class NoteRelease(BaseModel, frozen=True):
    """The release of one note to one dispute. What was shown stays with the event."""

    release_id: UUID
    version: int
    student_id: UUID
    dispute_id: UUID
    author: UUID
    status: Status


def evolve(release: NoteRelease | None, event: Event) -> NoteRelease:
    match event:
        case NoteReleased():
            return NoteRelease(
                release_id=event.originator_id,
                version=event.originator_version,
                student_id=event.student_id,
                dispute_id=event.dispute_id,
                author=event.by,
                status=Status.RELEASED,
            )
        case NoteReleaseWithdrawn() if release is not None:
            changed: dict[str, Any] = {
                "version": event.originator_version,
                "status": Status.WITHDRAWN,
            }
            return release.model_copy(update=changed)
    raise TypeError(f"{event.TOPIC} does not belong to the release of a note")


class ReleaseNote(Command):
    """`release_id` is the stream of this note's release to this dispute."""

    release_id: UUID


class WithdrawNoteRelease(Change):
    pass


class NoteAlreadyReleased(Refusal):
    CODE = "note-already-released"
    TITLE = "這筆紀錄已經釋出給這件爭議"


def shown(note: CounsellingNote | None, dispute: Dispute | None, author: UUID) -> dict[str, Any]:
    """The fields of `NoteReleased` that the dispute would be shown.

    Raises `NotFound` where it is not an own, standing note about the student of the dispute.
    """
    if note is None or note.author != author or note.withdrawn or note.erased:
        raise NotFound
    if dispute is None or dispute.student_id != note.student_id:
        raise NotFound
    return {name: getattr(note, name) for name in SHOWN} | {"note_version": note.version}


def release(
    earlier: NoteRelease | None,
    note: CounsellingNote | None,
    dispute: Dispute | None,
    command: ReleaseNote,
) -> NoteReleased:
    """Raises as `shown`, `HearingIsClosed`, `NoteAlreadyReleased`."""
    content = shown(note, dispute, command.actor.account_id)
    assert dispute is not None
    _check_open(dispute)
    if earlier is not None and earlier.status is Status.RELEASED:
        raise NoteAlreadyReleased
    version = 1 if earlier is None else earlier.version + 1
    return NoteReleased(
        **command.envelope(command.release_id, version),
        student_id=dispute.student_id,
        dispute_id=dispute.dispute_id,
        **content,
    )


def withdraw(
    earlier: NoteRelease | None, dispute: Dispute | None, command: WithdrawNoteRelease
) -> NoteReleaseWithdrawn:
    """Raises `NotFound` for everybody but the author, `StaleVersion`, `ReasonRequired`,
    `HearingIsClosed`, `AlreadyWithdrawn`."""
    if earlier is None or earlier.author != command.actor.account_id or dispute is None:
        raise NotFound
    expect(earlier, command.expected_version)
    require_reason(command)
    _check_open(dispute)
    if earlier.status is Status.WITHDRAWN:
        raise AlreadyWithdrawn
    return NoteReleaseWithdrawn(
        **command.envelope(earlier.release_id, earlier.version + 1),
        student_id=earlier.student_id,
        dispute_id=earlier.dispute_id,
    )


def _check_open(dispute: Dispute) -> None:
    if dispute.hearing_closed:
        raise HearingIsClosed
