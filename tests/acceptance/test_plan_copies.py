"""Copies of a plan for the guardian or the student, handed out by the school (個資法 §10)."""

import hashlib
from typing import Any
from uuid import UUID

import pytest

from domain import plan_form
from tests.acceptance.plan_papers import YEAR, access_events, text_of
from tests.api.serving import NATIONAL_IDS, NOTE, County
from tests.plan_told import PlanStory

TOPIC = "plan.copy-handed-out.v1"
WORDS = "只有個管教師自己知道的話"


@pytest.fixture
def student(county: County) -> str:
    """A student of `a-cm` with a plan for 112, and a note of `a-cm`."""
    student = county.student()
    county.case_manager("a-cm", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": YEAR})
    by = UUID(county.id_of("a-cm"))
    story = PlanStory(county.house.ledger, UUID(student), by, YEAR)
    story.everything()
    assert story.last is not None
    assert county.house.waiting.passed(story.last.position)
    county.a_cm.made(f"/students/{student}/notes", NOTE | {"content": WORDS})
    return student


def asked(**more: Any) -> dict[str, Any]:
    return {"school_year": YEAR, "recipient": "guardian", "format": "pdf"} | more


def path(student: str) -> str:
    return f"/students/{student}/copies"


def test_the_school_hands_out_a_copy_and_the_record_says_so(county: County, student: str) -> None:
    answer = county.a_office.post(path(student), asked(reason="家長申請"))
    assert answer.status_code == 201, answer.text
    text = text_of(answer.content)
    for piece in ("陳小明", "縣市科學展覽", "法定代理人", answer.headers["igp-copy-id"]):
        assert piece in text
    assert WORDS not in text
    history = county.a_cm.get(f"/students/{student}/history").json()["items"]
    (handed,) = [one for one in history if one["record_id"] == answer.headers["igp-copy-id"]]
    said = {one["field"]: one["after"] for one in handed["fields"]}
    assert (handed["section"], handed["reason"]) == ("plan", "家長申請")
    assert said["recipient"] == "guardian"
    assert said["digest"] == hashlib.sha256(answer.content).hexdigest()
    # Positions of the book are nobody's to read.
    assert "as_of" not in said
    (event,) = access_events(county, "access.exported.v3")
    assert (event["what"], event["capacity"], event["digest"]) == (
        "plan.copy",
        "SA",
        said["digest"],
    )


def test_a_copy_as_data_is_what_the_school_sees(county: County, student: str) -> None:
    answer = county.a_office.post(path(student), asked(format="json", recipient="student"))
    assert answer.status_code == 201
    shown = county.a_office.get(f"/students/{student}/plan", school_year=YEAR)
    copy = answer.json()
    assert copy.pop("format") == plan_form.FORMAT
    assert copy.pop("digest") == plan_form.digest(YEAR, copy["sections"])
    assert copy == shown.json()


def test_nobody_but_the_school_hands_out_copies(county: County, student: str) -> None:
    refused = county.a_cm.post(path(student), asked())
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    for who in ("eb", "b-office", "org"):
        assert county.caller(who).post(path(student), asked()).status_code == 404
    for wrong in (asked(recipient="neighbour"), asked(format="odt"), asked(school_year=0)):
        assert county.a_office.post(path(student), wrong).status_code == 422
    none = county.a_office.post(path(student), asked(school_year=111))
    assert (none.status_code, none.json()["code"]) == (409, "school-year-not-open")
    assert TOPIC not in county.topics()


def test_a_repeated_request_hands_out_the_same_copy_once(county: County, student: str) -> None:
    first = county.a_office.post(path(student), asked(), key="k")
    story = PlanStory(county.house.ledger, UUID(student), UUID(county.id_of("a-cm")), YEAR)
    story.meeting(topic="後來的會議")
    again = county.a_office.post(path(student), asked(), key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert county.topics().count(TOPIC) == 1
    other = county.a_office.post(path(student), asked(format="json"), key="k")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
