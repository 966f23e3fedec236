from datetime import date
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.counselling_note import (
    CONTENT,
    CorrectCounsellingNote,
    CounsellingNote,
    CounsellingNoteCorrected,
    CounsellingNoteRead,
    CounsellingNoteRecorded,
    CounsellingNoteWithdrawn,
    ErasedNote,
    MoveCounsellingNote,
    NoteAlreadyRecorded,
    NoteErased,
    RecordCounsellingNote,
    WithdrawCounsellingNote,
    correct,
    evolve,
    move,
    record,
    withdraw,
)
from domain.event import ERASED, Event
from domain.refusal import (
    AlreadyWithdrawn,
    NotAllowed,
    NotFound,
    NotValid,
    ReasonRequired,
    StaleVersion,
)
from domain.rules import DateInFuture, SameStudent

NOTE, OTHER_NOTE, STUDENT, OTHER_STUDENT, AUTHOR, COLLEAGUE, CORRELATION = (
    UUID(int=n) for n in range(21, 28)
)
TODAY = date(2025, 2, 14)
HELD = date(2025, 2, 13)
COUNSELLOR = Actor(account_id=AUTHOR, capacity=Capacity.HOMEROOM)
SOMEBODY_ELSE = Actor(account_id=COLLEAGUE, capacity=Capacity.CASE_MANAGER)
SAID: dict[str, Any] = {
    "school_year": 113,
    "held_on": HELD,
    "purpose": "情緒關懷",
    "participants": ("學生", "導師"),
    "recorder": "陳導師",
    "content": "學生談到近來睡得少。",
}
RECORD = RecordCounsellingNote(
    actor=COUNSELLOR, note_id=NOTE, student_id=STUDENT, today=TODAY, **SAID
)
RECORDED = CounsellingNoteRecorded(
    originator_id=NOTE,
    originator_version=1,
    by=AUTHOR,
    capacity=Capacity.HOMEROOM,
    student_id=STUDENT,
    **SAID,
)
ENVELOPE: dict[str, Any] = {
    "originator_id": NOTE,
    "originator_version": 2,
    "by": AUTHOR,
    "capacity": Capacity.HOMEROOM,
    "student_id": STUDENT,
}
CORRECTED = CounsellingNoteCorrected(**ENVELOPE, reason="補記", content="學生談到考試。")
WITHDRAWN = CounsellingNoteWithdrawn(**ENVELOPE, reason="重複")
ERASED_NOTE = ErasedNote(
    originator_id=NOTE, originator_version=1, by=AUTHOR, capacity=Capacity.SYSTEM
)
CORRECT = CorrectCounsellingNote(
    actor=COUNSELLOR, today=TODAY, reason="補記", **SAID | {"content": "學生談到考試。"}
)
WITHDRAW = WithdrawCounsellingNote(actor=COUNSELLOR, reason="重複")
MOVE = MoveCounsellingNote(
    actor=COUNSELLOR,
    reason="寫到同班另一位學生",
    new_note_id=OTHER_NOTE,
    to_student_id=OTHER_STUDENT,
    to_capacity=Capacity.SUBJECT_TEACHER,
    correlation_id=CORRELATION,
)


def given(*events: Event) -> CounsellingNote | None:
    return reduce(evolve, events, None)


def test_a_note_is_recorded_with_all_its_author_said() -> None:
    assert record(given(), RECORD) == RECORDED
    note = given(RECORDED)
    assert note is not None
    assert {name: getattr(note, name) for name in CONTENT} == SAID
    assert (note.author, note.version) == (AUTHOR, 1)


@pytest.mark.parametrize("capacity", list(Capacity))
def test_only_who_works_with_the_student_writes_notes(capacity: Capacity) -> None:
    actor = Actor(account_id=AUTHOR, capacity=capacity)
    command = RECORD.model_copy(update={"actor": actor})
    if capacity.value in {"CM", "GH", "ST", "HR"}:
        assert record(given(), command).capacity is capacity
    else:
        with pytest.raises(NotAllowed):
            record(given(), command)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("school_year", 2025),
        ("purpose", " "),
        ("participants", ()),
        ("participants", ("導師", " ")),
        ("recorder", ""),
        ("content", "\n"),
        ("content", "長" * 50_001),
    ],
)
def test_an_empty_field_of_a_note_is_named(field: str, value: object) -> None:
    with pytest.raises(NotValid) as refused:
        record(given(), RECORD.model_copy(update={field: value}))
    assert refused.value.field == field


def test_a_session_is_held_today_at_the_latest() -> None:
    today = RECORD.model_copy(update={"held_on": TODAY})
    assert record(given(), today).held_on == TODAY
    with pytest.raises(DateInFuture) as refused:
        record(given(), RECORD.model_copy(update={"held_on": date(2025, 2, 15)}))
    assert (refused.value.STATUS, refused.value.field) == (422, "held_on")


def test_a_note_is_recorded_once() -> None:
    with pytest.raises(NoteAlreadyRecorded):
        record(given(RECORDED), RECORD)


def test_a_correction_of_a_note_says_the_changed_fields_only() -> None:
    event = correct(given(RECORDED), CORRECT)
    assert event == CORRECTED
    assert event is not None
    assert dict(event.changed()) == {"content": "學生談到考試。"}
    note = given(RECORDED, event)
    assert note is not None
    assert (note.content, note.purpose, note.version) == ("學生談到考試。", "情緒關懷", 2)


def test_a_correction_of_a_note_that_changes_nothing_makes_no_event() -> None:
    same = CorrectCounsellingNote(actor=COUNSELLOR, today=TODAY, **SAID)
    assert correct(given(RECORDED), same) is None


def test_a_session_is_not_corrected_into_the_future_or_to_nothing() -> None:
    for wrong in ({"held_on": date(2025, 3, 1)}, {"held_on": None}, {"participants": None}):
        command = CorrectCounsellingNote(actor=COUNSELLOR, today=TODAY, reason="補記", **wrong)
        with pytest.raises((NotValid, DateInFuture)):
            correct(given(RECORDED), command)


def test_corrections_and_withdrawals_of_notes_need_a_reason() -> None:
    with pytest.raises(ReasonRequired):
        correct(given(RECORDED), CORRECT.model_copy(update={"reason": None}))
    with pytest.raises(ReasonRequired):
        withdraw(given(RECORDED), WithdrawCounsellingNote(actor=COUNSELLOR))


def test_a_correction_of_a_stale_version_of_a_note_is_refused() -> None:
    with pytest.raises(StaleVersion):
        correct(given(RECORDED, CORRECTED), CORRECT.model_copy(update={"expected_version": 1}))


def test_a_colleague_gets_the_answer_for_a_note_that_never_existed() -> None:
    for state in (given(RECORDED), given(), given(RECORDED, WITHDRAWN)):
        answers = []
        for deed, command in ((correct, CORRECT), (withdraw, WITHDRAW), (move, MOVE)):
            theirs = command.model_copy(update={"actor": SOMEBODY_ELSE})
            with pytest.raises(NotFound) as refused:
                deed(state, theirs)  # type: ignore[operator]
            answers.append((refused.value.CODE, refused.value.detail))
        assert set(answers) == {("not-found", "找不到這筆資料")}


def test_an_author_without_a_relation_to_the_student_changes_nothing() -> None:
    actor = Actor(account_id=AUTHOR, capacity=Capacity.SCHOOL_ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        correct(given(RECORDED), CORRECT.model_copy(update={"actor": actor}))
    with pytest.raises(NotAllowed):
        withdraw(given(RECORDED), WITHDRAW.model_copy(update={"actor": actor}))


def test_a_withdrawn_note_does_not_change_any_more() -> None:
    assert withdraw(given(RECORDED), WITHDRAW) == WITHDRAWN
    gone = given(RECORDED, WITHDRAWN)
    assert gone is not None
    assert gone.withdrawn
    with pytest.raises(AlreadyWithdrawn):
        correct(gone, CORRECT)
    with pytest.raises(AlreadyWithdrawn):
        withdraw(gone, WITHDRAW)


def test_a_note_on_the_wrong_student_is_mended_by_two_linked_events() -> None:
    withdrawn, recorded = move(given(RECORDED), MOVE)
    assert (withdrawn.student_id, withdrawn.moved_to) == (STUDENT, OTHER_NOTE)
    assert (recorded.student_id, recorded.moved_from) == (OTHER_STUDENT, NOTE)
    assert withdrawn.correlation_id == recorded.correlation_id == CORRELATION
    assert recorded.capacity is Capacity.SUBJECT_TEACHER
    assert (withdrawn.reason, recorded.reason) == ("寫到同班另一位學生", None)
    moved = given(recorded)
    assert moved is not None
    assert {name: getattr(moved, name) for name in CONTENT} == SAID


def test_a_note_is_moved_to_another_student_in_reach_only() -> None:
    with pytest.raises(SameStudent):
        move(given(RECORDED), MOVE.model_copy(update={"to_student_id": STUDENT}))
    with pytest.raises(NotAllowed):
        move(given(RECORDED), MOVE.model_copy(update={"to_capacity": Capacity.STUDENT}))


def test_a_note_whose_key_was_destroyed_says_erased_and_nothing_else() -> None:
    second = ERASED_NOTE.model_copy(update={"originator_version": 2})
    for events in ((ERASED_NOTE,), (RECORDED, second), (ERASED_NOTE, second)):
        note = given(*events)
        assert note is not None
        assert note.erased
        assert {getattr(note, name) for name in CONTENT} == {ERASED}
        assert note.author == AUTHOR
        with pytest.raises(NoteErased):
            correct(note, CORRECT)
        with pytest.raises(NoteErased):
            withdraw(note, WITHDRAW)


def test_a_read_is_no_part_of_a_note() -> None:
    read = CounsellingNoteRead(
        originator_id=NOTE, originator_version=2, by=AUTHOR, capacity=Capacity.HOMEROOM, what="note"
    )
    with pytest.raises(TypeError, match="does not belong"):
        given(RECORDED, read)
    with pytest.raises(TypeError, match="cannot be the first"):
        given(WITHDRAWN)
