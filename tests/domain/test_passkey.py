from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from domain.account import Account, AccountIsClosed, Role
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.passkey import (
    MOST,
    NoPasskeys,
    PasskeyRegistered,
    PasskeyRemoved,
    Passkeys,
    RegisterPasskey,
    RemoveLostPasskeys,
    RemovePasskey,
    TooManyPasskeys,
    evolve,
    passkeys_id,
    register,
    remove,
    remove_lost,
)
from domain.refusal import NotAllowed, NotFound, NotValid, ReasonRequired

ACCOUNT, OFFICER, SCHOOL, ONE, OTHER = (UUID(int=n) for n in range(71, 76))
SELF = Actor(account_id=ACCOUNT, capacity=Capacity.SYSTEM)
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.SCHOOL_ADMINISTRATOR)
TEACHER = Account(
    account_id=ACCOUNT,
    version=1,
    username="a-math",
    name="張老師",
    organisation_id=SCHOOL,
    roles=(Role.TEACHER,),
    duties=("專任",),
    teaching_category="資優",
    subjects=("數學",),
)
REGISTER = RegisterPasskey(actor=SELF, passkey_id=ONE, name=" 手機 ")
LOST = RemoveLostPasskeys(actor=OFFICE, actor_organisation_id=SCHOOL, reason="手機遺失")


def stored(kind: type[Event], version: int, by: UUID = ACCOUNT, **said: Any) -> Any:
    capacity = Capacity.SYSTEM if by == ACCOUNT else Capacity.SCHOOL_ADMINISTRATOR
    return kind(
        originator_id=passkeys_id(ACCOUNT),
        originator_version=version,
        by=by,
        capacity=capacity,
        account_id=ACCOUNT,
        **said,
    )


REGISTERED = stored(PasskeyRegistered, 1, passkey_id=ONE, name="手機")
SECOND = stored(PasskeyRegistered, 2, passkey_id=OTHER, name="電腦")


def given(*events: Event) -> Passkeys | None:
    return reduce(evolve, events, None)


def test_a_person_registers_and_removes_passkeys_of_the_own_account() -> None:
    assert register(given(), TEACHER, REGISTER) == REGISTERED
    removed = remove(
        given(REGISTERED, SECOND), TEACHER, RemovePasskey(actor=SELF, passkey_id=OTHER)
    )
    assert removed == stored(PasskeyRemoved, 3, passkey_id=OTHER)
    left = given(REGISTERED, SECOND, removed)
    assert left is not None
    assert dict(left.names) == {ONE: "手機"}
    with pytest.raises(NotFound):
        remove(left, TEACHER, RemovePasskey(actor=SELF, passkey_id=OTHER))
    for deed in (
        lambda: register(None, TEACHER, REGISTER.model_copy(update={"actor": OFFICE})),
        lambda: remove(left, TEACHER, RemovePasskey(actor=OFFICE, passkey_id=ONE)),
    ):
        with pytest.raises(NotAllowed):
            deed()


def test_a_passkey_needs_a_name_an_open_account_and_room() -> None:
    for name in (" ", "名" * 101):
        with pytest.raises(NotValid):
            register(None, TEACHER, REGISTER.model_copy(update={"name": name}))
    with pytest.raises(AccountIsClosed):
        register(None, TEACHER.model_copy(update={"closed": True}), REGISTER)
    full = Passkeys(version=MOST, names={UUID(int=n): "手機" for n in range(MOST)})
    with pytest.raises(TooManyPasskeys):
        register(full, TEACHER, REGISTER)


def test_whoever_keeps_the_account_removes_all_of_them_and_says_why() -> None:
    events = remove_lost(given(REGISTERED, SECOND), TEACHER, LOST)
    assert events == tuple(
        stored(PasskeyRemoved, version, OFFICER, passkey_id=one, reason="手機遺失")
        for version, one in ((3, ONE), (4, OTHER))
    )
    with pytest.raises(NoPasskeys):
        remove_lost(given(REGISTERED, SECOND, *events), TEACHER, LOST)
    with pytest.raises(ReasonRequired):
        remove_lost(given(REGISTERED), TEACHER, LOST.model_copy(update={"reason": " "}))
    officer = TEACHER.model_copy(update={"roles": (Role.SCHOOL_ADMINISTRATOR,)})
    for who, actor in (
        (officer, OFFICE),
        (TEACHER, SELF.model_copy(update={"capacity": Capacity.SUBJECT_TEACHER})),
    ):
        with pytest.raises(NotAllowed):
            remove_lost(given(REGISTERED), who, LOST.model_copy(update={"actor": actor}))
