"""`/accounts`: who is registered, what their profile says, who is a case manager.

An account is seen by itself, by the administration of its organisation and by the authority; to
everybody else it answers as one that does not exist.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api import openid_links
from api.account_items import AccountItem, Accounts, one_seen, seen_by, visible
from api.acting import Acting, Asked, Body, Decided, Deed, Done, Reason, office, perform
from api.audit import record_list
from api.house import House
from api.http import Changed, Posted, PostedChange, response_of, shown, writes
from api.organisations import by_code
from api.paging import Cursor, Limit, sorted_page
from api.sign_in import Password, keep_credential, revoke_all
from api.viewer import OwnProfile, SignedIn, TheHouse, Viewer
from domain import account
from domain.account import Account, Role
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.refusal import NotAllowed
from domain.section import Line
from ledger.database import Connection

router = APIRouter(prefix="/accounts", tags=["accounts"])


class AccountEntry(Body):
    """A new account; `organisation` is a code. The homeroom fields are for teachers."""

    username: Line
    name: Line
    organisation: str
    roles: tuple[Role, ...]
    duties: tuple[str, ...] = ()
    teaching_category: Line | None = None
    subjects: tuple[Line, ...] = ()
    is_homeroom_teacher: bool = False
    homeroom_class: Line | None = None
    gifted_class: bool = False
    password: Password


class AccountChange(Body):
    """Fields that are left out stay as they are; each changed group is an event of its own."""

    name: Line | None = None
    duties: tuple[str, ...] | None = None
    teaching_category: Line | None = None
    subjects: tuple[Line, ...] | None = None
    is_homeroom_teacher: bool | None = None
    homeroom_class: Line | None = None
    gifted_class: bool | None = None
    is_on_staff_establishment: bool | None = None
    reason: str | None = None


Sort = Literal["username", "-username", "name", "-name"]


@router.get("")
def list_accounts(
    house: TheHouse,
    viewer: SignedIn,
    organisation: str | None = None,
    sort: Annotated[Sort, Query()] = "username",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Accounts:
    """看得到的帳號：主管機關為全部，學校學務為本校，其他人為自己。"""
    office = by_code(house.ledger, organisation).organisation_id if organisation else None
    people = seen_by(house, viewer, office)
    wanted = {"organisation": organisation}
    page, after = sorted_page(
        house, viewer, people, sort, what="accounts", wanted=wanted, limit=limit, cursor=cursor
    )
    record_list(house, viewer, "accounts", (), wanted)
    return Accounts(items=page, next_cursor=after)


def listed(house: House, viewer: Viewer, organisation: str) -> list[AccountItem]:
    """All accounts of an organisation that the viewer may see; recorded."""
    office = by_code(house.ledger, organisation).organisation_id
    people = seen_by(house, viewer, office)
    record_list(house, viewer, "accounts", (), {"organisation": organisation})
    return people


@router.post("", **writes(AccountEntry))
def post_account(house: TheHouse, viewer: SignedIn, asked: Posted) -> Response:
    """建立帳號：學校為本校教師與學生，其他帳號由主管機關。"""
    return response_of(house, viewer, register(house, viewer, asked))


@router.get("/{account_id}", response_model=AccountItem)
def get_account(house: TheHouse, viewer: OwnProfile, account_id: UUID) -> Response:
    """一個帳號的資料。"""
    person = one_seen(house, viewer, account_id)
    record_list(house, viewer, "account", ())
    return shown(person)


@router.patch("/{account_id}", **writes(AccountChange, 200))
def patch_account(
    house: TheHouse, viewer: OwnProfile, account_id: UUID, asked: Changed
) -> Response:
    """修改教師資料：本人或學校；是否為導師、擔任班級、員額編制限學校。"""
    return response_of(house, viewer, change(house, viewer, account_id, asked))


@router.post("/{account_id}/closing", **writes(Reason, 200))
def post_closing(
    house: TheHouse, viewer: SignedIn, account_id: UUID, asked: PostedChange
) -> Response:
    """停用帳號：登入隨即失效，服務關係結束。"""
    return response_of(house, viewer, close(house, viewer, account_id, asked))


def register(house: House, viewer: Viewer, asked: Asked) -> Done:
    """A new account from an `AccountEntry`, its keys made before its event."""
    deed = Deed(
        what="account.register",
        body=AccountEntry,
        see=lambda _: None,
        permit=office(Capacity.AUTHORITY_ADMINISTRATOR, Capacity.SCHOOL_ADMINISTRATOR),
        decide=_register,
    )
    return perform(house, viewer, asked, deed)


def change(house: House, viewer: Viewer, account_id: UUID, asked: Asked) -> Done:
    """A change of an account from an `AccountChange`."""
    deed = Deed(
        what="account.change",
        body=AccountChange,
        see=lambda acting: visible(acting.house, acting.viewer, account_id),
        permit=_permit_profile,
        version=lambda acting, _: visible(acting.house, acting.viewer, account_id).version,
        decide=_change,
        status=200,
    )
    return perform(house, viewer, asked, deed)


def close(house: House, viewer: Viewer, account_id: UUID, asked: Asked) -> Done:
    """The end of an account and of its sessions."""
    deed = Deed(
        what="account.close",
        body=Reason,
        see=lambda acting: visible(acting.house, acting.viewer, account_id),
        permit=permit_keeper,
        version=lambda acting, _: visible(acting.house, acting.viewer, account_id).version,
        decide=_close,
        status=200,
    )
    return perform(house, viewer, asked, deed)


def permit_keeper(acting: Acting, person: Account) -> Actor:
    """The administration of the account's organisation, or the authority."""
    viewer = acting.viewer
    if viewer.is_system:
        return Actor(account_id=viewer.account_id, capacity=Capacity.SYSTEM)
    if person.organisation_id in viewer.schools:
        return Actor(account_id=viewer.account_id, capacity=Capacity.SCHOOL_ADMINISTRATOR)
    if viewer.is_authority:
        return Actor(account_id=viewer.account_id, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
    raise NotAllowed


def _permit_profile(acting: Acting, person: Account) -> Actor:
    """As `permit_keeper`, and the person: which fields are theirs the domain says."""
    try:
        return permit_keeper(acting, person)
    except NotAllowed:
        if acting.viewer.account_id != person.account_id:
            raise
    # What a teacher is without any relation: one who teaches.
    held = acting.viewer.capacity() if acting.viewer.relations else Capacity.SUBJECT_TEACHER
    return Actor(account_id=acting.viewer.account_id, capacity=held)


def _register(acting: Acting, _: None, actor: Actor, given: AccountEntry) -> Decided:
    house = acting.house
    organisation_id = by_code(house.ledger, given.organisation).organisation_id
    account_id = acting.new_id()
    school = acting.viewer.school_for(organisation_id)
    event = account.register(
        None,
        account.RegisterAccount(
            actor=actor,
            account_id=account_id,
            organisation_id=organisation_id,
            actor_organisation_id=school,
            **given.model_dump(
                include={"username", "name", "roles", "duties", "teaching_category", "subjects"}
            ),
        ),
    )
    events: list[Event] = [event]
    if given.is_homeroom_teacher or given.homeroom_class is not None:
        homeroom = account.activate_homeroom(
            account.evolve(None, event),
            account.ActivateHomeroom(
                actor=actor,
                class_name=given.homeroom_class,
                gifted=given.gifted_class,
                actor_organisation_id=school,
            ),
        )
        assert homeroom is not None
        events.append(homeroom)
    hashed = house.passwords.hash(given.password)
    house.ledger.keyring.create_account(account_id, actor.account_id)

    def beside(connection: Connection) -> None:
        keep_credential(connection, house.ledger, account_id, given.username, hashed)

    return Decided(
        events, account_id, len(events), beside=beside, taken=account.AccountAlreadyRegistered
    )


def _change(acting: Acting, seen: Account, actor: Actor, given: AccountChange) -> Decided:
    person = visible(acting.house, acting.viewer, seen.account_id)
    about = {
        "actor": actor,
        "actor_organisation_id": acting.viewer.school_for(person.organisation_id),
        "reason": given.reason,
    }
    events: list[Event] = []
    for decide in (_profile, _homeroom, _establishment):
        event = decide(person, about, given)
        if event is not None:
            events.append(event)
            person = account.evolve(person, event)
    return Decided(events, person.account_id, person.version)


def _profile(person: Account, about: dict[str, Any], given: AccountChange) -> Event | None:
    fields = given.model_dump(exclude_unset=True, include=set(account.PROFILE))
    if not fields:
        return None
    return account.change_profile(person, account.ChangeAccountProfile(**about, **fields))


def _homeroom(person: Account, about: dict[str, Any], given: AccountChange) -> Event | None:
    if not given.model_fields_set & {"is_homeroom_teacher", "homeroom_class", "gifted_class"}:
        return None
    leads = given.is_homeroom_teacher
    if leads is None:
        leads = given.homeroom_class is not None or "homeroom_class" not in given.model_fields_set
    if not leads:
        return account.clear_homeroom(person, account.ClearHomeroom(**about))
    now = person.homeroom
    given_class = "homeroom_class" in given.model_fields_set
    return account.activate_homeroom(
        person,
        account.ActivateHomeroom(
            class_name=given.homeroom_class if given_class else now and now.class_name,
            gifted=bool(now and now.gifted) if given.gifted_class is None else given.gifted_class,
            **about,
        ),
    )


def _establishment(person: Account, about: dict[str, Any], given: AccountChange) -> Event | None:
    if given.is_on_staff_establishment is None:
        return None
    return account.set_staff_establishment(
        person,
        account.SetStaffEstablishment(on_establishment=given.is_on_staff_establishment, **about),
    )


def _close(acting: Acting, seen: Account, actor: Actor, given: Reason) -> Decided:
    person = visible(acting.house, acting.viewer, seen.account_id)
    command = account.CloseAccount(
        actor=actor,
        reason=given.reason,
        actor_organisation_id=acting.viewer.school_for(person.organisation_id),
    )
    event = account.close(person, command)

    def end_access(connection: Connection) -> None:
        revoke_all(connection, person.account_id)
        # So that the identity can be linked to another account of the same person.
        openid_links.forget(connection, person.account_id)

    return Decided(
        (event,),
        person.account_id,
        event.originator_version,
        beside=end_access,
    )
