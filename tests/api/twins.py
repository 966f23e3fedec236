"""Two offices over copies of one county, in step: how it is shown that nobody learns of a note.

What one author does differs between them; whoever else calls must be answered the same to the byte.
"""

import os
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.course_goal import Semester, course_id
from domain.mark import mark_id
from domain.programme import shipped_text
from domain.stream_ids import natural_id
from ledger.database import Connection
from tests import dispute_story
from tests.api.calls import BODIES, COURSE, LAST, NOTE, QUERIES, SECTION
from tests.county import (
    PATIENCE_SECONDS,
    County,
    Office,
    complete_profiles,
    enter,
    open_office,
    populate,
)
from tests.database import Template, copied
from tests.story import Story

AUTHOR = "a-cm"
LONG = bool(os.environ.get("IGP_LONG"))
#: By how many of the others a route is called in one example; in the long suite by all of them.
#: Who they are moves on from route to route and from example to example.
CALLERS = 12 if LONG else 3


class Twins:
    """Two offices over copies of one county; `step` makes the same call in both."""

    def __init__(self, one: Office, other: Office, county: County) -> None:
        self.one, self.other, self.county = one, other, county
        self.calls = 0

    def step(self, who: str, method: str, path: str, **given: Any) -> Any:
        token = self.county.tokens[who]
        if path.startswith("/me/reads") or "access-" in path:
            # Nobody waits for who-read-what; here it must not hang on how busy the machine is.
            for office in (self.one, self.other):
                while office.client.get("/readyz").status_code != 200:
                    pass
        first = self.one.call(token, method, path, **given)
        second = self.other.call(token, method, path, **given)
        self.compare(first, second, f"{method} {path} as {who}")
        self.calls += 1
        return first

    def compare(self, first: Any, second: Any, told: str) -> None:
        assert first.status_code == second.status_code, told
        assert headers_of(first) == headers_of(second), told
        assert first.content == second.content, told


def headers_of(answer: Any) -> list[tuple[str, str]]:
    return [pair for pair in answer.headers.multi_items() if pair[0].lower() != "date"]


class Author:
    """The one whose acts differ between the histories."""

    def __init__(self, office: Office, county: County) -> None:
        self._office, self._county = office, county
        self.notes: list[tuple[str, UUID, int]] = []
        self.options: list[UUID] = []

    def does(self, act: str, which: str) -> None:
        student = self._county.students[which]
        notes = f"/students/{student}/notes"
        match act:
            case "write":
                made = self._call("POST", notes, json=NOTE).json()
                self.notes.append((which, UUID(made["id"]), 1))
            case "correct" if self.notes:
                which, note, version = self.notes[-1]
                body = {"content": f"第 {version} 次改寫", "reason": "補充"}
                path = f"/students/{self._county.students[which]}/notes/{note}"
                headers = {"If-Match": f'"{version}"'}
                if self._call("PUT", path, json=body, headers=headers).status_code == 200:
                    self.notes[-1] = (which, note, version + 1)
            case "withdraw" if self.notes:
                which, note, version = self.notes.pop()
                path = f"/students/{self._county.students[which]}/notes/{note}/withdrawal"
                headers = {"If-Match": f'"{version}"'}
                self._call("POST", path, json={"reason": "重複"}, headers=headers)
            case "read":
                self._call("GET", notes)
                self._call("GET", "/me/notes")
            case "pry":
                self._call("GET", f"{notes}/{uuid4()}")
            case "option":
                self._call("GET", "/participant-options")
                name = {"name": f"外聘講師{len(self.options)}"}
                made = self._call("POST", "/participant-options", json=name).json()
                self.options.append(UUID(made["id"]))
            case "unoption" if self.options:
                path = f"/participant-options/{self.options[-1]}/withdrawal"
                self._call("POST", path, headers={"If-Match": '"1"'})
            case "preview" if self.notes:
                dispute = self._county.disputes["a1"]
                self._call("GET", f"/disputes/{dispute}/note-releases/{self.notes[-1][1]}")
            case "draft":
                self._call("PUT", "/drafts/note", json={"content": "尚未完成"})
            case "export":
                plan = f"/students/{student}/plan?school_year=112&format=pdf"
                self._call("GET", plan + "&own_notes=true")

    def looks(self) -> None:
        """Reads that hold own notes where there are any, and are in the book of access alike."""
        for path in ("/changes?from=112.7.1&to=112.8.31", "/me/reads?limit=3"):
            self._call("GET", path)
        self._call("GET", "/changes?from=112.7.1&to=112.8.31&format=csv")
        self._call("GET", f"/students/{self._county.students['a1']}/history")

    def _call(self, method: str, path: str, **given: Any) -> Any:
        return self._office.call(self._county.tokens[AUTHOR], method, path, **given)


ACTS = (
    "write",
    "correct",
    "withdraw",
    "read",
    "preview",
    "pry",
    "option",
    "unoption",
    "draft",
    "export",
)


def twin_county(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Template, County]]:
    """A county that every history starts from, with notes of other authors in it, for a fixture of
    a module."""
    keys = tmp_path_factory.mktemp("county") / "keys"
    with pytest.MonkeyPatch.context() as patch, copied(template, administrator) as database:
        # Whether a day is closed must not hang on how busy the machine is.
        patch.setattr("api.change_report.PATIENCE_SECONDS", PATIENCE_SECONDS)
        with open_office(template, database, keys) as office:
            made = populate(office.ledger, office.house)
            for who in ("a-math", AUTHOR):
                path = f"/students/{made.students['a1']}/notes"
                assert office.call(made.tokens[who], "POST", path, json=NOTE).status_code == 201
            begin_plan(office, made)
            _open_dispute(office, made)
        # Seeded anew, or the same accounts would draw the same ids once more.
        yield Template(database, keys, seed=b"histories"), made


def _open_dispute(office: Office, county: County) -> None:
    """A dispute about a student with notes, and somebody who was appointed to look into it."""
    story, student = Story(office.ledger), county.students["a1"]
    reviewer = story.account(county.schools["ks-council"], "reviewer", name="施審議")
    complete_profiles(story, {"reviewer": reviewer})
    county.accounts["reviewer"] = reviewer
    county.tokens["reviewer"] = enter(office.house, reviewer, "reviewer")
    text = shipped_text("kaohsiung-114")
    dispute_story.programme(story, "kaohsiung-114", text)
    dispute = dispute_story.opened(
        story, student, county.schools["ks-a"], programme="kaohsiung-114"
    )
    sections = ("placement", "meeting", "annual_goal", "relation")
    done = dispute_story.appointed(story, dispute, student, reviewer, *sections)
    county.disputes["a1"] = dispute
    assert office.house.waiting.passed(done.position)


def begin_plan(office: Office, county: County) -> None:
    """A plan with a record in its first version in each of the sections that are tried."""
    token, student = county.tokens[AUTHOR], county.students["a1"]
    begun = Story(office.ledger).plan(student)
    assert office.house.waiting.passed(begun.position)
    path = f"/students/{student}/school-years"
    answer = office.call(token, "POST", path, json={"school_year": 112})
    assert answer.status_code == 201, answer.text
    path = f"/students/{student}/sections/needs_assessment"
    body = {"data": {"guidance_recommendations": "加深"}}
    answer = office.call(token, "PUT", path, json=body, headers={"If-Match": '"0"'})
    assert (answer.status_code, answer.json()["version"]) == (200, 1), answer.text
    token, path = county.tokens["a-math"], f"/students/{student}/sections/annual_goal"
    body = {"data": {"goal_text": "探究"}}
    headers = {"If-Match": '"0"'}
    answer = office.call(token, "PUT", f"{path}?school_year=112", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    answer = office.call(token, "POST", f"/students/{student}/courses", json=COURSE)
    assert answer.json()["id"] == str(course_id(student, 112, 1)), answer.text


def every_route(
    twins: Twins, notes: list[UUID], turn: int, others: Sequence[str] | None = None
) -> None:
    """The others over every route, reads before writes, what ends a session last."""
    documented = twins.one.client.get("/openapi.json").json()["paths"]
    routes = [
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in documented.items()
        for method in methods
    ]
    missing = {route for route in routes if route[0] != "GET"} - BODIES.keys()
    assert not missing, f"tell this test what to send to {sorted(missing)}"
    others = others or [name for name in twins.county.accounts if name != AUTHOR]
    order = sorted(routes, key=lambda route: (route[0] != "GET", route in LAST))
    for number, (method, path) in enumerate(order):
        first = turn + number * CALLERS
        for who in {others[(first + step) % len(others)]: None for step in range(CALLERS)}:
            for filled in paths_of(path, twins.county, notes, turn + number):
                _one_route(twins, who, method, path, filled, notes)


def paths_of(path: str, county: County, notes: list[UUID], turn: int) -> list[str]:
    """The path with ids in it: of what exists, of what nobody made, and of the author's own."""
    unknown = UUID(int=turn + 1)
    pools: dict[str, list[str]] = {
        "{student_id}": [str(county.students[("a1", "b1")[turn % 2]])],
        "{note_id}": [*map(str, notes[-1:]), str(unknown)],
        "{placement_id}": [str(county.placements["a1"])],
        "{request_id}": [str(county.requests["a1"])],
        "{account_id}": [str(county.accounts[(AUTHOR, "a-math", "a-cm2")[turn % 3]])],
        "{report_id}": [str(unknown)],
        "{dispute_id}": [str(county.disputes["a1"]), str(unknown)],
        "{pid}": ["kaohsiung-114"],
        "{aid}": [str(natural_id("application", "kaohsiung-114", county.students["a1"]))],
        "{cid}": [str(natural_id("placement_case", "kaohsiung-114", county.students["a1"]))],
        "{batch_step}": ["ticket-issued", "initial-decision-made"],
        "{case_step}": ["desk-review-returned", "submitted"],
        "{plan_step}": ["drafted"],
        "{meeting_step}": ["attendance-announced"],
        "{step}": [
            "window-postponed"
            if "/round/" in path
            else "proposal-filed"
            if "/batches/" in path
            else "withdrawn"
        ],
        "{organisation}": ["ks-a"],
        "{stage}": ["placement"],
        "{roster}": ["initial", "uploads-placement"],
        "{paper}": ["ticket-initial", "receipt-second"],
        "{document_id}": [str(unknown)],
        "{option_id}": [*map(str, notes[:1]), str(unknown)],
        "{meeting_id}": [str(unknown)],
        "{replacement_id}": [str(unknown)],
        "{mark_id}": [
            str(mark_id(county.students["a1"], "數學", 4, Semester.FIRST, "own")),
            str(unknown),
        ],
        "{file_id}": [str(unknown)],
        "{record_id}": [
            str(course_id(county.students["a1"], 112, 1)),
            *map(str, notes[-1:]),
            str(unknown),
        ],
        "{template_id}": [str(unknown)],
        "{section}": ["basic_family", "needs_assessment"],
        "{table}": ["subjects"],
        "{code}": ["ks-a"],
        "{key}": ["note"],
        "{session_id}": [str(unknown)],
        "{passkey_id}": [str(unknown)],
    }
    used = [name for name in pools if name in path]
    filled = []
    for values in product(*(pools[name] for name in used)):
        one = path
        for name, value in zip(used, values, strict=True):
            one = one.replace(name, value)
        assert "{" not in one, f"tell this test what to put into {path}"
        filled.append(one)
    return filled


def _one_route(
    twins: Twins, who: str, method: str, path: str, filled: str, notes: list[UUID]
) -> None:
    if method == "GET":
        for query in ["", *QUERIES.get(path, [])]:
            twins.step(who, "GET", filled + query)
        return
    given = BODIES[method, path]
    if path.startswith(SECTION):
        given = given[filled.split("/")[4]]
    body = body_of(given, twins.county, notes)
    if path == "/token" and method == "POST":
        twins.step(who, method, filled, data=body)
        return
    if path in ("/files", "/programmes/{pid}/documents") and method == "POST":
        file = {"file": ("計畫.pdf", b"%PDF-1.7\n%%EOF\n")}
        twins.step(who, method, filled, data=body, files=file)
    headers = {"If-Match": '"1"', "Idempotency-Key": f"{who} {method} {path}"}
    if body is None:
        twins.step(who, method, filled, headers=headers)
        return
    twins.step(who, method, filled, json=body, headers=headers)
    if path.endswith(("/notes", "/placements")):
        # The repeat of a request, and a body that does not validate.
        twins.step(who, method, filled, json=body, headers=headers)
        twins.step(who, method, filled, json={})


def body_of(body: Any, county: County, notes: list[UUID]) -> Any:
    known = {
        "{a1}": str(county.students["a1"]),
        "{a2}": str(county.students["a2"]),
        "{course}": str(course_id(county.students["a1"], 112, 1)),
        "{note}": str(notes[-1]) if notes else str(UUID(int=1)),
        "{placement}": str(county.placements["a1"]),
    }
    match body:
        case str():
            return known.get(body, body)
        case dict():
            return {name: body_of(value, county, notes) for name, value in body.items()}
        case list():
            return [body_of(value, county, notes) for value in body]
    return body
