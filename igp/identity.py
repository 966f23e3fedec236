"""On whose behalf a command shows persons: `--as`, with the same reach as over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from api import sign_in
from api.house import House
from api.sign_in import SignInRefused, account_of_name
from api.viewer import Viewer
from domain import account
from domain.account import Role
from igp.composition import Running
from igp.terminal import NO, Failed, ask_password


@contextmanager
def acting_as(running: Running, username: str | None) -> Iterator[Viewer]:
    """The viewer of this username; in production the password is asked for.

    Raises `Failed` without a username, `SignInRefused`, `ProfileIncomplete`.
    """
    if username is None:
        raise Failed("這項作業會顯示個人資料，請以 --as 帳號 指定以哪個帳號查詢。")
    house = running.house
    if running.settings.simulated:
        known = account_of_name(house.ledger, username)
        person = house.ledger.state(account.evolve, known) if known is not None else None
        if known is None or person is None or person.closed:
            raise SignInRefused
        yield Viewer.of(house, known, house.ledger.now(), None)
        return
    token = _entered(house, username)
    session = sign_in.session_of(house, token)
    assert session is not None
    try:
        yield Viewer.of(house, session.account_id, session.now, session)
    finally:
        sign_in.sign_out(house, session.session_id)


def approving(running: Running, username: str) -> UUID:
    """The account of an authority administrator who answers for something; in production the
    password is asked for. Asks no view, for views are what they may answer for.

    Raises `Failed` for anybody else, `SignInRefused`, `ProfileIncomplete`.
    """
    house = running.house
    known = account_of_name(house.ledger, username)
    if not running.settings.simulated:
        token = _entered(house, username)
        session = sign_in.session_of(house, token)
        assert session is not None
        sign_in.sign_out(house, session.session_id)
    person = house.ledger.state(account.evolve, known) if known is not None else None
    if known is None or person is None or person.closed:
        raise SignInRefused
    if Role.AUTHORITY_ADMINISTRATOR not in person.roles:
        raise Failed("只有主管機關學務可以核准以重建的內容取代現有的檢視。", NO)
    return known


def _entered(house: House, username: str) -> str:
    """The token of a session for who has the password. Whoever runs commands here reads keys and
    data already: a passkey, which needs a browser, is not asked for."""
    known = sign_in.known(house, username, ask_password(f"{username} 的密碼"))
    return sign_in.open_session(house, known)
