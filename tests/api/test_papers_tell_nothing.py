"""No paper, table or bundle tells that a counselling note exists (design D7).

Two offices start from one county at the end of its programme's year and differ only in what one
author does with notes, drafts and own exports. Every file that a GET of `/openapi.json` hands out
is then asked for in every form by somebody who may have it, and must be the same to the byte, with
its name, its length and whatever else its headers say. A new kind of file without its entry here
fails.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from domain.rosters import ROSTERS
from igp.sealing import seal_now
from ledger.database import Connection
from tests import county as small
from tests.acceptance.placing import Cases
from tests.acceptance.test_kao_story import SECOND, Story, whole_year
from tests.api.hearing import SECTIONS, Hearing
from tests.api.serving import NATIONAL_IDS, County, serving
from tests.api.twins import ACTS, AUTHOR, Author, Twins
from tests.county import open_office
from tests.database import Template, copied, opened
from tests.uploads import GOAL, PDF, upload

#: Whose answers are no files of their own: JSON, lines of JSON, and the signed texts of the ledger.
NO_FILES = ("application/json", "application/problem+json", "application/x-ndjson", "text/plain")
PERIOD = "from=112.7.1&to=115.1.31"
PROGRAMME = "/programmes/kaohsiung-114"


class World:
    """The year of a school, a plan, a dispute; what is asked for, by whom."""

    def __init__(self, county: County) -> None:
        hearing = Hearing(county)
        self.student, self.dispute = hearing.student, hearing.dispute
        county.subject_teacher("a-eng", self.student)
        county.case_manager("a-cm2", self.student)
        body = {"national_id": NATIONAL_IDS[0], "school_year": 112}
        hearing.author.made("/students", body)
        goal = f"/students/{self.student}/sections/annual_goal?school_year=112"
        assert county.a_eng.put(goal, {"data": GOAL}, version=0).status_code == 200
        sent = upload(county.a_eng, county, self.student, PDF)
        assert sent.status_code == 201, sent.text
        self.file = sent.json()["id"]
        cases = Cases(county)
        stage = Story(county)
        whole_year(stage, cases)
        self.scan = stage.scan("remittance_slip", school="ks-a")
        self.pupils = {name: (stage.applications[name], cases.cases[name]) for name in SECOND}
        body = {"account": "second-reviewer", "sections": [*SECTIONS], "until": "115.12.31"}
        hearing.another_reviewer("second-reviewer")
        assert county.eb.post(f"{hearing.path}/reviewers", body).status_code == 201
        for who in ("a-cm2", "org", "second-reviewer"):
            county.caller(who)
        self.tokens = county.tokens

    def asked(self) -> dict[str, list[tuple[str, str]]]:
        """(who, path) of every file, by the route that hands it out."""
        application, case = next(iter(self.pupils.values()))
        school = "organisation=ks-a"
        calls = {
            "/students/{student_id}/plan": [
                ("a-cm2", f"/students/{self.student}/plan?school_year=112")
            ],
            "/files/{file_id}": [("a-cm2", f"/files/{self.file}")],
            "/changes": [(who, f"/changes?{PERIOD}") for who in ("eb", "a-office")],
            "/disputes/{dispute_id}/evidence": [
                (who, f"/disputes/{self.dispute}/evidence") for who in ("eb", "second-reviewer")
            ],
            "/programmes/{pid}/documents/{document_id}": [
                ("org", f"{PROGRAMME}/documents/{self.scan}")
            ],
            "/programmes/{pid}/rosters/modified": [
                ("org", f"{PROGRAMME}/rosters/modified?{PERIOD}&{school}")
            ],
            "/programmes/{pid}/rosters/{roster}": [
                ("org", f"{PROGRAMME}/rosters/{code}?{school}") for code in ROSTERS
            ],
            "/programmes/{pid}/papers/{paper}": [
                ("org", f"{PROGRAMME}/papers/{kind}-{stage}?{school}")
                for kind in ("ticket", "notice", "receipt")
                for stage in ("initial", "second")
            ],
            "/programmes/{pid}/applications/{aid}/papers/{paper}": [
                ("a-office", f"{PROGRAMME}/applications/{application}/papers/{kind}-{stage}")
                for kind in ("ticket", "notice")
                for stage in ("initial", "second")
            ],
            "/programmes/{pid}/applications/{aid}/papers/igp": [
                ("a-office", f"{PROGRAMME}/applications/{application}/papers/igp")
            ],
        }
        calls |= {
            f"/programmes/{{pid}}/rosters/{roster}": [("org", f"{PROGRAMME}/rosters/{roster}")]
            for roster in ("attendance", "letters", "tasks")
        }
        calls |= {
            f"/programmes/{{pid}}/placement-cases/{{cid}}/papers/{paper}": [
                ("a-office", f"{PROGRAMME}/placement-cases/{case}/papers/{paper}")
            ]
            for paper in ("igp", "placement-application")
        }
        return calls


@pytest.fixture(scope="module")
def year(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Template, World]]:
    keys = tmp_path_factory.mktemp("year") / "keys"
    with copied(template, administrator) as database:
        with opened(template, database, keys, size=4) as ledger, serving(ledger) as county:
            world = World(county)
        yield Template(database, keys, seed=b"papers"), world


@pytest.mark.timeout(300)
def test_every_file_is_the_same_whatever_an_author_did_with_notes(
    year: tuple[Template, World],
    administrator: Connection,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    template, world = year
    known = small.County(
        schools={},
        accounts={},
        students=dict.fromkeys(("a1", "a2"), UUID(world.student)),
        placements={},
        requests={},
        tokens=world.tokens,
        disputes={"a1": UUID(world.dispute)},
    )
    with ExitStack() as stack:
        offices = []
        for history in ((*ACTS, "write", "correct"), ()):
            database = stack.enter_context(copied(template, administrator))
            keys = tmp_path_factory.mktemp("twin") / "keys"
            office = stack.enter_context(open_office(template, database, keys))
            author = Author(office, known)
            for act in history:
                author.does(act, "a1")
            seal_now(office.ledger)
            offices.append(office)
        twins = Twins(offices[0], offices[1], known)
        own = [
            one.call(world.tokens[AUTHOR], "GET", f"/students/{world.student}/notes").json()
            for one in offices
        ]
        assert own[0] != own[1]
        routes = _files(twins.one.client.get("/openapi.json").json())
        asked = world.asked()
        assert routes.keys() == asked.keys(), "tell this test who asks for each file"
        for route, formats in routes.items():
            for (who, path), form in product(asked[route], formats or [""]):
                more = f"{'&' if '?' in path else '?'}format={form}" if form else ""
                _same(twins, who, "GET", path + more)
        stored = {"kind": "changes", "from": "112.7.1", "to": "115.1.31"}
        report = twins.step("eb", "POST", "/reports", json=stored)
        assert report.status_code == 201, report.text
        for form in ("csv", "xlsx", "ods", "pdf"):
            _same(twins, "eb", "GET", f"/reports/{report.json()['id']}?format={form}")
        copy = {"school_year": 112, "recipient": "guardian", "reason": "家長申請"}
        path = f"/students/{world.student}/copies"
        for form in ("pdf", "json"):
            _same(twins, "a-office", "POST", path, json=copy | {"format": form})


def _files(documented: dict[str, Any]) -> dict[str, list[str]]:
    """The routes that hand out files, each with the forms that it is asked for in."""
    found = {}
    for path, methods in documented["paths"].items():
        if "get" not in methods or path.endswith("/reports/{report_id}"):
            continue
        formats = [
            one
            for parameter in methods["get"].get("parameters", ())
            if parameter["name"] == "format"
            for schema in parameter["schema"].get("anyOf", [parameter["schema"]])
            for one in schema.get("enum", ())
            if one != "json"
        ]
        kinds = methods["get"]["responses"]["200"].get("content", {})
        if formats or set(kinds) - {*NO_FILES}:
            found[path.removeprefix("/api/v1")] = formats
    return found


def _same(twins: Twins, who: str, method: str, path: str, **given: Any) -> None:
    answer = twins.step(who, method, path, **given)
    assert answer.status_code in (200, 201), f"{path} as {who}: {answer.text[:200]}"
    assert answer.content
    assert "filename=" in answer.headers["content-disposition"]
