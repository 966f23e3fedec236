"""Passkeys beside the password: registered, asked for, refused, removed, lost, demanded."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any
from uuid import UUID

import orjson
import pytest

from api import attempts, sign_in
from api.second_factor import PasskeyNeeded
from tests.api.serving import PASSWORD, County
from tests.passkeys import ORIGIN, Authenticator
from tests.visiting import Sheet, Visitor

NEW = "another-password"


def browser(county: County) -> Visitor:
    """Somebody at an address where browsers have passkeys."""
    visitor = Visitor(county.client)
    visitor.client.base_url = ORIGIN
    return visitor


def by_password(county: County, username: str = "eb", password: str = PASSWORD) -> Visitor:
    visitor = browser(county)
    visitor.send("/sign-in", [("username", username), ("password", password), ("next", "/account")])
    return visitor


def options(sheet: Sheet) -> dict[str, Any]:
    """What the page asks a passkey for."""
    found = re.search(r'data-options="([^"]*)"', sheet.html)
    assert found is not None, sheet.text
    asked: dict[str, Any] = orjson.loads(unescape(found[1]))
    return asked


def sent(visitor: Visitor, sheet: Sheet, credential: str, **more: str) -> Sheet:
    form = sheet.form()
    return visitor.send(form.action, form.filled(credential=credential, **more))


def asked(visitor: Visitor) -> Sheet:
    """The page of the second step."""
    sheet = visitor.visit("/sign-in/passkey?next=/account")
    assert sheet.path == "/sign-in/passkey"
    return sheet


def registered(visitor: Visitor, device: Authenticator, name: str = "辦公室電腦") -> Sheet:
    step = visitor.send("/account/passkeys/new", [("current_password", PASSWORD)])
    return sent(visitor, step, device.made(options(step)), name=name)


def test_after_the_password_the_passkey_is_asked_for_and_nothing_else_will_do(
    county: County,
) -> None:
    device, eb = Authenticator(), by_password(county)
    assert "請新增通行金鑰" in eb.visit("/account").text
    assert eb.send("/account/passkeys/new", [("current_password", "wrong")]).status == 422
    elsewhere = Authenticator(origin="https://elsewhere.example")
    for wrong in (elsewhere, Authenticator(verified=False)):
        assert registered(eb, wrong).status == 401
    sheet = registered(eb, device)
    assert "已新增通行金鑰" in sheet.text
    assert "辦公室電腦 民國112年8月1日（二） 尚未使用" in sheet.text
    assert county.topics()[-1] == "passkey.registered.v1"
    assert "辦公室電腦" not in str(county.said("passkey.registered.v1"))
    # The same device again, and what a step was taken with already.
    assert registered(eb, device).status == 401
    assert eb.post("/account/passkeys", [("name", "x"), ("credential", "{}")]).status_code == 401

    assert county.sign_in("eb", "wrong").content == county.sign_in("nobody", "wrong").content
    other, stranger = Authenticator(), by_password(county, "org")
    registered(stranger, other)
    visitor = by_password(county)
    assert visitor.visit("/account").path == "/sign-in"
    question = options(asked(visitor))
    assert [one["id"] for one in question["allowCredentials"]] != []
    first = device.proof(question)
    sheet = sent(visitor, asked(visitor), first)
    assert (sheet.status, sheet.path) == (200, "/account")
    assert "辦公室電腦 民國112年8月1日（二） 民國112年8月1日（二）" in sheet.text

    def expired(asked: dict[str, Any]) -> str:
        with county.house.ledger.pool.connection() as connection:
            connection.execute("UPDATE desk.passkey_step SET expires_at = now() - interval '1 s'")
        return device.proof(asked)

    def copied(asked: dict[str, Any]) -> str:
        copy = Authenticator(credential=device.credential, key=device.key, count=1)
        return copy.proof(asked)

    def under_its_name(asked: dict[str, Any]) -> str:
        return Authenticator(credential=device.credential).proof(asked)

    def from_elsewhere(asked: dict[str, Any]) -> str:
        elsewhere = Authenticator(
            "https://elsewhere.example", credential=device.credential, key=device.key, count=50
        )
        return elsewhere.proof(asked)

    def by_nobody(asked: dict[str, Any]) -> str:
        nobody = Authenticator(
            verified=False, credential=device.credential, key=device.key, count=50
        )
        return nobody.proof(asked)

    wrongs: list[tuple[Callable[[dict[str, Any]], str], str]] = [
        (lambda _: first, "passkey-refused"),
        (lambda _: "", "passkey-refused"),
        (other.proof, "passkey-refused"),
        (under_its_name, "passkey-refused"),
        (from_elsewhere, "passkey-refused"),
        (by_nobody, "passkey-refused"),
        (copied, "passkey-count-back"),
    ]
    before, told = county.refusals(), set()
    for number, (wrong, rule) in enumerate(wrongs, start=1):
        visitor = by_password(county)
        sheet = sent(visitor, asked(visitor), wrong(options(asked(visitor))))
        told.add((sheet.status, sheet.html))
        assert (county.refusals() - before, county.last_refusal()["rule"]) == (number, rule)
        assert visitor.visit("/account").path == "/sign-in"
    visitor = by_password(county)
    told.add((401, sent(visitor, asked(visitor), expired(options(asked(visitor)))).html))
    assert len(told) == 1
    # They were counted like wrong passwords, on top of the one before; a right passkey ends that.
    with county.house.ledger.pool.connection() as connection:
        counted = connection.execute("SELECT max(failures) FROM desk.attempt").fetchone()
    assert counted == (len(wrongs),)
    visitor = by_password(county)
    assert sent(visitor, asked(visitor), device.proof(options(asked(visitor)))).status == 200
    for _ in range(attempts.MOST):
        visitor = by_password(county)
        sent(visitor, asked(visitor), "{}")
    assert by_password(county).visit("/sign-in/passkey").path == "/sign-in"


def test_a_program_takes_the_same_two_steps_and_none_leads_past_the_second(county: County) -> None:
    account = county.id_of("eb")
    device, eb = Authenticator("http://testserver"), Visitor.of(county.client, "eb", PASSWORD)
    step = eb.send("/account/passkeys/new", [("current_password", PASSWORD)])
    assert "瀏覽器不允許在這個網址" in step.text
    eb.client.base_url = ORIGIN
    here = by_password(county)
    device.origin = ORIGIN
    registered(here, device)
    county.client.base_url = ORIGIN
    refused = county.sign_in("eb")
    told = refused.json()
    assert (refused.status_code, told["code"]) == (403, "passkey-needed")
    with pytest.raises(PasskeyNeeded):
        # What another office's sign-in calls.
        sign_in.begin(county.house, UUID(account))
    body = {"step_token": told["step_token"]}
    body["credential"] = orjson.loads(device.proof(told["options"]))
    answer = county.client.post("/api/v1/token/passkey", json=body)
    assert answer.status_code == 200, answer.text
    again = county.client.post("/api/v1/token/passkey", json=body)
    assert (again.status_code, again.json()["code"]) == (401, "passkey-refused")
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    (mine,) = county.client.get("/api/v1/me/passkeys", headers=bearer).json()["items"]
    assert mine["name"] == "辦公室電腦"
    # The key stands in no row of what is shown, and the pages do not let another remove it.
    stranger = by_password(county, "org")
    assert stranger.visit(f"/account/passkeys/{mine['id']}").status == 404
    path = f"/api/v1/me/passkeys/{mine['id']}/removal"
    wrong = county.client.post(path, headers=bearer, json={"current_password": "wrong"})
    assert wrong.status_code == 422
    page = here.visit(f"/account/passkeys/{mine['id']}")
    assert here.send(page.form().action, [("current_password", "wrong")]).status == 422
    sheet = here.send(page.form().action, [("current_password", PASSWORD)])
    assert "已移除通行金鑰" in sheet.text
    assert county.topics()[-1] == "passkey.removed.v1"
    gone = county.client.post(path, headers=bearer, json={"current_password": PASSWORD})
    assert gone.status_code == 404
    assert county.sign_in("eb").status_code == 200


def test_who_resets_passwords_removes_lost_passkeys_with_a_reason(county: County) -> None:
    account = county.teacher("a-math", name="張老師")
    teacher = by_password(county, "a-math")
    for name in ("手機", "電腦"):
        registered(teacher, Authenticator(), name)
    # A new password by a code leaves them where they are.
    code = county.a_office.post(f"/accounts/{account}/password-reset").json()["code"]
    body = {"username": "a-math", "code": code, "new_password": PASSWORD}
    assert county.client.post("/api/v1/password-resets", json=body).status_code == 204
    assert county.sign_in("a-math").status_code == 403
    path = f"/accounts/{account}/passkeys/removal"
    assert county.b_office.post(path, {"reason": "遺失"}).status_code == 404
    assert county.a_office.post(path).json()["code"] == "reason-required"
    office = county.id_of("a-office")
    assert county.a_office.post(f"/accounts/{office}/passkeys/removal").status_code == 403
    none = county.eb.post(f"/accounts/{office}/passkeys/removal", {"reason": "離職"})
    assert none.json()["code"] == "no-passkeys"
    keeper = Visitor.of(county.client, "a-office", PASSWORD)
    page = keeper.visit(f"/school/people/{account}")
    assert "有 2 個通行金鑰" in page.text
    form = keeper.visit(page.link("移除遺失的通行金鑰")).form()
    assert keeper.send(form.action, form.filled(reason="")).status == 422
    sheet = keeper.send(form.action, form.filled(reason="手機遺失"))
    assert "已移除通行金鑰" in sheet.text
    assert county.topics()[-2:] == ["passkey.removed.v1"] * 2
    assert county.said("passkey.removed.v1")["by"] == office
    assert county.sign_in("a-math").status_code == 200


def test_where_the_county_demands_one_its_staff_registers_before_anything_else(
    county: County,
) -> None:
    county.teacher("a-math")
    county.house.second_factor = "required"
    assert county.sign_in("a-math").status_code == 200
    refused = county.sign_in("org")
    assert (refused.status_code, refused.json()["code"]) == (403, "passkey-missing")
    visitor, device = by_password(county, "org"), Authenticator()
    assert visitor.visit("/").path == "/sign-in"
    # Somebody else who knows the password began as well, and comes too late.
    late = by_password(county, "org")
    too_late = asked(late)
    step = asked(visitor)
    assert "主管機關規定" in step.text
    sheet = sent(visitor, step, device.made(options(step)), name="安全金鑰")
    assert (sheet.status, sheet.path) == (200, "/account")
    assert "安全金鑰" in sheet.text
    assert sent(late, too_late, Authenticator().made(options(too_late)), name="x").status == 401
    assert late.visit("/").path == "/sign-in"
    # What was begun with a password ends with it.
    begun = by_password(county, "org")
    assert asked(begun)
    change = [("current_password", PASSWORD), ("new_password", NEW), ("again", NEW)]
    assert "密碼已變更" in visitor.send("/account/password", change).text
    assert begun.visit("/sign-in/passkey").path == "/sign-in"
    visitor = by_password(county, "org", NEW)
    step = asked(visitor)
    assert "以通行金鑰完成登入" in step.text
    assert sent(visitor, step, device.proof(options(step))).path == "/account"
