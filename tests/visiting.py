"""A visitor of the pages: a browser without JavaScript, as far as forms and links go.

`Visitor.of(county.client, "a-cm", PASSWORD)` is signed in; `visit(path)` gives a `Sheet`, whose
forms can be filled in and sent as a browser would send them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from httpx2 import Response
from starlette.testclient import TestClient

#: What a browser says of a request that one of our own pages made.
FROM_US = {"Sec-Fetch-Site": "same-origin"}

_VOID = frozenset({"input", "link", "meta", "br", "hr", "img"})


@dataclass
class FormOnPage:
    """A form with what stands in it; `fields` are pairs, as they would be sent."""

    action: str
    method: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    #: What each drop-down offers.
    options: dict[str, list[str]] = field(default_factory=dict)

    def filled(self, **given: str | Sequence[str] | None) -> list[tuple[str, str]]:
        """The pairs after typing; `__` in a name stands for `.`; None empties. Raises `KeyError`
        for a field that the form does not have."""
        return self.with_typed({name.replace("__", "."): value for name, value in given.items()})

    def with_typed(self, given: Mapping[str, str | Sequence[str] | None]) -> list[tuple[str, str]]:
        for name in given:
            if name not in self.names:
                raise KeyError(f"{name} is no field of {self.action}: {sorted(self.names)}")
        pairs = [(name, value) for name, value in self.fields if name not in given]
        for name, value in given.items():
            values = [value] if isinstance(value, str) else value or []
            pairs.extend((name, one) for one in values)
        return pairs


class Sheet:
    """A page: its answer, its forms, its links and its text."""

    def __init__(self, answer: Response, path: str) -> None:
        self.answer = answer
        self.path = path
        self.status = answer.status_code
        reader = _Reader()
        reader.feed(answer.text)
        self.forms = reader.forms
        self.links = reader.links
        self.text = " ".join(reader.texts)
        self.title = reader.title
        self.html = answer.text

    def form(self, action: str | None = None) -> FormOnPage:
        """The form that goes to this path; without one, the first form of the page's content."""
        for one in self.forms:
            if action is None and one.action in ("/search", "/sign-out"):
                continue
            if action is None or one.action == action:
                return one
        raise LookupError(f"no form to {action} on {self.path}: {[f.action for f in self.forms]}")

    def link(self, label: str) -> str:
        """Where the link with this text leads."""
        for text, href in self.links:
            if text == label:
                return href
        raise LookupError(f"no link {label} on {self.path}: {[text for text, _ in self.links]}")


class Visitor:
    """Somebody at a browser of their own."""

    def __init__(self, client: TestClient) -> None:
        self.client = TestClient(client.app, raise_server_exceptions=False)

    @classmethod
    def of(cls, client: TestClient, username: str, password: str) -> "Visitor":
        """Signed in."""
        visitor = cls(client)
        sheet = visitor.send("/sign-in", [("username", username), ("password", password)])
        assert sheet.status == 200, sheet.text
        return visitor

    @classmethod
    def holding(cls, client: TestClient, token: str) -> "Visitor":
        """Signed in already: the cookie holds the token of a program."""
        visitor = cls(client)
        visitor.client.cookies.set("igp-session", token)
        return visitor

    def visit(self, path: str) -> Sheet:
        answer = self.client.get(path)
        return Sheet(answer, answer.url.path)

    def walk(self, start: str) -> dict[str, int]:
        """The status of a page and of every address beneath it that is linked to from there."""
        found: dict[str, int] = {}
        ahead = [start]
        while ahead:
            path = ahead.pop().partition("#")[0]
            if path in found or not path.startswith(start):
                continue
            answer = self.client.get(path)
            found[path] = answer.status_code
            if answer.headers["content-type"].startswith("text/html"):
                ahead += [href for _, href in Sheet(answer, path).links]
        return found

    def send(self, path: str, pairs: Sequence[tuple[str, str]]) -> Sheet:
        """Sends a form and follows where it leads."""
        answer = self.post(path, pairs, follow=True)
        return Sheet(answer, answer.url.path)

    def post(
        self,
        path: str,
        pairs: Sequence[tuple[str, str]] = (),
        *,
        follow: bool = False,
        headers: Mapping[str, str] = FROM_US,
    ) -> Response:
        """Sends a form; the answer itself."""
        data: dict[str, list[str]] = {}
        for name, value in pairs:
            data.setdefault(name, []).append(value)
        return self.client.post(path, data=data, headers=dict(headers), follow_redirects=follow)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FormOnPage] = []
        self.links: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.title = ""
        self._open: list[str] = []
        self._form: FormOnPage | None = None
        self._select: str | None = None
        self._area: str | None = None
        self._held = ""
        self._href: str | None = None
        self._label = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._open.append(tag)
        name = given.get("name", "")
        match tag:
            case "form":
                self._form = FormOnPage(given.get("action", ""), given.get("method", "get"))
                self.forms.append(self._form)
            case "a":
                self._href, self._label = given.get("href"), ""
            case "input" if self._form is not None and name:
                self._form.names.add(name)
                ticked = given.get("type") not in ("checkbox", "radio") or "checked" in given
                if ticked:
                    self._form.fields.append((name, given.get("value", "")))
            case "select" if self._form is not None:
                self._form.names.add(name)
                self._select = name
                self._form.fields.append((name, ""))
                self._form.options[name] = []
            case "option" if self._select and self._form is not None:
                self._form.options[self._select].append(given.get("value", ""))
                if "selected" in given:
                    self._form.fields[-1] = (self._select, given.get("value", ""))
            case "textarea" if self._form is not None:
                self._form.names.add(name)
                self._area, self._held = name, ""
            case "button" if self._form is not None and name:
                self._form.names.add(name)
                self._form.buttons.append((name, given.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass
        match tag:
            case "form":
                self._form = None
            case "select":
                self._select = None
            case "textarea" if self._area is not None and self._form is not None:
                # A browser drops the first line feed.
                self._form.fields.append((self._area, self._held.removeprefix("\n")))
                self._area = None
            case "a" if self._href is not None:
                self.links.append((self._label.strip(), self._href))
                self._href = None

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._held += data
        if self._href is not None:
            self._label += data
        if self._open and self._open[-1] == "title":
            self.title += data
        elif data.strip() and not {"script", "style"} & set(self._open):
            self.texts.append(data.strip())
