"""Somebody at a browser, who notices what a person would not: violations of accessibility and of
the content policy, errors of scripts."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, FloatRect, Page

_AXE = Path(__file__).parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"
#: Where pictures are kept to be looked at; without it none are taken.
_PICTURES = os.environ.get("IGP_SCREENSHOTS")
#: Pixels of a picture: the guide shows how a list begins, not all of it.
_TALLEST = 2000


class Seat:
    """A browser window of one person. `look` checks the page that is open."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str, *, look: str | None = None) -> None:
        """Opens an address; `look` names the picture of it."""
        self.page.goto(self.url + path)
        if look is not None:
            self.look(look)

    def look(self, name: str) -> None:
        """Nothing on this page may be out of order."""
        self._picture(name)
        self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate(
            "axe.run(document, {resultTypes: ['violations']})"
        )
        told = [
            f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
            for one in found["violations"]
            for node in one["nodes"]
        ]
        assert not told, f"{name}: " + "\n".join(told)
        assert not self.complaints, f"{name}: {self.complaints}"

    def paper(self, name: str) -> None:
        """As this page is printed: what is only for the screen is not there, who prints it is."""
        self.page.emulate_media(media="print")
        self.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        self._picture(f"{name}-print")
        left: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('header.site-header, nav, button, .btn, .filters,"
            " main details:not([open])')]"
            ".filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 150))"
        )
        assert not left, f"{name}: {left}"
        assert self.page.locator(".print-foot").is_visible()
        self.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        self.page.emulate_media(media="screen")

    def sign_in(self, username: str, password: str, lands: str = "/") -> None:
        self.go("/sign-in")
        self.page.get_by_label("帳號").fill(username)
        self.page.get_by_label("密碼").fill(password)
        self.page.get_by_role("button", name="登入").click()
        self.page.wait_for_url(self.url + lands)

    def _picture(self, name: str) -> None:
        if _PICTURES:
            path = Path(_PICTURES) / f"{name}.png"
            width, height = self.page.evaluate(
                "[document.documentElement.clientWidth, document.documentElement.scrollHeight]"
            )
            shown = FloatRect(x=0, y=0, width=width, height=min(height, _TALLEST))
            self.page.screenshot(path=path, full_page=True, clip=shown)

    def _heard(self, message: ConsoleMessage) -> None:
        # An answer of 4xx to a form is what the test asked for.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)


@contextmanager
def seat(browser: Browser, url: str, *, script: bool = True) -> Iterator[Seat]:
    """A window of its own in Taipei; without `script` it runs none of the pages'."""
    context = browser.new_context(
        locale="zh-TW",
        timezone_id="Asia/Taipei",
        viewport={"width": 1280, "height": 900},
        java_script_enabled=script,
    )
    context.set_default_timeout(20_000)
    try:
        yield Seat(context, url)
    finally:
        context.close()
