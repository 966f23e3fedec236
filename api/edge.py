"""The outermost ring of the app: size of bodies, headers of answers, the log, and no traceback."""

import logging
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import orjson
import structlog
from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.change_items import instant
from api.problems import BodyTooLarge, SignInNeeded, problem, refusal_of
from domain.refusal import Refusal

#: Bytes of a JSON body. Routes for files bring a limit of their own.
LARGEST_BODY = 2 * 1024 * 1024

#: Where a page finds why its body was not read.
NOT_READ = "body_not_read"

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)

#: Of routes with such a part no line is written: it would tell who writes notes, and when (D7).
SILENT = re.compile(r"/(notes?|drafts|me|participant-options)(?![a-z])")

#: A part of a route's path that has a name.
_PART = re.compile(r"\{[a-z_]+\}")


log = structlog.wrap_logger(
    logging.getLogger("igp.requests"),
    processors=[
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.JSONRenderer(
            serializer=lambda value, **_: orjson.dumps(value).decode()
        ),
    ],
    wrapper_class=structlog.stdlib.BoundLogger,
)


@dataclass(frozen=True)
class Larger:
    """A route that takes more than `LARGEST_BODY`: up to `size` bytes, and from whom `admits` lets
    in by the headers alone, so that nobody unknown fills the memory. In its path a name in braces
    stands for one part."""

    method: str
    path: str
    size: int
    admits: Callable[[Request], bool]


class Edge:
    """Reads the body up to a limit, answers what nobody caught, adds headers, writes the line.

    Where a path is one of `pages`, a body that is refused is for the app to answer: it finds an
    empty one, and the refusal under `NOT_READ` in the state of the request.
    """

    def __init__(
        self,
        app: ASGIApp,
        larger: Iterable[Larger] = (),
        pages: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._app = app
        self._larger = [(one, re.compile(_PART.sub("[^/]+", one.path))) for one in larger]
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        answered: list[int] = []

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.append(message["status"])
                named = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in _HEADERS if pair[0] not in named),
                    *_complete_until(scope),
                ]
            await send(message)

        body = await self._body(scope, receive)
        if isinstance(body, Refusal) and self._pages(scope["path"]):
            scope.setdefault("state", {})[NOT_READ] = body
            body = b""
        if isinstance(body, Refusal):
            await _answer_with(problem(body), scope, answer)
        else:
            try:
                await self._app(scope, _replayed(body, receive), answer)
            except Exception as error:
                if answered:
                    raise
                await _answer_with(problem(refusal_of(error)), scope, answer)
        _log(scope, answered[0] if answered else 0, time.perf_counter() - started)

    def _larger_of(self, scope: Scope) -> Larger | None:
        for one, path in self._larger:
            if one.method == scope["method"] and path.fullmatch(scope["path"]):
                return one
        return None

    async def _body(self, scope: Scope, receive: Receive) -> bytes | Refusal:
        """The whole body, or why it is not read any further."""
        larger = self._larger_of(scope)
        limit = LARGEST_BODY if larger is None else larger.size
        told = max(
            (_length(value) for name, value in scope["headers"] if name == b"content-length"),
            default=0,
        )
        if told > limit:
            return BodyTooLarge()
        admitted = larger is None
        parts: list[bytes] = []
        size = 0
        while True:
            if larger is not None and not admitted and max(told, size) > LARGEST_BODY:
                try:
                    admitted = await run_in_threadpool(larger.admits, Request(scope))
                except Exception as error:
                    return refusal_of(error)
                if not admitted:
                    return SignInNeeded()
            message = await receive()
            if message["type"] != "http.request":
                return b"".join(parts)
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > limit:
                return BodyTooLarge()
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)


def _complete_until(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The header that says until when what is answered is complete, where a view was stopped."""
    until = scope.get("state", {}).get("complete_until")
    return [] if until is None else [(b"igp-complete-until", instant(until).encode())]


def _length(value: bytes) -> int:
    return int(value) if value.isdigit() else 0


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body once more, as one message; afterwards what the server says."""
    left = [body]

    async def replay() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return replay


async def _answer_with(response: Response, scope: Scope, send: Send) -> None:
    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    await response(scope, nothing, send)


def _log(scope: Scope, status: int, seconds: float) -> None:
    template = getattr(scope.get("route"), "path", None)
    if template is None:
        # What matched no route is not repeated: a path may hold anything.
        template = "-"
    if SILENT.search(template):
        return
    log.info(
        "request",
        method=scope["method"],
        route=template,
        status=status,
        ms=round(seconds * 1000, 1),
        account=str(scope.get("state", {}).get("account", "-")),
    )
