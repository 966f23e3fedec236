"""單筆新增: a plan opens once, for a student in reach (IGP manual §二(一)3)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.api.serving import NATIONAL_IDS, County


def add(number: str) -> dict[str, object]:
    return {"national_id": number, "school_year": 112}


@pytest.mark.accepts("IGP-76")
def test_a_second_single_add_points_to_adding_a_year(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    first = county.a_cm.post("/students", add(NATIONAL_IDS[0]))
    assert first.json() == {"id": student, "version": 1}
    second = county.a_cm.post("/students", add(NATIONAL_IDS[0]))
    assert (second.status_code, second.json()["code"]) == (409, "plan-already-open")
    assert "新增年度資料" in second.json()["detail"]
    assert county.topics().count("plan.opened.v1") == 1


@pytest.mark.accepts("IGP-77")
def test_malformed_unknown_and_out_of_reach_meet_one_refusal(county: County) -> None:
    county.student()
    county.student("ks-b", 1)
    county.case_manager("a-cm")
    answers = [
        county.a_cm.post("/students", add(number))
        for number in ("not-a-number", NATIONAL_IDS[2], NATIONAL_IDS[0], NATIONAL_IDS[1])
    ]
    assert [answer.status_code for answer in answers] == [404] * 4
    assert len({answer.content for answer in answers}) == 1
    assert "plan.opened.v1" not in county.topics()


@pytest.mark.accepts("IGP-78")
def test_of_simultaneous_adds_exactly_one_opens_the_plan(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    county.case_manager("a-cm2", student)
    callers = [county.a_cm, county.caller("a-cm2")] * 3
    with ThreadPoolExecutor(len(callers)) as pool:
        answers = list(
            pool.map(lambda caller: caller.post("/students", add(NATIONAL_IDS[0])), callers)
        )
    codes = sorted(answer.status_code for answer in answers)
    assert codes == [201, *[409] * 5]
    told = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert told == {"plan-already-open"}
    assert county.topics().count("plan.opened.v1") == 1


@pytest.mark.accepts("IGP-84")
def test_a_single_add_by_a_subject_teacher_is_refused(county: County) -> None:
    county.subject_teacher("a-eng", county.student())
    refused = county.a_eng.post("/students", add(NATIONAL_IDS[0]))
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
