"""Whoever came in by a code that somebody else handed out reads nothing of who had the account
before, until they are shown to be the same person (docs/decisions/holder-in-doubt.md)."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from itertools import zip_longest
from typing import Any
from uuid import UUID

import orjson
import pytest

from api.changes import asker_of
from api.sign_in import session_of
from api.viewer import Viewer
from domain.calendar import TAIPEI
from ledger.database import Connection
from tests.api.calls import NOTE
from tests.api.serving import PASSWORD, Caller, County
from tests.api.twins import AUTHOR, Author, every_route, twin_county
from tests.api.web.test_page_silence import PageTwins, every_page
from tests.api.web.test_passkey_pages import by_password, registered
from tests.county import County as TwinCounty
from tests.county import open_office
from tests.database import Template, copied
from tests.passkeys import ORIGIN, Authenticator
from tests.visiting import Visitor

NEW = "another-password"
OPTIONS = "/participant-options"
FORMER = "/me/password-resets/former-password"


def reset(county: County, username: str, new: str = NEW) -> Caller:
    """The account by a code, with a new password."""
    code = county.a_office.post(f"/accounts/{county.id_of(username)}/password-reset").json()["code"]
    return Caller(county.client, by_code(county, username, code, new))


def use(county: County, username: str, code: str, new: str) -> None:
    body = {"username": username, "code": code, "new_password": new}
    assert county.client.post("/api/v1/password-resets", json=body).status_code == 204


def by_code(county: County, username: str, code: str, new: str) -> str:
    use(county, username, code, new)
    return str(county.sign_in(username, new).json()["access_token"])


def draft(caller: Caller, text: str | None = None) -> Any:
    if text is not None:
        return caller.put("/drafts/note", {"content": text}).status_code
    answer = caller.get("/drafts/note")
    return answer.json()["content"] if answer.status_code == 200 else answer.status_code


def written(county: County) -> tuple[str, str]:
    """A teacher's own things; returns the student and the note."""
    student = county.student()
    county.case_manager("a-cm", student)
    teacher = county.a_cm
    note = teacher.made(f"/students/{student}/notes", NOTE)
    teacher.made(OPTIONS, {"name": "王老師"})
    assert draft(teacher, "尚未完成") == 204
    stored = {"kind": "changes", "from": "112.7.1", "to": "112.8.31"}
    teacher.made("/reports", stored)
    return student, note


def test_a_code_opens_nothing_from_before_and_the_former_password_everything(
    county: County,
) -> None:
    student, note = written(county)
    holder = reset(county, "a-cm")
    notes = f"/students/{student}/notes"
    assert holder.get("/me/notes").json()["items"] == []
    assert holder.get(notes).json()["items"] == []
    change = {"content": "改寫", "reason": "補充"}
    for answer in (
        holder.get(f"{notes}/{note}"),
        holder.get(f"/me/notes/{note}"),
        holder.get(f"/records/{note}/proof"),
        holder.put(f"{notes}/{note}", change, version=1),
        holder.post(f"{notes}/{note}/withdrawal", {"reason": "重複"}, version=1),
        holder.post("/notes/withdrawals", {"ids": [note], "reason": "重複"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    for answer in (
        holder.get(OPTIONS),
        holder.post(OPTIONS, {"name": "王老師"}),
        holder.get("/ledger/notes/checkpoint"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "holder-in-doubt")
    assert draft(holder) == 404
    assert holder.get("/reports").json()["items"] == []
    assert all(one["section"] != "counselling_note" for one in changes(holder))
    # What is written now is kept, and seen.
    later = holder.made(notes, NOTE | {"content": "重設之後"})
    assert [one["id"] for one in holder.get("/me/notes").json()["items"]] == [later]
    assert holder.put(f"{notes}/{later}", change, version=1).status_code == 200
    assert draft(holder, "另一份") == 204
    until = holder.get("/me/password-resets").json()["shut_until"]
    assert until is not None

    wrong = holder.post(FORMER, {"former_password": NEW})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "former_password")
    right = holder.post(FORMER, {"former_password": PASSWORD})
    assert (right.status_code, county.topics()[-1]) == (204, "password-reset.confirmed.v1")
    assert {one["id"] for one in holder.get("/me/notes").json()["items"]} == {note, later}
    assert holder.get(f"{notes}/{note}").json()["content"] == NOTE["content"]
    assert [one["name"] for one in holder.get(OPTIONS).json()["items"]] == ["王老師"]
    assert len(holder.get("/reports").json()["items"]) == 1
    assert sum(one["section"] == "counselling_note" for one in changes(holder)) == 3
    assert (draft(holder), draft(holder, "定稿"), draft(holder)) == ("另一份", 204, "定稿")
    assert holder.get("/me/password-resets").json()["shut_until"] is None
    twice = holder.post(FORMER, {"former_password": PASSWORD})
    assert (twice.status_code, twice.json()["code"]) == (409, "holder-not-in-doubt")


def changes(caller: Caller) -> list[dict[str, Any]]:
    answer = caller.get("/changes", **{"from": "112.7.1", "to": "112.8.31"})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def test_one_code_after_another_shuts_what_came_between_and_keeps_the_first_password(
    county: County,
) -> None:
    student, note = written(county)
    first = reset(county, "a-cm")
    between = first.made(f"/students/{student}/notes", NOTE)
    assert draft(first, "中間") == 204
    county._callers["a-cm"] = first
    second = reset(county, "a-cm", "a-third-password")
    assert second.get("/me/notes").json()["items"] == []
    assert draft(second) == 404
    # Who guesses waits as at the door.
    assert second.post(FORMER, {"former_password": NEW}).status_code == 422
    assert second.post(FORMER, {"former_password": PASSWORD}).status_code == 204
    assert {one["id"] for one in second.get("/me/notes").json()["items"]} == {note, between}
    # The newest of the drafts, and none is left when it is dropped.
    assert draft(second) == "中間"
    assert (second.delete("/drafts/note").status_code, draft(second)) == (204, 404)


def test_after_some_weeks_it_is_open_as_before(county: County) -> None:
    _, note = written(county)
    holder = reset(county, "a-cm")
    with county.house.ledger.pool.connection() as connection:
        left = connection.execute(
            "UPDATE desk.credential SET doubted_until = clock_timestamp()"
            " WHERE doubted_until > clock_timestamp() + interval '29 days' RETURNING own_after"
        ).fetchall()
    assert len(left) == 1
    assert [one["id"] for one in holder.get("/me/notes").json()["items"]] == [note]
    assert draft(holder) == "尚未完成"
    assert holder.get("/me/password-resets").json()["shut_until"] is None


def _passkey(county: County, username: str, password: str, device: Authenticator) -> str:
    """A session of somebody who has a passkey."""
    needed = county.sign_in(username, password).json()
    assert needed["code"] == "passkey-needed", needed
    body = {
        "step_token": needed["step_token"],
        "credential": orjson.loads(device.proof(needed["options"])),
    }
    answer = county.client.post("/api/v1/token/passkey", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["access_token"])


def test_a_passkey_from_before_shows_who_it_is_and_a_later_one_does_not(county: County) -> None:
    _, note = written(county)
    county.client.base_url = ORIGIN
    device, later = Authenticator(), Authenticator()
    registered(by_password(county, "a-cm"), device)
    account = county.id_of("a-cm")
    code = county.a_office.post(f"/accounts/{account}/password-reset").json()["code"]
    use(county, "a-cm", code, NEW)
    holder = Caller(county.client, _passkey(county, "a-cm", NEW, device))
    assert county.topics()[-1] == "password-reset.confirmed.v1"
    assert [one["id"] for one in holder.get("/me/notes").json()["items"]] == [note]

    # Whoever handed out the code takes the passkey away as well, and has one of their own.
    code = county.a_office.post(f"/accounts/{account}/password-reset").json()["code"]
    path = f"/accounts/{account}/passkeys/removal"
    assert county.a_office.post(path, {"reason": "遺失"}).status_code == 200
    use(county, "a-cm", code, PASSWORD)
    registered(by_password(county, "a-cm"), later)
    stranger = Caller(county.client, _passkey(county, "a-cm", PASSWORD, later))
    assert stranger.get("/me/notes").json()["items"] == []
    assert stranger.post(FORMER, {"former_password": PASSWORD}).status_code == 422
    assert stranger.post(FORMER, {"former_password": NEW}).status_code == 204


def test_a_password_that_somebody_else_knows_keeps_nothing_for_oneself(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a ledger of a county; where one practises, every account has the same password."""
    student = county.student()
    county.case_manager("a-cm", student)
    # What was just recorded lies a little ahead of a clock that stands still.
    assert county.eb.post("/simulation/clock", {"now": "2023-08-02T09:00:00+08:00"}).is_success
    monkeypatch.setattr(county.house, "mode", "production")
    notes = f"/students/{student}/notes"
    for path, body in ((notes, NOTE), (OPTIONS, {"name": "王老師"})):
        refused = county.a_cm.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "own-password-needed")
    assert county.b_office.post(notes, NOTE).status_code == 404
    changed = {"current_password": PASSWORD, "new_password": NEW}
    assert county.a_cm.post("/me/password", changed).status_code == 204
    assert county.a_cm.post(notes, NOTE).status_code == 201
    assert county.a_cm.post(OPTIONS, {"name": "王老師"}).status_code == 201


def test_the_page_of_the_account_opens_what_is_shut(county: County) -> None:
    student, _ = written(county)
    code = county.a_office.post(f"/accounts/{county.id_of('a-cm')}/password-reset").json()["code"]
    by_code(county, "a-cm", code, NEW)
    visitor = Visitor.of(county.client, "a-cm", NEW)
    shut = visitor.visit("/me/notes")
    assert "重設之前的個人資料暫不開放" in shut.text
    assert NOTE["purpose"] not in shut.text
    assert "暫不開放" in visitor.visit(f"/students/{student}/notes/new").text
    assert visitor.visit("/me/participant-options").status == 403
    sheet = visitor.visit("/account")
    assert "暫不開放的個人資料" in sheet.text
    wrong = visitor.send("/account/former-password", [("former_password", "guess")])
    assert "密碼不正確" in wrong.text
    opened = visitor.send("/account/former-password", [("former_password", PASSWORD)])
    assert "已確認是您本人" in opened.text
    assert "暫不開放" not in opened.text
    assert NOTE["purpose"] in visitor.visit("/me/notes").text


def test_the_page_of_a_deleted_note_is_shut_as_that_of_none(county: County) -> None:
    student, _ = written(county)
    note = county.a_cm.made(f"/students/{student}/notes", NOTE)
    deletion = f"/students/{student}/notes/{note}/withdrawal"
    assert county.a_cm.post(deletion, {"reason": "重複"}, version=1).status_code == 200
    path = f"/me/notes/{note}/release"
    assert "這筆紀錄已刪除" in Visitor.of(county.client, "a-cm", PASSWORD).visit(path).text
    code = county.a_office.post(f"/accounts/{county.id_of('a-cm')}/password-reset").json()["code"]
    by_code(county, "a-cm", code, NEW)
    visitor = Visitor.of(county.client, "a-cm", NEW)
    shut, none = (visitor.visit(one) for one in (path, f"/me/notes/{UUID(int=7)}/release"))
    assert (shut.status, shut.text) == (404, none.text)


@pytest.fixture(scope="module")
def two(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Template, TwinCounty]]:
    yield from twin_county(template, administrator, tmp_path_factory)


class Shown(PageTwins):
    """What a person can tell of answers: opaque tokens and digests over them say nothing."""

    def compare(self, first: Any, second: Any, told: str) -> None:
        assert first.status_code == second.status_code, told
        one, other = _shown(first), _shown(second)
        pairs = zip_longest(one.splitlines(), other.splitlines())
        assert not [pair for pair in pairs if pair[0] != pair[1]], told


_OPAQUE = re.compile(
    rb"[A-Za-z0-9_-]{40,}|[0-9a-f]{64}|(?<=\xe6\x88\xaa\xe8\x87\xb3,)[A-Za-z0-9_-]+"
)
#: Sessions and codes have the machine's time, which goes on between the two offices.
_INSTANT = re.compile(rb"\d{4}-\d\d-\d\dT[0-9:.]+")
_MACHINE = (b'"signed_in_at"', b'"shut_until"')
#: The same on pages, years after the time of the county.
_YEAR = datetime.now(TAIPEI).year - 1911
_ON_PAGES = re.compile(rf"民國({_YEAR}|{_YEAR + 1})年\d+月\d+日 [0-9:]+".encode())


def _shown(answer: Any) -> bytes:
    if answer.headers.get("content-type") in _FILES:
        # Instants, digests and opaque tokens lie compressed in it.
        return b""
    plain = _OPAQUE.sub(lambda found: b"#%d" % len(found[0]), answer.content)
    if any(one in plain for one in _MACHINE):
        plain = _INSTANT.sub(b"#", plain)
    return _ON_PAGES.sub(b"#", plain)


_FILES = ("application/pdf", "application/vnd.oasis.opendocument.text")


@pytest.mark.timeout(600)
def test_who_comes_in_by_a_code_is_answered_as_if_nothing_had_been_before(
    two: tuple[Template, TwinCounty],
    administrator: Connection,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Two histories that differ in the author's own acts alone; then every page and every route as
    the author."""
    template, made = two
    acts = ("write", "write", "correct", "read", "pry", "option", "draft", "export", "withdraw")
    with ExitStack() as stack:
        offices = []
        notes: list[UUID] = []
        tokens = []
        for history in (acts, ()):
            database = stack.enter_context(copied(template, administrator))
            before = tmp_path_factory.mktemp("before") / "keys"
            with open_office(template, database, before) as office:
                author = Author(office, made)
                for act in history:
                    author.does(act, "a1")
                notes += [*author.options, *(note for _, note, _ in author.notes)]
                path = f"/accounts/{made.accounts[AUTHOR]}/password-reset"
                told = office.call(made.tokens["a-office"], "POST", path)
                body = {"username": AUTHOR, "code": told.json()["code"], "new_password": NEW}
                done = office.call(None, "POST", "/password-resets", json=body)
                assert done.status_code == 204
            # Drawn anew, for here the one who asks is the one who acted.
            later = Template(template.database, before, seed=b"later")
            keys = tmp_path_factory.mktemp("later") / "keys"
            office = stack.enter_context(open_office(later, database, keys))
            now = {"now": "2023-08-02T09:00:00+08:00"}
            moved = office.call(made.tokens["eb"], "POST", "/simulation/clock", json=now)
            assert moved.status_code == 200, moved.text
            form = {"username": AUTHOR, "password": NEW}
            answer = office.client.post("/api/v1/token", data=form)
            tokens.append(answer.json()["access_token"])
            offices.append(office)
        assert tokens[0] == tokens[1]
        made.tokens[AUTHOR] = tokens[0]
        pair = Shown(offices[0], offices[1], made)
        every_page(pair, notes, [AUTHOR])
        every_route(pair, notes, 0, [AUTHOR])
    assert pair.calls > 300


def test_no_reading_on_behalf_of_somebody_in_doubt_sees_the_ledger_from_before(
    county: County,
) -> None:
    written(county)
    reset(county, "a-cm")
    house = county.house
    session = session_of(house, county.sign_in("a-cm", NEW).json()["access_token"])
    assert session is not None
    viewer = Viewer.of(house, session.account_id, session.now, session)
    for looking in (
        viewer.looking(house),
        viewer.looking_at(house, "placement"),
        asker_of(viewer).looking(house.reader),
    ):
        with looking as connection:
            assert connection.execute("SELECT position FROM books.notes").fetchall() == []
