"""Every list and view over HTTP is the same after all views were dropped and built anew."""

import re
import threading
from collections.abc import Iterator
from itertools import product
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from psycopg import sql

from domain.programme import shipped_text
from ledger.database import Connection
from projections.all_views import all_views
from projections.runner import Runner
from tests.acceptance.planning import ENTRIES, FIRST, YEAR, entries, page
from tests.acceptance.trying import NOTE, PLACEMENT, Trying, trying
from tests.county import County
from tests.database import Template, copied
from tests.story import Story

RANGE = "from=112.7.1&to=112.8.31"
#: What each read is asked with, beside nothing.
QUERIES = {
    "/changes": [f"?{RANGE}", f"?{RANGE}&section=placement&origin=school", f"?{RANGE}&format=csv"],
    "/changes/students": [f"?{RANGE}"],
    "/students": ["?sort=-grade", "?school_year=112", "?organisation=ks-a"],
    "/students/{student_id}/placements": ["?status=withdrawn"],
    "/students/{student_id}/marks": ["?withdrawn=true"],
    "/students/{student_id}/graduation-score": ["?programme=kaohsiung-114"],
    "/fill-status": [f"?school_year={YEAR}"],
}
MARK = {
    "programme": "kaohsiung-114",
    "school_year": 111,
    "semester": "first",
    "area": "數學",
    "enrolled_grade": 4,
    "score": 90,
    "given_by": "homeroom_teacher",
}
SKIP_STATUS = {
    "programme": "kaohsiung-114",
    "school_year": 112,
    "from_grade": 4,
    "to_grade": 6,
    "letter_number": "高市教特字第 1120001 號",
    "letter_date": "112.7.1",
}
SEARCHES: dict[str, dict[str, Any]] = {
    "/students/search": {"q": "林"},
    "/students/{student_id}/notes/search": {"q": "課程"},
    "/me/notes/search": {"q": "課程"},
}


@pytest.fixture
def told(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trying]:
    """A county with plans, notes, placements and requests in every state."""
    with (
        copied(template, administrator) as database,
        trying(template, database, tmp_path_factory.mktemp("dropped") / "keys") as county,
    ):
        tell(county)
        yield county


def tell(county: Trying) -> None:
    for which, who in (("a1", "a-cm"), ("a2", "a-cm"), ("b1", "b-cm")):
        student = county.student(which)
        for author in {who, "a-hr" if which == "a2" else "itinerant"}:
            county.made(author, f"/students/{student}/notes", NOTE)
        for n in (1, 2, 3):
            made = county.made(who, f"/students/{student}/placements", PLACEMENT)
            path = f"/students/{student}/placements/{made}"
            if n > 1:
                change = {"placement_grade": n, "arrangement": "抽離", "reason": "更正"}
                assert county.call(who, "PUT", path, change, 1).status_code == 200
            if n > 2:
                gone = county.call(who, "POST", f"{path}/withdrawal", {"reason": "誤植"}, 2)
                assert gone.status_code == 200
        given_up = {"kind": "abandonment", "reason": "家長提出"}
        given_up["placement_id"] = str(county.county.placements[which])
        if which != "a1":
            request = county.made(who, f"/students/{student}/placement-requests", given_up)
            decision = {
                "body": "school_committee",
                "outcome": "passed",
                "decided_on": "112.7.31",
            }
            office = "a-office" if which == "a2" else "b-office"
            path = f"/placement-requests/{request}/decisions"
            assert county.call(office, "POST", path, decision, 1).status_code == 201
    change = {"name": "林大安", "reason": "更名"}
    path = f"/directory/students/{county.student('a1')}"
    assert county.call("a-office", "PATCH", path, change, 1).status_code == 200
    moved = {"organisation": "ks-a", "grade": 6, "class_name": "資優五"}
    path = f"/directory/students/{county.student('b1')}/transfers"
    assert county.call("b-office", "POST", path, moved).status_code == 200
    tell_marks(county)
    county.made("a-cm", "/reports", {"kind": "changes", "from": "112.7.1", "to": "112.8.31"})
    tell_plans(county)


def tell_marks(county: Trying) -> None:
    """Marks of three semesters, one corrected and one withdrawn, and the status of a full skip."""
    county.made("eb", "/programmes", {"text": shipped_text("kaohsiung-114")})
    student = county.student("a2")
    made = [
        county.made("a-office", f"/students/{student}/marks", MARK | {"grade": grade})
        for grade in (1, 2, 3)
    ]
    first, second = (f"/students/{student}/marks/{one}" for one in made[:2])
    change = {"score": 91.5, "reason": "更正"}
    assert county.call("a-office", "PUT", first, change, 1).status_code == 200
    gone = county.call("a-office", "POST", f"{second}/withdrawal", {"reason": "誤植"}, 1)
    assert gone.status_code == 200
    path = f"/students/{student}/skip-status"
    assert county.call("a-office", "PUT", path, SKIP_STATUS, 0).status_code == 200


def tell_plans(county: Trying) -> None:
    """Two whole plans: sections, courses, meetings, re-placements, corrected and withdrawn ones."""
    story = Story(county.office.ledger)
    for which, keeper in (("a1", "a-cm"), ("b1", "itinerant")):
        student = county.student(which)
        story.plan(county.county.students[which], YEAR)
        if which == "b1":
            story.assign(county.county.students[which], county.account("a-math"))
        county.settle()
        county.made(keeper, f"/students/{student}/school-years", {"school_year": YEAR})
        grade = {"grade": 6 if which == "b1" else 5}
        for section, data in FIRST.items():
            more = grade if section == "transition" else {}
            who = "a-math" if section == "annual_goal" else keeper
            body = {"data": data | more, "confirmed": True}
            answer = county.call(who, "PUT", page(student, section), body, 0)
            assert answer.status_code == 200, answer.text
        changed = {"data": {"awards": []}, "reason": "誤填"}
        version = county.call(keeper, "GET", page(student, "awards")).json()["version"]
        answer = county.call(keeper, "PUT", page(student, "awards"), changed, version)
        assert answer.status_code == 200, answer.text
        for section, body in ENTRIES.items():
            who = "a-math" if section == "course_goal" else keeper
            path = entries(student, section)
            gone = f"{path}/{county.made(who, path, body)}/withdrawal"
            county.made(who, path, body)
            if section == "meeting":
                reason = {"reason": "重複"}
                assert county.call(who, "POST", gone, reason, 1).status_code == 200


#: What tells of readings, and of books that readings stand in, is another at the second reading.
OF_READING = re.compile(r"/ledger/(access|notes)/|/me/reads|/access-(log|reviews)")


@pytest.mark.accepts("IGP-144")
def test_after_a_rebuild_everybody_is_answered_as_before(told: Trying) -> None:
    pinned: dict[tuple[str, str], str] = {}
    before = answers(told, pinned)
    assert {status for status, _ in before.values()} <= {200, 403, 404, 422}
    assert sum(status == 200 for status, _ in before.values()) > 250
    ledger = told.office.ledger
    told.office.runner.stop()
    for thread in threading.enumerate():
        if thread.name == "projector":
            thread.join()
    with ledger.database.connect("projector") as connection:
        connection.execute("DROP SCHEMA views CASCADE")
        connection.execute("CREATE SCHEMA views")
        reader = sql.Identifier(ledger.database.role("reader"))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA views TO {}").format(reader))
    # What is answered comes from the views: without them there is nothing.
    assert told.call("a-office", "GET", "/students").status_code == 500
    runner = Runner(ledger.database, all_views(ledger.keyring), ledger.mapper)
    runner.prepare()
    runner.catch_up()
    runner.close()
    after = answers(told, pinned)
    assert sorted(asked for asked in before if before[asked] != after[asked]) == []


def answers(
    county: Trying, pinned: dict[tuple[str, str], str]
) -> dict[tuple[str, str], tuple[int, bytes]]:
    """What everybody is answered who reads everything.

    `pinned` keeps what each report of changes is bound to, which the next time gives the same.
    """
    document = county.office.client.get("/openapi.json").json()
    reads = [
        path
        for path, methods in document["paths"].items()
        if "get" in methods and not OF_READING.search(path)
    ]
    given: dict[tuple[str, str], tuple[int, bytes]] = {}
    for who in county.county.tokens:
        for template in reads:
            short = template.removeprefix("/api/v1")
            for path, query in product(filled(short, county.county), ("", *QUERIES.get(short, ()))):
                asked = path + query
                if short.startswith("/changes") and query:
                    if (who, asked) not in pinned:
                        shown = county.call(who, "GET", asked.replace("&format=csv", ""))
                        pinned[who, asked] = shown.json()["terms"]["as_of"]
                    bound = quote(pinned[who, asked])
                    answer = county.call(who, "GET", f"{asked}&as_of={bound}")
                else:
                    answer = county.call(who, "GET", asked)
                given[who, asked] = (answer.status_code, stable(answer))
        for template, body in SEARCHES.items():
            for path in filled(template, county.county):
                answer = county.call(who, "POST", path, body)
                given[who, path] = (answer.status_code, answer.content)
    return given


def stable(answer: Any) -> bytes:
    """The answer without the opaque tokens, which are sealed anew each time."""
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return bytes(answer.content)
    body = answer.json()
    if isinstance(body, dict) and body.get("next_cursor"):
        body["next_cursor"] = "more"
    return orjson.dumps(body)


def filled(template: str, county: County) -> list[str]:
    """The paths of a route: for every student, placement, request and account there is."""
    known = {
        "{student_id}": list(county.students.values()),
        "{placement_id}": list(county.placements.values()),
        "{request_id}": list(county.requests.values()),
        "{account_id}": list(county.accounts.values()),
        "{code}": ["ks-a", "ks-eb"],
        "{section}": ["basic_family", *FIRST],
        "{table}": ["subjects"],
    }
    paths = [template]
    for name, values in known.items():
        if name in template:
            paths = [path.replace(name, str(value)) for path in paths for value in values]
    # Of records nobody here knows the id of, their lists tell.
    return [path for path in paths if "{" not in path]
