"""A change that is about a person or a school says their names, those of its position."""

from typing import Any

import pytest

from tests.api.serving import County

DAYS = {"from": "112.7.1", "to": "112.8.31"}


def fields(county: County, student: str, section: str) -> list[tuple[str, str, Any, Any]]:
    """Kind, field, before and after of each change of a section, as the school office reads it."""
    items = county.a_office.get("/changes", **DAYS, student=student, section=section)
    return [
        (item["kind"], field["field"], field["before"], field["after"])
        for item in items.json()["items"]
        for field in item["fields"]
    ]


@pytest.fixture
def student(county: County) -> str:
    return county.student()


def test_a_relation_names_the_person(county: County, student: str) -> None:
    account = county.case_manager("a-cm", student)
    who = {"id": account, "name": "a-cm 老師"}
    assert ("recorded", "account_id", None, who) in fields(county, student, "relation")
    end = f"/students/{student}/dispatches/{account}/end"
    assert county.a_office.post(end, {"reason": "調任"}, version=1).status_code == 200
    assert ("withdrawn", "account_id", who, None) in fields(county, student, "relation")


def test_a_transfer_names_both_schools(county: County, student: str) -> None:
    path = f"/directory/students/{student}/transfers"
    moved = county.a_office.post(path, {"organisation": "ks-b", "grade": 5}, version=1)
    assert moved.status_code in (200, 201), moved.text
    items = county.b_office.get(f"/students/{student}/history").json()["items"]
    said = {
        field["field"]: (field["before"], field["after"])
        for item in items
        if item["kind"] == "corrected"
        for field in item["fields"]
    }
    old = {"code": "ks-a", "name": "苓雅示範國小"}
    new = {"code": "ks-b", "name": "前金示範國小"}
    assert said["organisation_id"] == (old, new)
    assert said["from_organisation_id"] == (None, old)


def test_names_are_those_in_force_at_the_position(county: County, student: str) -> None:
    account = county.case_manager("a-cm", student)
    wanted = {**DAYS, "student": student, "section": "relation"}
    first = county.a_office.get("/changes", **wanted)
    as_of = first.json()["terms"]["as_of"]
    version = county.a_office.get(f"/accounts/{account}").json()["version"]
    renamed = county.a_office.patch(f"/accounts/{account}", {"name": "新名"}, version=version)
    assert renamed.status_code == 200, renamed.text
    again = county.a_office.get("/changes", **wanted, as_of=as_of)
    assert again.content == first.content
    assert fields(county, student, "relation")[0][3] == {"id": account, "name": "新名"}


def test_a_file_shows_names_and_no_id(county: County, student: str) -> None:
    account = county.case_manager("a-cm", student)
    wanted = {**DAYS, "student": student, "section": ["relation", "directory"]}
    page = county.a_office.get("/changes", **wanted, format="csv").text
    assert "a-cm 老師" in page
    school = county.a_office.get("/changes", **wanted).json()["items"][0]
    [field] = [one for one in school["fields"] if one["field"] == "organisation_id"]
    assert (field["before"], field["after"]["name"]) == (None, "苓雅示範國小")
    assert account not in page
