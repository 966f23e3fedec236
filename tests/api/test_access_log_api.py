"""Who read a student's record, what one read oneself, and what somebody should look at."""

import time
from typing import Any

import pytest

from tests.api.serving import NOTE, PLACEMENT, Caller, County


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    return student


def settled(county: County, who: Caller, path: str, **params: Any) -> dict[str, Any]:
    """The answer, once the view has seen every act before it: nobody else waits for that."""
    while county.client.get("/readyz").status_code != 200:
        time.sleep(0.01)
    answer = who.get(path, **params)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def brief(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(item["kind"]["code"], item["what"]["code"]) for item in items]


def test_case_manager_and_school_see_who_read_the_record_with_what_for(
    county: County, student: str
) -> None:
    made = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    county.a_office.get(f"/students/{student}")
    county.a_cm.get(f"/students/{student}/placements/{made}")
    county.b_office.get(f"/students/{student}")
    county.a_office.post("/students/search", {"q": "陳小明"})
    log = f"/students/{student}/access-log"
    for who in (county.a_cm, county.a_office):
        items = settled(county, who, log)["items"]
        acts = items[-4:]
        assert brief(acts) == [
            ("searched", "students"),
            ("refused", "student"),
            ("read", "placement"),
            ("read", "student"),
        ]
        assert [item["reader"]["name"] for item in acts] == [
            "a-office 承辦人",
            "b-office 承辦人",
            "a-cm 老師",
            "a-office 承辦人",
        ]
        assert acts[2]["what"] == {"code": "placement", "label": "安置"}
        assert acts[2]["capacity"] == {"code": "CM", "label": "個案管理教師"}
        assert acts[2]["purpose"] == {"code": "teaching", "label": "教學與輔導"}
        assert (acts[2]["record_id"], acts[1]["detail"]) == (made, "not-found")
    # To look at the log is an act that stands in it from then on.
    items = settled(county, county.a_office, log)["items"]
    assert brief(items[:2]) == [("read", "access-log"), ("read", "access-log")]
    assert items[0]["purpose"]["code"] == "inspection"


def test_whoever_else_sees_the_student_may_not_see_who_read_and_others_nothing(
    county: County, student: str
) -> None:
    county.subject_teacher("a-eng", student)
    log = f"/students/{student}/access-log"
    for who in (county.a_eng, county.eb):
        answer = who.get(log)
        assert (answer.status_code, answer.json()["code"]) == (403, "not-allowed")
    assert county.b_office.get(log).status_code == 404
    assert county.org.get(log).status_code == 404


def test_the_log_goes_with_the_student_to_the_new_school(county: County, student: str) -> None:
    county.a_cm.get(f"/students/{student}")
    moved = county.a_office.post(
        f"/directory/students/{student}/transfers",
        {"organisation": "ks-b", "grade": 4},
        version=1,
    )
    assert moved.status_code in (200, 201), moved.text
    log = f"/students/{student}/access-log"
    items = settled(county, county.b_office, log)["items"]
    assert ("read", "student") in brief(items)
    assert county.a_office.get(log).status_code == 404


def test_the_log_comes_in_pages_that_stand_still_and_in_the_days_asked_for(
    county: County, student: str
) -> None:
    for _ in range(5):
        county.a_cm.get(f"/students/{student}")
    log = f"/students/{student}/access-log"
    first = settled(county, county.a_office, log, limit=2)
    county.a_cm.get(f"/students/{student}")
    second = settled(county, county.a_office, log, limit=2, cursor=first["next_cursor"])
    whole = settled(county, county.a_office, log)["items"]
    at = [item["at"] for item in whole]
    assert [item["at"] for item in first["items"] + second["items"]] == at[-5:-1]
    last = settled(county, county.a_office, log, limit=2, cursor=second["next_cursor"])
    assert (last["items"][0]["at"], last["next_cursor"]) == (at[-1], None)
    assert settled(county, county.a_office, log, **{"to": "112.7.31"})["items"] == []
    assert settled(county, county.a_office, log, **{"from": "112.8.1", "to": "112.8.1"})["items"]
    other = county.a_cm.get(log, cursor=first["next_cursor"], limit=2)
    assert (other.status_code, other.json()["code"]) == (422, "cursor-not-valid")
    wrong = county.a_office.get(log, **{"from": "112.8.2", "to": "112.8.1"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "range-backwards")


def test_own_reads_hold_own_notes_and_the_log_of_the_student_does_not(
    county: County, student: str
) -> None:
    note = county.a_cm.made(f"/students/{student}/notes", NOTE)
    county.a_cm.get(f"/students/{student}")
    county.a_cm.get(f"/students/{student}/notes/{note}")
    county.a_cm.get(f"/students/{student}/notes/{student}")
    mine = settled(county, county.a_cm, "/me/reads")["items"]
    # The acts of making things ready come first in time, and so last here.
    assert brief(mine)[:3] == [("refused", "note"), ("read", "note"), ("read", "student")]
    assert (mine[1]["notes"], mine[1]["what"]["label"]) == ([note], "晤談與輔導紀錄")
    assert mine[2]["students"] == [{"id": student, "name": "陳小明"}]
    for who in (county.a_office, county.a_cm):
        log = settled(county, who, f"/students/{student}/access-log")["items"]
        assert not any("note" in item["what"]["code"] for item in log)
    assert not any(item["notes"] for item in settled(county, county.a_office, "/me/reads")["items"])
    assert "counselling-note.read.v1" in county.note_events("a-cm")


def test_own_reads_in_pages_are_the_same_as_in_one_and_recorded_without_regard_to_notes(
    county: County, student: str
) -> None:
    notes = f"/students/{student}/notes"
    note = county.a_cm.made(notes, NOTE)
    for number in range(12):
        county.a_cm.get(f"/students/{student}")
        for _ in range(number % 4):
            county.a_cm.get(f"{notes}/{note}")
    whole = settled(county, county.a_cm, "/me/reads", limit=200)["items"]
    assert {kind for kind, _ in brief(whole)} == {"read"}

    def recorded() -> int:
        with county.house.ledger.database.connect("projector") as connection:
            rows = connection.execute("SELECT count(*) FROM books.access").fetchone()
        assert rows is not None
        return int(rows[0])

    before, pages, cursor = recorded(), [], None
    while True:
        params = {"limit": 5} if cursor is None else {"limit": 5, "cursor": cursor}
        answer = county.a_cm.get("/me/reads", **params).json()
        pages.append(answer["items"])
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    gone_through = [item for page in pages for item in page]
    older = [item for item in gone_through if item["what"]["code"] != "me/reads"]
    assert older == whole
    assert max(map(len, pages)) == 5
    # Twelve readings and one of this list are three windows of five, however many of notes there
    # are: what is recorded of going through them is the same.
    assert recorded() - before == 3


def test_unusual_reads_are_listed_by_rule_for_the_school_and_the_authority(
    county: County, student: str
) -> None:
    county.case_manager("b-cm", school="ks-b")
    for _ in range(3):
        assert county.b_cm.get(f"/students/{student}").status_code == 404
    for who in (county.a_office, county.eb):
        answer = settled(county, who, "/access-reviews")
        [found] = [one for one in answer["items"] if one["rule"]["code"] == "refused-often"]
        assert found["reader"]["name"] == "b-cm 老師"
        assert (found["acts"], found["student_count"]) == (3, 1)
        assert found["students"] == [{"id": student, "name": "陳小明"}]
        rules = {rule["code"]: rule["numbers"] for rule in answer["rules"]}
        assert rules["refused-often"] == {"fewest": 3}
        assert ("without-work" in rules) is (who is county.a_office)
    # Another school's administration sees nothing of it, and a teacher has no such list.
    assert settled(county, county.b_office, "/access-reviews")["items"] == []
    refused = county.a_cm.get("/access-reviews")
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    row = settled(county, county.a_office, f"/students/{student}/access-log")["items"]
    assert ("listed", "access-reviews") in brief(row)


def test_unusual_reads_are_listed_in_the_order_asked_for_page_by_page(
    county: County, student: str
) -> None:
    for name in ("b-cm", "b-math"):
        county.teacher(name, "ks-b")
    for who, times in ((county.b_cm, 5), (county.b_office, 3), (county.b_math, 4)):
        for _ in range(times):
            assert who.get(f"/students/{student}").status_code == 404
    settled(county, county.eb, "/access-reviews")

    def listed(**asked: Any) -> Any:
        return county.eb.get("/access-reviews", **asked).json()

    for sort, acts in (("acts", [3, 4, 5]), ("last_at", [5, 3, 4]), ("first_at", [5, 3, 4])):
        up, down = listed(sort=sort)["items"], listed(sort=f"-{sort}")["items"]
        assert [one["acts"] for one in up] == acts
        assert down == up[::-1]
        first = listed(sort=sort, limit=1)
        rest = listed(sort=sort, cursor=first["next_cursor"])
        assert first["items"] + rest["items"] == up
    wrong = county.eb.get("/access-reviews", sort="acts", cursor=first["next_cursor"])
    assert wrong.json()["code"] == "cursor-not-valid"


def test_who_reads_a_student_often_and_writes_nothing_is_listed_for_the_school(
    county: County, student: str
) -> None:
    for _ in range(10):
        county.a_cm.get(f"/students/{student}")

    def listed() -> list[str]:
        items = settled(county, county.a_office, "/access-reviews")["items"]
        return [one["rule"]["code"] for one in items]

    assert listed() == ["without-work"]
    county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    assert listed() == []


def test_a_review_of_more_days_than_a_month_or_backwards_is_refused(county: County) -> None:
    for days, code in (
        ({"from": "112.6.1", "to": "112.7.31"}, "too-many-days"),
        ({"from": "112.8.2", "to": "112.8.1"}, "range-backwards"),
    ):
        answer = county.a_office.get("/access-reviews", **days)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
