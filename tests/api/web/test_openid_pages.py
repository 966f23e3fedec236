"""Signing in by the county's provider: the link that a person makes, and all that opens nothing."""

import logging
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from api.openid import (
    AnswerNotValid,
    HandshakeLost,
    NotComplete,
    NotLinked,
    OpenIdFailed,
    ProviderDeclined,
    ProviderUnreachable,
)
from domain.openid_link import OpenIdLinked, OpenIdTaken, OpenIdUnlinked
from tests.api.serving import PASSWORD, County
from tests.identities import CLOSED_PORT, LABEL, Identities, identities
from tests.visiting import FROM_US, Sheet, Visitor

#: How the provider calls somebody; it is found nowhere in the house.
SUBJECT = "s1100234@edu.example"
START, LINK = "/sign-in/openid", "/account/openid/link"


@pytest.fixture(scope="module")
def provider() -> Iterator[Identities]:
    with identities() as made:
        yield made


@pytest.fixture
def open_county(county: County, provider: Identities) -> County:
    """The county, and the provider is set."""
    county.house.openid = provider.client()
    return county


def leaving(visitor: Visitor, path: str = START) -> str:
    """Where a link of ours leads to at the provider."""
    answer = visitor.client.get(path, headers=FROM_US, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def come_back(visitor: Visitor, address: str) -> Sheet:
    """As a browser does whom another site sent."""
    parts = urlsplit(address)
    answer = visitor.client.get(
        f"{parts.path}?{parts.query}", headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert "code=" not in str(answer.url)
    return Sheet(answer, answer.url.path)


def by_provider(visitor: Visitor, subject: str = SUBJECT, path: str = START) -> Sheet:
    return come_back(visitor, Identities.answer(leaving(visitor, path), subject))


def linked(county: County, username: str, subject: str = SUBJECT) -> Visitor:
    """Somebody who has just linked the account."""
    visitor = Visitor.of(county.client, username, PASSWORD)
    form = by_provider(visitor, subject, LINK).form("/account/openid")
    sheet = visitor.send(form.action, form.filled(current_password=PASSWORD))
    assert "已連結，之後可以用它登入" in sheet.text
    return visitor


def assert_failed(sheet: Sheet, why: type[OpenIdFailed], visitor: Visitor) -> None:
    assert (sheet.path, sheet.status) == ("/sign-in/openid/failed", why.STATUS)
    assert sheet.title.startswith(why.TITLE)
    assert why.WORDS.format(label=LABEL) in sheet.text
    assert SUBJECT not in sheet.html
    assert "igp-session" not in visitor.client.cookies


def test_a_person_links_the_account_and_signs_in_by_the_provider_until_the_link_ends(
    open_county: County, caplog: pytest.LogCaptureFixture
) -> None:
    county = open_county
    caplog.set_level(logging.WARNING)
    caplog.set_level(logging.INFO, logger="igp")
    visitor = Visitor(county.client)
    start = visitor.visit("/sign-in?next=/students").link(f"以{LABEL}登入")
    assert_failed(by_provider(visitor, path=start), NotLinked, visitor)

    office = Visitor.of(county.client, "a-office", PASSWORD)
    assert office.visit("/account").link(f"連結{LABEL}") == LINK
    confirm = by_provider(office, path=LINK)
    assert confirm.path == "/account/openid"
    form = confirm.form("/account/openid")
    refused = office.send(form.action, form.filled(current_password="wrong-password"))
    assert (refused.status, "目前的密碼不正確" in refused.text) == (422, True)
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    pairs = form.filled(current_password=PASSWORD)
    assert office.post(form.action, pairs, headers=elsewhere).status_code == 403
    assert OpenIdLinked.TOPIC not in county.topics()
    sheet = office.send(form.action, pairs)
    assert (sheet.path, "解除連結" in sheet.text) == ("/account", True)
    said = county.said(OpenIdLinked.TOPIC)
    assert said["account_id"] == said["by"] == county.id_of("a-office")
    assert "igp-openid" not in office.client.cookies

    sheet = by_provider(visitor, path=start)
    assert (sheet.path, sheet.status) == ("/students", 200)
    assert "igp-openid" not in visitor.client.cookies
    assert sheet.answer.history[-1].headers["set-cookie"].startswith("igp-session=igp_")
    assert "a-office 承辦人" in visitor.visit("/account").text

    other = Visitor.of(county.client, "b-office", PASSWORD)
    form = by_provider(other, path=LINK).form("/account/openid")
    refused = other.send(form.action, form.filled(current_password=PASSWORD))
    assert (refused.status, OpenIdTaken.TITLE in refused.text) == (409, True)
    assert "a-office" not in refused.html

    form = office.visit("/account").form("/account/openid/unlink")
    assert "已解除連結" in office.send(form.action, form.filled()).text
    assert county.topics().count(OpenIdUnlinked.TOPIC) == 1
    visitor = Visitor(county.client)
    assert_failed(by_provider(visitor), NotLinked, visitor)
    linked(county, "b-office")

    with county.house.ledger.pool.connection() as connection:
        kept = connection.execute("SELECT identity_mac FROM desk.openid_link").fetchall()
    assert [len(mac) for (mac,) in kept] == [32]
    told = "\n".join([*caplog.messages, *(str(vars(one)) for one in caplog.records)])
    assert not any(word in told for word in (SUBJECT, "state=", "nonce", "code="))


def test_what_did_not_come_from_the_provider_for_this_browser_opens_nothing(
    open_county: County, provider: Identities, caplog: pytest.LogCaptureFixture
) -> None:
    county = open_county
    linked(county, "a-office")
    visitor, victim = Visitor(county.client), Visitor(county.client)
    answer = provider.answer(leaving(visitor), SUBJECT)

    # Another browser's answer, in one that started nothing and in one that did.
    assert_failed(come_back(victim, answer), HandshakeLost, victim)
    leaving(victim)
    assert_failed(come_back(victim, answer), HandshakeLost, victim)
    assert_failed(come_back(victim, "/sign-in/openid/return"), HandshakeLost, victim)
    victim.client.cookies.set("igp-openid", "e30=.forged.forged")
    assert_failed(come_back(victim, answer), HandshakeLost, victim)

    # What the provider says when somebody does not want to, or it cannot.
    for code, why in (("access_denied", ProviderDeclined), ("server_error", ProviderDeclined)):
        leaving(visitor)
        sheet = come_back(
            visitor, f"/sign-in/openid/return?error={code}&error_description=words-of-theirs"
        )
        assert_failed(sheet, why, visitor)
        assert "words-of-theirs" not in sheet.html
        assert "words-of-theirs" not in str(sheet.answer.url)

    # A token for another handshake, one that is old, one for another program.
    for which, changed in (("sound", {"nonce": "another"}), ("late", {}), ("another", {})):
        county.house.openid = provider.client(which)
        answer = provider.answer(leaving(visitor), SUBJECT, **changed)
        assert_failed(come_back(visitor, answer), AnswerNotValid, visitor)
    # A code that was asked for with another secret than this browser's.
    county.house.openid = provider.client()
    answer = provider.answer(leaving(visitor), SUBJECT, code_challenge="another")
    assert_failed(come_back(visitor, answer), ProviderDeclined, visitor)

    # A provider that is down when one starts, or when one is back; one that is another's.
    address = provider.answer(leaving(visitor), SUBJECT)
    down = provider.client(port=CLOSED_PORT)
    for openid, sheet in (
        (down, lambda: come_back(visitor, address)),
        (down, lambda: visitor.visit(START)),
        (provider.client(end="/"), lambda: visitor.visit(START)),
    ):
        county.house.openid = openid
        assert_failed(sheet(), ProviderUnreachable, visitor)

    # It works once, and a link of another site begins nothing.
    county.house.openid = provider.client()
    address = provider.answer(leaving(visitor), SUBJECT)
    kept = dict(visitor.client.cookies)
    assert come_back(visitor, address).path == "/"
    again = Visitor(county.client)
    again.client.cookies.update(kept)
    assert_failed(come_back(again, address), ProviderDeclined, again)
    for path in (START, LINK):
        answer = visitor.client.get(path, headers={"Sec-Fetch-Site": "cross-site"})
        assert (answer.status_code, "不是從本系統的頁面送出" in answer.text) == (403, True)
    assert visitor.visit("/sign-in/openid/failed?why=unknown").status == 404
    assert SUBJECT not in "\n".join(str(vars(one)) for one in caplog.records)


def test_an_identity_is_linked_by_who_showed_it_and_to_no_other_account(
    open_county: County,
) -> None:
    county = open_county
    person = Visitor.of(county.client, "a-office", PASSWORD)
    sheet = by_provider(person, path=LINK)
    # The same browser, with somebody else signed in meanwhile.
    other = Visitor.of(county.client, "b-office", PASSWORD)
    other.client.cookies.set("igp-openid", person.client.cookies["igp-openid"])
    assert other.visit("/account/openid").path == "/account"
    form = sheet.form("/account/openid")
    sent = other.send(form.action, form.filled(current_password=PASSWORD))
    assert (sent.status, sent.path) == (400, "/sign-in/openid/failed")
    # Who was signed out meanwhile starts anew, and no code is kept as the page to come back to.
    address = Identities.answer(leaving(person, LINK), SUBJECT)
    person.client.cookies.delete("igp-session")
    assert_failed(come_back(person, address), HandshakeLost, person)
    assert OpenIdLinked.TOPIC not in county.topics()


def test_who_may_not_sign_in_with_the_password_may_not_by_the_provider(
    open_county: County,
) -> None:
    county = open_county
    teacher = county.teacher("a-math")
    linked(county, "a-math")
    visitor = Visitor(county.client)
    # A new password by a code ends what who had the old one may have linked.
    code = county.a_office.post(f"/accounts/{teacher}/password-reset").json()["code"]
    new = {"username": "a-math", "code": code, "new_password": PASSWORD}
    assert county.client.post("/api/v1/password-resets", json=new).status_code == 204
    assert county.topics()[-2:] == [OpenIdUnlinked.TOPIC, "password-reset.done.v1"]
    assert_failed(by_provider(visitor), NotLinked, visitor)

    linked(county, "a-math")
    version = county.a_office.get(f"/accounts/{teacher}").json()["version"]
    for change in ({"duties": []}, {"duties": ["專任"]}):
        answer = county.a_office.patch(f"/accounts/{teacher}", change, version=version)
        assert answer.status_code == 200, answer.text
        version = answer.json()["version"]
        if not change["duties"]:
            assert_failed(by_provider(visitor), NotComplete, visitor)
    assert by_provider(visitor).path == "/"

    visitor = Visitor(county.client)
    closed = county.a_office.post(
        f"/accounts/{teacher}/closing", {"reason": "離職"}, version=version
    )
    assert closed.status_code == 200, closed.text
    assert_failed(by_provider(visitor), NotLinked, visitor)
    # The same person at another school.
    county.teacher("b-math", "ks-b")
    linked(county, "b-math")

    # Where more than one step is asked for, the provider is but the first.
    linked(county, "eb", "somebody-of-the-county")
    county.house.second_factor = "required"
    sheet = by_provider(visitor, "somebody-of-the-county")
    assert (sheet.path, sheet.status) == ("/sign-in/passkey", 200)
    assert "igp-session" not in visitor.client.cookies


def test_where_no_provider_is_set_there_is_no_button_and_no_page(county: County) -> None:
    office = Visitor.of(county.client, "a-office", PASSWORD)
    assert "/account/openid" not in office.visit("/account").html
    for path in (START, f"{START}/return", f"{START}/failed", LINK, "/account/openid"):
        sheet = office.visit(path)
        assert (sheet.status, sheet.title) == (404, "找不到這筆資料－資優教育紀錄簿")
    for path in ("/account/openid", "/account/openid/unlink"):
        assert office.post(path).status_code == 404
    assert START not in Visitor(county.client).visit("/sign-in").html
