"""Somebody links the account and signs in by the provider, which is another site to the browser."""

import pytest
from playwright.sync_api import Browser, expect

from tests.api.serving import PASSWORD
from tests.browser.conftest import Site
from tests.browsing import Seat, seat
from tests.identities import LABEL, identities


@pytest.mark.timeout(300)
def test_an_account_is_linked_and_entered_by_the_provider(site: Site, browser: Browser) -> None:
    # By another name than the provider's, or to a browser both were one site.
    url = site.url.replace("127.0.0.1", "localhost")
    with identities() as provider, seat(browser, url) as office:
        site.county.house.openid = provider.client()
        page = office.page
        # The provider's own pages ask for a style from elsewhere.
        page.route("https://**", lambda route: route.abort())
        office.sign_in("a-office", PASSWORD)
        page.get_by_role("link", name="a-office 承辦人").click()
        office.look("account-openid")
        page.get_by_role("link", name=f"連結{LABEL}").click()
        _at_provider(office, "somebody")
        office.look("openid-link")
        page.locator("#f-current_password").fill("wrong-password")
        page.get_by_role("button", name="確認連結").click()
        office.look("openid-link-refused")
        page.locator("#f-current_password").fill(PASSWORD)
        page.get_by_role("button", name="確認連結").click()
        expect(page.get_by_text("已連結，之後可以用它登入")).to_be_visible()
        office.look("account-openid-linked")
        page.get_by_role("button", name="登出").click()
        office.look("sign-in-openid")
        page.get_by_role("link", name=f"以{LABEL}登入").click()
        _at_provider(office, "nobody-here")
        expect(page.get_by_role("heading", name="這個身分還沒有連結到本系統的帳號")).to_be_visible()
        assert page.url == f"{url}/sign-in/openid/failed?why=openid-not-linked"
        office.look("openid-not-linked")
        page.get_by_role("link", name="回到登入頁").click()
        page.get_by_role("link", name=f"以{LABEL}登入").click()
        _at_provider(office, "somebody")
        page.wait_for_url(f"{url}/")
        assert {one["name"] for one in office.context.cookies(url)} == {"igp-session"}
        page.get_by_role("link", name="a-office 承辦人").click()
        page.get_by_role("button", name="解除連結").click()
        expect(page.get_by_text("已解除連結")).to_be_visible()


def _at_provider(office: Seat, subject: str) -> None:
    office.page.locator("input[name=sub]").fill(subject)
    office.page.get_by_role("button", name="Authorize").click()
