"""Every other page that tells what calls tell: of teachers, schools, the county, organisers and
reviewers, over the demo county with applicants, each page against its calls on the same server.

A page that shows what several calls tell stands against them together.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import orjson
import uvicorn
from pydantic import SecretStr

from api.app import PREFIX, create_app
from bench.place import Place
from igp.composition import build
from igp.demo.loading import load_demo
from igp.sealing import seal_now
from igp.settings import Settings

_PASSWORD = "demo-igp-114"
PROGRAMME = "/programmes/kaohsiung-114"
_RANGE = "from=112.8.1&to=114.2.17"
_APPLICANTS = 12
_FORM = {
    "guardians": [{"name": "陳大同", "phone_mobile": "0912000000"}],
    "emergency_same_as_guardian": True,
    "class_teacher_name": "林導師",
    "in_gifted_class": False,
    "has_disability": False,
    "economic_status": "none",
    "initial_fee_paid": True,
    "initial_photo_received": True,
    "needs_accommodation": False,
}
_VETTED = {"decision": "accepted", "body": "school_committee", "met_on": "114.2.17"}
_NOTE = {
    "held_on": "114.2.10",
    "purpose": "了解適應情形",
    "participants": ["王老師"],
    "recorder": "李老師",
    "content": "談到分組學習的壓力",
}


@dataclass(frozen=True)
class Pair:
    """A page, and the calls that tell a program the same, as somebody asks for them; a search is
    its path and its body."""

    who: str
    page: str
    calls: tuple[str | tuple[str, Any], ...]


@dataclass
class Demo:
    """The demo county behind a server."""

    port: int
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._connection = HTTPConnection("127.0.0.1", self.port)

    def close(self) -> None:
        self._connection.close()

    def token(self, who: str) -> str:
        if who not in self.tokens:
            sent = urlencode({"username": who, "password": _PASSWORD})
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            answer = self._sent("POST", f"{PREFIX}/token", sent.encode(), headers)
            self.tokens[who] = orjson.loads(answer)["access_token"]
        return self.tokens[who]

    def page(self, who: str, path: str) -> bytes:
        return self._sent("GET", path, None, {"Cookie": f"igp-session={self.token(who)}"})

    def get(self, who: str, path: str) -> bytes:
        return self._sent("GET", PREFIX + path, None, self._bearer(who))

    def told(self, who: str, path: str) -> Any:
        return orjson.loads(self.get(who, path))

    def post(self, who: str, path: str, body: Any, version: int | None = None) -> Any:
        headers = self._bearer(who) | {"Content-Type": "application/json"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return orjson.loads(self._sent("POST", PREFIX + path, orjson.dumps(body), headers))

    def _bearer(self, who: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(who)}"}

    def _sent(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> bytes:
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        if response.status not in (200, 201):
            raise RuntimeError(f"{method} {path}: {response.status} {content[:300]!r}")
        return content


@contextmanager
def demo(place: Place) -> Iterator[Demo]:
    """The demo county of 114.2.17, with applicants whose registration is complete."""
    listener = socket.create_server(("127.0.0.1", 0))
    with place.plain("office_pages") as database:
        settings = Settings(
            mode="test",
            data_dir=place.folder / "office-pages",
            database_url=SecretStr(database),
        )
        with build(settings) as running:
            load_demo(running)
            seal_now(running.ledger)
            config = uvicorn.Config(create_app(running.house), log_config=None, access_log=False)
            server = uvicorn.Server(config)
            thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
            with running.projecting():
                thread.start()
                reached = Demo(listener.getsockname()[1])
                try:
                    yield reached
                finally:
                    reached.close()
                    server.should_exit = True
                    thread.join()
    listener.close()


def fill(demo: Demo) -> list[Pair]:
    """Makes what the pages show, by the calls; returns the pages."""
    demo.post("eb", "/simulation/clock", {"now": "2025-02-17T09:00:00+08:00"})
    ids = [_applicant(demo, number) for number in range(_APPLICANTS)]
    signed = ("sign_officer", "sign_guidance_director", "sign_accountant", "sign_principal")
    batch = f"{PROGRAMME}/batches/ks-a/initial"
    demo.post("a-office", f"{batch}/roster-exported", {}, 0)
    demo.post(
        "a-office",
        f"{batch}/roster-signed",
        {"signed_on": "114.2.17", **dict.fromkeys(signed, "乙")},
        1,
    )
    cases = [
        demo.post("a-office", f"{PROGRAMME}/placement-cases", {"student_id": student})["id"]
        for student, _ in ids
    ]
    return [
        *_of_schools(demo, cases[0], *ids[0]),
        *_of_offices(demo, ids[0][1]),
        *_of_teachers(demo),
    ]


def _applicant(demo: Demo, number: int) -> tuple[str, str]:
    """A pupil of school A whose registration is complete; the ids of both."""
    entry = {
        "national_id": _national_id(number),
        "name": f"考生{number}",
        "sex": "female",
        "birth_date": "104.5.1",
        "organisation": "ks-a",
        "grade": 4,
        "class_name": "甲班",
    }
    student = demo.post("a-office", "/directory/students", entry)["id"]
    made = demo.post("a-office", f"{PROGRAMME}/applications", {"student_id": student})["id"]
    path = f"{PROGRAMME}/applications/{made}"
    steps = (
        ("initial-application-submitted", _FORM),
        ("vetted", _VETTED),
        ("initial-entry-confirmed", {"dual_registered": False}),
    )
    for step, body in steps:
        version = demo.told("a-office", path)["version"]
        demo.post("a-office", f"{path}/{step}", body, version)
    return student, made


def _national_id(number: int) -> str:
    """A valid number of nobody: letter A, whose share of the check is 1."""
    digits = f"29{number:06d}"
    weighed = sum(int(one) * weight for one, weight in zip(digits, range(8, 0, -1), strict=True))
    return f"A{digits}{-(1 + weighed) % 10}"


def _same(who: str, *paths: str) -> Iterator[Pair]:
    for path in paths:
        yield Pair(who, path, (path,))


def _of_schools(demo: Demo, case: str, student: str, application: str) -> Iterator[Pair]:
    people = demo.told("a-office", "/accounts?limit=200")["items"]
    teacher = next(one["id"] for one in people if "teacher" in one["roles"])
    yield Pair("a-office", "/school", ("/accounts?limit=200", "/students?limit=200"))
    yield Pair("a-office", f"/school/people/{teacher}", (f"/accounts/{teacher}",))
    served = (f"/students/{student}", f"/students/{student}/colleagues")
    yield Pair("a-office", f"/students/{student}/relations", served)
    cased = f"{PROGRAMME}/placement-cases"
    yield Pair("a-office", f"{cased}/{case}", (f"{cased}/{case}", f"{cased}/{case}/tasks"))
    applied = f"{PROGRAMME}/applications"
    yield from _same(
        "a-office",
        f"/students/{student}",
        f"{cased}?limit=50",
        f"{cased}/{case}/igp",
        f"{applied}/{application}",
        f"{PROGRAMME}/batches",
        f"{PROGRAMME}/batches/ks-a/initial",
        f"{PROGRAMME}/gifted-groups/ks-a",
        f"{PROGRAMME}/rosters/initial",
        "/disputes",
    )
    yield Pair("a-office", PROGRAMME, (f"{PROGRAMME}/calendar",))


def _of_offices(demo: Demo, application: str) -> Iterator[Pair]:
    applied = f"{PROGRAMME}/applications"
    changed = f"/changes?{_RANGE}"
    yield Pair("eb", changed, (f"{changed}&limit=50",))
    modified = f"{PROGRAMME}/modified?{_RANGE}"
    yield Pair("eb", modified, (f"{PROGRAMME}/rosters/modified?{_RANGE}",))
    lists = (f"{PROGRAMME}/rosters/{one}" for one in ("attendance", "letters", "tasks", "tracking"))
    yield Pair("eb", f"{PROGRAMME}/duties", tuple(lists))
    yield from _same("eb", "/fill-status", "/disputes", f"{PROGRAMME}/round")
    yield Pair("org", f"{applied}?limit=50", (f"{applied}?limit=50",))
    sheet = f"{PROGRAMME}/step-batches/ticket-issued"
    yield Pair("org", f"{PROGRAMME}/results/ticket-issued", (sheet,))
    yield from _same("org", f"{PROGRAMME}/batches", f"{PROGRAMME}/rosters/initial")
    one = f"{applied}/{application}"
    yield Pair("org", one, (one,))
    [dispute] = demo.told("reviewer", "/disputes")["items"]
    student = dispute["student"]["id"]
    yield from _same(
        "reviewer",
        "/disputes",
        f"/disputes/{dispute['id']}",
        f"/disputes/{dispute['id']}/timeline",
        f"/students/{student}/as-of?at=2024-06-30",
        f"/students/{student}/compare?from=2023-08-01&to=2024-06-30",
        f"/records/{dispute['id']}/proof",
    )


def _of_teachers(demo: Demo) -> Iterator[Pair]:
    students = demo.told("a-cm", "/students?limit=200")["items"]
    year = "school_year=112"
    [student] = [one["id"] for one in students if one["name"] == "歐陽昕"]
    note = demo.post("a-cm", f"/students/{student}/notes", _NOTE | {"school_year": 112})["id"]
    yield from _same(
        "a-cm",
        f"/students/{student}/replacements?{year}",
        f"/students/{student}/notes/{note}",
        "/me/notes",
        f"/me/notes/{note}",
        "/me/shared-courses",
    )
    yield Pair("a-cm", "/me/participant-options", ("/participant-options",))
    yield Pair("a-cm", "/account", ("/me/sessions", "/me/passkeys"))
    files = f"/students/{student}/files?{year}"
    yield Pair("a-cm", files, (f"/files?student_id={student}&{year}",))
    for expand in ({}, {"expand": "all"}):
        query = urlencode({"section": "needs_assessment", "school_year": 112} | expand)
        search = ("/sections/needs_assessment/search", {"school_year": 112} | expand)
        yield Pair("a-cm", f"/sections?{query}", (search,))
    taught = [one["id"] for one in demo.told("a-math", "/students?limit=200")["items"]]
    yield from _same("a-math", _first(demo, "a-math", taught, "courses"))
    request = _first(demo, "a-cm", [one["id"] for one in students], "placement-requests")
    yield from _same("a-cm", f"/placement-requests/{request.rpartition('/')[2]}")


def _first(demo: Demo, who: str, students: list[str], what: str) -> str:
    """Where the first record of these is that anybody of the students has."""
    for student in students:
        for one in demo.told(who, f"/students/{student}/{what}")["items"]:
            return f"/students/{student}/{what}/{one['id']}"
    raise RuntimeError(f"nobody has {what}")
