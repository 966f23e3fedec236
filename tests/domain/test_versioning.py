from uuid import UUID

import pytest
from pydantic import BaseModel

from domain.capacity import Capacity
from domain.command import Actor
from domain.refusal import StaleVersion
from domain.versioning import Change, changes, expect

ACTOR = Actor(account_id=UUID(int=1), capacity=Capacity.CASE_MANAGER)


class State(BaseModel, frozen=True):
    version: int = 5
    a: str | None = "a"
    b: str | None = "b"


class ChangeBoth(Change):
    a: str | None = None
    b: str | None = None


def test_the_version_that_was_loaded_may_be_changed() -> None:
    expect(State(), 5)
    expect(State(), None)
    expect(None, 0)


def test_of_two_who_loaded_the_same_version_the_second_learns_the_current_one() -> None:
    with pytest.raises(StaleVersion, match="第 6 版") as refused:
        expect(State(version=6), 5)
    assert (refused.value.current, refused.value.STATUS) == (6, 412)


def test_what_was_never_recorded_is_version_nought() -> None:
    with pytest.raises(StaleVersion) as refused:
        expect(None, 1)
    assert refused.value.current == 0


def test_a_change_is_what_was_given_and_differs() -> None:
    names = ("a", "b")
    assert changes(ChangeBoth(actor=ACTOR), State(), names) == {}
    assert changes(ChangeBoth(actor=ACTOR, a="a"), State(), names) == {}
    assert changes(ChangeBoth(actor=ACTOR, a="a", b="c"), State(), names) == {"b": "c"}
    assert changes(ChangeBoth(actor=ACTOR, a=None), State(), names) == {"a": None}
