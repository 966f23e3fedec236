"""The timeline of a dispute: what its reader may see, in order, and who could see it then."""

from typing import Any

import pytest

from tests.acceptance.plan_papers import text_of
from tests.api.hearing import Hearing
from tests.api.serving import County


@pytest.fixture
def hearing(county: County) -> Hearing:
    return Hearing(county)


def steps(hearing: Hearing, username: str = "reviewer", **params: Any) -> dict[str, Any]:
    answer = hearing.county.caller(username).get(f"{hearing.path}/timeline", **params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_it_tells_before_and_after_both_dates_by_whom_and_who_could_see(hearing: Hearing) -> None:
    path = f"/students/{hearing.student}/placements/{hearing.placement}"
    changed = {"placement_grade": 5, "reason": "改為升一級"}
    assert hearing.county.a_office.put(path, changed, version=1).status_code == 200
    items = steps(hearing)["items"]
    of_placement = [one for one in items if one["section"] == "placement"]
    assert [one["event"] for one in of_placement] == ["填寫", "修正"]
    corrected = of_placement[1]
    field = next(one for one in corrected["fields"] if one["field"] == "placement_grade")
    assert (field["label"], field["before"], field["after"]) == ("安置年級", 6, 5)
    assert corrected["reason"] == "改為升一級"
    assert of_placement[0]["occurred_on"] == "2024-06-03"
    assert corrected["author"]["capacity"] == "SA"
    names = {one["name"] for one in corrected["could_see"]}
    assert names == {"a-cm 老師", "a-office 承辦人", "reviewer 委員"}
    # Before the appointment the reviewer could not.
    assert "reviewer 委員" not in {one["name"] for one in of_placement[0]["could_see"]}
    assert "主管機關學務" in corrected["offices"]
    order = [one["recorded_at"] for one in items]
    assert order == sorted(order)


def test_the_opening_says_by_which_rule_its_day_was_counted(hearing: Hearing) -> None:
    [opened] = [one for one in steps(hearing)["items"] if one["section"] == "dispute"][:1]
    assert opened["computed"]["programme"] == "kaohsiung-114"
    assert opened["computed"]["days"] == 20
    assert opened["computed"]["last_day"] == "2023-08-09"
    assert opened["computed"]["timely"] is True
    subject = next(one for one in opened["fields"] if one["field"] == "matter")
    assert subject["after"] == "對測驗結果有疑義"


def test_only_the_sections_of_the_appointment_are_in_it(hearing: Hearing) -> None:
    path = f"/students/{hearing.student}"
    plan = {"national_id": "A123456789", "school_year": 112}
    assert hearing.author.post("/students", plan).status_code == 201
    hearing.author.put(
        f"{path}/sections/interest_analysis?school_year=112",
        {"data": {"other_interests": "天文"}},
        version=0,
    )
    sections = {one["section"] for one in steps(hearing)["items"]}
    assert sections == {"directory", "placement", "dispute"}
    assert "天文" not in hearing.reviewer.get(f"{hearing.path}/timeline").text
    assert "A123456789" not in hearing.reviewer.get(f"{hearing.path}/timeline").text


def test_its_pages_follow_each_other_and_belong_to_their_reader(hearing: Hearing) -> None:
    whole = steps(hearing)["items"]
    paged: list[Any] = []
    cursor = None
    while True:
        page = steps(hearing, limit=2, **({"cursor": cursor} if cursor else {}))
        paged += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole
    first = steps(hearing, limit=2)["next_cursor"]
    other = hearing.eb.get(f"{hearing.path}/timeline", cursor=first)
    assert (other.status_code, other.json()["code"]) == (422, "token-not-valid")


def test_a_released_note_stands_in_it_until_it_is_taken_back(hearing: Hearing) -> None:
    hearing.release()
    [made] = [one for one in steps(hearing)["items"] if one["section"] == "counselling_note"]
    said = {one["field"]: one["after"] for one in made["fields"]}
    assert said["content"] == "談到分組學習的壓力"
    hearing.take_back()
    first, second = [one for one in steps(hearing)["items"] if one["section"] == "counselling_note"]
    assert (first["taken_back"], second["event"]) == (True, "收回釋出")
    assert all(one["after"] is None for one in first["fields"])


def test_who_does_not_see_the_dispute_gets_nothing_and_a_reading_is_recorded(
    hearing: Hearing,
) -> None:
    for caller in (hearing.county.b_office, hearing.county.org, hearing.author):
        answer = caller.get(f"{hearing.path}/timeline")
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    steps(hearing)
    with hearing.county.house.ledger.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT position(%s::bytea IN body) > 0 FROM books.access ORDER BY position DESC"
            " LIMIT 1",
            (b'"what":"disputes/timeline"',),
        ).fetchone()
    assert row == (True,)


def test_what_both_sides_said_goes_with_a_copy_of_the_record(hearing: Hearing) -> None:
    plan = {"national_id": "A123456789", "school_year": 112}
    assert hearing.author.post("/students", plan).status_code == 201
    said = {"applicant": "家長說計分漏了一題", "school": "學校說已重新核對"}
    for caller, side in ((hearing.eb, "applicant"), (hearing.county.a_office, "school")):
        body = {"side": side, "text": said[side]}
        assert caller.post(f"{hearing.path}/statements", body).status_code == 201
    path = f"/students/{hearing.student}/copies"
    asked = {"school_year": 112, "recipient": "guardian", "format": "json"}
    copy = hearing.county.a_office.post(path, asked)
    assert [(one["side"], one["text"]) for one in copy.json()["statements"]] == list(said.items())
    printed = hearing.county.a_office.post(path, asked | {"format": "pdf"})
    text = text_of(printed.content)
    assert "爭議案件的雙方陳述" in text
    assert all(one in text for one in said.values())
    # A case manager does not hear the dispute; what is exported there says nothing of it.
    export = f"/students/{hearing.student}/plan?school_year=112&format=pdf"
    assert "爭議" not in text_of(hearing.author.get(export).content)
