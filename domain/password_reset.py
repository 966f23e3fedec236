"""A forgotten password: whoever keeps the account hands out a code, the person sets a new password.

The stream follows from the account. Neither the code nor any password is part of an event.
"""

from uuid import UUID

from pydantic import BaseModel

from domain.account import OF_THE_SCHOOL, Account, AccountIsClosed
from domain.capacity import Capacity
from domain.command import Actor, Command
from domain.event import Event
from domain.refusal import NotAllowed
from domain.rules import permit_school
from domain.stream_ids import natural_id


def password_reset_id(account_id: UUID) -> UUID:
    """The stream of an account's resets."""
    return natural_id("password-reset", account_id)


class PasswordResetAllowed(Event):
    """A code was handed out. A newer one takes its place."""

    TOPIC = "password-reset.allowed.v1"

    account_id: UUID


class PasswordReset(Event):
    """The person set a new password with a code; every earlier session ended."""

    TOPIC = "password-reset.done.v1"

    account_id: UUID


class PasswordHolderConfirmed(Event):
    """After a password was set with a code: by the former password, or a passkey registered
    before, the person showed to be who had the account until then."""

    TOPIC = "password-reset.confirmed.v1"

    account_id: UUID


class Resets(BaseModel, frozen=True):
    version: int


def evolve(resets: Resets | None, event: Event) -> Resets:
    match event:
        case PasswordResetAllowed() | PasswordReset() | PasswordHolderConfirmed():
            return Resets(version=event.originator_version)
    raise TypeError(f"{event.TOPIC} does not belong to the resets of a password")


class AllowPasswordReset(Command):
    actor_organisation_id: UUID | None


class ResetPassword(Command):
    pass


class ConfirmHolder(Command):
    pass


def allow(
    resets: Resets | None, account: Account, command: AllowPasswordReset
) -> PasswordResetAllowed:
    """By the authority, and by a school for its own people. Raises `NotAllowed`,
    `AccountIsClosed`."""
    permit_keeper(account, command.actor, command.actor_organisation_id)
    if account.closed:
        raise AccountIsClosed
    return PasswordResetAllowed(**_next(resets, account, command), account_id=account.account_id)


def permit_keeper(account: Account, actor: Actor, actor_organisation: UUID | None) -> None:
    """Who lets somebody in again: the authority, a school its own people; and the program, for
    who holds the machine (`igp recover`). Raises `NotAllowed`."""
    if actor.capacity in (Capacity.AUTHORITY_ADMINISTRATOR, Capacity.SYSTEM):
        return
    permit_school(actor, actor_organisation, account.organisation_id)
    if not OF_THE_SCHOOL.issuperset(account.roles):
        raise NotAllowed


def reset(resets: Resets | None, account: Account, command: ResetPassword) -> PasswordReset:
    """By the person alone. Raises `NotAllowed`, `AccountIsClosed`."""
    if command.actor.account_id != account.account_id:
        raise NotAllowed
    if account.closed:
        raise AccountIsClosed
    return PasswordReset(**_next(resets, account, command), account_id=account.account_id)


def confirm(
    resets: Resets | None, account: Account, command: ConfirmHolder
) -> PasswordHolderConfirmed:
    """By the person alone. Raises `NotAllowed`."""
    if command.actor.account_id != account.account_id:
        raise NotAllowed
    return PasswordHolderConfirmed(**_next(resets, account, command), account_id=account.account_id)


def _next(resets: Resets | None, account: Account, command: Command) -> dict[str, object]:
    version = 1 if resets is None else resets.version + 1
    return command.envelope(password_reset_id(account.account_id), version)
