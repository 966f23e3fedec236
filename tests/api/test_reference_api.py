"""What the drop-downs offer and the forms ask, for whoever is signed in."""

import pytest

from domain.reference import tables
from domain.sections import SECTIONS
from tests.api.serving import County


def test_every_table_is_listed_and_shown(county: County) -> None:
    county.subject_teacher("a-eng")
    listed = county.a_eng.get("/reference").json()["items"]
    assert [one["name"] for one in listed] == list(tables())
    for one in listed:
        shown = county.a_eng.get(f"/reference/{one['name']}").json()
        assert (shown["name"], shown["title"]) == (one["name"], one["title"])
        assert shown["source"]
        assert {value["group"] for value in shown["values"]} <= {None, *shown["groups"]}


def test_values_are_those_of_the_day_and_the_stage(county: County) -> None:
    def offered(**asked: str) -> dict[str, bool]:
        answer = county.a_office.get("/reference/subjects", **asked)
        assert answer.status_code == 200, answer.text
        return {one["code"]: one["offered"] for one in answer.json()["values"]}

    old = "nature_and_living_technology"
    assert offered()[old], "the clock stands at 112.8.1"
    assert offered(on="113.7.31")[old]
    assert not offered(on="113.8.1")[old], "still listed, for the records that hold it"
    assert not offered(on="2023-08-01", stage="elementary")["physics"]
    assert offered(stage="senior_high")["physics"]


def test_an_unknown_table_section_or_day_is_refused(county: County) -> None:
    assert county.a_office.get("/reference/nothing").status_code == 404
    assert county.a_office.get("/sections/counselling_note/form").status_code == 404
    assert county.a_office.get("/reference/subjects", on="昨天").status_code == 422
    for path in ("/reference", "/reference/subjects", "/sections/awards/form"):
        assert county.client.get(f"/api/v1{path}").status_code == 401


@pytest.mark.parametrize("section", list(SECTIONS))
def test_a_form_has_every_field_with_its_label(county: County, section: str) -> None:
    form = county.a_office.get(f"/sections/{section}/form").json()
    assert (form["section"], form["per"]) == (section, SECTIONS[section].per)
    for field in (*form["fields"], *(row for one in form["fields"] for row in one["fields"])):
        assert field["title"] != field["name"]
        assert (field["kind"] == "rows") == field["repeats"] == bool(field["fields"])
        assert field["table"] is None or field["table"] in tables()
        assert all(one["label"] != one["code"] for one in field["options"])


def test_a_form_says_what_its_fields_take(county: County) -> None:
    def kinds(section: str) -> dict[str, str]:
        form = county.a_office.get(f"/sections/{section}/form").json()
        return {one["name"]: one["kind"] for one in form["fields"]}

    assert kinds("strengths_weaknesses") == {
        "cognitive": "marks",
        "affective": "marks",
        "academic": "marks",
        "other_ticked": "codes",
        "other_note": "texts_by_area",
    }
    assert kinds("needs_assessment") == {
        "needs": "codes_by_area",
        "guidance_recommendations": "text",
        "source_meeting_id": "id",
    }
    assert kinds("meeting") == {
        "held_at": "instant",
        "topic": "line",
        "purpose": "text",
        "recorder_name": "line",
        "participants": "lines",
        "content": "text",
    }
    [awards] = county.a_office.get("/sections/awards/form").json()["fields"]
    assert [(one["name"], one["kind"], one["required"]) for one in awards["fields"]] == [
        ("award_date", "date", False),
        ("event_name", "line", True),
        ("organiser", "line", False),
        ("level", "code", False),
        ("prize", "line", True),
    ]
