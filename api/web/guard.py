"""The ring around the pages: who may send a form, what a page may load, and no traceback.

A form is taken from our own pages alone. Browsers say where a request comes from in
`Sec-Fetch-Site`, older ones in `Origin`; one that says neither is no browser we know.
"""

from collections.abc import Callable

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.edge import NOT_READ
from domain.refusal import Refusal

SAFE = frozenset({"GET", "HEAD"})
#: From one of our own pages, or typed by the person.
_OURS = frozenset({"same-origin", "none"})
#: Links of our own pages that begin something; what comes back from a provider is bound to them.
_BEGINNINGS = frozenset({"/sign-in/openid", "/account/openid/link"})

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_HEADERS = (
    (b"content-security-policy", CONTENT_POLICY.encode()),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
)


class FromElsewhere(Refusal):
    """A form that did not come from one of our pages."""

    CODE = "from-elsewhere"
    STATUS = 403
    TITLE = "這項操作不是從本系統的頁面送出，沒有執行"

    def __init__(self) -> None:
        super().__init__("請回到本系統的頁面，重新操作一次。")


Answer = Callable[[Request, Exception], Response]


class Guard:
    """Refuses forms from elsewhere, answers what nobody caught, adds the headers of a page."""

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started: list[bool] = []

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(True)
                named = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in _HEADERS if pair[0] not in named),
                ]
            await send(message)

        try:
            _check(scope)
            if (not_read := scope.get("state", {}).get(NOT_READ)) is not None:
                raise not_read
            await self._app(scope, receive, with_headers)
        except Exception as error:
            if started:
                raise
            answer = self._answer(Request(scope, receive), error)
            await answer(scope, receive, with_headers)


def _check(scope: Scope) -> None:
    headers = Headers(scope=scope)
    if scope["method"] not in SAFE:
        ours = came_from_us(headers)
    else:
        # Of a link, a browser says nothing where the address is not https.
        ours = scope["path"] not in _BEGINNINGS or headers.get("sec-fetch-site", "none") in _OURS
    if not ours:
        raise FromElsewhere


def came_from_us(headers: Headers) -> bool:
    """Whether a request that changes something was sent by one of our own pages."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in _OURS
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] == headers.get("host")
