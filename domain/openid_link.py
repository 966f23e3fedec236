"""An account's link to an identity of the provider that the county signs in with (OpenID Connect).

The stream follows from the account. Which identity it is stands in no event: the provider's name of
a person is kept beside the books alone, as an HMAC (docs/decisions/openid-connect.md).
"""

from uuid import UUID

from pydantic import BaseModel

from domain.account import Account, AccountIsClosed
from domain.command import Command
from domain.event import Event
from domain.refusal import NotAllowed, Refusal
from domain.stream_ids import natural_id


def openid_link_id(account_id: UUID) -> UUID:
    """The stream of an account's links."""
    return natural_id("openid-link", account_id)


class OpenIdLinked(Event):
    """The person linked the account to an identity that they had shown to be theirs."""

    TOPIC = "openid-link.linked.v1"

    account_id: UUID
    issuer: str


class OpenIdUnlinked(Event):
    """The link ended, by the person or with a new password by a code."""

    TOPIC = "openid-link.unlinked.v1"

    account_id: UUID


class Link(BaseModel, frozen=True):
    """`issuer` is the provider's address; None where no link stands."""

    version: int
    issuer: str | None


def evolve(link: Link | None, event: Event) -> Link:
    match event:
        case OpenIdLinked():
            return Link(version=event.originator_version, issuer=event.issuer)
        case OpenIdUnlinked():
            return Link(version=event.originator_version, issuer=None)
    raise TypeError(f"{event.TOPIC} does not belong to a link")


class LinkOpenId(Command):
    issuer: str


class UnlinkOpenId(Command):
    pass


class OpenIdAlreadyLinked(Refusal):
    CODE = "openid-already-linked"
    TITLE = "您的帳號已經連結"

    def __init__(self) -> None:
        super().__init__("如果要改連結另一個身分，請先解除目前的連結。")


class OpenIdTaken(Refusal):
    """The identity is another account's: whoever may use both knows whose."""

    CODE = "openid-taken"
    TITLE = "這個身分已連結到本系統的另一個帳號"

    def __init__(self) -> None:
        super().__init__(
            "請以該帳號登入並解除連結，再重新連結；如果那不是您的帳號，請洽系統承辦人。"
        )


def link(link: Link | None, account: Account, command: LinkOpenId) -> OpenIdLinked:
    """By the person alone; a link to a provider that is none any more gives way. Raises
    `NotAllowed`, `AccountIsClosed`, `OpenIdAlreadyLinked`."""
    _check_own(account, command)
    if account.closed:
        raise AccountIsClosed
    if link is not None and link.issuer == command.issuer:
        raise OpenIdAlreadyLinked
    return OpenIdLinked(
        **_envelope(link, account, command), account_id=account.account_id, issuer=command.issuer
    )


def unlink(link: Link | None, account: Account, command: UnlinkOpenId) -> OpenIdUnlinked | None:
    """None where no link stands. Raises `NotAllowed`."""
    _check_own(account, command)
    if link is None or link.issuer is None:
        return None
    return OpenIdUnlinked(**_envelope(link, account, command), account_id=account.account_id)


def _check_own(account: Account, command: Command) -> None:
    if command.actor.account_id != account.account_id:
        raise NotAllowed


def _envelope(link: Link | None, account: Account, command: Command) -> dict[str, object]:
    version = 1 if link is None else link.version + 1
    return command.envelope(openid_link_id(account.account_id), version)
