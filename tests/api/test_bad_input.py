"""Whatever comes in wrong gets a clear problem in Chinese and leaves nothing behind.

Nothing is: no event in the three books (refusals apart, which say that somebody tried), no
idempotency key and no other row of the desk. The database that goes away and the clock that goes
astray belong here as well: who asks meets them as a refusal.
"""

import re
import select
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
import uvicorn
from fastapi import params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from psycopg import sql
from psycopg.conninfo import make_conninfo
from starlette.types import Message, Receive, Scope, Send

from api.app import ROUTERS, create_app
from api.audit import record_list
from api.edge import LARGEST_BODY
from api.viewer import Viewer
from igp import embedded
from igp.embedded import Server
from ledger.birth import open_ledger
from ledger.database import Connection, Database, migrate, passwords_in
from ledger.keys import Keyring
from ledger.ledger import Ledger
from tests.county import County, Office, office, populate
from tests.database import MASTER, Template, copied, make_template, opened

CHINESE = re.compile(r"[\u4e00-\u9fff]")
GIGABYTE = 1024**3

PLACEMENT: dict[str, Any] = {
    "school_year": 113,
    "area": "英語",
    "category": "skip",
    "target_year_grade": 5,
    "placement_grade": 6,
}
NOTE: dict[str, Any] = {
    "held_on": "112.8.1",
    "purpose": "學習適應",
    "participants": ["導師"],
    "recorder": "個管教師",
    "content": "與學生談課程安排。",
}
STUDENT: dict[str, Any] = {
    "national_id": "F131232216",
    "name": "新學生",
    "sex": "male",
    "birth_date": "102.5.1",
    "grade": 4,
}


class Desk:
    """A county that is served, and what is left behind there."""

    def __init__(self, office: Office, county: County) -> None:
        self.office, self.county = office, county

    def call(self, who: str | None, method: str, path: str, **given: Any) -> Any:
        token = None if who is None else self.county.tokens[who]
        return self.office.call(token, method, self.path(path), **given)

    def path(self, path: str) -> str:
        """The path with `{a1}`, `{placement}` as the ids they stand for."""
        ids: dict[str, UUID] = self.county.students | {
            "placement": self.county.placements["a1"],
            "request": self.county.requests["a1"],
        }
        return path.format(**ids)

    def left(self) -> dict[str, Any]:
        """How many rows there are: of the books refusals apart, of what lies beside them."""
        with psycopg.connect(self.office.ledger.database.admin, autocommit=True) as connection:
            return {
                "records": _count(connection, "books.records"),
                "access": _count(connection, "books.access", "topic <> 'access.refused.v2'"),
                "notes": self._notes(connection),
                **{
                    name: _count(connection, name)
                    for (name,) in connection.execute(
                        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
                        " WHERE schemaname = 'desk'"
                    ).fetchall()
                },
            }

    @contextmanager
    def untouched(self) -> Iterator[None]:
        before = self.left()
        assert "desk.idempotency" in before
        yield
        assert self.left() == before

    def _notes(self, connection: Connection) -> int:
        """The notes there are. Each author's refusals lie in the same book, under one topic."""
        owners = connection.execute(
            "SELECT owner, stream_id FROM books.notes WHERE stream_version = 1"
        ).fetchall()
        ledger = self.office.ledger
        return sum(
            event.TOPIC != "counselling-note.refused.v1"
            for owner, stream in owners
            for event in ledger.events(stream, owner=owner)
        )


def _count(connection: Connection, table: str, where: str = "true") -> int:
    row = connection.execute(f"SELECT count(*) FROM {table} WHERE {where}".encode()).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture(scope="module")
def desk(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """One for all tests: none of them leaves anything there."""
    keys = tmp_path_factory.mktemp("desk") / "keys"
    with (
        copied(template, administrator) as database,
        opened(template, database, keys, size=4) as ledger,
        _desk(ledger) as made,
    ):
        yield made


@contextmanager
def _desk(ledger: Ledger) -> Iterator[Desk]:
    with office(ledger) as running:
        county = populate(ledger, running.house)
        position, _ = ledger.heartbeat()
        assert running.house.waiting.passed(position, patience=60.0)
        yield Desk(running, county)


def problem_in(answer: Any, status: int, code: str | None = None, field: str | None = None) -> Any:
    """The problem of an answer, its words in Chinese; `field` is what its first error names."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    for text in (problem["title"], problem["detail"], *(e["message"] for e in problem["errors"])):
        assert CHINESE.search(text), problem
    if code is not None:
        assert problem["code"] == code, problem
    if field is not None:
        assert field in [error["field"] for error in problem["errors"]], problem
    return problem


WRONG_DATES = ("113.2.30", "2023-02-29", "113.13.1", "1130231", "昨天", "", "5/13", "113.5.13.1")


@pytest.mark.parametrize("wrong", WRONG_DATES)
def test_a_wrong_date_is_refused_and_its_field_named(desk: Desk, wrong: str) -> None:
    day = "113.5.13"
    report = {"kind": "changes", "from": wrong, "to": day}
    request = {"body": "bureau", "outcome": "consented", "decided_on": wrong}
    version = {"If-Match": '"1"'}
    with desk.untouched():
        for path in ("/changes", "/changes/students"):
            asked = {"from": wrong, "to": day}
            problem_in(desk.call("org", "GET", path, params=asked), 422, field="from")
            asked = {"from": day, "to": wrong}
            problem_in(desk.call("org", "GET", path, params=asked), 422, field="to")
        for who, method, path, body, field in (
            ("org", "POST", "/reports", report, "from"),
            ("a-cm", "POST", "/students/{a1}/notes", NOTE | {"held_on": wrong}, "held_on"),
            ("a-cm", "POST", "/students/{a1}/placements", PLACEMENT | {"occurred_on": wrong},
             "occurred_on"),
            ("a-cm", "PUT", "/students/{a1}/placements/{placement}",
             {"occurred_on": wrong, "reason": "更正"}, "occurred_on"),
            ("a-office", "POST", "/directory/students", STUDENT | {"birth_date": wrong},
             "birth_date"),
            ("eb", "POST", "/placement-requests/{request}/decisions", request, "decided_on"),
        ):  # fmt: skip
            headers = {"Idempotency-Key": "wrong"} | version
            answer = desk.call(who, method, path, json=body, headers=headers)
            problem_in(answer, 422, field=field)


def test_a_range_whose_end_lies_before_its_start_is_refused(desk: Desk) -> None:
    backwards = {"from": "113.8.5", "to": "113.5.13"}
    report = {"kind": "changes"} | backwards
    with desk.untouched():
        for path in ("/changes", "/changes/students", "/changes?format=pdf"):
            answer = desk.call("org", "GET", path, params=backwards)
            problem_in(answer, 422, "range-backwards", "from")
        answer = desk.call(
            "org", "POST", "/reports", json=report, headers={"Idempotency-Key": "backwards"}
        )
        problem_in(answer, 422, "range-backwards", "from")


def test_a_school_that_nobody_knows_is_named(desk: Desk) -> None:
    days = {"from": "113.5.13", "to": "113.8.5"}
    account = {"username": "new", "name": "新老師", "roles": ["teacher"], "password": "x" * 12}
    nowhere = {"organisation": "ks-none"}
    with desk.untouched():
        answer = desk.call("org", "GET", "/changes", params=days | nowhere)
        problem_in(answer, 422, "unknown-organisation", "organisation")
        for who, path, body in (
            ("org", "/reports", {"kind": "changes", "organisation": ["ks-none"]} | days),
            ("eb", "/accounts", account | nowhere),
            ("a-office", "/directory/students/{a1}/transfers", nowhere | {"grade": 5}),
        ):
            headers = {"Idempotency-Key": "nowhere"}
            answer = desk.call(who, "POST", path, json=body, headers=headers)
            problem_in(answer, 422, field="organisation")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"school_year": 113,', "malformed-json"),
        (b'{"area": "\xe9\x8a"}', "malformed-json"),
        (b'{"area": "\\ud800"}', "malformed-json"),
        (b"\xff\xfe{\x00}\x00", "malformed-json"),
        (b"school_year=113", "malformed-json"),
        (b'{"school_year": NaN}', "malformed-json"),
        (b"\x00", "malformed-json"),
        (b"[" * 100_000, "malformed-json"),
        (b"[" * 1000 + b"]" * 1000, "too-deep"),
        (b'{"area":' * 200 + b"1" + b"}" * 200, "too-deep"),
        (b"[" * 20 + b"]" * 20, "not-an-object"),
        (b'{"area": "a", "area": "b"}', "repeated-field"),
        (b'{"rows": [{"n": 1, "m": [{"k": 1, "k": 2}]}]}', "repeated-field"),
        (b"[]", "not-an-object"),
        (b'"text"', "not-an-object"),
        (b"null", "not-an-object"),
        (orjson.dumps(PLACEMENT | {"area": "a\x00b"}), "control-character"),
        (orjson.dumps(PLACEMENT | {"area": "\u200b\u3000\u2060"}), "not-valid"),
        (orjson.dumps(PLACEMENT | {"nobody": 1}), "unknown-field"),
        (orjson.dumps(PLACEMENT | {"school_year": 2**63}), None),
        (orjson.dumps(PLACEMENT | {"placement_grade": -(2**63)}), None),
        (orjson.dumps(PLACEMENT).replace(b"113", b"1" + b"0" * 400), None),
        (orjson.dumps(PLACEMENT | {"school_year": 113.5}), "not-a-number"),
        (orjson.dumps(PLACEMENT | {"category": "flying"}), "not-a-choice"),
    ],
)
def test_a_body_that_is_not_what_was_asked_for_is_refused(
    desk: Desk, body: bytes, code: str | None
) -> None:
    with desk.untouched():
        for who, path in (("a-cm", "/students/{a1}/placements"), ("org", "/reports")):
            answer = desk.call(
                who, "POST", path, content=body, headers={"Idempotency-Key": "malformed"}
            )
            problem = problem_in(answer, 422)
            assert problem["errors"]
            if code is not None and path.endswith("placements"):
                assert problem["errors"][0]["code"] == code, problem


def test_a_query_that_its_route_cannot_read_is_refused_by_name(desk: Desk) -> None:
    """A misspelt filter would be none at all. What PostgreSQL or a cursor cannot hold is asked of
    every parameter of every route, since each new one brings its own."""
    routes = [cast("APIRoute", route) for router in ROUTERS for route in router.routes]
    reads = [route for route in routes if "GET" in route.methods]
    assert len(reads) > 60
    with desk.untouched():
        for route in reads:
            path = route.path.replace("{student_id}", "{a1}")
            path = re.sub(r"\{(?!a1)[a-z_]+\}", str(UUID(int=1)), path)
            names = [
                one.alias
                for one in get_flat_params(route.dependant)
                if not isinstance(one.field_info, (params.Path, params.Header))
            ]
            asked = "&".join(["organization=ks-a", *(f"{name}=%00" for name in names)])
            problem = problem_in(desk.call("a-office", "GET", f"{path}?{asked}"), 422, "not-valid")
            told = {error["field"]: error["code"] for error in problem["errors"]}
            assert told.pop("organization") == "unknown-field"
            assert told == dict.fromkeys(names, "control-character")
            for name in names:
                if name in ("school_year", "grade", "limit", "version"):
                    answer = desk.call("a-office", "GET", f"{path}?{name}={'9' * 40}")
                    assert answer.status_code in (404, 422), (path, name)
        days = "from=112.8.1&to=112.8.1"
        twice = f"/changes?{days}&from=112.8.2"
        problem_in(desk.call("org", "GET", twice), 422, field="from")
        both = f"/changes?{days}&organisation=ks-a&organisation=ks-none"
        problem_in(desk.call("org", "GET", both), 422, "unknown-organisation")
        problem_in(desk.call("a-office", "GET", "/programmes/%00/calendar"), 404, "not-found")
        problem_in(desk.call(None, "GET", "/students?nobody=1"), 401)


def test_what_somebody_puts_into_a_path_is_no_word_of_the_book_of_access(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A NUL stopped the view of who read what, for everybody; a name would have stood in it."""
    house = desk.office.house
    viewer = Viewer.of(house, desk.county.accounts["a-hr"], house.ledger.now())
    before = desk.left()["access"]
    for part in ("\x00", "王小安", "x" * 5000):
        record_list(house, viewer, f"section.{part}.list", [])
    # Books from before hold it.
    monkeypatch.setattr("api.audit._NAME", re.compile(".*", re.DOTALL))
    record_list(house, viewer, "section.\x00.list", [])
    assert desk.left()["access"] == before + 4
    while desk.office.client.get("/readyz").status_code != 200:
        threading.Event().wait(0.05)
    with house.ledger.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT what FROM views.access_entry"
            " WHERE actor = %s AND kind = 'listed' ORDER BY position",
            (viewer.account_id,),
        )
        assert [what for (what,) in rows] == ["unknown"] * 3 + ["section..list"]


def test_a_gigabyte_is_refused_after_the_first_bytes(desk: Desk) -> None:
    """Over a real connection: whoever sends without a length is cut off at the limit, and a
    length that is too large is refused without reading at all."""
    read: list[int] = []
    app = create_app(desk.office.house)

    async def counted(scope: Scope, receive: Receive, send: Send) -> None:
        async def counting() -> Message:
            message = await receive()
            read.append(len(message.get("body", b"")))
            return message

        await app(scope, counting, send)

    with desk.untouched(), _served(counted) as port:
        answer, sent = _flood(port, desk, "Transfer-Encoding: chunked")
        assert b"413" in answer.split(b"\r\n")[0]
        assert "內容太大".encode() in answer
        assert LARGEST_BODY < sum(read) < LARGEST_BODY + 2**20
        # What else went out lay in the buffers of the connection.
        assert sent < GIGABYTE / 10
        read.clear()
        answer, _ = _flood(port, desk, f"Content-Length: {GIGABYTE}")
        assert b"413" in answer.split(b"\r\n")[0]
        assert read == []


@contextmanager
def _served(app: Any) -> Iterator[int]:
    """The port of a server of HTTP as `igp serve` runs it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            app, http="httptools", ws="none", log_config=None, lifespan="off", access_log=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def _flood(port: int, desk: Desk, length: str) -> tuple[bytes, int]:
    """Sends a gigabyte until an answer comes; the answer, and how much was sent by then."""
    part = b"x" * 65536
    chunk = b"%x\r\n%b\r\n" % (len(part), part) if "chunked" in length else part
    head = (
        f"POST /api/v1{desk.path('/students/{a1}/placements')} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {desk.county.tokens['a-cm']}\r\nIdempotency-Key: flood\r\n"
        f"{length}\r\n\r\n"
    )
    sent = 0
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode())
        connection.setblocking(False)
        left = memoryview(b"")
        while sent < GIGABYTE:
            readable, writable, _ = select.select([connection], [connection], [])
            if readable:
                break
            if writable:
                left = left or memoryview(chunk)
                went = connection.send(left)
                left = left[went:]
                sent += went
        connection.setblocking(True)
        return connection.recv(65536), sent


def test_a_stale_version_names_the_one_there_is(desk: Desk) -> None:
    path = "/students/{a1}/placements/{placement}"
    current = desk.call("a-cm", "GET", path).headers["ETag"].strip('"')
    body = {"placement_grade": 7, "reason": "更正"}
    with desk.untouched():
        for stale in (int(current) - 1, int(current) + 1, 10**17):
            answer = desk.call("a-cm", "PUT", path, json=body, headers={"If-Match": f'"{stale}"'})
            problem = problem_in(answer, 412, "stale-version")
            assert f"第 {current} 版" in problem["detail"]
            answer = desk.call(
                "a-cm", "POST", path + "/withdrawal", json={"reason": "填錯"},
                headers={"If-Match": f'"{stale}"', "Idempotency-Key": "stale"},
            )  # fmt: skip
            problem_in(answer, 412, "stale-version")
        for none in ({}, {"If-Match": "new"}, {"If-Match": '"' + "9" * 40 + '"'}):
            answer = desk.call("a-cm", "PUT", path, json=body, headers=none)
            problem_in(answer, 428, "precondition-required")


def test_a_token_that_ended_or_was_never_given_opens_nothing(desk: Desk) -> None:
    answer = desk.office.client.post(
        "/api/v1/token", data={"username": "a-cm2", "password": "county-password"}
    )
    token = answer.json()["access_token"]
    assert desk.office.call(token, "GET", "/me").status_code == 200
    assert desk.office.call(token, "DELETE", "/token").status_code == 204
    garbage = [
        token,
        token[:-1],
        token + "x",
        desk.county.tokens["a-cm"][:-1],
        desk.county.tokens["a-cm"].upper(),
        "igp_" + "A" * 43,
        "x" * 8000,
        "",
        "'; DROP TABLE desk.session; --",
        str(uuid4()),
    ]
    path = desk.path("/students/{a1}/placements")
    with desk.untouched():
        for one in garbage:
            for method, place in (("GET", path), ("POST", path), ("GET", "/me")):
                answer = desk.office.call(one, method, place, headers={"Idempotency-Key": "nobody"})
                problem = problem_in(answer, 401, "not-signed-in")
                assert problem == problem_in(desk.office.call(None, method, place), 401)
                assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_cursor_or_as_of_of_somebody_else_is_refused(desk: Desk) -> None:
    days = {"from": "112.8.1", "to": "112.8.1"}
    page = desk.call("a-office", "GET", "/changes", params=days | {"limit": 1}).json()
    students = desk.call("a-office", "GET", "/students", params={"limit": 1}).json()
    assert page["next_cursor"]
    assert students["next_cursor"]
    with desk.untouched():
        for who in ("eb", "b-office", "a-cm"):
            for stolen in ({"cursor": page["next_cursor"]}, {"as_of": page["terms"]["as_of"]}):
                answer = desk.call(who, "GET", "/changes", params=days | stolen)
                problem_in(answer, 422)
        stolen = {"limit": 1, "cursor": students["next_cursor"]}
        problem_in(desk.call("b-office", "GET", "/students", params=stolen), 422, field="cursor")
        for made_up in ("x", "A" * 5000, page["next_cursor"][:-2], "%00", "🂡"):
            for name in ("cursor", "as_of"):
                answer = desk.call("a-office", "GET", "/changes", params=days | {name: made_up})
                problem_in(answer, 422)


def test_a_simulated_clock_is_not_set_back(desk: Desk) -> None:
    with desk.untouched():
        for now in ("2023-08-01T07:59:59+08:00", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00Z"):
            answer = desk.call(
                "eb", "POST", "/simulation/clock", json={"now": now},
                headers={"Idempotency-Key": "back"},
            )  # fmt: skip
            problem_in(answer, 409, "clock-backwards")


# -- what the asker is not to blame for


def _once_it_is_well(desk: Desk, body: dict[str, Any], key: str) -> None:
    """The write that was refused goes through with the same key, and has one effect."""
    headers = {"Idempotency-Key": key}
    before = desk.left()
    ids = set()
    for _ in range(3):
        answer = _answered(
            lambda: desk.call("a-cm", "POST", "/students/{a1}/placements", json=body,
                              headers=headers)
        )  # fmt: skip
        assert answer.status_code in (201, 202), answer.text
        ids.add(answer.json()["id"])
    assert len(ids) == 1
    after = desk.left()
    assert after["records"] == before["records"] + 1
    assert after["desk.idempotency"] == before["desk.idempotency"] + 1


def _answered(ask: Callable[[], Any]) -> Any:
    """The first answer other than 503."""
    while (answer := ask()).status_code == 503:
        threading.Event().wait(0.1)
    return answer


@pytest.fixture
def real_desk(server: Server, tmp_path: Path) -> Iterator[Desk]:
    """A county whose ledger has a real clock."""
    name = f"clock_{uuid4().hex[:8]}"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        database = Database(
            make_conninfo(server.dsn, dbname=name), passwords_in(tmp_path / "roles.json")
        )
        migrate(database)
        template = Template(database, tmp_path / "made", seed=b"a real clock")
        Keyring(template.keys, MASTER, template.entropy())
        with opened(template, database, tmp_path / "keys", size=4) as ledger:
            open_ledger(ledger, mode="production", authority="示範教育局", start=None, version="0")
            with _desk(ledger) as made:
                yield made
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_a_clock_behind_the_book_records_nothing_until_it_is_right(real_desk: Desk) -> None:
    """The last event of a book is moved ahead of the server's clock: so it looks to the book when
    that clock was set back."""
    desk = real_desk
    headers = {"Idempotency-Key": "clock"}
    for book in ("records", "access"):
        _moved_ahead(desk, book, timedelta(minutes=5))
        with desk.untouched():
            if book == "records":
                answer = desk.call(
                    "a-cm", "POST", "/students/{a1}/placements", json=PLACEMENT, headers=headers
                )
            else:
                # What cannot be written down as read is not shown.
                answer = desk.call("a-cm", "GET", "/students/{a1}")
            problem_in(answer, 503, "clock-refused")
            assert int(answer.headers["Retry-After"]) > 0
        _moved_ahead(desk, book, timedelta(minutes=-5))
    _once_it_is_well(desk, PLACEMENT, "clock")
    assert desk.call("a-cm", "GET", "/students/{a1}").status_code == 200


def _moved_ahead(desk: Desk, book: str, by: timedelta) -> None:
    """The books refuse every change, so the hands of a superuser switch that off first."""
    desk.call("a-cm", "GET", "/students/{a1}")
    table = sql.Identifier("books", book)
    with psycopg.connect(desk.office.ledger.database.admin) as connection:
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER append_only").format(table))
        connection.execute(
            sql.SQL(
                "UPDATE {table} SET recorded_at = recorded_at + %s"
                " WHERE position = (SELECT max(position) FROM {table})"
            ).format(table=table),
            (by,),
        )
        connection.execute(
            sql.SQL("ALTER TABLE {} ENABLE ALWAYS TRIGGER append_only").format(table)
        )


@pytest.fixture
def lone_desk(tmp_path: Path) -> Iterator[tuple[Desk, Path]]:
    """A county on a server of its own, and the folder of that server."""
    folder = tmp_path / "server"
    server = embedded.start(folder)
    try:
        template = make_template(server, "lone", tmp_path / "template")
        with (
            opened(template, template.database, tmp_path / "keys", size=4) as ledger,
            _desk(ledger) as made,
        ):
            yield made, folder
    finally:
        embedded.stop(folder)


def test_a_lost_database_is_told_and_the_same_request_writes_once_afterwards(
    lone_desk: tuple[Desk, Path],
) -> None:
    desk, folder = lone_desk
    with desk.untouched():
        embedded.stop(folder)
        # Each of them is waited for a while, so all are asked at once.
        with ThreadPoolExecutor(5) as threads:
            asked = [
                threads.submit(desk.call, "a-cm", "POST", path, json=body, headers={
                    "Idempotency-Key": "lost"})
                for path, body in (
                    ("/students/{a1}/placements", PLACEMENT), ("/students/{a1}/notes", NOTE))
            ]  # fmt: skip
            asked += [
                threads.submit(desk.call, who, "GET", path)
                for who, path in (
                    ("a-cm", "/students/{a1}"),
                    ("org", "/changes?from=112.8.1&to=112.8.1"),
                )
            ]
            asked.append(threads.submit(desk.office.client.get, "/readyz"))
            for each in asked:
                problem_in(each.result(), 503, "unavailable")
                assert int(each.result().headers["Retry-After"]) > 0
        assert desk.office.client.get("/healthz").status_code == 200
        embedded.start(folder)
    _once_it_is_well(desk, PLACEMENT, "lost")
    read = _answered(lambda: desk.call("a-cm", "GET", "/students/{a1}"))
    assert read.status_code == 200
