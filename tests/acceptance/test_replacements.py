"""重新安置紀錄 of the plan over HTTP (IGP manual 3.14, 4.9)."""

import pytest

from tests.api.serving import NATIONAL_IDS, County

REPLACEMENT = {
    "school_year": 112,
    "assessed_needs": "數學需要更快的進度",
    "outcome": "改至資優資源班",
    "decided_on": "112.7.25",
}

MEETING = {
    "school_year": 112,
    "held_at": "2023-07-20T10:00:00+08:00",
    "topic": "重新安置會議",
    "purpose": "檢討安置",
    "recorder_name": "林組長",
    "participants": ["王老師"],
    "content": "評估學習需求。",
}


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    return student


@pytest.fixture
def records(student: str) -> str:
    return f"/students/{student}/replacements"


@pytest.mark.accepts("IGP-128")
def test_a_saved_record_is_listed_and_history_keeps_the_first_text(
    county: County, student: str, records: str
) -> None:
    made = county.a_cm.made(records, REPLACEMENT)
    [listed] = county.a_cm.get(records).json()["items"]
    assert listed["id"] == made
    assert listed["decided_on"] == "2023-07-25"
    assert (listed["assessed_needs"], listed["outcome"], listed["meeting_id"]) == (
        REPLACEMENT["assessed_needs"],
        REPLACEMENT["outcome"],
        None,
    )
    change = {"outcome": "維持原班，外加課程", "decided_on": None, "reason": "會議更正"}
    done = county.a_cm.put(f"{records}/{made}", change, version=1)
    assert done.status_code == 200, done.text
    shown = county.a_cm.get(f"{records}/{made}").json()
    assert (shown["outcome"], shown["decided_on"]) == (change["outcome"], None)
    history = county.a_cm.get(f"/students/{student}/history").json()["items"]
    of_record = [one for one in history if one["record_id"] == made]
    assert [one["kind"] for one in of_record] == ["recorded", "corrected"]
    told = {one["field"]: (one["before"], one["after"]) for one in of_record[1]["fields"]}
    assert told["outcome"] == (REPLACEMENT["outcome"], change["outcome"])


@pytest.mark.accepts("IGP-51")
def test_a_case_manager_and_a_gifted_homeroom_teacher_keep_the_records_and_delete_none(
    county: County, records: str
) -> None:
    county.teacher("a-gh", homeroom_class="四年甲班", gifted_class=True)
    for who in ("a-cm", "a-gh"):
        caller = county.caller(who)
        made = f"{records}/{caller.made(records, REPLACEMENT)}"
        change = {"outcome": "暫緩", "reason": "更正"}
        assert caller.put(made, change, version=1).status_code == 200
        assert caller.get(made).json()["outcome"] == "暫緩"
        before = county.topics()
        refused = caller.post(f"{made}/withdrawal", {"reason": "重複"}, version=2)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
        assert county.topics() == before
        assert caller.get(made).status_code == 200


@pytest.mark.accepts("IGP-52")
def test_a_subject_teacher_reads_the_records_and_writes_none(county: County, records: str) -> None:
    made = f"{records}/{county.a_cm.made(records, REPLACEMENT)}"
    before = county.topics()
    [listed] = county.a_eng.get(records).json()["items"]
    assert listed == county.a_eng.get(made).json()
    for refused in (
        county.a_eng.post(records, REPLACEMENT),
        county.a_eng.put(made, {"outcome": "暫緩", "reason": "更正"}, version=1),
        county.a_eng.post(f"{made}/withdrawal", {"reason": "重複"}, version=1),
    ):
        assert refused.status_code == 403
    assert county.topics() == before
    for who in ("b-office", "eb"):
        assert county.caller(who).get(records).status_code == 404


def test_the_meeting_of_a_record_is_one_of_the_student(
    county: County, student: str, records: str
) -> None:
    meetings = f"/students/{student}/meetings"
    held, withdrawn = (county.a_cm.made(meetings, MEETING) for _ in range(2))
    gone = f"{meetings}/{withdrawn}/withdrawal"
    assert county.a_cm.post(gone, {"reason": "重複"}, version=1).status_code == 200
    other = county.student(number=1)
    county.a_office.made(f"/students/{other}/dispatches", {"account": "a-cm"})
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[1], "school_year": 112})
    elsewhere = county.a_cm.made(f"/students/{other}/meetings", MEETING)
    for wrong in (elsewhere, withdrawn, student):
        refused = county.a_cm.post(records, REPLACEMENT | {"meeting_id": wrong})
        assert (refused.status_code, refused.json()["code"]) == (422, "meeting-not-found")
        assert refused.json()["errors"][0]["field"] == "meeting_id"
    made = f"{records}/{county.a_cm.made(records, REPLACEMENT | {'meeting_id': held})}"
    assert county.a_cm.get(made).json()["meeting_id"] == held
    refused = county.a_cm.put(made, {"meeting_id": elsewhere, "reason": "更正"}, version=1)
    assert refused.status_code == 422
    # The meeting goes; what was decided there is corrected all the same.
    path = f"{meetings}/{held}/withdrawal"
    assert county.a_cm.post(path, {"reason": "重複"}, version=1).status_code == 200
    assert (
        county.a_cm.put(made, {"outcome": "暫緩", "reason": "更正"}, version=1).status_code == 200
    )
    assert county.a_cm.get(made).json()["meeting_id"] == held
    assert (
        county.a_cm.put(made, {"meeting_id": None, "reason": "更正"}, version=2).status_code == 200
    )
    assert county.a_cm.get(made).json()["meeting_id"] is None


def test_the_day_of_a_decision_has_come(county: County, records: str) -> None:
    refused = county.a_cm.post(records, REPLACEMENT | {"decided_on": "112.8.2"})
    assert (refused.status_code, refused.json()["code"]) == (422, "date-in-future")


def test_the_meeting_of_a_needs_assessment_is_one_of_the_student(
    county: County, student: str
) -> None:
    held = county.a_cm.made(f"/students/{student}/meetings", MEETING)
    path = f"/students/{student}/sections/needs_assessment?school_year=112"
    data = {"guidance_recommendations": "加深加廣", "source_meeting_id": student}
    refused = county.a_cm.put(path, {"data": data}, version=0)
    assert (refused.status_code, refused.json()["code"]) == (422, "meeting-not-found")
    assert refused.json()["errors"][0]["field"] == "data.source_meeting_id"
    data["source_meeting_id"] = held
    done = county.a_cm.put(path, {"data": data}, version=0)
    assert done.status_code == 200, done.text
    assert county.a_cm.get(path).json()["data"]["source_meeting_id"] == held
