"""Which account an identity of the provider signs in to, and how that begins and ends.

A link is born by the person alone, who is signed in, has just shown to be that identity, and types
the account's own password (docs/decisions/openid-connect.md).
"""

import hashlib
import hmac
from uuid import UUID

import orjson

from api import sign_in
from api.house import House
from api.viewer import Viewer
from domain import account, openid_link
from domain.account import Account
from domain.command import Actor
from domain.openid_link import (
    Link,
    LinkOpenId,
    OpenIdTaken,
    OpenIdUnlinked,
    UnlinkOpenId,
    openid_link_id,
)
from domain.refusal import NotFound
from ledger.database import Connection
from ledger.encryption import expand
from ledger.errors import Taken
from ledger.ledger import Ledger


def identity_mac(ledger: Ledger, issuer: str, subject: str) -> bytes:
    """What is kept of an identity: an HMAC of the provider's address and its name there."""
    key = expand(ledger.keyring.house("token"), b"igp-openid-identity/1")
    return hmac.digest(key, orjson.dumps([issuer, subject]), hashlib.sha256)


def account_of(ledger: Ledger, identity: bytes) -> UUID | None:
    """Whose identity this is."""
    with ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT account FROM desk.openid_link WHERE identity_mac = %s", (identity,)
        ).fetchone()
    return row[0] if row else None


def is_linked(house: House, account_id: UUID, issuer: str) -> bool:
    """Whether an account is linked to an identity of this provider."""
    link = _link_of(house, account_id)
    return link is not None and link.issuer == issuer


def link(house: House, viewer: Viewer, issuer: str, identity: bytes, password: str) -> None:
    """Links one's own account. Raises `PasswordWrong`, `OpenIdAlreadyLinked`, `OpenIdTaken`."""
    sign_in.check_password(house, viewer.account_id, password)
    command = LinkOpenId(actor=_actor(viewer), issuer=issuer)
    person = _person(house, viewer)
    event = openid_link.link(_link_of(house, viewer.account_id), person, command)

    def keep(connection: Connection) -> None:
        connection.execute(
            "INSERT INTO desk.openid_link (account, identity_mac) VALUES (%s, %s)"
            " ON CONFLICT (account) DO UPDATE SET identity_mac = excluded.identity_mac",
            (viewer.account_id, identity),
        )

    try:
        house.ledger.record(event, beside=keep)
    except Taken:
        raise OpenIdTaken from None


def unlink(house: House, viewer: Viewer) -> None:
    """Ends the link of one's own account, if there is one."""
    events = ended(house, _person(house, viewer), _actor(viewer))
    if events:
        house.ledger.record(*events, beside=lambda at: forget(at, viewer.account_id))


def ended(house: House, person: Account, actor: Actor) -> tuple[OpenIdUnlinked, ...]:
    """The event of the end of a link, where one stands; to be recorded beside `forget`."""
    event = openid_link.unlink(
        _link_of(house, person.account_id), person, UnlinkOpenId(actor=actor)
    )
    return () if event is None else (event,)


def forget(connection: Connection, account_id: UUID) -> None:
    """No identity signs in to this account any more."""
    connection.execute("DELETE FROM desk.openid_link WHERE account = %s", (account_id,))


def _link_of(house: House, account_id: UUID) -> Link | None:
    return house.ledger.state(openid_link.evolve, openid_link_id(account_id))


def _person(house: House, viewer: Viewer) -> Account:
    person = house.ledger.state(account.evolve, viewer.account_id)
    if person is None:
        raise NotFound
    return person


def _actor(viewer: Viewer) -> Actor:
    return Actor(account_id=viewer.account_id, capacity=viewer.capacity())
