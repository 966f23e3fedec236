"""A passkey from the first to the last: Chromium with a virtual authenticator, over CDP."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.api.serving import PASSWORD
from tests.browser.conftest import Site
from tests.browsing import Seat, seat

_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def _password(officer: Seat) -> None:
    officer.go("/sign-in")
    officer.page.get_by_label("帳號").fill("eb")
    officer.page.get_by_label("密碼").fill(PASSWORD)
    officer.page.get_by_role("button", name="登入").click()


@pytest.mark.timeout(300)
def test_an_officer_registers_a_passkey_signs_in_with_it_and_removes_it(
    site: Site, browser: Browser
) -> None:
    # Browsers have passkeys for names, not for numbers.
    url = f"http://localhost:{urlsplit(site.url).port}"
    with seat(browser, url) as officer:
        page = officer.page
        device = officer.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        made = device.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE})
        known = {"authenticatorId": made["authenticatorId"]}
        _password(officer)
        officer.go("/account", look="account-without-passkey")
        page.get_by_role("link", name="新增通行金鑰").click()
        page.get_by_label("目前的密碼").fill(PASSWORD)
        officer.look("passkey-password")
        page.get_by_role("button", name="下一步").click()
        page.get_by_label("名稱").fill("辦公室電腦")
        officer.look("passkey-new")
        # Somebody who does not show who they are is told so, and may try again.
        device.send("WebAuthn.setUserVerified", known | {"isUserVerified": False})
        page.get_by_role("button", name="新增", exact=True).click()
        page.get_by_text("沒有完成：您取消了").wait_for()
        device.send("WebAuthn.setUserVerified", known | {"isUserVerified": True})
        page.get_by_role("button", name="新增", exact=True).click()
        page.wait_for_url(f"{url}/account")
        page.get_by_text("已新增通行金鑰").wait_for()
        officer.look("account-with-passkey")
        page.get_by_role("button", name="登出", exact=True).first.click()
        page.wait_for_url(f"{url}/sign-in")

        _password(officer)
        page.wait_for_url(f"{url}/sign-in/passkey?next=/")
        officer.look("passkey-asked")
        page.get_by_role("button", name="使用通行金鑰").click()
        page.wait_for_url(f"{url}/")
        officer.go("/account")
        page.get_by_role("link", name="移除").click()
        officer.look("passkey-removal")
        page.get_by_label("目前的密碼").fill(PASSWORD)
        page.get_by_role("button", name="移除").click()
        page.get_by_text("已移除通行金鑰").wait_for()
        assert device.send("WebAuthn.getCredentials", known)["credentials"]


@pytest.mark.timeout(300)
def test_where_no_passkey_can_be_used_the_page_says_why(site: Site, browser: Browser) -> None:
    url = f"http://localhost:{urlsplit(site.url).port}"
    for address, script, words in (
        (site.url, True, "瀏覽器不允許在這個網址"),
        (url, False, "必須使用 JavaScript"),
    ):
        with seat(browser, address, script=script) as officer:
            officer.sign_in("org", PASSWORD)
            officer.go("/account/passkeys/new")
            officer.page.get_by_label("目前的密碼").fill(PASSWORD)
            officer.page.get_by_role("button", name="下一步").click()
            officer.page.get_by_role("link", name="回到我的帳號").wait_for()
            assert words in officer.page.locator("main").inner_text()
            assert not officer.page.get_by_role("button", name="新增", exact=True).is_visible()
