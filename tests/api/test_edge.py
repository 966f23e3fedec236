"""The ring around the app: headers, sizes, the log."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from api.edge import LARGEST_BODY, SILENT, Edge, Larger
from api.uploads import LARGEST_UPLOAD
from tests.api.serving import NOTE, PLACEMENT, County


def test_every_answer_forbids_keeping_it_and_telling_where_one_was(county: County) -> None:
    for answer in (
        county.client.get("/healthz"),
        county.eb.get("/me"),
        county.eb.get("/nothing-here"),
        county.client.get("/api/v1/me"),
        county.eb.put("/drafts/long", "x" * LARGEST_BODY),
    ):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_body_that_is_too_large_is_refused_before_it_was_read(county: County) -> None:
    def gigabyte() -> Iterator[bytes]:
        for _ in range(1024):
            yield b"x" * 1024 * 1024

    told = county.client.post(
        "/api/v1/students",
        headers=county.eb.headers | {"Content-Length": str(1024**3)},
        content=b"{}",
    )
    assert (told.status_code, told.json()["code"]) == (413, "body-too-large")
    answer = county.client.post("/api/v1/students", headers=county.eb.headers, content=gigabyte())
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_the_route_of_files_alone_takes_more_and_from_nobody_unknown(county: County) -> None:
    large = b"x" * (LARGEST_BODY + 1)

    def pieces() -> Iterator[bytes]:
        yield large[:-1]
        yield large

    known = county.eb.headers
    for path in ("files/", "files/x/withdrawal", "filesystem", "students"):
        answer = county.client.post(f"/api/v1/{path}", headers=known, content=large)
        assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large"), path
    assert county.client.put("/api/v1/files", headers=known, content=large).status_code == 413
    for content in (large, pieces()):
        answer = county.client.post("/api/v1/files", headers=known, content=content)
        assert (answer.status_code, answer.json()["code"]) == (422, "not-valid")
    for headers in ({}, {"Authorization": "Bearer igp_nonsense"}, {"Authorization": "Basic eDp5"}):
        for content in (large, pieces()):
            answer = county.client.post("/api/v1/files", headers=headers, content=content)
            assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
    told = known | {"Content-Length": str(LARGEST_UPLOAD + 1)}
    answer = county.client.post("/api/v1/files", headers=told, content=b"x")
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_where_nobody_can_tell_who_sends_a_large_body_it_is_not_read() -> None:
    def admits(_: Request) -> bool:
        raise psycopg.OperationalError

    async def app(*_: object) -> None:
        raise AssertionError("the app was reached")

    edge = Edge(app, larger=(Larger("POST", "/files", 4 * LARGEST_BODY, admits),))
    answer = TestClient(edge).post("/files", content=b"x" * (LARGEST_BODY + 1))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_the_log_holds_templates_and_accounts_and_nothing_personal(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="igp.requests")
    student = county.student()
    county.eb.get(f"/students/{student}")
    county.client.get("/api/v1/somewhere/陳小明")
    lines = [json.loads(one.getMessage()) for one in caplog.records if one.name == "igp.requests"]
    read, unknown = lines[-2:]
    assert read["route"] == "/students/{student_id}"
    assert (read["method"], read["status"], read["account"]) == ("GET", 200, county.id_of("eb"))
    assert (unknown["route"], unknown["account"]) == ("-", "-")
    text = json.dumps(lines, ensure_ascii=False)
    assert student not in text
    assert "陳小明" not in text


def test_only_whole_words_of_a_route_are_silent() -> None:
    for silent in ("/students/{student_id}/notes/{note_id}", "/me", "/me/notes", "/drafts/{key}",
                   "/disputes/{dispute_id}/note-releases",
                   "/participant-options"):  # fmt: skip
        assert SILENT.search(silent), silent
    for told in ("/students/{student_id}/meetings", "/placements", "/methods"):
        assert not SILENT.search(told), told


def test_nothing_about_notes_and_drafts_stands_in_the_log(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    caller = county.a_cm
    caplog.set_level("INFO", logger="igp.requests")
    caplog.clear()
    note = caller.made(f"/students/{student}/notes", NOTE)
    caller.get(f"/students/{student}/notes/{note}")
    caller.post("/notes/withdrawals", {"ids": [note], "reason": "重複"})
    caller.get("/me/notes")
    caller.get("/me")
    caller.put("/drafts/one", NOTE)
    caller.get("/participant-options")
    county.b_office.get(f"/students/{student}/notes/{note}")
    # Only the sign-in of the other office is there.
    routes = [json.loads(one.getMessage())["route"] for one in caplog.records]
    assert routes == ["/token"]


def test_health_and_readiness_answer_without_signing_in(county: County) -> None:
    assert county.client.get("/healthz").json() == {"status": "ok"}
    student = county.student()
    county.case_manager("a-cm", student)
    county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    assert county.client.get("/readyz").json() == {"status": "ready"}


def test_a_stopped_view_is_not_ready(county: County) -> None:
    with county.house.ledger.database.connect("projector") as connection:
        connection.execute("UPDATE views.checkpoint SET poison = 1 WHERE view = 'directory'")
    answer = county.client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_what_nobody_foresaw_answers_500_and_tells_the_log_where_not_what(
    county: County, caplog: pytest.LogCaptureFixture
) -> None:
    student = county.student()
    living = county.house.opener
    county.house.opener = "陳小明"  # type: ignore[assignment]
    try:
        answer = county.eb.get(f"/students/{student}")
    finally:
        county.house.opener = living
    assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "AttributeError" in caplog.text
    assert "陳小明" not in caplog.text + answer.text
