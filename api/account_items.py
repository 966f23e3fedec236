"""How accounts are shown, and who sees which."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import BaseModel

from api.house import House
from api.sign_in import account_of_name
from api.viewer import Viewer
from domain import account, case_manager
from domain.account import Account, Role
from domain.case_manager import Appointment, Kind, appointment_id
from domain.refusal import NotFound
from ledger.ledger import Ledger
from projections import directory
from projections.directory import AccountCard


class OfficeItem(BaseModel):
    """An organisation, in short."""

    code: str
    name: str


class AppointmentItem(BaseModel):
    """An appointment as case manager that lasts; `version` is what `.../end` wants."""

    kind: Kind
    version: int


class AccountItem(BaseModel):
    id: UUID
    version: int
    username: str
    name: str
    organisation: OfficeItem
    roles: list[Role]
    duties: list[str]
    teaching_category: str | None
    subjects: list[str]
    is_homeroom_teacher: bool
    homeroom_class: str | None
    gifted_class: bool | None
    is_on_staff_establishment: bool | None
    case_manager: list[AppointmentItem]
    closed: bool


class Accounts(BaseModel):
    items: list[AccountItem]
    next_cursor: str | None


def visible(house: House, viewer: Viewer, account_id: UUID) -> Account:
    """An account the viewer may see. Raises `NotFound` for any other."""
    person = house.ledger.state(account.evolve, account_id)
    if person is None or not _sees(viewer, person.account_id, person.organisation_id):
        raise NotFound
    return person


def named(house: House, viewer: Viewer, text: str) -> Account:
    """The visible account of an id or a username in a body. Raises `NotFound`."""
    try:
        known: UUID | None = UUID(text)
    except ValueError:
        known = account_of_name(house.ledger, text)
    if known is None:
        raise NotFound
    return visible(house, viewer, known)


def seen_by(house: House, viewer: Viewer, organisation_id: UUID | None) -> list[AccountItem]:
    """Every account the viewer may see, of one organisation or of all, by username."""
    with viewer.looking(house) as connection:
        cards = directory.accounts_of(connection, organisation_id)
        offices = {
            one.organisation_id: OfficeItem(code=one.code, name=one.name)
            for one in directory.organisations(connection)
        }
    seen = [
        item_of(house, card, offices)
        for card in cards
        if _sees(viewer, card.account_id, card.organisation)
    ]
    return sorted(seen, key=lambda item: item.username)


def one_seen(house: House, viewer: Viewer, account_id: UUID) -> AccountItem:
    """One account the viewer may see. Raises `NotFound` for any other."""
    with viewer.looking(house) as connection:
        card = directory.account(connection, account_id)
        offices = {
            one.organisation_id: OfficeItem(code=one.code, name=one.name)
            for one in directory.organisations(connection)
        }
    if card is None or not _sees(viewer, card.account_id, card.organisation):
        raise NotFound
    return item_of(house, card, offices)


def _sees(viewer: Viewer, account_id: UUID, organisation_id: UUID) -> bool:
    return (
        viewer.is_system
        or viewer.is_authority
        or viewer.account_id == account_id
        or organisation_id in viewer.schools
    )


def item_of(house: House, card: AccountCard, offices: Mapping[UUID, OfficeItem]) -> AccountItem:
    """An account with its personal fields opened."""
    row = card.row
    homeroom = row["homeroom"]
    return AccountItem(
        id=card.account_id,
        version=card.version,
        username=str(house.opener.of_account(card.account_id, row["username"])),
        name=str(house.opener.of_account(card.account_id, row["name"])),
        organisation=offices.get(card.organisation, OfficeItem(code="", name="")),
        roles=row["roles"],
        duties=row["duties"],
        teaching_category=row["teaching_category"],
        subjects=row["subjects"],
        is_homeroom_teacher=homeroom is not None,
        homeroom_class=homeroom["class_name"] if homeroom else None,
        gifted_class=homeroom["gifted"] if homeroom else None,
        is_on_staff_establishment=row["on_establishment"],
        case_manager=[
            AppointmentItem(kind=one.kind, version=one.version)
            for one in (appointments(house.ledger, card.account_id) if row["case_manager"] else ())
        ],
        closed=card.closed,
    )


def appointments(ledger: Ledger, account_id: UUID) -> list[Appointment]:
    """The appointments as case manager that last."""
    known = (ledger.state(case_manager.evolve, appointment_id(account_id, kind)) for kind in Kind)
    return [one for one in known if one is not None and one.live]
