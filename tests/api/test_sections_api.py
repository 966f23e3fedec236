"""The sections of a plan over HTTP: saved whole or in part, with rows, for a year or a stage."""

from typing import Any

import pytest

from tests.api.serving import NATIONAL_IDS, County

AWARD = {"event_name": "科學展覽", "prize": "特優", "level": "county", "award_date": "112.6.1"}


@pytest.fixture
def student(county: County) -> str:
    """A student of the case manager `a-cm` with a plan for 112."""
    student = county.student()
    county.case_manager("a-cm", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    return student


def path(student: str, section: str, **query: Any) -> str:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/students/{student}/sections/{section}" + (f"?{asked}" if asked else "")


def test_a_section_never_saved_is_empty_and_of_version_0(county: County, student: str) -> None:
    answer = county.a_cm.get(path(student, "awards", school_year=112))
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"0"'
    shown = answer.json()
    assert (shown["version"], shown["data"], shown["locked"]) == (0, {"awards": []}, False)


def test_a_year_begins_with_the_directory_report(county: County, student: str) -> None:
    shown = county.a_cm.get(path(student, "basic_family", school_year=112)).json()
    assert shown["version"] == 1
    assert shown["data"]["student_name"] == "陳小明"
    assert shown["data"]["school_name"] == "苓雅示範國小"
    assert set(shown["field_sources"].values()) == {"directory"}


def test_rows_are_added_corrected_and_removed_and_nothing_else_is_recorded(
    county: County, student: str
) -> None:
    awards = path(student, "awards", school_year=112)
    first = county.a_cm.put(awards, {"data": {"awards": [AWARD, AWARD]}}, version=0)
    assert first.status_code == 200, first.text
    rows = county.a_cm.get(awards).json()["data"]["awards"]
    assert [row["event_name"] for row in rows] == ["科學展覽"] * 2
    kept = rows[0] | {"prize": "優等"}
    refused = county.a_cm.put(awards, {"data": {"awards": [kept]}}, version=3)
    assert (refused.status_code, refused.json()["code"]) == (422, "reason-required")
    done = county.a_cm.put(awards, {"data": {"awards": [kept]}, "reason": "誤填"}, version=3)
    assert done.status_code == 200, done.text
    assert county.a_cm.get(awards).json()["data"]["awards"] == [kept]
    assert [topic for topic in county.topics() if topic.startswith("awards.")] == [
        "awards.recorded.v1",
        "awards.award-added.v1",
        "awards.award-added.v1",
        "awards.award-removed.v1",
        "awards.award-corrected.v1",
    ]


def test_saving_what_stands_makes_no_event(county: County, student: str) -> None:
    awards = path(student, "awards", school_year=112)
    county.a_cm.put(awards, {"data": {"awards": [AWARD]}}, version=0)
    before = county.topics()
    shown = county.a_cm.get(awards).json()
    again = county.a_cm.put(awards, {"data": shown["data"]}, version=shown["version"])
    assert (again.status_code, again.json()["version"]) == (200, shown["version"])
    assert county.topics() == before


def test_a_patch_leaves_other_fields_alone(county: County, student: str) -> None:
    basic = path(student, "basic_family", school_year=112)
    done = county.a_cm.patch(basic, {"data": {"phone": "0912345678"}}, version=1)
    assert done.status_code == 200, done.text
    shown = county.a_cm.get(basic).json()
    assert shown["data"]["phone"] == "0912345678"
    assert shown["data"]["student_name"] == "陳小明"
    emptied = county.a_cm.patch(
        basic, {"data": {"phone": None}, "reason": "停用"}, version=shown["version"]
    )
    assert emptied.status_code == 200
    assert county.a_cm.get(basic).json()["data"]["phone"] is None


def test_a_row_of_nobody_and_a_code_not_on_offer_are_refused(county: County, student: str) -> None:
    awards = path(student, "awards", school_year=112)
    nobody = AWARD | {"row_id": "00000000-0000-4000-8000-000000000001"}
    for data, field, code in (
        ({"awards": [nobody]}, "data.awards.0.row_id", "row-not-found"),
        ({"awards": [AWARD | {"level": "galactic"}]}, "data.awards.0.level", "not-offered"),
        ({"awards": [AWARD | {"prize": " "}]}, "data.awards.0.prize", "required"),
        ({"medals": []}, "data.medals", "unknown-field"),
    ):
        refused = county.a_cm.put(awards, {"data": data}, version=0)
        assert refused.status_code == 422, refused.text
        problem = refused.json()
        assert (problem["errors"][0]["field"], problem["errors"][0]["code"]) == (field, code)
    assert "awards.recorded.v1" not in county.topics()


def test_what_is_not_seen_is_not_there(county: County, student: str) -> None:
    for who in ("eb", "b-office"):
        assert county.caller(who).get(path(student, "awards")).status_code == 404
        refused = county.caller(who).put(path(student, "awards"), {"data": {}}, version=0)
        assert refused.status_code == 404
    assert county.a_cm.get(path(student, "meeting")).status_code == 404
    shown = county.a_office.get(path(student, "awards"))
    assert shown.status_code == 200
    refused = county.a_office.put(path(student, "awards"), {"data": {"awards": []}}, version=0)
    assert refused.status_code == 403


def test_a_year_that_was_not_opened_takes_nothing(county: County, student: str) -> None:
    needs = path(student, "needs_assessment", school_year=111)
    refused = county.a_cm.put(needs, {"data": {"guidance_recommendations": "加深加廣"}}, version=0)
    assert (refused.status_code, refused.json()["code"]) == (409, "school-year-not-open")
    county.a_cm.made(f"/students/{student}/school-years", {"school_year": 111})
    done = county.a_cm.put(needs, {"data": {"guidance_recommendations": "加深加廣"}}, version=0)
    assert done.status_code == 200, done.text
