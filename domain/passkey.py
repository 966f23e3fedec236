"""Passkeys: the second factor that somebody registered for the own account, and its removal.

The stream follows from the account. Neither keys nor ids of credentials are part of an event.
"""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from pydantic import BaseModel

from domain.account import Account, AccountIsClosed, Role
from domain.command import Command
from domain.event import Encrypted, Erased, Event
from domain.password_reset import permit_keeper
from domain.refusal import NotAllowed, NotFound, NotValid, Refusal
from domain.rules import LONGEST_WORD, ONE_LINE, is_one_line, require_reason
from domain.stream_ids import natural_id

#: Whether the county's staff is asked to have one, or must.
SecondFactor = Literal["offered", "required"]
COUNTY_STAFF = frozenset({Role.AUTHORITY_ADMINISTRATOR, Role.ORGANISER})
#: So many has nobody.
MOST = 20


def passkeys_id(account_id: UUID) -> UUID:
    """The stream of an account's passkeys."""
    return natural_id("passkeys", account_id)


class PasskeyRegistered(Event):
    """Signing in to the account needs it from now on, or another one of the account."""

    TOPIC = "passkey.registered.v1"

    account_id: UUID
    passkey_id: UUID
    name: Encrypted[str]


class PasskeyRemoved(Event):
    """By the person, or with a reason by whoever keeps the account."""

    TOPIC = "passkey.removed.v1"

    account_id: UUID
    passkey_id: UUID


class Passkeys(BaseModel, frozen=True):
    """The names of those that an account has, in the order in which they were registered."""

    version: int
    names: Mapping[UUID, str | Erased]


def evolve(passkeys: Passkeys | None, event: Event) -> Passkeys:
    names = {} if passkeys is None else dict(passkeys.names)
    match event:
        case PasskeyRegistered():
            names[event.passkey_id] = event.name
        case PasskeyRemoved():
            del names[event.passkey_id]
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to passkeys")
    return Passkeys(version=event.originator_version, names=names)


class RegisterPasskey(Command):
    passkey_id: UUID
    name: str


class RemovePasskey(Command):
    passkey_id: UUID


class RemoveLostPasskeys(Command):
    actor_organisation_id: UUID | None


class TooManyPasskeys(Refusal):
    CODE = "too-many-passkeys"
    TITLE = f"一個帳號最多新增 {MOST} 個通行金鑰"


class NoPasskeys(Refusal):
    CODE = "no-passkeys"
    TITLE = "這個帳號沒有通行金鑰"


def register(
    passkeys: Passkeys | None, account: Account, command: RegisterPasskey
) -> PasskeyRegistered:
    """By the person alone. Raises `NotAllowed`, `NotValid`, `AccountIsClosed`,
    `TooManyPasskeys`."""
    if command.actor.account_id != account.account_id:
        raise NotAllowed
    name = command.name.strip()
    if not name or len(name) > LONGEST_WORD:
        raise NotValid(f"請為通行金鑰取一個名稱，最多 {LONGEST_WORD} 字。", "name")
    if not is_one_line(name):
        raise NotValid(f"通行金鑰的名稱{ONE_LINE}", "name")
    if account.closed:
        raise AccountIsClosed
    if passkeys is not None and len(passkeys.names) >= MOST:
        raise TooManyPasskeys
    version = 1 if passkeys is None else passkeys.version + 1
    return PasskeyRegistered(
        **command.envelope(passkeys_id(account.account_id), version),
        account_id=account.account_id,
        passkey_id=command.passkey_id,
        name=name,
    )


def remove(passkeys: Passkeys | None, account: Account, command: RemovePasskey) -> PasskeyRemoved:
    """By the person alone. Raises `NotAllowed`, `NotFound`."""
    if command.actor.account_id != account.account_id:
        raise NotAllowed
    if passkeys is None or command.passkey_id not in passkeys.names:
        raise NotFound
    return _removed(passkeys, account, command, command.passkey_id, 1)


def remove_lost(
    passkeys: Passkeys | None, account: Account, command: RemoveLostPasskeys
) -> tuple[PasskeyRemoved, ...]:
    """All of them, by whoever hands out codes for the account's password.

    Raises `NotAllowed`, `ReasonRequired`, `NoPasskeys`.
    """
    permit_keeper(account, command.actor, command.actor_organisation_id)
    require_reason(command)
    if passkeys is None or not passkeys.names:
        raise NoPasskeys
    return tuple(
        _removed(passkeys, account, command, one, step)
        for step, one in enumerate(passkeys.names, start=1)
    )


def _removed(
    passkeys: Passkeys, account: Account, command: Command, passkey_id: UUID, step: int
) -> PasskeyRemoved:
    return PasskeyRemoved(
        **command.envelope(passkeys_id(account.account_id), passkeys.version + step),
        account_id=account.account_id,
        passkey_id=passkey_id,
    )
