"""The changes of sections and their rows, in a student's history and in the change report."""

from typing import Any

import pytest

from tests.api.serving import NATIONAL_IDS, County

AWARD = {"event_name": "科學展覽", "prize": "特優", "level": "county", "award_date": "112.6.1"}


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    return student


def history(county: County, who: str, student: str, section: str) -> list[dict[str, Any]]:
    answer = county.caller(who).get(f"/students/{student}/history", limit=200)
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["items"] if one["section"] == section]


def test_history_shows_every_row_with_what_it_said_before_and_after(
    county: County, student: str
) -> None:
    path = f"/students/{student}/sections/awards?school_year=112"
    county.a_cm.put(path, {"data": {"awards": [AWARD, AWARD]}}, version=0)
    kept, _ = county.a_cm.get(path).json()["data"]["awards"]
    changed = kept | {"prize": "優等", "level": "national"}
    county.a_cm.put(path, {"data": {"awards": [changed]}, "reason": "誤填"}, version=3)
    found = history(county, "a-office", student, "awards")
    assert sorted(one["kind"] for one in found) == [
        "corrected",
        "recorded",
        "recorded",
        "recorded",
        "withdrawn",
    ]
    corrected = next(one for one in found if one["kind"] == "corrected")
    assert corrected["row_id"] == kept["row_id"]
    assert corrected["reason"] == "誤填"
    assert corrected["fields"] == [
        {"field": "awards.level", "label": "級別", "before": "county", "after": "national"},
        {"field": "awards.prize", "label": "名次／獎項", "before": "特優", "after": "優等"},
    ]
    removed = next(one for one in found if one["kind"] == "withdrawn")
    assert {one["field"]: one["before"] for one in removed["fields"]}["awards.prize"] == "特優"
    assert {one["after"] for one in removed["fields"]} == {None}


def test_a_withdrawn_year_shows_all_that_is_gone_and_a_new_one_begins_afresh(
    county: County, student: str
) -> None:
    path = f"/students/{student}/sections/basic_family"
    member = {"kinship": "父", "name": "陳大明"}
    shown = county.a_cm.get(f"{path}?school_year=112").json()
    data = shown["data"] | {"family_members": [member], "phone": "0912345678"}
    done = county.a_cm.put(f"{path}?school_year=112", {"data": data}, version=1)
    assert done.status_code == 200, done.text
    version = done.json()["version"]
    gone = county.a_cm.post(
        f"{path}/withdrawal?school_year=112", {"reason": "建錯學年度"}, version=version
    )
    assert gone.status_code == 200, gone.text
    [withdrawn] = [
        one
        for one in history(county, "a-cm", student, "basic_family")
        if one["kind"] == "withdrawn"
    ]
    before = {one["field"]: one["before"] for one in withdrawn["fields"]}
    assert (before["phone"], before["family_members.name"]) == ("0912345678", "陳大明")
    county.a_cm.made(f"/students/{student}/school-years", {"school_year": 112})
    newest = history(county, "a-cm", student, "basic_family")
    again = next(one for one in newest if one["kind"] == "recorded" and one is not withdrawn)
    assert {one["before"] for one in again["fields"]} == {None}


def test_the_authority_sees_no_row_of_a_plan_in_the_change_report(
    county: County, student: str
) -> None:
    path = f"/students/{student}/sections/awards?school_year=112"
    county.a_cm.put(path, {"data": {"awards": [AWARD]}}, version=0)
    report = {"from": "112.8.1", "to": "113.7.31"}
    seen = county.eb.get("/changes", **report).json()["items"]
    assert {one["section"] for one in seen} <= {"directory", "relation", "placement"}
    mine = county.a_cm.get("/changes", **report).json()["items"]
    assert "awards" in {one["section"] for one in mine}


def test_the_authority_reads_counts_of_the_plans_from_three_up(
    county: County, student: str
) -> None:
    awards = f"/students/{student}/sections/awards?school_year=112"
    county.a_cm.put(awards, {"data": {"awards": [AWARD]}}, version=0)
    report = {"from": "112.8.1", "to": "113.7.31"}
    first = county.eb.get("/changes", **report).json()
    assert first["counts"] == []
    rows = county.a_cm.get(awards).json()["data"]["awards"]
    county.a_cm.put(awards, {"data": {"awards": [*rows, AWARD]}}, version=2)
    counted = [{"organisation": "ks-a", "section": "awards", "changes": 3}]
    for who in ("eb", "org"):
        assert county.caller(who).get("/changes", **report).json()["counts"] == counted
    # What was asked as of then says what it said then.
    again = county.eb.get("/changes", **report, as_of=first["terms"]["as_of"]).json()
    assert again["counts"] == []
    assert county.eb.get("/changes", **report, section="meeting").json()["counts"] == []
    assert county.a_cm.get("/changes", **report).json()["counts"] == []
