"""Counselling notes: written by their author, and for everybody else not there (design D7).

Whatever is refused here, and every reading, stands in the asker's own ledger and nowhere else.
"""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, given_in, perform
from api.house import House
from api.http import Changed, Posted, PostedChange, response_of, writes
from api.placements import Move
from api.seeing import by_student, student_seen
from api.stages import check_note_stage
from api.viewer import SignedIn, TheHouse, Viewer
from domain import counselling_note, student
from domain.access import Deed as Letter
from domain.calendar import WrittenDate, school_year
from domain.command import Actor
from domain.counselling_note import SECTION, CounsellingNote
from domain.event import Erased
from domain.labels import label
from domain.refusal import NotAllowed, NotFound, NothingSelected
from domain.section import PLAIN, Line
from domain.student import Student

router = APIRouter(tags=["notes"])

_NOTES = "/students/{student_id}/notes"
#: At most so many notes are withdrawn in one transaction.
MOST_AT_ONCE = 200


def _said(name: str, meaning: str, default: Any = ...) -> Any:
    return Field(default, title=label(SECTION, name), description=meaning)


_HELD_ON = "held_on", "晤談或輔導的日期。"
_PURPOSE = "purpose", "晤談或輔導的目的。"
_PARTICIPANTS = "participants", "參與人員的姓名，一人一項。"
_RECORDER = "recorder", "記錄人員的姓名。"
_CONTENT = "content", "晤談或輔導的內容。"
_SCHOOL_YEAR = "school_year", "學年度（民國年）。"


class NoteEntry(Body):
    """A session (IGP manual 七(三)). `school_year` follows from `held_on` where it is left out."""

    held_on: Annotated[WrittenDate, PLAIN] = _said(*_HELD_ON)
    purpose: Annotated[str, PLAIN] = _said(*_PURPOSE)
    participants: Annotated[tuple[Line, ...], PLAIN] = _said(*_PARTICIPANTS)
    recorder: Annotated[Line, PLAIN] = _said(*_RECORDER)
    content: Annotated[str, PLAIN] = _said(*_CONTENT)
    school_year: Annotated[int | None, PLAIN] = _said(*_SCHOOL_YEAR, None)


class NoteCorrection(Body):
    """Fields that are left out stay as they are."""

    held_on: WrittenDate | None = _said(*_HELD_ON, None)
    purpose: str | None = _said(*_PURPOSE, None)
    participants: tuple[Line, ...] | None = _said(*_PARTICIPANTS, None)
    recorder: Line | None = _said(*_RECORDER, None)
    content: str | None = _said(*_CONTENT, None)
    school_year: int | None = _said(*_SCHOOL_YEAR, None)
    reason: str | None = None


class NoteWithdrawals(Body):
    """Several own notes, withdrawn together."""

    ids: tuple[UUID, ...] = Field((), max_length=MOST_AT_ONCE)
    reason: str | None = None


#: The student and the note.
Seen = tuple[Student, CounsellingNote]


@router.post(_NOTES, **writes(NoteEntry))
def post_note(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
    """新增晤談與輔導紀錄；只有填寫者本人看得到。"""
    return response_of(house, viewer, record(house, viewer, student_id, asked))


@router.put(_NOTES + "/{note_id}", **writes(NoteCorrection, 200))
def put_note(
    house: TheHouse, viewer: SignedIn, student_id: UUID, note_id: UUID, asked: Changed
) -> Response:
    """修正自己的晤談與輔導紀錄；須說明原因。"""
    return response_of(house, viewer, correct(house, viewer, student_id, note_id, asked))


@router.post(_NOTES + "/{note_id}/withdrawal", **writes(Reason, 200))
def post_note_withdrawal(
    house: TheHouse, viewer: SignedIn, student_id: UUID, note_id: UUID, asked: PostedChange
) -> Response:
    """刪除自己的晤談與輔導紀錄；須說明原因。"""
    return response_of(house, viewer, withdraw(house, viewer, student_id, note_id, asked))


@router.post(_NOTES + "/{note_id}/moves", **writes(Move))
def post_note_move(
    house: TheHouse, viewer: SignedIn, student_id: UUID, note_id: UUID, asked: Posted
) -> Response:
    """將填錯學生的晤談與輔導紀錄移至正確的學生名下。"""
    return response_of(house, viewer, move(house, viewer, student_id, note_id, asked))


@router.post("/notes/withdrawals", **writes(NoteWithdrawals, 200))
def post_note_withdrawals(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """一次刪除多筆自己的晤談與輔導紀錄，全部成功或全部不變。"""
    return response_of(house, viewer, withdraw_many(house, viewer, asked))


def record(house: House, viewer: Viewer, student_id: UUID, asked: Asked) -> Done:
    """A note from a `NoteEntry`."""

    def decide(acting: Acting, of: Student, actor: Actor, given: NoteEntry) -> Decided:
        fields = given.model_dump()
        if given.school_year is None:
            fields["school_year"] = school_year(given.held_on)
        command = counselling_note.RecordCounsellingNote(
            actor=actor,
            today=acting.today,
            note_id=acting.new_id(),
            student_id=student_id,
            **fields,
        )
        event = counselling_note.record(None, command)
        check_note_stage(acting, of, [(event.school_year, event.held_on)])
        return Decided((event,), event.originator_id, event.originator_version)

    deed = Deed(
        what="note.record",
        body=NoteEntry,
        see=lambda acting: student_seen(acting, student_id),
        permit=permit_new,
        decide=decide,
        private=True,
    )
    return perform(house, viewer, asked, deed)


def correct(house: House, viewer: Viewer, student_id: UUID, note_id: UUID, asked: Asked) -> Done:
    """A correction from a `NoteCorrection`."""

    def decide(acting: Acting, both: Seen, actor: Actor, given: NoteCorrection) -> Decided:
        known = _own(acting, note_id)
        command = counselling_note.CorrectCounsellingNote(
            actor=actor, today=acting.today, **given.model_dump(exclude_unset=True)
        )
        event = counselling_note.correct(known, command)
        if event is None:
            return Decided((), note_id, known.version)
        after = counselling_note.evolve(known, event)
        check_note_stage(acting, both[0], [*_when(known), *_when(after)])
        return Decided((event,), note_id, event.originator_version)

    deed = Deed(
        what="note.correct",
        body=NoteCorrection,
        see=lambda acting: seen(acting, student_id, note_id),
        permit=_permit("edit"),
        version=lambda acting, _: _own(acting, note_id).version,
        decide=decide,
        status=200,
        private=True,
    )
    return perform(house, viewer, asked, deed)


def withdraw(house: House, viewer: Viewer, student_id: UUID, note_id: UUID, asked: Asked) -> Done:
    """A withdrawal from a `Reason`."""

    def decide(acting: Acting, both: Seen, actor: Actor, given: Reason) -> Decided:
        command = counselling_note.WithdrawCounsellingNote(actor=actor, reason=given.reason)
        known = _own(acting, note_id)
        event = counselling_note.withdraw(known, command)
        check_note_stage(acting, both[0], _when(known))
        return Decided((event,), note_id, event.originator_version)

    deed = Deed(
        what="note.withdraw",
        body=Reason,
        see=lambda acting: seen(acting, student_id, note_id),
        permit=_permit("withdraw"),
        version=lambda acting, _: _own(acting, note_id).version,
        decide=decide,
        status=200,
        private=True,
    )
    return perform(house, viewer, asked, deed)


def withdraw_many(house: House, viewer: Viewer, asked: Asked) -> Done:
    """The withdrawal of all of `NoteWithdrawals`, or of none."""

    def see(acting: Acting) -> dict[UUID, CounsellingNote]:
        given = given_in(asked, NoteWithdrawals)
        if not given.ids:
            raise NothingSelected(field="ids")
        return {note_id: _own(acting, note_id) for note_id in given.ids}

    def permit(acting: Acting, notes: dict[UUID, CounsellingNote]) -> Actor:
        actors = [_writer(acting, one, "withdraw") for one in notes.values()]
        return actors[0]

    def decide(
        acting: Acting, notes: dict[UUID, CounsellingNote], _: Actor, given: NoteWithdrawals
    ) -> Decided:
        together = acting.new_id()
        events = []
        for note_id in notes:
            known = _own(acting, note_id)
            command = counselling_note.WithdrawCounsellingNote(
                actor=_writer(acting, known, "withdraw"),
                reason=given.reason,
                correlation_id=together,
            )
            events.append(counselling_note.withdraw(known, command))
            if known.student_id is not None:
                of = acting.known(student.evolve, known.student_id)
                check_note_stage(acting, of, _when(known))
        return Decided(events, together, None)

    deed = Deed(
        what="note.withdraw-many",
        body=NoteWithdrawals,
        see=see,
        permit=permit,
        decide=decide,
        status=200,
        private=True,
    )
    return perform(house, viewer, asked, deed)


def move(house: House, viewer: Viewer, student_id: UUID, note_id: UUID, asked: Asked) -> Done:
    """A `Move` to the right student; answers with the new note."""

    def decide(acting: Acting, both: Seen, actor: Actor, given: Move) -> Decided:
        target = student_seen(acting, given.student_id)
        writer = by_student(SECTION, "create")(acting, target)
        command = counselling_note.MoveCounsellingNote(
            actor=actor,
            reason=given.reason,
            new_note_id=acting.new_id(),
            to_student_id=target.student_id,
            to_capacity=writer.capacity,
            correlation_id=acting.new_id(),
        )
        known = _own(acting, note_id)
        events = counselling_note.move(known, command)
        for one in (both[0], target):
            check_note_stage(acting, one, _when(known))
        return Decided(events, command.new_note_id, 1)

    deed = Deed(
        what="note.move",
        body=Move,
        see=lambda acting: seen(acting, student_id, note_id),
        permit=_permit("withdraw"),
        decide=decide,
        private=True,
    )
    return perform(house, viewer, asked, deed)


def permit_new(acting: Acting, about: Student) -> Actor:
    """In which capacity a note about a student is begun. Raises `NotAllowed`,
    `OwnPasswordNeeded`."""
    actor = by_student(SECTION, "create")(acting, about)
    acting.viewer.writes_alone(acting.house)
    return actor


def seen(acting: Acting, student_id: UUID, note_id: UUID) -> Seen:
    """An own note on a student who may be seen. Raises `NotFound`."""
    student = student_seen(acting, student_id)
    note = _own(acting, note_id)
    if note.student_id != student_id:
        raise NotFound
    return student, note


def _when(note: CounsellingNote) -> list[tuple[int, date]]:
    """School year and day of a note, by which its stage is found; nothing of an erased one."""
    if isinstance(note.school_year, Erased) or isinstance(note.held_on, Erased):
        return []
    return [(note.school_year, note.held_on)]


def _own(acting: Acting, note_id: UUID) -> CounsellingNote:
    return acting.known(counselling_note.evolve, note_id, owner=acting.viewer.account_id)


def _permit(letter: Letter) -> Callable[[Acting, Seen], Actor]:
    permit = by_student(SECTION, letter)
    return lambda acting, both: permit(acting, both[0])


def _writer(acting: Acting, note: CounsellingNote, letter: Letter) -> Actor:
    """The author in a capacity that still writes about the student. Raises `NotAllowed`."""
    if note.student_id is None:
        raise NotAllowed
    try:
        student = student_seen(acting, note.student_id)
    except NotFound:
        # Out of reach an own note can be read, and no more.
        raise NotAllowed from None
    return by_student(SECTION, letter)(acting, student)
