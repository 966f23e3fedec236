from uuid import UUID

import pytest

from domain.account import Account, AccountIsClosed, Role
from domain.capacity import Capacity
from domain.command import Actor
from domain.openid_link import (
    Link,
    LinkOpenId,
    OpenIdAlreadyLinked,
    UnlinkOpenId,
    evolve,
    link,
    openid_link_id,
    unlink,
)
from domain.refusal import NotAllowed

TEACHER, OFFICER, SCHOOL = (UUID(int=n) for n in range(81, 84))
ISSUER, LATER = "https://one.example", "https://other.example"
THEMSELVES = Actor(account_id=TEACHER, capacity=Capacity.SUBJECT_TEACHER)
OFFICE = Actor(account_id=OFFICER, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
LINK = LinkOpenId(actor=THEMSELVES, issuer=ISSUER)
UNLINK = UnlinkOpenId(actor=THEMSELVES)
ACCOUNT = Account(
    account_id=TEACHER,
    version=1,
    username="a-math",
    name="陳老師",
    organisation_id=SCHOOL,
    roles=(Role.TEACHER,),
    duties=(),
    teaching_category=None,
    subjects=(),
)


def test_a_person_links_the_account_ends_it_and_links_it_again() -> None:
    linked = link(None, ACCOUNT, LINK)
    assert (linked.originator_id, linked.by, linked.issuer) == (
        openid_link_id(TEACHER),
        TEACHER,
        ISSUER,
    )
    standing = evolve(None, linked)
    assert standing == Link(version=1, issuer=ISSUER)
    with pytest.raises(OpenIdAlreadyLinked):
        link(standing, ACCOUNT, LINK)
    ended = unlink(standing, ACCOUNT, UNLINK)
    assert ended is not None
    gone = evolve(standing, ended)
    assert gone == Link(version=2, issuer=None)
    assert unlink(gone, ACCOUNT, UNLINK) is None
    assert unlink(None, ACCOUNT, UNLINK) is None
    assert link(gone, ACCOUNT, LINK).originator_version == 3


def test_a_link_to_a_provider_of_before_gives_way() -> None:
    standing = Link(version=1, issuer=ISSUER)
    command = LinkOpenId(actor=THEMSELVES, issuer=LATER)
    assert link(standing, ACCOUNT, command).issuer == LATER


def test_nobody_links_or_unlinks_for_another_and_a_closed_account_is_not_linked() -> None:
    with pytest.raises(NotAllowed):
        link(None, ACCOUNT, LinkOpenId(actor=OFFICE, issuer=ISSUER))
    with pytest.raises(NotAllowed):
        unlink(Link(version=1, issuer=ISSUER), ACCOUNT, UnlinkOpenId(actor=OFFICE))
    with pytest.raises(AccountIsClosed):
        link(None, ACCOUNT.model_copy(update={"closed": True}), LINK)
