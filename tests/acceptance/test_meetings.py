"""相關會議記錄 over HTTP (IGP manual 3.13, 4.8)."""

from typing import Any

import orjson
import pytest

from tests.api.serving import NATIONAL_IDS, PASSWORD, County
from tests.visiting import Visitor

MEETING: dict[str, Any] = {
    "school_year": 112,
    "held_at": "2023-07-20T10:00:00+08:00",
    "topic": "期初個別輔導計畫會議",
    "purpose": "擬定學年目標",
    "recorder_name": "林組長",
    "participants": ["王老師", "家長"],
    "content": "討論加深加廣的課程安排。",
}
NOBODY = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def student(county: County) -> str:
    """A student with a plan for 112: `a-cm` keeps it, `a-eng` teaches them."""
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    return student


@pytest.fixture
def meetings(student: str) -> str:
    return f"/students/{student}/meetings"


def topics_listed(county: County, meetings: str, **asked: Any) -> list[str]:
    answer = county.a_cm.get(meetings, **asked)
    assert answer.status_code == 200, answer.text
    return [one["topic"] for one in answer.json()["items"]]


@pytest.mark.accepts("IGP-122")
def test_a_saved_meeting_is_listed_with_every_value(
    county: County, student: str, meetings: str
) -> None:
    made = county.a_cm.made(meetings, MEETING)
    [listed] = county.a_cm.get(meetings).json()["items"]
    answer = county.a_cm.get(f"{meetings}/{made}")
    assert answer.headers["etag"] == '"1"'
    assert answer.json() == listed
    person = {"id": county.id_of("a-cm"), "name": "a-cm 老師"}
    instants = {name: listed.pop(name) for name in ("created_at", "updated_at")}
    assert instants["created_at"] == instants["updated_at"]
    # A mistyped year and a list of names without an end are told by their field.
    crowd = {"participants": [f"家長{number}" for number in range(101)]}
    slips = [("held_at", {"held_at": f"{year}-07-20T10:00:00+08:00"}) for year in (1023, 2323)]
    for field, wrong in (*slips, ("participants", crowd)):
        for answer in (
            county.a_cm.post(meetings, MEETING | wrong),
            county.a_cm.put(f"{meetings}/{made}", wrong | {"reason": "更正"}, version=1),
        ):
            assert answer.status_code == 422, answer.text
            assert answer.json()["errors"][0]["field"].partition(".")[0] == field
            assert field != "held_at" or "民國" in answer.json()["detail"]
    assert county.a_cm.get(f"{meetings}/{made}").json()["version"] == 1
    assert listed == MEETING | {
        "id": made,
        "version": 1,
        "student_id": student,
        "education_stage": "elementary",
        "locked": False,
        "held_at": "2023-07-20T10:00:00.000000+08:00",
        "created_by": person,
        "updated_by": person,
    }


@pytest.mark.accepts("IGP-49")
def test_a_case_manager_and_a_gifted_homeroom_teacher_keep_the_meetings(
    county: County, student: str, meetings: str
) -> None:
    county.teacher("a-gh", homeroom_class="四年甲班", gifted_class=True)
    for who in ("a-cm", "a-gh"):
        caller = county.caller(who)
        made = f"{meetings}/{caller.made(meetings, MEETING)}"
        change = {"content": "補充決議。", "reason": "補充"}
        assert caller.put(made, change, version=1).status_code == 200
        assert caller.get(made).json()["content"] == "補充決議。"
        assert caller.post(f"{made}/withdrawal", {"reason": "重複"}, version=2).status_code == 200
        assert caller.get(made).status_code == 404
        assert caller.get(meetings).json()["items"] == []


@pytest.mark.accepts("IGP-50")
def test_a_subject_teacher_reads_the_meetings_and_writes_none(
    county: County, meetings: str
) -> None:
    made = f"{meetings}/{county.a_cm.made(meetings, MEETING)}"
    before = county.topics()
    for who in ("a-eng", "a-office"):
        caller = county.caller(who)
        assert caller.get(meetings).json()["items"][0]["topic"] == MEETING["topic"]
        assert caller.get(made).status_code == 200
        refused = (
            caller.post(meetings, MEETING),
            caller.put(made, {"topic": "改題", "reason": "更正"}, version=1),
            caller.post(f"{made}/withdrawal", {"reason": "重複"}, version=1),
            caller.post(f"{meetings}/withdrawal", {"records": [], "reason": "重複"}),
        )
        assert [one.status_code for one in refused] == [403] * 4
    assert county.topics() == before


@pytest.mark.accepts("IGP-123")
def test_ticked_meetings_are_withdrawn_together(county: County, meetings: str) -> None:
    made = [county.a_cm.made(meetings, MEETING | {"topic": f"第 {n} 次"}) for n in (1, 2, 3)]
    body = {"records": [{"id": one, "version": 1} for one in made[:2]], "reason": "重複輸入"}
    done = county.a_cm.post(f"{meetings}/withdrawal", body)
    assert done.status_code == 200, done.text
    assert topics_listed(county, meetings) == ["第 3 次"]
    with county.house.ledger.database.connect("projector") as connection:
        rows = connection.execute(
            "SELECT stream_id, body FROM books.records WHERE topic = 'meeting.withdrawn.v1'"
        ).fetchall()
    assert {str(stream) for stream, _ in rows} == set(made[:2])
    batches = {orjson.loads(body)["correlation_id"] for _, body in rows}
    assert batches == {done.json()["id"]}


@pytest.mark.accepts("IGP-123")
def test_meetings_are_ticked_and_withdrawn_on_their_page(county: County, meetings: str) -> None:
    made = [county.a_cm.made(meetings, MEETING | {"topic": f"第 {n} 次"}) for n in (1, 2, 3)]
    page, act = f"{meetings}?school_year=112", f"{meetings}/withdrawals?school_year=112"
    manager = Visitor.of(county.client, "a-cm", PASSWORD)
    before = county.topics()
    for typed, told in (
        ({"reason": "重複"}, "請先勾選要刪除的紀錄"),
        ({"entry": f"{made[0]}:1", "reason": ""}, "請說明修改或刪除的原因"),
        ({"entry": "nobody", "reason": "重複"}, "資料不正確"),
    ):
        refused = manager.post(act, list(typed.items()))
        assert (refused.status_code, told in refused.text) == (422, True), told
        assert ("checked" in refused.text) == (typed.get("entry", "")[:8] == made[0][:8])
    assert county.topics() == before
    typed = [("entry", f"{one}:1") for one in made[:2]] + [("reason", "重複輸入")]
    sheet = manager.visit(page)
    assert sheet.html.count('name="entry"') == 3
    done = manager.send(act, typed)
    assert (done.path, "已刪除" in done.text) == (meetings, True)
    assert topics_listed(county, meetings) == ["第 3 次"]
    # One alone has its own button.
    assert 'name="entry"' not in manager.visit(page).html
    assert manager.post(act, typed).status_code in (404, 409, 412)
    teacher = Visitor.of(county.client, "a-eng", PASSWORD)
    assert 'name="entry"' not in teacher.visit(page).html
    left = [("entry", f"{made[2]}:1"), ("reason", "重複")]
    assert teacher.post(act, left).status_code == 403


def test_of_ticked_meetings_all_are_withdrawn_or_none(county: County, meetings: str) -> None:
    one, other = (county.a_cm.made(meetings, MEETING) for _ in range(2))
    both = [{"id": one, "version": 1}, {"id": other, "version": 1}]
    path, why = f"{meetings}/withdrawal", {"reason": "重複"}
    before = county.topics()
    for records, status, code in (
        ([], 422, "not-valid"),
        ([both[0], both[0]], 422, "not-valid"),
        ([both[0], {"id": other, "version": 7}], 412, "stale-version"),
        ([both[0], {"id": NOBODY, "version": 1}], 404, "not-found"),
    ):
        refused = county.a_cm.post(path, {"records": records, **why})
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    nothing = county.a_cm.post(path, {"records": [], **why}).json()["errors"]
    assert [(one["field"], one["code"]) for one in nothing] == [("records", "nothing-selected")]
    assert "勾選" in nothing[0]["message"]
    unsaid = county.a_cm.post(path, {"records": both})
    assert (unsaid.status_code, unsaid.json()["code"]) == (422, "reason-required")
    assert county.topics() == before
    first = county.a_cm.post(path, {"records": both, **why}, key="once")
    assert county.a_cm.post(path, {"records": both, **why}, key="once").content == first.content
    assert county.topics().count("meeting.withdrawn.v1") == 2


@pytest.mark.accepts("IGP-124")
def test_an_edited_meeting_shows_the_new_values_and_history_keeps_the_old(
    county: County, student: str, meetings: str
) -> None:
    made = f"{meetings}/{county.a_cm.made(meetings, MEETING)}"
    change = {"topic": "期中會議", "participants": ["王老師"], "reason": "誤植"}
    assert county.a_cm.put(made, change).status_code == 428
    refused = county.a_cm.put(made, change | {"reason": None}, version=1)
    assert (refused.status_code, refused.json()["code"]) == (422, "reason-required")
    assert county.a_cm.put(made, change, version=1).status_code == 200
    shown = county.a_cm.get(made).json()
    assert (shown["topic"], shown["participants"]) == ("期中會議", ["王老師"])
    assert shown["content"] == MEETING["content"]
    history = county.a_cm.get(f"/students/{student}/history").json()["items"]
    [corrected] = [
        one for one in history if (one["section"], one["kind"]) == ("meeting", "corrected")
    ]
    assert corrected["record_id"] == made.rsplit("/", 1)[-1]
    told = {one["field"]: (one["before"], one["after"]) for one in corrected["fields"]}
    assert told["topic"] == (MEETING["topic"], "期中會議")
    assert "content" not in told


@pytest.mark.accepts("IGP-126")
def test_a_meeting_still_names_who_was_taken_off_the_list(county: County, meetings: str) -> None:
    options = "/participant-options"
    option = county.a_cm.made(options, {"name": "外聘講師"})
    made = f"{meetings}/{county.a_cm.made(meetings, MEETING | {'participants': ['外聘講師']})}"
    assert county.a_cm.post(f"{options}/{option}/withdrawal", version=1).status_code == 200
    assert county.a_cm.get(options).json()["items"] == []
    shown = county.a_cm.get(made).json()
    assert (shown["participants"], shown["version"]) == (["外聘講師"], 1)


def test_meetings_are_listed_by_year_and_in_the_order_asked_for(
    county: County, student: str, meetings: str
) -> None:
    county.a_cm.made(f"/students/{student}/school-years", {"school_year": 111})
    # The same morning, written down in three zones.
    for topic, held_at, year in (
        ("丙", "2023-07-20T03:00:00Z", 112),
        ("甲", "2023-07-20T09:00:00+08:00", 112),
        ("乙", "2023-07-20T11:00:00+09:00", 111),
    ):
        entry = {"topic": topic, "held_at": held_at, "school_year": year}
        county.a_cm.made(meetings, MEETING | entry)
    assert topics_listed(county, meetings) == ["甲", "乙", "丙"]
    assert topics_listed(county, meetings, sort="-held_at") == ["丙", "乙", "甲"]
    assert topics_listed(county, meetings, sort="created_at") == ["丙", "甲", "乙"]
    assert topics_listed(county, meetings, sort="school_year")[0] == "乙"
    assert topics_listed(county, meetings, school_year=112) == ["甲", "丙"]
    seen, cursor = [], None
    while True:
        asked = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = county.a_cm.get(meetings, **asked).json()
        seen += [one["topic"] for one in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert seen == ["甲", "乙", "丙"]
    foreign = county.a_cm.get(meetings, limit=1).json()["next_cursor"]
    refused = county.a_eng.get(meetings, limit=1, cursor=foreign)
    assert (refused.status_code, refused.json()["code"]) == (422, "cursor-not-valid")


def test_a_meeting_belongs_to_a_school_year_that_was_opened(
    county: County, student: str, meetings: str
) -> None:
    refused = county.a_cm.post(meetings, MEETING | {"school_year": 111})
    assert (refused.status_code, refused.json()["code"]) == (409, "school-year-not-open")
    made = f"{meetings}/{county.a_cm.made(meetings, MEETING)}"
    moved = county.a_cm.put(made, {"school_year": 111, "reason": "誤植"}, version=1)
    assert (moved.status_code, moved.json()["code"]) == (422, "school-year-fixed")


def test_a_meeting_of_another_stage_is_for_reading(
    county: County, student: str, meetings: str
) -> None:
    made = f"{meetings}/{county.a_cm.made(meetings, MEETING)}"
    promoted = county.a_office.post(
        f"/directory/students/{student}/class-changes", {"stage": "junior_high", "grade": 7}
    )
    assert promoted.status_code == 200, promoted.text
    assert county.a_cm.get(made).json()["locked"] is True
    for refused in (
        county.a_cm.put(made, {"topic": "改題", "reason": "更正"}, version=1),
        county.a_cm.post(f"{made}/withdrawal", {"reason": "重複"}, version=1),
        county.a_cm.post(meetings, MEETING),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "stage-locked")


def test_what_is_not_seen_is_not_there(county: County, student: str, meetings: str) -> None:
    made = f"{meetings}/{county.a_cm.made(meetings, MEETING)}"
    hidden = [
        answer.content
        for who in ("b-office", "eb", "org")
        for answer in (
            county.caller(who).get(meetings),
            county.caller(who).get(made),
            county.caller(who).post(meetings, MEETING),
            county.caller(who).put(made, "nonsense", version=9),
            county.caller(who).post(f"{meetings}/withdrawal", "nonsense"),
        )
    ]
    nothing = county.a_cm.get(f"{meetings}/{NOBODY}")
    assert nothing.status_code == 404
    assert set(hidden) == {nothing.content}
    elsewhere = county.student(number=1)
    county.a_office.made(f"/students/{elsewhere}/dispatches", {"account": "a-cm"})
    assert county.a_cm.get(made.replace(student, elsewhere)).status_code == 404
    # A record of another section is no meeting.
    year = county.a_cm.get(f"/students/{student}/sections/basic_family").json()
    assert year["version"] == 1
    assert county.a_cm.get(f"{meetings}/{student}").status_code == 404
