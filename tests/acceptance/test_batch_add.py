"""批次新增: the plans of several students open together, or none (IGP manual §二(一)3(2), 4.2)."""

from typing import Any

import pytest

from tests.api.serving import NATIONAL_IDS, County

BATCH = "/students/batch"


def numbers(*which: int) -> dict[str, Any]:
    return {"national_ids": [NATIONAL_IDS[number] for number in which]}


@pytest.fixture
def three(county: County) -> list[str]:
    """Three students of the case manager `a-cm`, none with a plan."""
    students = [county.student(number=number) for number in range(3)]
    county.case_manager("a-cm", *students)
    return students


@pytest.mark.accepts("IGP-82")
@pytest.mark.parametrize(("who", "capacity"), [("a-cm", "CM"), ("a-gh", "GH")])
def test_of_three_that_were_ticked_and_one_taken_out_exactly_two_records_open(
    county: County, three: list[str], who: str, capacity: str
) -> None:
    if who == "a-gh":
        # The homeroom teacher of a gifted class, by the class alone.
        profile = {"is_homeroom_teacher": True, "homeroom_class": "四年甲班", "gifted_class": True}
        county.teacher("a-gh", **profile)
    writer = county.caller(who)
    found = writer.get("/students").json()["items"]
    ticked = [one["id"] for one in found]
    assert sorted(ticked) == sorted(three)
    ticked.remove(three[1])
    done = writer.post(BATCH, {"students": ticked})
    assert done.status_code == 200, done.text
    said = done.json()
    assert (said["opened"], said["skipped"], said["school_year"]) == (2, 0, 112)
    assert {item["student"]["id"] for item in said["items"]} == {three[0], three[2]}
    topics = county.topics()
    assert topics.count("plan.opened.v1") == topics.count("basic-family.opened.v1") == 2
    assert topics.count("plan.batch-added.v1") == 1
    assert county.said("plan.opened.v1")["capacity"] == capacity
    for student, years in zip(three, ([112], [], [112]), strict=True):
        assert writer.get(f"/students/{student}").json()["school_years"] == years


def test_the_events_of_a_batch_share_one_correlation_and_its_own_event_lists_them(
    county: County, three: list[str]
) -> None:
    said = county.a_cm.post(BATCH, numbers(0, 2)).json()
    batch = county.said("plan.batch-added.v1")
    assert batch["students"] == [three[0], three[2]]
    assert batch["correlation_id"] == said["id"]
    for topic in ("plan.opened.v1", "basic-family.opened.v1"):
        assert county.said(topic)["correlation_id"] == said["id"]
    assert batch["capacity"] == "CM"


@pytest.mark.accepts("IGP-83")
def test_a_subject_teacher_is_neither_offered_a_batch_nor_given_one(
    county: County, three: list[str]
) -> None:
    county.subject_teacher("a-eng", three[0])
    assert county.a_eng.get("/sections/basic_family/students").json()["offers"] == []
    offered = county.a_cm.get("/sections/basic_family/students").json()["offers"]
    assert "batch_add" in offered
    for body in (numbers(0), {"students": [three[0]]}, {"students": []}):
        refused = county.a_eng.post(BATCH, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert "plan.opened.v1" not in county.topics()


@pytest.mark.accepts("IGP-85")
def test_a_student_who_has_a_record_is_skipped_and_reported(
    county: County, three: list[str]
) -> None:
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[1], "school_year": 112})
    said = county.a_cm.post(BATCH, numbers(0, 1, 2)).json()
    assert (said["opened"], said["skipped"]) == (2, 1)
    outcomes = {item["student"]["id"]: (item["outcome"], item["code"]) for item in said["items"]}
    assert outcomes == {
        three[0]: ("opened", None),
        three[1]: ("skipped", "plan-already-open"),
        three[2]: ("opened", None),
    }
    assert county.said("plan.batch-added.v1")["skipped"] == [three[1]]
    again = county.a_cm.post(BATCH, numbers(0, 1, 2)).json()
    assert (again["id"], again["opened"], again["skipped"]) == (None, 0, 3)
    assert county.topics().count("plan.opened.v1") == 3


@pytest.mark.accepts("IGP-86")
def test_a_batch_with_one_student_out_of_reach_opens_nothing(
    county: County, three: list[str]
) -> None:
    foreign = county.student("ks-b", 3)
    single = county.a_cm.post("/students", {"national_id": NATIONAL_IDS[3], "school_year": 112})
    answers = [
        county.a_cm.post(BATCH, numbers(0, 3)),
        county.a_cm.post(BATCH, numbers(0, 4)),
        county.a_cm.post(BATCH, {"national_ids": [NATIONAL_IDS[0], "not-a-number"]}),
        county.a_cm.post(BATCH, {"students": [three[0], foreign]}),
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert {answer.content for answer in answers} == {single.content}
    assert "plan.opened.v1" not in county.topics()
    refusal = county.last_refusal()
    assert (refusal["what"], refusal["rule"], refusal["subjects"]) == (
        "plan.batch-add",
        "not-found",
        [],
    )


@pytest.mark.accepts("IGP-134")
def test_a_batch_of_nobody_is_a_request_to_select_a_row(county: County, three: list[str]) -> None:
    before = county.topics()
    for body in ({}, {"national_ids": []}, {"students": []}):
        refused = county.a_cm.post(BATCH, body)
        assert (refused.status_code, refused.json()["code"]) == (422, "nothing-selected")
        assert "選取" in refused.json()["detail"]
    assert county.topics() == before


def test_a_repeat_of_a_batch_is_told_the_same(county: County, three: list[str]) -> None:
    first = county.a_cm.post(BATCH, numbers(0, 1), key="batch-1")
    again = county.a_cm.post(BATCH, numbers(0, 1), key="batch-1")
    assert again.json() == first.json()
    assert county.topics().count("plan.opened.v1") == 2


def test_a_batch_whose_names_are_shown_is_a_read_of_them(county: County, three: list[str]) -> None:
    county.a_cm.post(BATCH, numbers(0, 1))
    listed = county.last_listed()
    assert (listed["what"], sorted(listed["subjects"])) == ("students.batch", sorted(three[:2]))
