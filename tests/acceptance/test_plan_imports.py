"""A plan leaves in an open form and enters again: it says the same, and its digest shows it."""

from typing import Any

import pytest

from domain import plan_form
from tests.api.serving import NATIONAL_IDS, PASSWORD, County
from tests.visiting import Visitor

AWARD = {"event_name": "科學展覽", "prize": "特優", "level": "county", "award_date": "112.6.1"}
COPY = {"school_year": 112, "recipient": "guardian", "format": "json"}


@pytest.fixture
def plan(county: County) -> dict[str, Any]:
    """The open form of a plan with sections, rows, a goal, a course and a meeting."""
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    sections = f"/students/{student}/sections"
    for who, code, data, version in (
        ("a-cm", "basic_family", {"family_members": [{"kinship": "母", "name": "陳美"}]}, 1),
        ("a-cm", "awards", {"awards": [AWARD, AWARD | {"prize": "優等"}]}, 0),
        ("a-cm", "strengths_weaknesses", {"cognitive": {"memory": "strength"}}, 0),
        ("a-eng", "annual_goal", {"goal_text": "閱讀", "teaching_model": "parallel_curriculum"}, 0),
    ):
        done = county.caller(who).patch(
            f"{sections}/{code}?school_year=112", {"data": data}, version=version
        )
        assert done.status_code == 200, done.text
    row = {"component": "core", "learning_performance": "能讀懂短文"}
    course = {"school_year": 112, "subject": "english", "semester": "first", "rows": [row]}
    county.a_eng.made(f"/students/{student}/courses", course)
    meeting = {
        "school_year": 112,
        "held_at": "2023-09-28T15:30:00+08:00",
        "topic": "研商會議",
        "purpose": "討論需求",
        "recorder_name": "劉老師",
        "participants": ["家長"],
        "content": "加深加廣",
    }
    county.a_cm.made(f"/students/{student}/meetings", meeting)
    note = {
        "school_year": 112,
        "held_on": "112.7.20",
        "purpose": "適應",
        "participants": ["導師"],
        "recorder": "個管",
        "content": "只有本人知道",
    }
    county.a_cm.made(f"/students/{student}/notes", note)
    return copy(county, "a-office", student)


def copy(county: County, office: str, student: str) -> dict[str, Any]:
    answer = county.caller(office).post(f"/students/{student}/copies", COPY)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_plan_that_entered_elsewhere_has_the_same_digest(
    county: County, plan: dict[str, Any]
) -> None:
    assert plan["format"] == "igp-plan/1"
    assert plan["digest"] == plan_form.digest(112, plan["sections"])
    other = county.student("ks-b", 1)
    done = county.b_office.post(f"/students/{other}/plan-imports", plan)
    assert done.status_code == 201, done.text
    again = copy(county, "b-office", other)
    assert again["digest"] == plan["digest"]
    assert "只有本人知道" not in str(again)
    county.case_manager("b-cm", other, school="ks-b")
    shown = county.b_cm.get(f"/students/{other}/sections/basic_family", school_year=112).json()
    assert shown["data"]["family_members"][0]["name"] == "陳美"
    assert set(shown["field_sources"].values()) == {"teacher"}
    assert county.b_cm.get(f"/students/{other}").json()["school_years"] == [112]


def test_what_is_altered_mixed_or_no_plan_is_refused_and_leaves_nothing(
    county: County, plan: dict[str, Any]
) -> None:
    other = county.student("ks-b", 1)
    path = f"/students/{other}/plan-imports"
    before = county.topics()
    altered = plan | {"school_year": 111}
    doubled = [one | {"records": one["records"] * 2} for one in plan["sections"]]
    twice = plan | {"sections": doubled, "digest": plan_form.digest(112, doubled)}
    for body, code in (
        (twice, "plan-form-not-known"),
        (altered, "plan-digest-differs"),
        (plan | {"format": "igp-plan/9"}, "plan-form-not-known"),
        (plan | {"sections": []}, "plan-form-not-known"),
    ):
        refused = county.b_office.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert county.a_office.post(path, plan).status_code == 404
    county.case_manager("b-cm", other, school="ks-b")
    assert county.b_cm.post(path, plan).status_code == 403
    assert [one for one in county.topics()[len(before) :] if one.startswith("basic")] == []
    done = county.b_office.post(path, plan)
    assert done.status_code == 201, done.text
    again = county.b_office.post(path, plan)
    assert (again.status_code, again.json()["code"]) == (409, "plan-not-empty")


def test_what_was_offered_in_the_year_is_ticked_after_it_and_enters_elsewhere_later(
    county: County,
) -> None:
    """自然與生活科技 was taught to the end of the school year 112 (113.7.31)."""
    student = county.student()
    county.case_manager("a-cm", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    now = {"now": "2024-08-05T09:00:00+08:00"}
    assert county.eb.post("/simulation/clock", now).status_code == 200
    county.a_cm.made(f"/students/{student}/school-years", {"school_year": 113})
    path = f"/students/{student}/sections/strengths_weaknesses"
    ticked = {"data": {"academic": {"nature_and_living_technology": "strength"}}}
    form = Visitor.of(county.client, "a-cm", PASSWORD).visit(f"{path}/edit?school_year=112").text
    assert "自然與生活科技" in form
    assert county.a_cm.patch(f"{path}?school_year=112", ticked, version=0).status_code == 200
    form = Visitor.of(county.client, "a-cm", PASSWORD).visit(f"{path}/edit?school_year=113").text
    assert "自然與生活科技" not in form
    late = county.a_cm.patch(f"{path}?school_year=113", ticked, version=0)
    assert (late.status_code, late.json()["code"]) == (422, "not-offered")
    plan = copy(county, "a-office", student)
    other = county.student("ks-b", 1)
    done = county.b_office.post(f"/students/{other}/plan-imports", plan)
    assert done.status_code == 201, done.text
    assert copy(county, "b-office", other)["digest"] == plan["digest"]
