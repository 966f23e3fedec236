"""What may go wrong with meetings and re-placement records, and when requests meet."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.serving import NATIONAL_IDS, County

MEETING: dict[str, Any] = {
    "school_year": 112,
    "held_at": "2023-07-20T10:00:00+08:00",
    "topic": "期初會議",
    "purpose": "擬定目標",
    "recorder_name": "林組長",
    "participants": ["王老師"],
    "content": "討論課程安排。",
}
RECORD = {"school_year": 112, "assessed_needs": "需要加速", "outcome": "改至資源班"}


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    return student


WRONG: tuple[tuple[str, Any, str], ...] = (
    ("topic", "", "required"),
    ("topic", None, "required"),
    ("topic", "長" * 101, "too-long"),
    ("topic", 7, "not-a-text"),
    ("held_at", "2023-07-20T10:00:00", "not-an-instant"),
    ("held_at", "昨天", "not-an-instant"),
    ("held_at", "112.7.20", "not-an-instant"),
    ("participants", [], "required"),
    ("participants", "王老師", "not-a-list"),
    ("participants", ["名"] * 101, "too-long"),
    ("participants.0", [""], "required"),
    ("content", "字" * 50_001, "too-long"),
    ("school_year", None, "required"),
    ("school_year", "x", "not-a-number"),
    ("school_year", 0, "not-valid"),
    ("secret", "x", "unknown-field"),
)


@pytest.mark.parametrize("how", ["POST", "PUT"])
def test_every_wrong_field_of_a_meeting_is_named(county: County, student: str, how: str) -> None:
    meetings = f"/students/{student}/meetings"
    made = f"{meetings}/{county.a_cm.made(meetings, MEETING)}"
    before = county.topics()
    for field, value, code in WRONG:
        name = field.partition(".")[0]
        if how == "PUT" and name == "school_year":
            # That of the record stands; the rest is another test's.
            continue
        if how == "POST":
            refused = county.a_cm.post(meetings, MEETING | {name: value})
        else:
            refused = county.a_cm.put(made, {name: value, "reason": "更正"}, version=1)
        assert refused.status_code == 422, f"{field} {value!r}: {refused.text}"
        told = [(one["field"], one["code"]) for one in refused.json()["errors"]]
        assert (field, code) in told, f"{field} {value!r}: {told}"
    assert county.topics() == before


def test_a_save_of_what_stands_makes_no_event(county: County, student: str) -> None:
    for noun, body in (("meetings", MEETING), ("replacements", RECORD)):
        records = f"/students/{student}/{noun}"
        made = f"{records}/{county.a_cm.made(records, body)}"
        before = county.topics()
        again = county.a_cm.put(made, body, version=1)
        assert (again.status_code, again.json()["version"]) == (200, 1)
        # The same instant in another zone is the same.
        zone = {"held_at": "2023-07-20T02:00:00Z"} if noun == "meetings" else {}
        assert county.a_cm.put(made, zone, version=1).json()["version"] == 1
        assert county.topics() == before


def test_a_withdrawn_meeting_does_not_change_any_more(county: County, student: str) -> None:
    meetings = f"/students/{student}/meetings"
    made = f"{meetings}/{county.a_cm.made(meetings, MEETING)}"
    gone = county.a_cm.post(f"{made}/withdrawal", {"reason": "重複"}, version=1)
    assert gone.status_code == 200
    for refused in (
        county.a_cm.put(made, MEETING | {"reason": "更正"}, version=2),
        county.a_cm.post(f"{made}/withdrawal", {"reason": "重複"}, version=2),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "already-withdrawn")
    assert county.a_cm.get(made).status_code == 404
    history = county.a_cm.get(f"/students/{student}/history").json()["items"]
    kinds = [one["kind"] for one in history if one["section"] == "meeting"]
    assert kinds == ["recorded", "withdrawn"]


def test_the_same_meeting_sent_again_is_one(county: County, student: str) -> None:
    meetings = f"/students/{student}/meetings"
    first = county.a_cm.post(meetings, MEETING, key="once")
    assert county.a_cm.post(meetings, MEETING, key="once").content == first.content
    other = county.a_cm.post(meetings, MEETING | {"topic": "別的"}, key="once")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    assert len(county.a_cm.get(meetings).json()["items"]) == 1


def test_withdrawals_that_meet_leave_nothing_half_done(county: County, student: str) -> None:
    meetings = f"/students/{student}/meetings"
    ids = [county.a_cm.made(meetings, MEETING) for _ in range(4)]

    def withdraw(pair: tuple[int, int]) -> int:
        records = [{"id": ids[number], "version": 1} for number in pair]
        body = {"records": records, "reason": "重複"}
        return int(county.a_cm.post(f"{meetings}/withdrawal", body).status_code)

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(withdraw, [(0, 1), (1, 2), (2, 3)]))
    assert set(answers) <= {200, 412}
    gone = county.topics().count("meeting.withdrawn.v1")
    assert gone == 2 * answers.count(200) >= 2
    assert len(county.a_cm.get(meetings).json()["items"]) == 4 - gone


def test_a_year_that_goes_takes_no_meeting_with_it(county: County, student: str) -> None:
    """A meeting and the withdrawal of its year's record: one of the two is refused."""
    meetings = f"/students/{student}/meetings"
    year = f"/students/{student}/sections/basic_family/withdrawal?school_year="
    of_year, why = {"school_year": 111}, {"reason": "誤增"}
    for _ in range(3):
        begun = county.a_cm.post(f"/students/{student}/school-years", of_year).json()["version"]
        with ThreadPoolExecutor(2) as pool:
            made = pool.submit(county.a_cm.post, meetings, MEETING | of_year)
            gone = pool.submit(county.a_cm.post, f"{year}111", why, version=begun)
        met = (made.result().status_code, gone.result().status_code)
        assert met in {(201, 409), (409, 200)}, (made.result().text, gone.result().text)
        if met == (201, 409):
            meeting = f"{meetings}/{made.result().json()['id']}"
            assert county.a_cm.post(f"{meeting}/withdrawal", why, version=1).is_success
            assert county.a_cm.post(f"{year}111", why, version=begun).is_success
