"""A small county for tests of the API: two schools, their people, three students, tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from starlette.testclient import TestClient

from api import change_report, sign_in
from api.app import create_app, move_in
from api.house import House
from ledger.database import Database
from ledger.ledger import Ledger
from projections.all_views import all_views
from projections.runner import Runner
from tests.database import Template, opened
from tests.story import ITINERANT, Story

PASSWORD = "county-password"
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class County:
    """Who and what there is. `tokens` are those of the accounts, by username."""

    schools: dict[str, UUID]
    accounts: dict[str, UUID]
    students: dict[str, UUID]
    placements: dict[str, UUID]
    requests: dict[str, UUID]
    tokens: dict[str, str]
    #: By the student, where a test opens one.
    disputes: dict[str, UUID] = field(default_factory=dict)


def populate(ledger: Ledger, house: House) -> County:
    """Two schools `a` and `b`, a bureau, an organiser, a council; students `a1`, `a2`, `b1`.

    `a-cm` has `a1` and `a2`, `a-gh` leads their gifted class, `a-hr` an ordinary one with `a2`,
    `a-math` teaches `a1`, `itinerant` has `a1` and `b1`.
    """
    story = Story(ledger)
    schools = {
        "ks-eb": story.organisation("ks-eb", "示範市教育局", "authority"),
        "ks-org": story.organisation("ks-org", "承辦示範國小", "organiser"),
        "ks-council": story.organisation("ks-council", "示範市鑑輔會", "council"),
        "ks-a": story.organisation("ks-a", "苓雅示範國小"),
        "ks-b": story.organisation("ks-b", "前金示範國小"),
    }
    people = {
        "eb": ("ks-eb", "authority_administrator", "方主任"),
        "org": ("ks-org", "organiser", "余組長"),
        "council": ("ks-council", "council_member", "鄭委員"),
        "a-office": ("ks-a", "school_administrator", "吳組長"),
        "b-office": ("ks-b", "school_administrator", "許組長"),
        "a-cm": ("ks-a", "teacher", "林個管"),
        "a-cm2": ("ks-a", "teacher", "黃個管"),
        "a-gh": ("ks-a", "teacher", "陳導師"),
        "a-hr": ("ks-a", "teacher", "李導師"),
        "a-math": ("ks-a", "teacher", "張老師"),
        "b-cm": ("ks-b", "teacher", "周個管"),
        "itinerant": ("ks-eb", "teacher", "蔡巡迴"),
    }
    accounts = {
        name: story.account(schools[school], role, name=person)
        for name, (school, role, person) in people.items()
    }
    for name in ("a-cm", "a-cm2", "b-cm"):
        story.appoint(accounts[name])
    story.appoint(accounts["itinerant"], ITINERANT)
    story.homeroom(accounts["a-gh"], schools["ks-a"], "資優五", gifted=True)
    story.homeroom(accounts["a-hr"], schools["ks-a"], "五年二班")
    students = {
        "a1": story.student(schools["ks-a"], "資優五", name="林小安", national_id="A123456789"),
        "a2": story.student(schools["ks-a"], "五年二班", name="王𠮷", national_id="A223456781"),
        "b1": story.student(
            schools["ks-b"], "五年一班", name="巴奈‧古拉斯", national_id="M162773050"
        ),
    }
    for student in ("a1", "a2"):
        story.dispatch(students[student], accounts["a-cm"])
    story.dispatch(students["b1"], accounts["b-cm"])
    for student in ("a1", "b1"):
        story.dispatch(students[student], accounts["itinerant"], ITINERANT)
    story.assign(students["a1"], accounts["a-math"])
    placements = {name: story.placement(student) for name, student in students.items()}
    requests = {"a1": story.request(students["a1"], placements["a1"])}
    complete_profiles(story, accounts)
    tokens = {name: enter(house, account, name) for name, account in accounts.items()}
    assert story.last is not None
    assert house.waiting.passed(story.last.position, patience=PATIENCE_SECONDS)
    return County(schools, accounts, students, placements, requests, tokens)


def complete_profiles(story: Story, accounts: dict[str, UUID]) -> None:
    from domain.account import AccountProfileChanged

    for account in accounts.values():
        story.record(
            AccountProfileChanged,
            account,
            account_id=account,
            duties=("教學",),
            teaching_category="資優教育",
            subjects=("數學",),
        )


def enter(house: House, account: UUID, username: str) -> str:
    """Gives the account a password and signs it in; returns the token."""
    with house.ledger.pool.connection() as connection:
        hashed = house.passwords.hash(PASSWORD)
        sign_in.keep_credential(connection, house.ledger, account, username, hashed)
    return sign_in.sign_in(house, username, PASSWORD)


@dataclass
class Office:
    """A running house with its projector and a client for its API."""

    ledger: Ledger
    house: House
    runner: Runner
    client: TestClient

    def call(self, token: str | None, method: str, path: str, **given: Any) -> Any:
        """A request as the holder of a token; `headers` are added to its own."""
        headers = given.pop("headers", {})
        if token is not None:
            headers = headers | {"Authorization": f"Bearer {token}"}
        return self.client.request(method, "/api/v1" + path, headers=headers, **given)


#: Apps whose house has gone: making one takes longer than everything else a test needs.
_apps: list[FastAPI] = []


@contextmanager
def served(house: House) -> Iterator[FastAPI]:
    """An app over the house, which serves another one after the block."""
    app = _apps.pop() if _apps else create_app(house)
    move_in(app, house)
    try:
        yield app
    finally:
        _apps.append(app)


@contextmanager
def office(ledger: Ledger) -> Iterator[Office]:
    """A house over a ledger with a projector that runs; everything ends with the block."""
    views = all_views(ledger.keyring)
    runner = Runner(ledger.database, views, ledger.mapper)
    runner.prepare()
    house = House.of(
        ledger, mode="test", version="0", views={view.name: view.book for view in views}
    )
    # On a loaded machine a view may need longer than a person would wait: what a late view answers
    # is tested where it is meant, not met by chance here.
    house.waiting.passed = partial(house.waiting.passed, patience=PATIENCE_SECONDS)  # type: ignore[method-assign]
    patience = change_report.PATIENCE_SECONDS
    change_report.PATIENCE_SECONDS = PATIENCE_SECONDS
    projector = Thread(target=runner.run, name="projector")
    projector.start()
    try:
        with served(house) as app, TestClient(app, raise_server_exceptions=False) as client:
            yield Office(ledger, house, runner, client)
    finally:
        change_report.PATIENCE_SECONDS = patience
        runner.stop()
        projector.join()
        house.close()


@contextmanager
def open_office(template: Template, database: Database, keys: Path) -> Iterator[Office]:
    """An office over a copy of a template."""
    with opened(template, database, keys, size=4) as ledger, office(ledger) as made:
        yield made
