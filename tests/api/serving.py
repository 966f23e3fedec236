"""A small county over HTTP: the real app on a real ledger, with a runner beside it.

Three schools with their people; every account has the password `PASSWORD`. What a test needs
beyond that it makes through the API, as people do.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, LiteralString
from uuid import UUID

import orjson
from httpx2 import Response
from starlette.testclient import TestClient

from api import accounts, organisations
from api.accounts import AccountEntry
from api.acting import Asked
from api.house import House
from api.organisations import OrganisationEntry
from api.viewer import Viewer, system_viewer
from domain.account import Role
from domain.organisation import Kind, Stage
from ledger.ledger import Ledger
from projections.facts import note_fact_of
from tests.api.answering import documented
from tests.county import office

PASSWORD = "demo-igp-114"
COUNTY = "高雄市"

#: Valid numbers of nobody.
NATIONAL_IDS = ("A123456789", "B123456780", "F131104093", "A800000014", "G221990008")

PLACEMENT = {
    "school_year": 113,
    "area": "英語",
    "category": "skip",
    "target_year_grade": 5,
    "placement_grade": 6,
    "arrangement": "至六年二班上英語課程",
    "occurred_on": "113.6.3",
}
NOTE = {
    "held_on": "112.8.1",
    "purpose": "了解適應情形",
    "participants": ["王老師"],
    "recorder": "李老師",
    "content": "談到分組學習的壓力",
}


class Caller:
    """Somebody who is signed in, and what they call."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._client = client
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **params: Any) -> Response:
        answer = self._client.get(f"/api/v1{path}", headers=self.headers, params=params or None)
        return documented(path, answer)

    def post(
        self,
        path: str,
        body: Any = None,
        *,
        version: int | None = None,
        key: str | None = None,
    ) -> Response:
        return self._send("POST", path, body, version, key)

    def put(self, path: str, body: Any, *, version: int | None = None) -> Response:
        return self._send("PUT", path, body, version, None)

    def patch(self, path: str, body: Any, *, version: int | None = None) -> Response:
        return self._send("PATCH", path, body, version, None)

    def delete(self, path: str) -> Response:
        return self._client.delete(f"/api/v1{path}", headers=self.headers)

    def made(self, path: str, body: Any, **given: Any) -> str:
        """The id of what a POST made."""
        answer = self.post(path, body, **given)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def _send(
        self, method: str, path: str, body: Any, version: int | None, key: str | None
    ) -> Response:
        headers = dict(self.headers)
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        if key is not None:
            headers["Idempotency-Key"] = key
        content: Mapping[str, Any] = {} if body is None else {"json": body}
        return self._client.request(method, f"/api/v1{path}", headers=headers, **content)


class County:
    """The house, its client, and callers by username."""

    def __init__(
        self, house: House, client: TestClient, tokens: Mapping[str, str] | None = None
    ) -> None:
        """With `tokens`, by username, it is a county that was made before."""
        self.house = house
        self.client = client
        self._callers: dict[str, Caller] = {}
        if tokens is None:
            self._found()
        else:
            self._callers = {name: Caller(client, token) for name, token in tokens.items()}

    @property
    def tokens(self) -> dict[str, str]:
        """The tokens of everybody who signed in so far."""
        return {
            name: caller.headers["Authorization"].removeprefix("Bearer ")
            for name, caller in self._callers.items()
        }

    def __getattr__(self, username: str) -> Caller:
        """The signed-in caller of a username; `_` stands for `-`."""
        return self.caller(username.replace("_", "-"))

    def caller(self, username: str) -> Caller:
        if username not in self._callers:
            answer = self.sign_in(username)
            assert answer.status_code == 200, answer.text
            self._callers[username] = Caller(self.client, answer.json()["access_token"])
        return self._callers[username]

    def sign_in(self, username: str, password: str = PASSWORD) -> Response:
        return self.client.post("/api/v1/token", data={"username": username, "password": password})

    def id_of(self, username: str) -> str:
        return str(self.caller(username).get("/me").json()["id"])

    def viewer(self, username: str) -> Viewer:
        """The viewer of an account, for calls without HTTP."""
        return Viewer.of(self.house, UUID(self.id_of(username)), self.house.ledger.now())

    def teacher(self, username: str, school: str = "ks-a", **more: Any) -> str:
        """A teacher with a full profile, registered by the school; returns the id."""
        office = self.caller(f"{school.removeprefix('ks-')}-office")
        entry = {
            "username": username,
            "name": f"{username} 老師",
            "organisation": school,
            "roles": ["teacher"],
            "duties": ["專任"],
            "teaching_category": "資優",
            "subjects": ["英語"],
            "password": PASSWORD,
        }
        return office.made("/accounts", entry | more)

    def student(self, school: str = "ks-a", number: int = 0, **more: Any) -> str:
        """A registered student of the school; returns the id."""
        office = self.caller(f"{school.removeprefix('ks-')}-office")
        entry = {
            "national_id": NATIONAL_IDS[number],
            "name": ("陳小明", "林小華", "王大同", "李一心", "丁甲")[number],
            "sex": "male",
            "birth_date": "103.5.1",
            "organisation": school,
            "grade": 4,
            "class_name": "四年甲班",
        }
        return office.made("/directory/students", entry | more)

    def case_manager(self, username: str, *students: str, school: str = "ks-a") -> str:
        """A teacher appointed case manager, to whom the students are dispatched."""
        account = self.teacher(username, school)
        office = self.caller(f"{school.removeprefix('ks-')}-office")
        office.made(f"/accounts/{account}/case-manager-appointments", {"kind": "resource_class"})
        for student in students:
            office.made(f"/students/{student}/dispatches", {"account": account})
        return account

    def subject_teacher(self, username: str, *students: str, school: str = "ks-a") -> str:
        """A teacher who teaches the students English in 112, the year of the clock."""
        account = self.teacher(username, school)
        office = self.caller(f"{school.removeprefix('ks-')}-office")
        for student in students:
            office.made(
                f"/students/{student}/teaching-assignments",
                {"account": account, "subject": "英語", "school_year": 112},
            )
        return account

    def topics(self) -> list[str]:
        """The topics of the shared book, in their order."""
        return [row[0] for row in self._rows("SELECT topic FROM books.records ORDER BY position")]

    def refusals(self) -> int:
        """How many refused commands the book of access holds."""
        asked = "SELECT position FROM books.access WHERE topic = 'access.refused.v2'"
        return len(self._rows(asked))

    def last_refusal(self) -> dict[str, Any]:
        """What the newest refused command says: by whom, what, which rule, about whom."""
        asked = (
            "SELECT body FROM books.access WHERE topic = 'access.refused.v2'"
            " ORDER BY position DESC LIMIT 1"
        )
        found: dict[str, Any] = orjson.loads(self._rows(asked)[0][0])
        return found

    def last_listed(self) -> dict[str, Any]:
        """What the newest list that was shown says: by whom, what, about whom."""
        asked = (
            "SELECT body FROM books.access WHERE topic = 'access.listed.v2'"
            " ORDER BY position DESC LIMIT 1"
        )
        found: dict[str, Any] = orjson.loads(self._rows(asked)[0][0])
        return found

    def said(self, topic: str) -> dict[str, Any]:
        """The body of the newest shared event of a topic, ciphertext unopened."""
        rows = self._rows("SELECT topic, body FROM books.records ORDER BY position DESC")
        found: dict[str, Any] = orjson.loads(next(body for one, body in rows if one == topic))
        return found

    def note_events(self, username: str) -> list[str]:
        """The topics of an author's own ledger, opened, in their order."""
        ledger = self.house.ledger
        owner = UUID(self.id_of(username))
        with ledger.database.connect("projector") as connection:
            rows = connection.execute(
                "SELECT position, recorded_at, stream_id, stream_version, topic, body"
                " FROM books.notes WHERE owner = %s ORDER BY position",
                (owner,),
            ).fetchall()
        return [note_fact_of(ledger.mapper, owner, row).event_class.TOPIC for row in rows]

    def _rows(self, statement: LiteralString) -> list[tuple[Any, ...]]:
        with self.house.ledger.database.connect("projector") as connection:
            return connection.execute(statement).fetchall()

    def _found(self) -> None:
        system = system_viewer(self.house)
        for code, name, kind, stage in (
            ("ks-eb", "苓雅示範市政府教育局", Kind.AUTHORITY, None),
            ("ks-a", "苓雅示範國小", Kind.SCHOOL, Stage.ELEMENTARY),
            ("ks-b", "前金示範國小", Kind.SCHOOL, Stage.ELEMENTARY),
            ("ks-org", "承辦示範學校", Kind.ORGANISER, None),
            ("ks-council", "示範鑑輔會", Kind.COUNCIL, None),
        ):
            entry = OrganisationEntry(
                code=code,
                name=name,
                kind=kind,
                county=COUNTY,
                stage=stage,
                district=None if stage is None else f"{name[:2]}區",
            )
            organisations.register(self.house, system, Asked(body=entry))
        for username, code, role in (
            ("eb", "ks-eb", Role.AUTHORITY_ADMINISTRATOR),
            ("a-office", "ks-a", Role.SCHOOL_ADMINISTRATOR),
            ("b-office", "ks-b", Role.SCHOOL_ADMINISTRATOR),
            ("org", "ks-org", Role.ORGANISER),
            ("council", "ks-council", Role.COUNCIL_MEMBER),
        ):
            person = AccountEntry(
                username=username,
                name=f"{username} 承辦人",
                organisation=code,
                roles=(role,),
                password=PASSWORD,
            )
            accounts.register(self.house, system, Asked(body=person))


@contextmanager
def serving(ledger: Ledger, *, founded: bool = False) -> Iterator[County]:
    """The county over a ledger, founded there unless it has been, with a projector that runs."""
    with office(ledger) as made:
        yield County(made.house, made.client, tokens={} if founded else None)
