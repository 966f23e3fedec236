from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.programme import shipped_text
from domain.programme_rules import read
from domain.refusal import (
    AlreadyWithdrawn,
    NotAllowed,
    NotFound,
    NotValid,
    ReasonRequired,
    StaleVersion,
)
from domain.rules import DateInFuture
from domain.skip_status import (
    NoFullSkip,
    SaveSkipStatus,
    SkipStatus,
    SkipStatusCorrected,
    SkipStatusRecorded,
    WithdrawSkipStatus,
    evolve,
    save,
    skipped_grades,
    withdraw,
)

STUDENT = UUID(int=1)


def saving(capacity: str = "SA", **more: Any) -> SaveSkipStatus:
    graduation = read(shipped_text("kaohsiung-114")).graduation
    fields: dict[str, Any] = {
        "graduation": graduation,
        "school_year": 114,
        "from_grade": 5,
        "to_grade": 7,
        "letter_number": " 高市教特字第 1140001 號 ",
        "letter_date": date(2025, 5, 9),
    }
    return SaveSkipStatus(
        actor=Actor(account_id=UUID(int=2), capacity=Capacity(capacity)),
        student_id=STUDENT,
        programme="kaohsiung-114",
        rules=1,
        today=date(2025, 5, 9),
        **fields | more,
    )


def ending(**more: Any) -> WithdrawSkipStatus:
    actor = Actor(account_id=UUID(int=2), capacity=Capacity.SCHOOL_ADMINISTRATOR)
    return WithdrawSkipStatus(**{"actor": actor, "reason": "回歸原年級"} | more)


def given(*events: Event) -> SkipStatus | None:
    status = None
    for event in events:
        status = evolve(status, event)
    return status


def recorded() -> SkipStatusRecorded:
    event = save(None, saving())
    assert isinstance(event, SkipStatusRecorded)
    return event


def test_the_grades_between_were_never_studied() -> None:
    assert skipped_grades(5, 7) == {6}
    assert skipped_grades(4, 7) == {5, 6}
    assert skipped_grades(5, 6) == frozenset()


def test_a_full_skip_is_noted_on_an_official_letter() -> None:
    found = recorded()
    assert (found.letter_number, found.letter_date) == ("高市教特字第 1140001 號", date(2025, 5, 9))
    with pytest.raises(NotValid, match="文號"):
        save(None, saving(letter_number=" "))
    with pytest.raises(DateInFuture):
        save(None, saving(letter_date=date(2025, 5, 10)))
    with pytest.raises(NotValid):
        save(None, saving(to_grade=6))


def test_the_registrars_office_alone_sets_and_ends_it() -> None:
    for capacity in ("CM", "GH", "ST", "HR", "AA"):
        actor = Actor(account_id=UUID(int=2), capacity=Capacity(capacity))
        with pytest.raises(NotAllowed):
            save(None, saving(capacity))
        with pytest.raises(NotAllowed):
            withdraw(given(recorded()), ending(actor=actor))


def test_a_plan_without_full_skips_has_no_such_status() -> None:
    graduation = read(shipped_text("kaohsiung-114")).graduation
    assert not isinstance(graduation, str)
    without = graduation.model_copy(update={"full_skip": "none"})
    with pytest.raises(NoFullSkip):
        save(None, saving(graduation=without))


def test_a_correction_says_why_and_changes_what_differs_alone() -> None:
    status = given(recorded())
    assert save(status, saving()) is None
    with pytest.raises(ReasonRequired):
        save(status, saving(to_grade=8))
    with pytest.raises(StaleVersion):
        save(status, saving(to_grade=8, reason="更正", expected_version=0))
    found = save(status, saving(to_grade=8, reason="更正", expected_version=1))
    assert isinstance(found, SkipStatusCorrected)
    assert dict(found.changed()) == {"to_grade": 8}
    after = given(recorded(), found)
    assert after is not None
    assert (after.to_grade, after.from_grade, after.version) == (8, 5, 2)


def test_what_was_ended_can_be_noted_anew() -> None:
    first = recorded()
    with pytest.raises(NotFound):
        withdraw(None, ending())
    with pytest.raises(ReasonRequired):
        withdraw(given(first), ending(reason=None))
    ended = withdraw(given(first), ending())
    status = given(first, ended)
    assert status is not None
    assert status.withdrawn
    with pytest.raises(AlreadyWithdrawn):
        withdraw(status, ending())
    again = save(status, saving())
    assert isinstance(again, SkipStatusRecorded)
    assert again.originator_version == 3
    standing = given(first, ended, again)
    assert standing is not None
    assert not standing.withdrawn
