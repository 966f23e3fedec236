"""Every read of a person's record is in the book of access before its answer (design D15)."""

import contextlib
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from domain.event import Event
from ledger.errors import LedgerUnavailable
from tests.api.serving import NATIONAL_IDS, NOTE, PLACEMENT, County


def access(county: County) -> list[dict[str, Any]]:
    """The bodies of the book of access, each with its topic."""
    with county.house.ledger.database.connect("projector") as connection:
        rows = connection.execute("SELECT topic, body FROM books.access ORDER BY position")
        return [orjson.loads(body) | {"topic": topic} for topic, body in rows]


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    return student


@pytest.mark.accepts("IGP-146")
def test_each_reading_leaves_one_row_with_who_what_whom_and_in_which_capacity(
    county: County, student: str
) -> None:
    made = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    account = county.id_of("a-cm")
    for path, what, record in (
        (f"/students/{student}", "student", student),
        (f"/students/{student}/placements", "placements", None),
        (f"/students/{student}/placements/{made}", "placement", made),
        (f"/students/{student}/placement-requests", "placement-requests", None),
    ):
        before = len(access(county))
        assert county.a_cm.get(path).status_code == 200
        [row] = access(county)[before:]
        assert row["topic"] == "access.read.v2"
        assert (row["by"], row["capacity"], row["what"]) == (account, "CM", what)
        assert (row["subjects"], row.get("record_id")) == ([student], record)
        assert (row["purpose"], "declared" in row) == ("teaching", False)


@pytest.mark.accepts("IGP-146")
def test_an_export_and_a_page_of_the_plan_leave_one_row_each(county: County, student: str) -> None:
    opening = {"national_id": NATIONAL_IDS[0], "school_year": 112}
    assert county.a_cm.post("/students", opening).is_success
    county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    account = county.id_of("a-cm")
    of = f"/students/{student}"
    dates = "from=112.7.1&to=112.8.31"
    for path, topic, what, format in (
        (f"{of}/sections/basic_family?school_year=112", "read.v2", "section.basic_family", None),
        (f"{of}/plan?school_year=112", "read.v2", "plan", None),
        (f"{of}/history", "listed.v2", "students/history", None),
        (f"{of}/plan?school_year=112&format=odt", "exported.v3", "plan.export", "odt"),
        (f"/changes?{dates}&format=csv", "exported.v3", "changes", "csv"),
        (f"/changes/students?{dates}", "listed.v2", "changes/students", None),
    ):
        before = len(access(county))
        answer = county.a_cm.get(path)
        assert answer.status_code == 200, answer.text
        [row] = access(county)[before:]
        assert (row["topic"], row["what"]) == (f"access.{topic}", what)
        assert (row["by"], row["capacity"], row["subjects"]) == (account, "CM", [student])
        assert row.get("format") == format


def test_a_list_is_one_row_with_everybody_on_the_page(county: County, student: str) -> None:
    county.student(number=1)
    before = len(access(county))
    page = county.a_office.post("/students/search", {"q": "小"}).json()
    [row] = access(county)[before:]
    assert row["topic"] == "access.listed.v2"
    assert row["subjects"] == [one["id"] for one in page["items"]]
    assert len(row["subjects"]) == 2
    assert len(row["filter_hash"]) == 64
    assert (row["searched"], row["purpose"]) == (True, "administration")
    county.a_office.get("/students")
    assert access(county)[-1]["searched"] is False


def test_a_declared_purpose_stands_as_declared_and_one_that_is_none_is_refused(
    county: County, student: str
) -> None:
    office = county.caller("a-office")
    office.headers["Igp-Purpose"] = "dispute"
    try:
        assert office.get(f"/students/{student}").status_code == 200
        row = access(county)[-1]
        assert (row["purpose"], row["declared"]) == ("dispute", True)
        before = len(access(county))
        office.headers["Igp-Purpose"] = "curiosity"
        answer = office.get(f"/students/{student}")
        assert (answer.status_code, answer.json()["code"]) == (422, "purpose-not-valid")
        assert len(access(county)) == before
    finally:
        del office.headers["Igp-Purpose"]


def test_a_number_that_was_tried_out_of_reach_names_whose_it_is_in_the_book_alone(
    county: County, student: str
) -> None:
    county.case_manager("b-cm", school="ks-b")
    number = {"national_id": NATIONAL_IDS[0], "school_year": 112}
    several = {"national_ids": [NATIONAL_IDS[0]], "school_year": 112}
    for path, body in (("/students", number), ("/students/batch", several)):
        answer = county.b_cm.post(path, body)
        assert answer.status_code == 404
        assert student not in answer.text
        row = access(county)[-1]
        assert (row["topic"], row["subjects"]) == ("access.refused.v2", [student])
    county.b_cm.post("/students", number | {"national_id": NATIONAL_IDS[1]})
    assert access(county)[-1]["subjects"] == []


def test_a_note_page_leaves_no_row_of_access(county: County, student: str) -> None:
    notes = f"/students/{student}/notes"
    note = county.a_cm.made(notes, NOTE)
    before = len(access(county))
    for path in (notes, f"{notes}/{note}", "/me/notes", f"{notes}/{student}", "/me/notes/x"):
        county.a_cm.get(path)
    assert len(access(county)) == before


class Closed:
    """A book of access that cannot be written."""

    def record(self, event: Event) -> None:
        raise LedgerUnavailable("no space left")

    def close(self) -> None:
        """Nothing is open."""


@contextlib.contextmanager
def closed(county: County) -> Iterator[None]:
    living = county.house.access
    county.house.access = Closed()  # type: ignore[assignment]
    try:
        yield
    finally:
        county.house.access = living


def test_what_cannot_be_recorded_is_not_shown(county: County, student: str) -> None:
    hidden = county.b_office
    with closed(county):
        for answer in (
            county.a_cm.get(f"/students/{student}"),
            county.a_cm.get("/students"),
            county.a_cm.get(f"/students/{student}/placements"),
            hidden.post(f"/students/{student}/placements", PLACEMENT),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert "Retry-After" in answer.headers
        # A note is its author's own affair, and none of that book's.
        assert county.a_cm.get(f"/students/{student}/notes").status_code == 200
    assert county.a_cm.get(f"/students/{student}").status_code == 200
