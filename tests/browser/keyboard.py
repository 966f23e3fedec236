"""Somebody who has no mouse: Tab, Enter, Space, the arrows, Escape, and letters."""

from playwright.sync_api import Locator, Page, expect

from tests.browsing import Seat

#: So many stops no page has before the one that is looked for.
_MOST = 250


class Keyboard:
    """Goes over a page as Tab leads. Every stop must show that one is there."""

    def __init__(self, seat: Seat) -> None:
        self.page: Page = seat.page
        self._seat = seat
        # As long as somebody listens the browser tells of what a field for a file opens; asked at
        # the moment of the key, it may have opened a window of its own, behind which a second key
        # does nothing.
        self.page.on("filechooser", lambda _: None)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Over what stands in the field."""
        self.press("Control+a")
        self.page.keyboard.type(text)

    def to(self, place: Locator, *, back: bool = False) -> None:
        """On with Tab until one is there."""
        expect(place).to_be_visible()
        for _ in range(_MOST):
            self.press("Shift+Tab" if back else "Tab")
            if place.evaluate("(one) => one === document.activeElement"):
                break
        expect(place).to_be_focused()
        shown: bool = place.evaluate("(one) => getComputedStyle(one).outlineStyle === 'solid'")
        assert shown, f"the focus on {place} is not seen"

    def fill(self, label: str, text: str, *, exact: bool = False) -> None:
        self.to(self.page.get_by_label(label, exact=exact))
        self.type(text)

    def choose(self, label: str, option: str) -> None:
        """In a drop-down, by the first letters of an option."""
        place = self.page.get_by_label(label)
        self.to(place)
        while place.evaluate("(one) => one.selectedOptions[0].text") != option:
            before = place.input_value()
            self.press("ArrowDown")
            assert place.input_value() != before, f"no {option} in {label}"

    def follow(self, name: str, *, exact: bool = True) -> None:
        """A link, by Enter."""
        self.to(self.page.get_by_role("link", name=name, exact=exact).first)
        self.press("Enter")

    def push(self, name: str, *, key: str = "Enter") -> None:
        """A button, by Enter or Space."""
        self.to(self.page.get_by_role("button", name=name, exact=True).last)
        self.press(key)

    def sign_in(self, username: str, password: str) -> None:
        self._seat.go("/sign-in")
        self.fill("帳號", username)
        self.fill("密碼", password)
        self.press("Enter")
        self.page.wait_for_url(self._seat.url + "/")
