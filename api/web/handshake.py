"""What the browser keeps from leaving for the provider until it is back.

A short-lived, signed cookie that scripts cannot read; it holds nothing of a session.
"""

from typing import Any

from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from ledger.encryption import expand
from ledger.ledger import Ledger

SECONDS = 600
_PLAIN = "igp-openid"
#: Browsers take this name over https alone, and from no other host.
_SECURE = "__Host-igp-openid"
#: The addresses that know of it.
_PATHS = ("/sign-in/openid", "/account/openid")


class Handshake:
    """Gives `request.session` to the pages about the provider, and to no other."""

    def __init__(self, app: ASGIApp, ledger: Ledger) -> None:
        self._app = app
        key = expand(ledger.keyring.house("token"), b"igp-openid-handshake/1").hex()
        kept: dict[str, Any] = {"max_age": SECONDS, "path": "/", "same_site": "lax"}
        self._plain = SessionMiddleware(app, key, _PLAIN, **kept)
        self._secure = SessionMiddleware(app, key, _SECURE, **kept, https_only=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_PATHS):
            await self._app(scope, receive, send)
        elif scope["scheme"] == "https":
            await self._secure(scope, receive, send)
        else:
            await self._plain(scope, receive, send)
