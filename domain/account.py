"""Accounts and teachers' profiles: who is registered, by whom, and who may change what.

Source: IGP manual 1.2, 1.3 and 2.5.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from domain.capacity import Capacity
from domain.command import Actor, Command
from domain.event import Encrypted, Erased, Event
from domain.labels import label
from domain.refusal import NotAllowed, NotFound, NotValid, Refusal
from domain.rules import (
    LONGEST_WORD,
    NotATeacher,
    check_given,
    check_length,
    check_text,
    permit_school,
)
from domain.versioning import Change, changes, expect

SECTION = "account"


class Role(StrEnum):
    """What an account was registered as (contract 5). The capacity follows from relations."""

    SCHOOL_ADMINISTRATOR = "school_administrator"
    AUTHORITY_ADMINISTRATOR = "authority_administrator"
    TEACHER = "teacher"
    ORGANISER = "organiser"
    COUNCIL_MEMBER = "council_member"
    REVIEWER = "reviewer"
    STUDENT = "student"


class AccountRegistered(Event):
    """The stream is the account's random id."""

    TOPIC = "account.registered.v1"

    account_id: UUID
    username: Encrypted[str]
    name: Encrypted[str]
    organisation_id: UUID
    roles: tuple[Role, ...]
    duties: tuple[str, ...]
    teaching_category: str | None
    subjects: tuple[str, ...]


class AccountProfileChanged(Event):
    """The fields that were given changed."""

    TOPIC = "account.profile-changed.v1"

    account_id: UUID
    name: Encrypted[str | None] = None
    duties: tuple[str, ...] | None = None
    teaching_category: str | None = None
    subjects: tuple[str, ...] | None = None


class HomeroomActivated(Event):
    """The teacher leads this class from now on, and no other."""

    TOPIC = "account.homeroom-activated.v1"

    account_id: UUID
    organisation_id: UUID
    class_name: str
    gifted: bool


class HomeroomCleared(Event):
    TOPIC = "account.homeroom-cleared.v1"

    account_id: UUID


class StaffEstablishmentSet(Event):
    TOPIC = "account.staff-establishment-set.v1"

    account_id: UUID
    on_establishment: bool


class AccountClosed(Event):
    TOPIC = "account.closed.v1"

    account_id: UUID


class Homeroom(BaseModel, frozen=True):
    """The class somebody leads; `gifted` is a class of gifted students (資優班)."""

    organisation_id: UUID
    class_name: str
    gifted: bool


class Account(BaseModel, frozen=True):
    """`on_establishment` is None until the school has said it."""

    account_id: UUID
    version: int
    username: str | Erased
    name: str | Erased
    organisation_id: UUID
    roles: tuple[Role, ...]
    duties: tuple[str, ...]
    teaching_category: str | None
    subjects: tuple[str, ...]
    homeroom: Homeroom | None = None
    on_establishment: bool | None = None
    closed: bool = False


PROFILE = ("name", "duties", "teaching_category", "subjects")


def evolve(account: Account | None, event: Event) -> Account:
    if isinstance(event, AccountRegistered):
        return Account(
            account_id=event.account_id,
            version=event.originator_version,
            username=event.username,
            organisation_id=event.organisation_id,
            roles=event.roles,
            **{name: getattr(event, name) for name in PROFILE},
        )
    if account is None:
        raise TypeError(f"{event.TOPIC} cannot be the first event of an account")
    changed: dict[str, Any] = {"version": event.originator_version}
    match event:
        case AccountProfileChanged():
            changed |= dict(event.changed())
        case HomeroomActivated():
            changed["homeroom"] = Homeroom(
                organisation_id=event.organisation_id,
                class_name=event.class_name,
                gifted=event.gifted,
            )
        case HomeroomCleared():
            changed["homeroom"] = None
        case StaffEstablishmentSet():
            changed["on_establishment"] = event.on_establishment
        case AccountClosed():
            changed["closed"] = True
        case _:
            raise TypeError(f"{event.TOPIC} does not belong to an account")
    return account.model_copy(update=changed)


#: What IGP depends on (IGP manual §一(一)1(2)).
_NEEDED = ("duties", "teaching_category", "subjects")


def missing_profile_fields(account: Account) -> list[str]:
    """The labels (zh-TW) of the empty fields for which a teacher cannot sign in (IGP-02)."""
    if Role.TEACHER not in account.roles:
        return []
    return [label(SECTION, field) for field in _NEEDED if not getattr(account, field)]


class RegisterAccount(Command):
    account_id: UUID
    username: str
    name: str
    organisation_id: UUID
    roles: tuple[Role, ...]
    duties: tuple[str, ...] = ()
    teaching_category: str | None = None
    subjects: tuple[str, ...] = ()
    actor_organisation_id: UUID | None


class ChangeAccountProfile(Change):
    """Fields that are left out stay as they are."""

    name: str | None = None
    duties: tuple[str, ...] | None = None
    teaching_category: str | None = None
    subjects: tuple[str, ...] | None = None
    actor_organisation_id: UUID | None


class ActivateHomeroom(Change):
    class_name: str | None
    gifted: bool
    actor_organisation_id: UUID | None


class ClearHomeroom(Change):
    actor_organisation_id: UUID | None


class SetStaffEstablishment(Change):
    on_establishment: bool
    actor_organisation_id: UUID | None


class CloseAccount(Change):
    actor_organisation_id: UUID | None


class AccountAlreadyRegistered(Refusal):
    CODE = "account-already-registered"
    TITLE = "這個帳號已經建立"


class SchoolOnlyField(Refusal):
    """Homeroom status and staff establishment are the school's to set (IGP-04, IGP-05)."""

    CODE = "school-only-field"
    STATUS = 403
    TITLE = "這個欄位只能由學校設定"


class HomeroomNeedsClass(NotValid):
    CODE = "homeroom-needs-class"
    TITLE = "啟動導師帳號，請填寫擔任班級"


class AccountIsClosed(Refusal):
    CODE = "account-closed"
    TITLE = "這個帳號已經停用"


#: The accounts a school keeps for its own people; all others are the authority's to give.
OF_THE_SCHOOL = frozenset({Role.TEACHER, Role.STUDENT})


def register(account: Account | None, command: RegisterAccount) -> AccountRegistered:
    """Raises `NotAllowed`, `NotValid`, `AccountAlreadyRegistered`."""
    _check_keeper(
        command.actor, command.actor_organisation_id, command.organisation_id, command.roles
    )
    check_text(command.username, SECTION, "username", LONGEST_WORD)
    if not command.roles:
        raise NotValid(f"請填寫「{label(SECTION, 'roles')}」。", "roles")
    profile = {name: getattr(command, name) for name in PROFILE}
    _check_profile(profile)
    if account is not None:
        raise AccountAlreadyRegistered
    return AccountRegistered(
        **command.envelope(command.account_id, version=1),
        account_id=command.account_id,
        username=command.username,
        organisation_id=command.organisation_id,
        roles=command.roles,
        **profile,
    )


def change_profile(
    account: Account | None, command: ChangeAccountProfile
) -> AccountProfileChanged | None:
    """None where nothing changes.

    Duties, category and subjects of a teacher are changed by the own school or the teacher; the
    name by the school. Accounts that are no teacher's are the authority's as well.
    Raises `NotFound`, `NotAllowed`, `StaleVersion`, `NotValid`, `AccountIsClosed`.
    """
    if account is None:
        raise NotFound
    _check_editor(command, account)
    expect(account, command.expected_version)
    changed = changes(command, account, PROFILE)
    _check_profile(changed)
    _check_not_closed(account)
    if not changed:
        return None
    return AccountProfileChanged(**_next(account, command), **changed)


def activate_homeroom(
    account: Account | None, command: ActivateHomeroom
) -> HomeroomActivated | None:
    """None where the teacher leads that class already. Raises `NotFound`, `SchoolOnlyField`,
    `NotAllowed`, `StaleVersion`, `HomeroomNeedsClass`, `NotValid`, `AccountIsClosed`,
    `NotATeacher`."""
    account = _of_school(account, command, command.actor_organisation_id)
    if command.class_name is None or not command.class_name.strip():
        raise HomeroomNeedsClass(field="class_name")
    check_length(command.class_name, SECTION, "class_name", LONGEST_WORD)
    _check_not_closed(account)
    if Role.TEACHER not in account.roles:
        raise NotATeacher
    homeroom = Homeroom(
        organisation_id=account.organisation_id,
        class_name=command.class_name,
        gifted=command.gifted,
    )
    if homeroom == account.homeroom:
        return None
    return HomeroomActivated(**_next(account, command), **homeroom.model_dump())


def clear_homeroom(account: Account | None, command: ClearHomeroom) -> HomeroomCleared | None:
    """None where the account leads no class. Raises as `activate_homeroom`."""
    account = _of_school(account, command, command.actor_organisation_id)
    _check_not_closed(account)
    if account.homeroom is None:
        return None
    return HomeroomCleared(**_next(account, command))


def set_staff_establishment(
    account: Account | None, command: SetStaffEstablishment
) -> StaffEstablishmentSet | None:
    """None where nothing changes. Raises as `activate_homeroom`."""
    account = _of_school(account, command, command.actor_organisation_id)
    _check_not_closed(account)
    if command.on_establishment == account.on_establishment:
        return None
    return StaffEstablishmentSet(
        **_next(account, command), on_establishment=command.on_establishment
    )


def close(account: Account | None, command: CloseAccount) -> AccountClosed:
    """Raises `NotFound`, `NotAllowed`, `StaleVersion`, `AccountIsClosed`."""
    if account is None:
        raise NotFound
    _check_keeper(
        command.actor, command.actor_organisation_id, account.organisation_id, account.roles
    )
    expect(account, command.expected_version)
    _check_not_closed(account)
    return AccountClosed(**_next(account, command))


def _next(account: Account, command: Command) -> dict[str, Any]:
    envelope = command.envelope(account.account_id, account.version + 1)
    return envelope | {"account_id": account.account_id}


def _check_keeper(
    actor: Actor, actor_organisation: UUID | None, organisation: UUID, roles: tuple[Role, ...]
) -> None:
    """Who registers and closes: the authority all accounts, a school its own people's."""
    if actor.capacity is Capacity.AUTHORITY_ADMINISTRATOR:
        return
    permit_school(actor, actor_organisation, organisation)
    if actor.capacity is not Capacity.SYSTEM and not OF_THE_SCHOOL.issuperset(roles):
        raise NotAllowed


def _check_editor(command: ChangeAccountProfile, account: Account) -> None:
    actor = command.actor
    teacher = Role.TEACHER in account.roles
    own = actor.account_id == account.account_id
    if teacher and own and "name" not in changes(command, account, PROFILE):
        return
    # A teacher's profile is no business of the authority (IGP manual 2.5).
    if not teacher and actor.capacity is Capacity.AUTHORITY_ADMINISTRATOR:
        return
    permit_school(actor, command.actor_organisation_id, account.organisation_id)


def _of_school(
    account: Account | None, command: Change, actor_organisation: UUID | None
) -> Account:
    """The account, where the actor may set what only its school may set."""
    if account is None:
        raise NotFound
    try:
        permit_school(command.actor, actor_organisation, account.organisation_id)
    except NotAllowed:
        if command.actor.account_id == account.account_id:
            raise SchoolOnlyField from None
        raise
    expect(account, command.expected_version)
    return account


def _check_not_closed(account: Account) -> None:
    if account.closed:
        raise AccountIsClosed


def _check_profile(profile: Mapping[str, Any]) -> None:
    """Duties, category and subjects may be empty, for a while: sign-in asks for them."""
    for name, value in profile.items():
        if name == "name":
            check_text(value, SECTION, name, LONGEST_WORD)
        elif name == "teaching_category":
            check_length(value, SECTION, name, LONGEST_WORD)
        else:
            check_given(value, SECTION, name)
            for one in value:
                check_text(one, SECTION, name, LONGEST_WORD)
