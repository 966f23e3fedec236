"""The pages of a witness: what a log submits (C2SP `tlog-witness`), and who the witness is."""

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from igp.witness import MOST_BYTES, Answer, Witness

#: The type of an answer that says which size was cosigned last.
SIZE = "text/x.tlog.size"


def create_app(witness: Witness) -> Starlette:
    """`POST /add-checkpoint`, and `GET /` with the witness' verifier key."""

    async def add_checkpoint(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return PlainTextResponse("too long\n", 413)
        # Off the loop, for it waits for the disk.
        return _response(await run_in_threadpool(witness.add, body))

    async def about(request: Request) -> Response:
        return PlainTextResponse(f"{witness.key}\n")

    return Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/", about, methods=["GET"]),
        ]
    )


def _response(answer: Answer) -> Response:
    if answer.size:
        # Without a charset: the type is exactly this one.
        return Response(answer.text, answer.status, headers={"Content-Type": SIZE})
    return PlainTextResponse(answer.text, answer.status)
