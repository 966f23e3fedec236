"""What comes into a plan in a wrong form is refused by name, and nothing of it is recorded."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.acceptance.test_plan_sections import page, refused, shown, student
from tests.api.serving import County

__all__ = ["student"]

AWARD = {"event_name": "科學展覽", "prize": "特優"}
TEST = {"test_name": "智力測驗", "test_date": "112.5.1", "result": "PR 97"}
TAB = {
    "education_stage": "elementary",
    "grade": 4,
    "school_name": "苓雅示範國小",
    "class_name": "四年甲班",
    "class_type": "gifted_class",
}
MEETING = {
    "school_year": 112,
    "held_at": "2023-07-20T10:00:00+08:00",
    "topic": "期初會議",
    "purpose": "擬定學年目標",
    "recorder_name": "林組長",
    "participants": ["王老師"],
    "content": "討論課程安排。",
}
BEFORE_THE_CALENDAR = ("民國前1年12月31日", "1911-12-31", "1000-01-01")


def test_a_row_that_comes_twice_is_refused(county: County, student: str) -> None:
    body = {"data": {"awards": [AWARD]}}
    assert county.a_cm.put(page(student, "awards"), body, version=0).status_code == 200
    [row] = shown(county, student, "awards")["data"]["awards"]
    twice = [row, row | {"prize": "優等"}]
    assert refused(county, student, "awards", {"awards": twice}) == [
        ("data.awards.1.row_id", "row-repeated")
    ]


def test_yes_and_no_are_no_numbers(county: County, student: str) -> None:
    known = shown(county, student, "basic_family")["data"]
    assert refused(county, student, "basic_family", known | {"grade": True}) == [
        ("data.grade", "not-a-number")
    ]
    before = county.topics()
    meeting = county.a_cm.post(f"/students/{student}/meetings", MEETING | {"school_year": True})
    year = county.a_cm.post(f"/students/{student}/school-years", {"school_year": True})
    for answer in (meeting, year):
        assert answer.status_code == 422, answer.text
        [wrong] = answer.json()["errors"]
        assert (wrong["field"], wrong["code"]) == ("school_year", "not-a-number")
    assert county.topics() == before


@pytest.mark.parametrize("day", BEFORE_THE_CALENDAR)
def test_no_day_of_a_plan_lies_before_the_calendar(county: County, student: str, day: str) -> None:
    known = shown(county, student, "basic_family")["data"]
    for section, data, field in (
        ("basic_family", known | {"birth_date": day}, "birth_date"),
        ("awards", {"awards": [AWARD | {"award_date": day}]}, "awards.0.award_date"),
        ("identification", {"tests": [TEST | {"test_date": day}]}, "tests.0.test_date"),
        ("transition", TAB | {"enrolled_from": day}, "enrolled_from"),
    ):
        assert refused(county, student, section, data) == [(f"data.{field}", "date-too-early")]
    entry = {"school_year": 112, "assessed_needs": "加深", "outcome": "維持", "decided_on": day}
    before = county.topics()
    replaced = county.a_cm.post(f"/students/{student}/replacements", entry)
    pupil = {"national_id": "B123456780", "name": "林小華", "sex": "male", "grade": 4}
    registered = county.a_office.post("/directory/students", pupil | {"birth_date": day})
    for answer, field in ((replaced, "decided_on"), (registered, "birth_date")):
        assert answer.status_code == 422, answer.text
        [wrong] = answer.json()["errors"]
        assert (wrong["field"], wrong["code"]) == (field, "date-too-early")
    assert county.topics() == before


def test_a_time_at_school_does_not_end_before_it_began(county: County, student: str) -> None:
    period = {"enrolled_from": "112.8.1", "enrolled_to": "112.7.31"}
    assert refused(county, student, "transition", TAB | period) == [
        ("data.enrolled_to", "range-backwards")
    ]
    one_day = TAB | {"enrolled_from": "112.7.1", "enrolled_to": "112.7.1"}
    body = {"data": one_day, "confirmed": True}
    answer = county.a_cm.put(page(student, "transition"), body, version=0)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("wrong", [True, {}, [], ["2023-07-20"], "2023-07-20", "昨天"])
def test_a_time_of_another_form_is_told_how_to_write_it(
    county: County, student: str, wrong: Any
) -> None:
    answer = county.a_cm.post(f"/students/{student}/meetings", MEETING | {"held_at": wrong})
    assert answer.status_code == 422, answer.text
    assert [(one["field"], one["code"]) for one in answer.json()["errors"]] == [
        ("held_at", "not-an-instant")
    ]


def test_a_reason_is_no_longer_than_a_text(county: County, student: str) -> None:
    known = shown(county, student, "basic_family")
    before = county.topics()
    for length, status in ((50_001, 422), (50_000, 200)):
        body = {"data": known["data"] | {"phone": "0912"}, "reason": "因" * length}
        path = page(student, "basic_family")
        answer = county.a_cm.put(path, body, version=known["version"])
        assert answer.status_code == status, answer.text
        if status == 422:
            [wrong] = answer.json()["errors"]
            assert (wrong["field"], wrong["code"]) == ("reason", "too-long")
            assert county.topics() == before


def test_of_two_who_save_at_once_one_is_told(county: County, student: str) -> None:
    version = shown(county, student, "awards")["version"]
    before = county.topics()

    def save(prize: str) -> int:
        body = {"data": {"awards": [AWARD | {"prize": prize}]}}
        return county.a_cm.put(page(student, "awards"), body, version=version).status_code

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(save, ("特優", "優等"))) == [200, 412]
    assert county.topics()[len(before) :] == ["awards.recorded.v1", "awards.award-added.v1"]
