"""Behind a view that was stopped or is late it is said until when what is shown is complete (design
D8); that a view of notes stands, their author alone is told (design D7)."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest
from httpx2 import Response

from projections import completeness
from tests.api.serving import NOTE, PLACEMENT
from tests.api.web.conftest import School

HEADER = "igp-complete-until"
SAID = "畫面上的資料只完整到"


def stopped(school: School, table: str, view: str) -> datetime:
    """Stops a view at the newest event of its book, as the runner does; when that was recorded."""
    book = {"checkpoint": "records", "owner_checkpoint": "notes"}[table]
    with school.county.house.ledger.database.connect("projector") as connection:
        row = connection.execute(
            f"UPDATE views.{table} c SET poison = b.position, poison_reason = 'KeyError'"
            f" FROM (SELECT position, recorded_at FROM books.{book}"
            " ORDER BY position DESC LIMIT 1) b"
            " WHERE c.view = %s RETURNING b.recorded_at".encode(),
            (view,),
        ).fetchone()
    assert row is not None
    at: datetime = row[0]
    return at


def told(ask: Callable[[], Response]) -> datetime:
    """What the answer says; whether a view stands is looked at once a second."""
    deadline = time.monotonic() + 10
    while HEADER not in (answer := ask()).headers:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return datetime.fromisoformat(answer.headers[HEADER])


def test_every_answer_and_page_behind_a_stopped_view_says_until_when_it_is_complete(
    school: School,
) -> None:
    county = school.county
    county.a_cm.made(school.path("/placements"), PLACEMENT)
    assert HEADER not in county.a_cm.get("/students").headers
    assert SAID not in school.teacher.visit("/").text
    at = stopped(school, "checkpoint", "placements")
    assert told(lambda: county.a_cm.get("/students")) == at
    for who in (county.eb, county.a_office):
        assert told(lambda who=who: who.get("/me")) == at  # type: ignore[misc]
    assert SAID in school.teacher.visit("/").text
    assert SAID in school.teacher.visit(school.path("/history")).text


def test_behind_views_that_are_late_for_long_it_is_said_until_they_have_come(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completeness, "LATE_SECONDS", 0.5)
    county = school.county
    waiting = county.house.waiting
    monkeypatch.setattr(waiting, "passed", partial(waiting.passed, patience=0.2))
    assert HEADER not in county.a_cm.get("/me").headers
    with county.house.ledger.database.connect("projector", autocommit=False) as projector:
        # Whoever builds the views waits meanwhile.
        projector.execute("LOCK TABLE views.change IN EXCLUSIVE MODE")
        late = county.a_cm.post(school.path("/placements"), PLACEMENT)
        assert late.status_code == 202
        at = told(lambda: county.a_cm.get("/me"))
        assert SAID in school.teacher.visit("/").text
        recorded = projector.execute("SELECT max(recorded_at) FROM books.records").fetchone()
        assert recorded == (at,)
    deadline = time.monotonic() + 10
    while HEADER in county.a_cm.get("/me").headers:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_that_a_view_of_notes_stands_its_author_alone_is_told(school: School) -> None:
    county = school.county
    county.a_cm.made(school.path("/notes"), NOTE)
    at = stopped(school, "owner_checkpoint", "own_notes")
    for path in ("/me/notes", school.path("/notes")):
        assert told(lambda path=path: county.a_cm.get(path)) == at  # type: ignore[misc]
    assert SAID in school.teacher.visit("/me/notes").text
    # Where nothing of one's own notes is shown, and to everybody else, nothing is said.
    time.sleep(1.1)
    assert HEADER not in county.a_cm.get("/students").headers
    for path in ("/me/notes", school.path("/notes"), "/students", school.path("/history")):
        assert HEADER not in county.a_cm2.get(path).headers
        assert SAID not in school.colleague.visit(path).text


def test_nothing_is_signed_beyond_where_a_view_was_stopped(school: School) -> None:
    county = school.county
    county.a_cm.made(school.path("/placements"), PLACEMENT)
    at = stopped(school, "checkpoint", "changes")
    told(lambda: county.eb.get("/me"))
    day = f"{at:%Y-%m-%d}"
    refused = county.eb.post("/reports", {"kind": "changes", "from": day, "to": day})
    assert (refused.status_code, refused.json()["code"]) == (409, "report-not-complete")
    assert county.eb.get("/reports").json()["items"] == []
    # What was over before is not touched by it.
    earlier = {"kind": "changes", "from": "2023-07-01", "to": "2023-07-02"}
    county.eb.made("/reports", earlier)
