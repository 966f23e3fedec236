"""On no page can anybody but its author tell that a counselling note exists (design D7).

Two offices start from one county and differ only in what one author does with notes and drafts, by
the API and by the pages. The other accounts then go over every page of `ROUTERS`, those that look
and those that send, in step; each answer must be the same to the byte. A new page without its
parameters here fails.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from api.web.app import ROUTERS
from domain.course_goal import course_id
from igp.sealing import seal_now
from ledger.database import Connection
from tests.api.twins import AUTHOR, Author, Twins, headers_of, twin_county
from tests.county import PASSWORD, County, Office, open_office
from tests.database import Template, copied
from tests.identities import CLOSED_PORT, Identities
from tests.visiting import FROM_US

ACTS = ("option", "write", "correct", "read", "draft", "export", "write", "preview", "pry")
#: By how many of the others a page is asked for; who they are moves on from page to page.
CALLERS = 3

NOTE = {
    "held_on": "112/7/20",
    "purpose": "學習適應",
    "participants": "導師\n外聘講師0",
    "recorder": "個管教師",
    "content": "與學生談課程安排。",
}

#: What a page is sent beside the nothing and the reason that every one is sent.
SENT: dict[str, dict[str, str]] = {
    "/search": {"q": "林"},
    "/me/notes": {"q": "課程"},
    "/me/notes/{note_id}/release": {"dispute": str(UUID(int=1))},
    "/me/notes/{note_id}/release/withdrawal": {"dispute": str(UUID(int=1)), "reason": "收回"},
    "/me/participant-options": {"name": "外聘講師0"},
    "/students/new-plans": {"numbers": "A123456789", "school_year": "112"},
    "/students/new-year": {"school_year": "113"},
    "/students/{student_id}/notes/new": NOTE,
    "/students/{student_id}/notes/{note_id}/edit": NOTE | {"_version": "1", "reason": "補充"},
    "/students/{student_id}/meetings/withdrawals": {"entry": f"{UUID(int=1)}:1", "reason": "重複"},
    "/students/{student_id}/notes/withdrawals": {"ids": str(UUID(int=1)), "reason": "重複"},
    "/students/{student_id}/undo": {
        "section": "meeting",
        "record": str(UUID(int=1)),
        "before": "0",
        "after": "1",
    },
    "/drafts": {"_draft": "/students/x/notes/new", "content": "草稿"},
    "/drafts/discard": {"_draft": "/students/x/notes/new"},
    "/programmes/{pid}/results/{batch_step}/apply": {
        "rows": '[{"application":"00000000-0000-0000-0000-000000000001","version":0}]'
    },
    "/programmes/{pid}/publication/{stage}": {"_version": "0"},
    "/account/former-password": {"former_password": "wrong-password"},
    "/account/passkeys/new": {"current_password": PASSWORD},
    "/account/passkeys": {"name": "辦公室電腦", "credential": "{}"},
    "/sign-in/passkey": {"credential": "{}"},
    "/sign-in": {"username": "a-hr", "password": PASSWORD},
}
#: What a page is looked at with, beside nothing.
ASKED: dict[str, list[str]] = {
    "/sections": [
        "?section=needs_assessment&expand=all&stage=elementary&class_name=資優五",
        "?section=needs_assessment&expand=all",
        "?section=counselling_note",
    ],
    "/students/{student_id}/history": ["?section=counselling_note", "?section=placement"],
    "/students/{student_id}/plan.{format}": ["?school_year=112&own_notes=true"],
    "/programmes/{pid}/papers/{paper}": ["?organisation=ks-a"],
    "/programmes/{pid}/modified": ["?from=112.7.1&to=112.8.31"],
    "/programmes/{pid}/modified/file": ["?from=112.7.1&to=112.8.31&format=csv"],
    "/changes": ["?from=112.7.1&to=112.8.31", "?from=112.7.1&to=112.8.31&section=counselling_note"],
    "/programmes/{pid}/results/{batch_step}": ["?show=all&fill=proposed"],
    "/programmes/{pid}/applications/new": [f"?student={UUID(int=1)}"],
    "/me/notes/{note_id}/release": [f"?dispute={UUID(int=1)}"],
    "/students/{student_id}/as-of": ["?at=112.8.1"],
    "/students/{student_id}/compare": ["?from=112.7.31&to=112.8.1"],
    "/sign-in/openid/failed": ["?why=openid-not-linked"],
    "/sign-in/openid/return": ["?code=x&state=x", "?error=access_denied"],
}
_CODE = re.compile(rb"(?<=<code data-code>)[A-Z2-9]{12}(?=</code>)")
_EXPIRES = re.compile(r"(?<=expires=)[^;]+")
#: What ends the session of who sends it comes last.
LAST = frozenset({"/sign-out"})


def routes() -> list[tuple[str, str]]:
    """(method, path) of every page, those that look before those that send."""
    found: list[tuple[str, str]] = [
        (method, route.path)  # type: ignore[attr-defined]
        for router in ROUTERS
        for route in router.routes
        for method in route.methods  # type: ignore[attr-defined]
    ]
    return sorted(found, key=lambda one: (one[1] in LAST, one[0] != "GET"))


def pools(county: County, notes: list[UUID]) -> dict[str, list[str]]:
    """What stands for a parameter: what exists, what nobody made, and the author's own."""
    unknown = str(UUID(int=1))
    own = [str(one) for one in notes[-1:]]
    course = str(course_id(county.students["a1"], 112, 1))
    return {
        "{student_id}": [str(county.students["a1"])],
        "{note_id}": [*own, unknown],
        "{entry_id}": [course, *own],
        "{record_id}": [course, *own],
        "{placement_id}": [str(county.placements["a1"])],
        "{request_id}": [str(county.requests["a1"])],
        "{dispute_id}": [str(county.disputes["a1"])],
        "{account_id}": [str(county.accounts[AUTHOR])],
        "{report_id}": [unknown],
        "{session_id}": [unknown],
        "{template_id}": [unknown],
        "{file_id}": [unknown, *own],
        "{option_id}": [unknown, *own],
        "{passkey_id}": [unknown],
        "{name}": ["teacher"],
        "{pid}": ["kaohsiung-114"],
        "{code}": ["needs_assessment", "counselling_note"],
        "{format}": ["pdf"],
        "{aid}": [unknown],
        "{batch_step}": ["ticket-issued", "unknown"],
        "{cid}": [unknown],
        "{organisation}": ["ks-a"],
        "{stage}": ["initial", "unknown"],
        "{document_id}": [unknown],
        "{paper}": ["notice-initial", "unknown"],
        "{step}": ["initial-application-submitted", "window-postponed", "composed"],
        "{roster}": ["initial", "unknown"],
        "{file}": ["students.csv", "organisations.csv"],
        "{what}": ["dispatches", "teaching"],
    }


def filled(path: str, county: County, notes: list[UUID]) -> list[str]:
    """The path with every combination of its parameters."""
    known = pools(county, notes)
    used = [name for name in known if name in path]
    made = []
    for values in product(*(known[name] for name in used)):
        one = path
        for name, value in zip(used, values, strict=True):
            one = one.replace(name, value)
        assert "{" not in one, f"tell this test what to put into {path}"
        made.append(one)
    return made


@pytest.fixture(scope="module")
def county(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Template, County]]:
    yield from twin_county(template, administrator, tmp_path_factory)


class PageTwins(Twins):
    """The same page in both offices, for somebody whose browser holds the token."""

    def page(self, who: str, method: str, path: str, sent: dict[str, str] | None = None) -> Any:
        given: dict[str, Any] = {"headers": {"Cookie": f"igp-session={self.county.tokens[who]}"}}
        if sent is not None:
            given["data"] = sent
        if method != "GET":
            given["headers"] |= FROM_US
        if "access" in path or "reads" in path:
            for office in (self.one, self.other):
                while office.client.get("/readyz").status_code != 200:
                    pass
        answers = [
            office.client.request(method, path, follow_redirects=False, **given)
            for office in (self.one, self.other)
        ]
        told = f"{method} {path} as {who}"
        for office in (self.one, self.other):
            office.client.cookies.clear()
        self.compare(*answers, told)
        assert answers[0].status_code != 500, told
        self.calls += 1
        return answers[0]

    def compare(self, first: Any, second: Any, told: str) -> None:
        assert first.status_code == second.status_code, told
        # A cookie is dropped with the second of the machine's clock, as an answer is dated.
        headers = [
            [(name, _EXPIRES.sub("", value)) for name, value in headers_of(answer)]
            for answer in (first, second)
        ]
        assert headers[0] == headers[1], told
        # A code for a forgotten password is drawn anew each time.
        said = [_CODE.sub(b"", answer.content) for answer in (first, second)]
        assert said[0] == said[1], told


@pytest.mark.timeout(900)
def test_whatever_an_author_does_with_notes_no_page_shows_it_to_anybody_else(
    county: tuple[Template, County],
    administrator: Connection,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    template, made = county
    with ExitStack() as stack:
        offices = []
        for acts in (ACTS, ()):
            database = stack.enter_context(copied(template, administrator))
            keys = tmp_path_factory.mktemp("pages") / "keys"
            office = stack.enter_context(open_office(template, database, keys))
            # One that nobody answers for: what an answer holds is drawn anew each time.
            office.house.openid = Identities({}).client(port=CLOSED_PORT)
            author = Author(office, made)
            for act in acts:
                author.does(act, "a1")
            if acts:
                notes = [note for _, note, _ in author.notes]
                _by_pages(office, made)
            seal_now(office.ledger)
            author.looks()
            offices.append(office)
        twins = PageTwins(offices[0], offices[1], made)
        every_page(twins, notes)
    assert twins.calls > 300


def _by_pages(office: Office, county: County) -> None:
    """The author writes on the pages, too."""
    student = county.students["a1"]
    headers = {"Cookie": f"igp-session={county.tokens[AUTHOR]}", **FROM_US}
    for path, sent in (
        (f"/students/{student}/notes/new", NOTE),
        ("/drafts", {"_draft": f"/students/{student}/notes/new", "_student": str(student)} | NOTE),
    ):
        answer = office.client.post(path, data=sent, headers=headers, follow_redirects=False)
        assert answer.status_code in (204, 303), answer.text
    for path in (f"/students/{student}/notes", f"/students/{student}/notes/new", "/me/notes"):
        page = office.client.get(path, headers=headers)
        assert page.status_code == 200
        assert "學習適應" in page.text or path.endswith("new")
    office.client.cookies.clear()


def every_page(twins: PageTwins, notes: list[UUID], others: Sequence[str] | None = None) -> None:
    """The others over every page, those that look before those that send."""
    others = others or [name for name in twins.county.accounts if name != AUTHOR]
    for number, (method, path) in enumerate(routes()):
        first = number * CALLERS
        for who in {others[(first + step) % len(others)]: None for step in range(CALLERS)}:
            for one in filled(path, twins.county, notes):
                if method == "GET":
                    for query in ("", *ASKED.get(path, [])):
                        twins.page(who, method, one + query)
                    continue
                if path not in LAST:
                    twins.page(who, method, one, {})
                    twins.page(who, method, one, {"_version": "1", "reason": "更正"})
                if path in SENT or path in LAST:
                    twins.page(who, method, one, SENT.get(path, {}))
