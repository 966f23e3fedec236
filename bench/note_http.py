"""A note recorded over HTTP until its view has it, against the library's save behind the same door.

The same server process answers all three: our call, a call that signs in, checks and saves as the
library does, and a call that does nothing. The projector is a process of its own.
"""

import multiprocessing
import random
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from http.client import HTTPConnection
from multiprocessing.synchronize import Event as Flag
from uuid import UUID

import orjson
import uvicorn
from fastapi import FastAPI, Response

from api.acting import Acting, read_body
from api.app import PREFIX, create_app
from api.counselling_notes import NoteEntry
from api.http import Posted
from api.seeing import by_student, student_seen
from api.viewer import SignedIn, TheHouse
from bench import library
from bench.aggregates import County, Note
from bench.crew import Crew, Work
from bench.house import county, housed, projecting, token_of
from bench.measure import Scale, in_turns, median, ratio
from bench.place import Place, Reached
from bench.result import Result
from bench.workload import NOTE_CHARACTERS, text
from domain.counselling_note import SECTION
from igp.memory import settle

_CLIENTS = (1, 4)


def run(place: Place, scale: Scale) -> list[Result]:
    with ExitStack() as stack:
        reached, workload = stack.enter_context(county(place, "note_http", 100, 1000))
        peer = stack.enter_context(place.plain("note_http_library"))
        stack.enter_context(projecting(reached))
        with housed(reached) as house:
            asked = [
                (token_of(house, one.teacher), one.student)
                for one in workload.everybody[: max(_CLIENTS)]
            ]
        port = _free_port()
        stack.enter_context(_Served(reached, peer, port))
        results = []
        for clients in _CLIENTS:
            arguments = [(port, token, student) for token, student in asked[:clients]]
            with Crew(_client, arguments) as crew:
                names = ("ours", "library", "nothing")
                for name in names:
                    crew.rate(name, 0.3)
                found = in_turns(
                    {
                        name: lambda name=name: crew.rate(name, scale.seconds)  # type: ignore[misc]
                        for name in names
                    },
                    scale.rounds,
                )
            against = ratio(found["ours"], found["library"])
            results.append(
                Result(
                    name=f"note-http-{clients}",
                    what=f"經 HTTP 新增晤談紀錄到自己看得到，{clients} 個連線",
                    against="同樣登入與檢查之後，函式庫的 Application.save",
                    ratio=against.median,
                    bar=1.3,
                    figures={
                        "rounds": str(against),
                        **{f"{name}_per_second": median(rates) for name, rates in found.items()},
                        "share_of_nothing": ratio(found["ours"], found["nothing"]).median,
                    },
                )
            )
    return results


class _Served:
    """The server in a process of its own, up when this begins."""

    def __init__(self, reached: Reached, peer: str, port: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._done = context.Event()
        arguments = (reached, peer, port, self._done)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        self._port = port

    def __enter__(self) -> None:
        self._process.start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the server did not come up")

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._process.join(10)
        self._process.terminate()


def _serve(reached: Reached, peer: str, port: int, done: Flag) -> None:
    with ExitStack() as stack:
        house = stack.enter_context(housed(reached))
        theirs = County(env=library.environment(peer))
        stack.callback(theirs.close)
        app = create_app(house)
        _add_others(app, theirs)
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=port,
            loop="uvloop",
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        server = uvicorn.Server(config)

        def stop() -> None:
            done.wait()
            server.should_exit = True

        threading.Thread(target=stop, daemon=True).start()
        settle()
        server.run()


def _add_others(app: FastAPI, theirs: County) -> None:
    """What ours is compared with, behind the same door and ring."""

    @app.post("/api/bench/library/{student_id}", status_code=201)
    def save(house: TheHouse, viewer: SignedIn, student_id: UUID, asked: Posted) -> Response:
        acting = Acting(house, viewer)
        by_student(SECTION, "create")(acting, student_seen(acting, student_id))
        assert isinstance(asked.body, bytes)
        entry = read_body(asked.body, NoteEntry)
        note = Note(
            note=str(acting.new_id()),
            student=str(student_id),
            content=entry.content,
            details={
                "held_on": str(entry.held_on),
                "purpose": entry.purpose,
                "participants": list(entry.participants),
                "recorder": entry.recorder,
            },
            actor=str(viewer.account_id),
        )
        theirs.save(note)
        body = orjson.dumps({"id": str(note.id), "version": note.version})
        return Response(body, 201, media_type="application/json")

    @app.post("/api/bench/nothing/{student_id}", status_code=201)
    def nothing(student_id: UUID) -> Response:
        return Response(b"{}", 201, media_type="application/json")


def _client(stack: ExitStack, port: int, token: str, student: UUID) -> Mapping[str, Work]:
    connection = HTTPConnection("127.0.0.1", port)
    stack.callback(connection.close)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = orjson.dumps(
        {
            "held_on": "2026-02-11",
            "purpose": "生涯輔導",
            "participants": ["學生", "家長"],
            "recorder": "王小明",
            "content": text(random.Random(1), NOTE_CHARACTERS),
        }
    )

    def posting(path: str) -> Work:
        def work(end: float) -> int:
            count = 0
            while time.monotonic() < end:
                connection.request("POST", path, body, headers)
                response = connection.getresponse()
                response.read()
                if response.status != 201:
                    raise RuntimeError(f"{path}: {response.status}")
                count += 1
            return count

        return work

    return {
        "ours": posting(f"{PREFIX}/students/{student}/notes"),
        "library": posting(f"/api/bench/library/{student}"),
        "nothing": posting(f"/api/bench/nothing/{student}"),
    }


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
