"""A whole plan opened over HTTP, and plans printed.

`plan-open`: 12 sections and 40 rows in one answer, its reading recorded, against an endpoint of
the same server that signs in alike and answers with one indexed SELECT. `plan-pdf`: the export as
the program does it, from the books to the record of access, against typst's own compile time of
the same template and data.
"""

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from importlib.resources import files
from itertools import cycle, islice
from multiprocessing.synchronize import Event as Flag
from pathlib import Path
from uuid import UUID

import orjson
import uvicorn
from fastapi import FastAPI, Response

import documents
from api.app import PREFIX, create_app
from api.house import House
from api.plan_content import exportable
from api.plan_export import PlanAsked, export
from api.plan_paper import new_terms, paper_at
from api.plan_source import seen
from api.viewer import SignedIn, TheHouse, Viewer
from bench.county import record
from bench.house import county, housed, projecting, token_of, viewer_of
from bench.measure import Scale, at, by_contestant, in_turns, median, ratio, samples, timed
from bench.place import Place, Reached, opened, runner
from bench.plan_filled import ROWS, YEAR, plan_of
from bench.result import Result
from bench.workload import Student, Workload
from documents.apart import load_fonts, typeset
from documents.plan import Imprint, plan_paper
from documents.plan_pdf import plan_data
from documents.typesetting import press

_STUDENTS, _REQUESTS, _PAPERS = 25, 200, 100


def run(place: Place, scale: Scale) -> list[Result]:
    with ExitStack() as stack:
        reached, workload = stack.enter_context(county(place, "plan", _STUDENTS, 100))
        fill_plans(reached, workload)
        stack.enter_context(projecting(reached))
        everybody = workload.everybody
        with housed(reached) as house:
            teachers = {one.teacher for one in everybody}
            tokens = {teacher: token_of(house, teacher) for teacher in teachers}
            printed = _printed(house, everybody, scale)
        port = stack.enter_context(served(reached))
        return [
            _opened(port, [(tokens[one.teacher], one.student) for one in everybody], scale),
            printed,
        ]


def fill_plans(reached: Reached, workload: Workload) -> None:
    with opened(reached) as ledger, runner(ledger) as building:
        for one in workload.everybody:
            record(ledger, [ledger.mapper.to_stored_event(event) for event in plan_of(one)])
        building.catch_up()


def _opened(port: int, asked: list[tuple[str, UUID]], scale: Scale) -> Result:
    connection = HTTPConnection("127.0.0.1", port)

    def calling(path: str) -> Callable[[int], object]:
        def call(number: int) -> object:
            token, student = asked[number % len(asked)]
            headers = {"Authorization": f"Bearer {token}"}
            connection.request("GET", path.format(student), headers=headers)
            response = connection.getresponse()
            body = response.read()
            if response.status != 200:
                raise RuntimeError(f"{path}: {response.status}")
            return body

        return call

    plan = calling(f"{PREFIX}/students/{{}}/plan?school_year={YEAR}")
    one = calling("/api/bench/one/{}")
    body = plan(0)
    assert isinstance(body, bytes)
    sections = [len(each["records"]) for each in orjson.loads(body)["sections"]]
    if 0 in sections:
        raise RuntimeError("the plan is not full")
    count = _REQUESTS // 10 if scale.quick else _REQUESTS
    samples(plan, one, 20)
    turns = {"plan": lambda: samples(plan, one, count)}
    ours, bare = by_contestant(in_turns(turns, scale.rounds))["plan"]
    connection.close()
    share = ratio(at(ours, 99), at(bare, 99))
    return Result(
        name="plan-open",
        what=f"經 HTTP 開啟整份計畫（{len(sections)} 個項目、{ROWS} 列），p99",
        against="同一個伺服器、同樣登入，以一個索引查詢回答的端點",
        ratio=share.median,
        bar=3.0,
        side="at_most",
        figures={
            "rounds": str(share),
            "p50": str(ratio(at(ours, 50), at(bare, 50))),
            "bytes": len(body),
            **{
                f"{name}_ms": " / ".join(f"{median(at(rounds, p)):.2f}" for p in (50, 99))
                for name, rounds in (("plan", ours), ("one", bare))
            },
        },
    )


def _printed(house: House, everybody: Sequence[Student], scale: Scale) -> Result:
    count = _PAPERS // 10 if scale.quick else _PAPERS
    asked = [
        (viewer_of(house, one.teacher), one.student) for one in islice(cycle(everybody), count)
    ]
    template = Path(str(files(documents))) / "templates"
    fonts = load_fonts([str(files("noto_cjk_sans_otc"))])
    source = (template / "plan.typ").read_bytes()
    data = [_data(house, viewer, student) for viewer, student in asked]
    made = datetime(2026, 2, 11, tzinfo=UTC)

    def ours() -> float:
        return timed(
            lambda: [
                export(house, viewer, PlanAsked(student, YEAR, "pdf"), None)
                for viewer, student in asked
            ]
        )

    def theirs() -> float:
        return timed(lambda: [typeset(source, template, fonts, one, made) for one in data])

    export(house, asked[0][0], PlanAsked(asked[0][1], YEAR, "pdf"), None)
    found = in_turns({"ours": ours, "typst": theirs}, min(scale.rounds, 3))
    share = ratio(found["ours"], found["typst"])
    return Result(
        name="plan-pdf",
        what=f"匯出 {count} 份計畫的 PDF，由紀錄簿到查閱紀錄",
        against="typst 編譯同樣的範本與資料",
        ratio=share.median,
        bar=3.0,
        side="at_most",
        figures={
            "rounds": str(share),
            **{f"{name}_ms": median(times) * 1000 / count for name, times in found.items()},
        },
    )


def _data(house: House, viewer: Viewer, student: UUID) -> str:
    """What the template is given for a student, as the press gives it."""
    with viewer.looking(house) as connection:
        _, held = seen(connection, viewer, student)
    paper = paper_at(house, viewer, student, YEAR, exportable(held), new_terms(house, viewer))
    imprint = Imprint(
        str(paper.terms.paper_id), paper.terms.made_at, paper.made_by, 1, paper.digest
    )
    said = plan_data(plan_paper(paper.content, imprint))
    return orjson.dumps(said | {"faces": press().faces, "replaced": []}).decode()


@contextmanager
def served(reached: Reached) -> Iterator[int]:
    """The server in a process of its own; yields its port."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    done = context.Event()
    process = context.Process(target=_serve, args=(reached, port, done), daemon=True)
    process.start()
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        yield port
    finally:
        done.set()
        process.join(10)
        process.terminate()


def _serve(reached: Reached, port: int, done: Flag) -> None:
    with housed(reached) as house:
        app = create_app(house)
        _add_one(app)
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
        server.run()


def _add_one(app: FastAPI) -> None:
    """What opening a plan is compared with, behind the same door and ring."""

    @app.get("/api/bench/one/{student_id}")
    def one(house: TheHouse, viewer: SignedIn, student_id: UUID) -> Response:
        with viewer.looking(house) as connection:
            row = connection.execute(
                "SELECT row FROM student WHERE student_id = %s", (student_id,), binary=True
            ).fetchone()
        assert row is not None
        return Response(bytes(row[0]), media_type="application/json")
