"""`igp recover`: the way back for an authority administrator whom nobody can let in again.

Whoever holds the machine reads keys and data already; so that nobody does it unseen, who did it and
why stand in the events.
"""

from contextlib import suppress

from api import passkeys, password_resets
from api.acting import Asked, Reason
from api.sign_in import account_of_name
from api.viewer import system_viewer
from domain import account
from domain.account import Role
from domain.passkey import NoPasskeys
from igp.composition import build
from igp.settings import Settings
from igp.terminal import NO, Failed, say


def recover(settings: Settings, username: str, who: str, why: str) -> None:
    """Removes the account's passkeys and prints a code for a new password, once.

    Raises `Failed` where a name or a reason is missing, and with status 1 for any account but an
    open one of an authority administrator.
    """
    if not who.strip() or not why.strip():
        raise Failed("請以 --by 填寫辦理人員的姓名，以 --reason 填寫原因。")
    reason = f"{who.strip()}：{why.strip()}"
    with build(settings) as running, running.projecting():
        running.catch_up()
        house = running.house
        viewer = system_viewer(house)
        known = account_of_name(house.ledger, username)
        person = None if known is None else house.ledger.state(account.evolve, known)
        if known is None or person is None or person.closed:
            raise Failed(f"沒有使用中的帳號 {username}。", NO)
        if Role.AUTHORITY_ADMINISTRATOR not in person.roles:
            raise Failed(
                "這個指令只用於主管機關學務的帳號。其他帳號請由主管機關或學校在網頁上核發代碼。", NO
            )
        with suppress(NoPasskeys):
            passkeys.remove_lost(house, viewer, known, Asked(body=Reason(reason=reason)))
        _, code = password_resets.allow(house, viewer, known, Asked(), reason)
    assert code is not None
    say(f"重設密碼的代碼：{code}")
    say(f"24 小時內有效，只能使用一次，不會再顯示。請由 {username} 本人在網頁的「重設密碼」使用。")
    say("這個帳號的通行金鑰均已移除，請登入後重新新增。辦理人員與原因已記入紀錄簿。")
