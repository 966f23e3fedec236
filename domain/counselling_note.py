"""Counselling notes: of their author alone (design D7).

The book of notes encrypts an event as a whole, so no field here is marked. An account that did
not write a note gets the answer for a note that never existed.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain.access import Deed
from domain.capacity import Capacity
from domain.command import Command
from domain.event import ERASED, Erased, Event
from domain.refusal import AlreadyWithdrawn, NotFound, NotValid, Refusal
from domain.rules import (
    LONGEST_WORD,
    SameStudent,
    check_given,
    check_not_future,
    check_school_year,
    check_text,
    permit,
    require_reason,
)
from domain.student_event import StudentEvent
from domain.versioning import Change, changes, expect

SECTION = "counselling_note"


class CounsellingNoteRecorded(StudentEvent):
    """A session was written down. `moved_from` is the note mistakenly written on another."""

    TOPIC = "counselling-note.recorded.v1"
    BOOK = "notes"
    SECTION = SECTION

    school_year: int
    held_on: date
    purpose: str
    participants: tuple[str, ...]
    recorder: str
    content: str
    moved_from: UUID | None = None


class CounsellingNoteCorrected(StudentEvent):
    """The fields that were given changed."""

    TOPIC = "counselling-note.corrected.v1"
    BOOK = "notes"
    SECTION = SECTION

    school_year: int | None = None
    held_on: date | None = None
    purpose: str | None = None
    participants: tuple[str, ...] | None = None
    recorder: str | None = None
    content: str | None = None


class CounsellingNoteWithdrawn(StudentEvent):
    """`moved_to` is the note of the student it belongs to, if it was written on the wrong one."""

    TOPIC = "counselling-note.withdrawn.v1"
    BOOK = "notes"
    SECTION = SECTION

    moved_to: UUID | None = None


class CounsellingNoteRead(Event):
    """The author looked at own notes; `what` names the page or call, never a text."""

    TOPIC = "counselling-note.read.v1"
    BOOK = "notes"
    SECTION = SECTION

    what: str
    records: tuple[UUID, ...] = ()


class CounsellingNoteRefused(Event):
    """A command of this account about notes was refused with `code`."""

    TOPIC = "counselling-note.refused.v1"
    BOOK = "notes"
    SECTION = SECTION

    what: str
    code: str


class CounsellingNotesExported(Event):
    """A paper with own notes was made; `digest` is the SHA-256 of the file in hex."""

    TOPIC = "counselling-note.exported.v1"
    BOOK = "notes"
    SECTION = SECTION

    what: str
    digest: str | None = None


class ErasedNote(Event):
    """What is read where the student's note key, or the author's key, was destroyed.

    Never stored: the topic below stands in no body, the mapper makes this of what it cannot
    open. `was` is the topic of the event, which its author's key tells as long as it stands.
    """

    TOPIC = "counselling-note.erased"
    BOOK = "notes"
    SECTION = SECTION

    was: str | None = None


class CounsellingNote(BaseModel, frozen=True):
    """A note as its author sees it. An erased one has `Erased` in every field of content;
    its student is None where the author's key is gone too."""

    note_id: UUID
    version: int
    student_id: UUID | None
    author: UUID
    school_year: int | Erased
    held_on: date | Erased
    purpose: str | Erased
    participants: tuple[str, ...] | Erased
    recorder: str | Erased
    content: str | Erased
    withdrawn: bool = False
    erased: bool = False
    moved_from: UUID | None = None
    moved_to: UUID | None = None


CONTENT = ("school_year", "held_on", "purpose", "participants", "recorder", "content")


def evolve(note: CounsellingNote | None, event: Event) -> CounsellingNote:
    if isinstance(event, CounsellingNoteRecorded):
        return CounsellingNote(
            note_id=event.originator_id,
            version=event.originator_version,
            student_id=event.student_id,
            author=event.by,
            moved_from=event.moved_from,
            **{name: getattr(event, name) for name in CONTENT},
        )
    if isinstance(event, ErasedNote):
        return _erased(note, event)
    if note is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of a counselling note")
    changed: dict[str, Any] = {"version": event.originator_version}
    match event:
        case CounsellingNoteCorrected():
            changed |= dict(event.changed())
        case CounsellingNoteWithdrawn():
            changed |= {"withdrawn": True, "moved_to": event.moved_to}
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to a counselling note")
    return note.model_copy(update=changed)


def _erased(note: CounsellingNote | None, event: ErasedNote) -> CounsellingNote:
    return CounsellingNote(
        note_id=event.originator_id,
        version=event.originator_version,
        student_id=event.student_id,
        author=event.by if note is None else note.author,
        erased=True,
        **dict.fromkeys(CONTENT, ERASED),
    )


class RecordCounsellingNote(Command):
    """`today` is the local day in the ledger's time."""

    note_id: UUID
    student_id: UUID
    today: date
    school_year: int
    held_on: date
    purpose: str
    participants: tuple[str, ...]
    recorder: str
    content: str


class CorrectCounsellingNote(Change):
    """Fields that are left out stay as they are."""

    today: date
    school_year: int | None = None
    held_on: date | None = None
    purpose: str | None = None
    participants: tuple[str, ...] | None = None
    recorder: str | None = None
    content: str | None = None


class WithdrawCounsellingNote(Change):
    pass


class MoveCounsellingNote(Change):
    """`to_capacity` is the one in which the author writes about the other student."""

    new_note_id: UUID
    to_student_id: UUID
    to_capacity: Capacity
    correlation_id: UUID


class NoteAlreadyRecorded(Refusal):
    CODE = "note-already-recorded"
    TITLE = "這筆晤談與輔導紀錄已經填寫過了"


class NoteErased(Refusal):
    """The note was erased by a lawful order. Nothing of it can be changed."""

    CODE = "note-erased"
    TITLE = "這筆晤談與輔導紀錄已依法刪除"


def record(note: CounsellingNote | None, command: RecordCounsellingNote) -> CounsellingNoteRecorded:
    """Raises `NotAllowed`, `NotValid`, `DateInFuture`, `NoteAlreadyRecorded`."""
    permit(SECTION, "create", command.actor.capacity)
    content = {name: getattr(command, name) for name in CONTENT}
    _check_content(content, command.today)
    if note is not None:
        raise NoteAlreadyRecorded
    return CounsellingNoteRecorded(
        **command.envelope(command.note_id, version=1),
        student_id=command.student_id,
        **content,
    )


def correct(
    note: CounsellingNote | None, command: CorrectCounsellingNote
) -> CounsellingNoteCorrected | None:
    """None where nothing changes.

    Raises `NotFound` for everybody but the author, `NotAllowed`, `StaleVersion`, `NotValid`,
    `DateInFuture`, `ReasonRequired`, `AlreadyWithdrawn`, `NoteErased`.
    """
    note = _own(note, command, "edit")
    changed = changes(command, note, CONTENT)
    _check_content(changed, command.today)
    if changed:
        require_reason(command)
    _check_standing(note)
    if not changed:
        return None
    return CounsellingNoteCorrected(
        **command.envelope(note.note_id, note.version + 1),
        student_id=note.student_id,
        **changed,
    )


def withdraw(
    note: CounsellingNote | None, command: WithdrawCounsellingNote
) -> CounsellingNoteWithdrawn:
    """Raises as `correct`."""
    note = _own(note, command, "withdraw")
    require_reason(command)
    _check_standing(note)
    return CounsellingNoteWithdrawn(
        **command.envelope(note.note_id, note.version + 1), student_id=note.student_id
    )


def move(
    note: CounsellingNote | None, command: MoveCounsellingNote
) -> tuple[CounsellingNoteWithdrawn, CounsellingNoteRecorded]:
    """Mend a note written on the wrong student, by two events that name each other.

    The reason stays with the withdrawal: it may speak of the first student. Raises as
    `correct`, and `SameStudent`.
    """
    note = _own(note, command, "withdraw")
    permit(SECTION, "create", command.to_capacity)
    require_reason(command)
    _check_standing(note)
    if command.to_student_id == note.student_id:
        raise SameStudent
    withdrawn = CounsellingNoteWithdrawn(
        **command.envelope(note.note_id, note.version + 1),
        student_id=note.student_id,
        moved_to=command.new_note_id,
    )
    envelope = command.envelope(command.new_note_id, version=1)
    envelope.pop("reason", None)
    recorded = CounsellingNoteRecorded(
        **envelope | {"capacity": command.to_capacity},
        student_id=command.to_student_id,
        moved_from=note.note_id,
        **{name: getattr(note, name) for name in CONTENT},
    )
    return withdrawn, recorded


def _own(note: CounsellingNote | None, command: Change, deed: Deed) -> CounsellingNote:
    # One answer for a note of somebody else and for none at all, before anything else is said.
    if note is None or note.author != command.actor.account_id:
        raise NotFound
    permit(SECTION, deed, command.actor.capacity)
    expect(note, command.expected_version)
    return note


def _check_standing(note: CounsellingNote) -> None:
    if note.erased:
        raise NoteErased
    if note.withdrawn:
        raise AlreadyWithdrawn


def _check_content(content: Mapping[str, Any], today: date) -> None:
    for name, value in content.items():
        match name:
            case "school_year":
                check_school_year(value, SECTION)
            case "held_on":
                check_given(value, SECTION, name)
                check_not_future(value, today, name)
            case "participants":
                if not value:
                    raise NotValid("請選擇至少一位參與人員。", name)
                for participant in value:
                    check_text(participant, SECTION, name, LONGEST_WORD)
            case "recorder":
                check_text(value, SECTION, name, LONGEST_WORD)
            case _:
                check_text(value, SECTION, name)
