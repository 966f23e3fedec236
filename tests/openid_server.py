"""A provider of OpenID Connect on this machine; `tests.identities` runs it as a process.

It prints the ports of three servers as JSON: one that is as it should be, one whose tokens are old
when they come, one that names another program in them. All three insist on PKCE. It ends when its
standard input does.
"""

import base64
import hashlib
import io
import json
import sys
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import timedelta
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import oidc_provider_mock
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

App = Callable[..., Iterable[bytes]]


def insisting(app: App) -> App:
    """The provider, and whoever asked with a challenge (S256) must know what it was made of."""
    challenges: dict[str, str] = {}

    def served(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        request = Request(environ)
        if request.path == "/oauth2/token":
            sent = parse_qs(body.decode())
            digest = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
            made = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if challenges.get(sent["code"][0]) != made:
                return Response('{"error": "invalid_grant"}', 400)(environ, start)
        answer = Response.from_app(app, environ)
        codes = parse_qs(urlsplit(answer.headers.get("Location", "")).query).get("code", [])
        if codes and request.args["code_challenge_method"] == "S256":
            challenges[codes[0]] = request.args["code_challenge"]
        return answer(environ, start)

    return served


def naming_another(app: App) -> App:
    """The provider, which takes whoever asks for another program."""

    def served(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        environ["QUERY_STRING"] = environ["QUERY_STRING"].replace("client_id=igp", "client_id=x")
        if "HTTP_AUTHORIZATION" in environ:
            environ["HTTP_AUTHORIZATION"] = "Basic " + base64.b64encode(b"x:secret").decode()
        return app(environ, start)

    return served


def main() -> None:
    with ExitStack() as stack:
        ports = {}
        for name, app in (
            ("sound", oidc_provider_mock.app()),
            ("late", oidc_provider_mock.app(access_token_max_age=timedelta(hours=-1))),
            ("another", naming_another(oidc_provider_mock.app())),
        ):
            server = make_server("127.0.0.1", 0, insisting(app), threaded=True)
            thread = Thread(target=server.serve_forever)
            thread.start()
            stack.callback(thread.join)
            stack.callback(server.shutdown)
            ports[name] = server.server_port
        print(json.dumps(ports), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
