"""A note leaves its author's ledger by its author's own act alone, to a named dispute."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.counselling_note import CounsellingNote
from domain.dispute import Dispute, HearingIsClosed
from domain.dispute_window import Window
from domain.event import ERASED
from domain.note_release import (
    NoteAlreadyReleased,
    NoteRelease,
    NoteReleased,
    ReleaseNote,
    Status,
    WithdrawNoteRelease,
    evolve,
    release,
    withdraw,
)
from domain.refusal import AlreadyWithdrawn, NotFound, ReasonRequired, StaleVersion

AUTHOR, OTHER, STUDENT, NOTE = (UUID(int=n) for n in (1, 2, 3, 4))
DISPUTE, RELEASE, SCHOOL = (UUID(int=n) for n in (5, 6, 7))


def note(**changed: Any) -> CounsellingNote:
    fields: dict[str, Any] = {
        "note_id": NOTE,
        "version": 2,
        "student_id": STUDENT,
        "author": AUTHOR,
        "school_year": 113,
        "held_on": date(2024, 9, 2),
        "purpose": "學習壓力",
        "participants": ("導師",),
        "recorder": "王老師",
        "content": "談話內容",
    }
    return CounsellingNote(**fields | changed)


def dispute(**changed: Any) -> Dispute:
    fields: dict[str, Any] = {
        "dispute_id": DISPUTE,
        "version": 1,
        "student_id": STUDENT,
        "organisation_id": SCHOOL,
        "kind": "complaint",
        "programme": "kaohsiung-114",
        "programme_version": 1,
        "stage": None,
        "decision_id": None,
        "previous_dispute_id": None,
        "matter": "事由",
        "grounds": "理由",
        "notice_received_on": None,
        "filed_on": date(2025, 3, 20),
        "missing": (),
        "window": Window(),
    }
    return Dispute(**fields | changed)


def command(account: UUID = AUTHOR) -> ReleaseNote:
    actor = Actor(account_id=account, capacity=Capacity.CASE_MANAGER)
    return ReleaseNote(actor=actor, release_id=RELEASE)


def taking_back(**given: Any) -> WithdrawNoteRelease:
    actor = Actor(account_id=AUTHOR, capacity=Capacity.CASE_MANAGER)
    return WithdrawNoteRelease(**{"actor": actor, "reason": "不再需要"} | given)


def released() -> NoteRelease:
    return evolve(None, release(None, note(), dispute(), command()))


def test_what_is_shown_is_the_note_as_it_reads_then() -> None:
    event = release(None, note(), dispute(), command())
    assert isinstance(event, NoteReleased)
    assert (event.originator_id, event.originator_version) == (RELEASE, 1)
    assert (event.student_id, event.dispute_id) == (STUDENT, DISPUTE)
    assert (event.note_id, event.note_version) == (NOTE, 2)
    assert (event.content, event.participants) == ("談話內容", ("導師",))
    assert released().status is Status.RELEASED


@pytest.mark.parametrize(
    ("known", "about", "account"),
    [
        (None, dispute(), AUTHOR),
        (note(), None, AUTHOR),
        (note(), dispute(), OTHER),
        (note(student_id=OTHER), dispute(), AUTHOR),
        (note(withdrawn=True), dispute(), AUTHOR),
        (note(erased=True, content=ERASED), dispute(), AUTHOR),
    ],
)
def test_it_is_nothing_there_but_for_an_own_standing_note_about_the_student(
    known: CounsellingNote | None, about: Dispute | None, account: UUID
) -> None:
    with pytest.raises(NotFound):
        release(None, known, about, command(account))


def test_it_is_released_once_and_again_after_it_was_taken_back() -> None:
    first = released()
    with pytest.raises(NoteAlreadyReleased):
        release(first, note(), dispute(), command())
    gone = evolve(first, withdraw(first, dispute(), taking_back()))
    assert (gone.status, gone.version) == (Status.WITHDRAWN, 2)
    again = release(gone, note(content="修正後"), dispute(), command())
    assert (again.originator_version, again.content) == (3, "修正後")


def test_after_the_hearing_closed_nothing_is_released_and_nothing_taken_back() -> None:
    closed = dispute(hearing_closed=True)
    with pytest.raises(HearingIsClosed):
        release(None, note(), closed, command())
    with pytest.raises(HearingIsClosed):
        withdraw(released(), closed, taking_back())


def test_only_its_author_takes_it_back_and_says_why() -> None:
    first = released()
    stranger = Actor(account_id=OTHER, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
    with pytest.raises(NotFound):
        withdraw(first, dispute(), taking_back(actor=stranger))
    with pytest.raises(NotFound):
        withdraw(None, dispute(), taking_back())
    with pytest.raises(ReasonRequired):
        withdraw(first, dispute(), taking_back(reason=" "))
    with pytest.raises(StaleVersion):
        withdraw(first, dispute(), taking_back(expected_version=2))
    gone = evolve(first, withdraw(first, dispute(), taking_back()))
    with pytest.raises(AlreadyWithdrawn):
        withdraw(gone, dispute(), taking_back())
