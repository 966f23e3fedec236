"""How far a long write is, told while it runs: a JSON object a line (`application/x-ndjson`).

`{"decided": 50, "of": 2000}` counts students and names nobody; a decision that is made again, for
somebody else was quicker, begins again at 0. The last line is the answer that the request would
have had at once: `{"status": 200, "etag": ..., "receipt": ..., "body": {...}}`, its body a problem
where it was refused. What is refused before anything was counted is refused as always.
"""

import threading
from collections.abc import Callable, Iterator
from contextvars import copy_context
from queue import SimpleQueue
from typing import Annotated, Any

import orjson
from fastapi import Header, Response
from fastapi.responses import StreamingResponse

from api.openings import Progress
from api.problems import problem, refusal_of

MEDIA_TYPE = "application/x-ndjson"

#: The header by which a program asks for lines; OpenAPI tells it as a media type of the answer.
Accepted = Annotated[str, Header(alias="accept", include_in_schema=False)]

LINES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": f"以 Accept: {MEDIA_TYPE} 要求時，逐行回報進度，最後一行為結果。",
        "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
    }
}

Work = Callable[[Progress], Response]


def wants_lines(accept: str) -> bool:
    """Whether lines are asked for, whatever else is taken."""
    return any(one.split(";")[0].strip().lower() == MEDIA_TYPE for one in accept.split(","))


def in_lines(work: Work) -> Response:
    """The work's progress and then its answer. The work comes to its end whoever still listens.

    Raises what the work raises before it first tells how far it is.
    """
    said: SimpleQueue[tuple[int, int] | Response | Exception] = SimpleQueue()

    def run() -> None:
        try:
            said.put(work(lambda decided, of: said.put((decided, of))))
        except Exception as error:
            said.put(error)

    threading.Thread(target=copy_context().run, args=(run,), name="in-lines").start()
    first = said.get()
    if isinstance(first, Exception):
        raise first

    def lines() -> Iterator[bytes]:
        now: tuple[int, int] | Response | Exception = first
        while isinstance(now, tuple):
            yield orjson.dumps({"decided": now[0], "of": now[1]}) + b"\n"
            now = said.get()
        yield _last(now if isinstance(now, Response) else problem(refusal_of(now)))

    # Proxies shall hand on each line as it comes.
    return StreamingResponse(lines(), media_type=MEDIA_TYPE, headers={"X-Accel-Buffering": "no"})


def _last(answer: Response) -> bytes:
    line = {
        "status": answer.status_code,
        "etag": answer.headers.get("etag"),
        "receipt": answer.headers.get("igp-receipt"),
        "body": orjson.loads(bytes(answer.body)),
    }
    return orjson.dumps(line) + b"\n"
