"""A county in which deeds are tried, and the books before and after (for the cells of a matrix)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import orjson

from domain.national_id import kind_of
from ledger.database import Database
from tests.county import PASSWORD, County, Office, open_office, populate
from tests.database import Template

#: Of nothing there is.
NOBODY = "00000000-0000-4000-8000-000000000001"
NOTE = {
    "held_on": "112.7.20",
    "purpose": "學習適應",
    "participants": ["導師"],
    "recorder": "個管教師",
    "content": "談課程安排",
}
PLACEMENT = {
    "school_year": 112,
    "area": "英語",
    "category": "skip",
    "target_year_grade": 5,
    "placement_grade": 6,
}


def national_id(serial: int, letter: str = "F") -> str:
    """A valid number of nobody; each serial below ten million gives another."""
    begun = f"{letter}1{serial:07}"
    return next(f"{begun}{digit}" for digit in range(10) if kind_of(f"{begun}{digit}"))


@dataclass(frozen=True)
class Books:
    """What the books hold: how many shared events, lines about access, and notes by author."""

    records: int
    access: int
    refusals: int
    notes: dict[UUID, int]


class Trying:
    """Calls by username, and what they leave in the books."""

    def __init__(self, office: Office, county: County) -> None:
        self.office, self.county = office, county
        self.serials = count(1)
        self.settle()

    def settle(self) -> None:
        """Waits until the views hold all that was recorded without the API."""
        [(head,)] = self.rows("SELECT max(position) FROM books.records")
        assert self.office.house.waiting.passed(head)

    def call(
        self, who: str, method: str, path: str, body: Any = None, version: int | None = None
    ) -> Any:
        """A request as somebody; a `version` goes into If-Match."""
        given: dict[str, Any] = {} if body is None else {"json": body}
        if version is not None:
            given["headers"] = {"If-Match": f'"{version}"'}
        return self.office.call(self.county.tokens[who], method, path, **given)

    def made(self, who: str, path: str, body: Any) -> str:
        """The id of what a POST made."""
        answer = self.call(who, "POST", path, body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def enrol(self, username: str, role: str = "student", by: str = "a-office") -> UUID:
        """An account with a full profile, registered and signed in; it stands in no relation."""
        entry = {
            "username": username,
            "name": "無關係人",
            "organisation": "ks-a",
            "roles": [role],
            "duties": ["專任"],
            "teaching_category": "資優教育",
            "subjects": ["英語"],
            "password": PASSWORD,
        }
        made = UUID(self.made(by, "/accounts", entry))
        form = {"username": username, "password": PASSWORD}
        answer = self.office.client.post("/api/v1/token", data=form)
        assert answer.status_code == 200, answer.text
        self.county.accounts[username] = made
        self.county.tokens[username] = answer.json()["access_token"]
        return made

    def student(self, which: str) -> str:
        return str(self.county.students[which])

    def account(self, who: str) -> UUID:
        return self.county.accounts[who]

    def books(self) -> Books:
        [(records,)] = self.rows("SELECT count(*) FROM books.records")
        [(access,)] = self.rows("SELECT count(*) FROM books.access")
        [(refusals,)] = self.rows(
            "SELECT count(*) FROM books.access WHERE topic = 'access.refused.v2'"
        )
        notes = dict(self.rows("SELECT owner, max(position) FROM books.notes GROUP BY owner"))
        return Books(records, access, refusals, notes)

    def newest(self) -> tuple[str, str, str]:
        """Topic, actor and capacity of the newest shared event."""
        asked: LiteralString = (
            "SELECT topic, body FROM books.records ORDER BY position DESC LIMIT 1"
        )
        [(topic, body)] = self.rows(asked)
        said = orjson.loads(body)
        return topic, said["by"], said["capacity"]

    def rows(self, statement: LiteralString) -> list[tuple[Any, ...]]:
        with self.office.ledger.database.connect("projector") as connection:
            return connection.execute(statement).fetchall()


@contextmanager
def trying(template: Template, database: Database, keys: Path) -> Iterator[Trying]:
    """The county of `tests.county` over a copy of a template, served."""
    with open_office(template, database, keys) as office:
        yield Trying(office, populate(office.ledger, office.house))
