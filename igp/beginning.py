"""`igp init`: a new ledger with a real clock and its first authority administrator."""

import re

from api import accounts, organisations
from api.accounts import AccountEntry
from api.acting import Asked
from api.organisations import OrganisationEntry, by_id
from api.sign_in import account_of_name
from api.viewer import system_viewer
from domain.account import Role
from domain.organisation import Kind, organisation_id
from igp.composition import Running, build
from igp.settings import Settings
from igp.terminal import Failed, ask_password, say
from projections import directory
from projections.viewer import viewing

_SHORTEST_PASSWORD = 8
_COUNTY = re.compile(r"^.{2}[縣市]")


def begin(
    settings: Settings,
    *,
    authority: str,
    username: str,
    name: str | None,
    code: str,
    county: str | None,
) -> None:
    """Makes the master key where its file does not exist, the ledger, the authority, the account.

    May be repeated after it was interrupted. Raises `Failed` where an administrator exists.
    """
    if settings.simulated:
        raise Failed(
            "igp init 只用於正式模式（IGP_MODE=production）；"
            "示範與測試模式的紀錄簿會自動建立，資料請用 igp demo 或 igp import。"
        )
    new_key = not settings.master_key.exists()
    password = ask_password(f"{username} 的密碼（至少 {_SHORTEST_PASSWORD} 個字）", twice=True)
    if len(password) < _SHORTEST_PASSWORD:
        raise Failed(f"密碼請用至少 {_SHORTEST_PASSWORD} 個字。")
    with build(settings, authority=authority) as running, running.projecting():
        running.catch_up()
        if _has_administrator(running):
            raise Failed("這裡的紀錄簿已有主管機關學務的帳號，不需要再執行 igp init。")
        if account_of_name(running.ledger, username) is not None:
            raise Failed(f"帳號 {username} 已經有人使用，請改用另一個名稱。")
        _register(running, authority, username, name or username, code, county, password)
    say(f"紀錄簿已建立：{authority}，主管機關學務帳號 {username}。")
    if new_key:
        say(f"主金鑰已建立：{settings.master_key}")
        say("請立即把主金鑰備份到別處，不要與資料放在一起：遺失後任何資料都無法讀取。")
        if settings.data_dir in settings.master_key.parents:
            say("目前主金鑰與資料在同一個資料夾，建議移到別處，並修改 IGP_MASTER_KEY_FILE。")
    say("接著執行 igp serve 啟動，或以 igp import 匯入單位、帳號與學生。")


def _register(
    running: Running,
    authority: str,
    username: str,
    name: str,
    code: str,
    county: str | None,
    password: str,
) -> None:
    house = running.house
    found = _COUNTY.match(authority)
    if by_id(house.ledger, organisation_id(code)) is None:
        entry = OrganisationEntry(
            code=code,
            name=authority,
            kind=Kind.AUTHORITY,
            county=county or (found[0] if found else authority),
        )
        organisations.register(house, system_viewer(house), Asked(body=entry))
    person = AccountEntry(
        username=username,
        name=name,
        organisation=code,
        roles=(Role.AUTHORITY_ADMINISTRATOR,),
        password=password,
    )
    accounts.register(house, system_viewer(house), Asked(body=person))


def _has_administrator(running: Running) -> bool:
    system = system_viewer(running.house)
    with viewing(running.house.reader, system.account_id, []) as connection:
        known = directory.accounts_of(connection, None)
    return any(Role.AUTHORITY_ADMINISTRATOR in one.roles and not one.closed for one in known)
