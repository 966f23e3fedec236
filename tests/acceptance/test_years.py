"""年度資料: how a year's record begins, goes on and is withdrawn (IGP manual §二(一)2 to 4)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from fastapi import Response
from fastapi.responses import StreamingResponse

from api.openings import Progress
from api.progress_lines import in_lines
from domain.refusal import NotAllowed
from tests.api.serving import NATIONAL_IDS, NOTE, County

ALL = "/school-years/batch"
MOTHER = {"kinship": "母", "name": "林女士", "highest_education": "大學", "field_of_study": "化學",
          "phone": "0912345678", "employer": "示範公司"}  # fmt: skip
FATHER = {"kinship": "父", "name": "陳先生"}
NEED = {"guidance_recommendations": "加深加廣"}
MEETING = {
    "held_at": "2023-07-20T10:00:00+08:00",
    "topic": "期初會議",
    "purpose": "擬定學年目標",
    "recorder_name": "林組長",
    "participants": ["家長"],
    "content": "討論課程安排。",
}


def basic(student: str, year: int = 112) -> str:
    return f"/students/{student}/sections/basic_family?school_year={year}"


def open_plan(county: County, number: int, year: int) -> None:
    body = {"national_id": NATIONAL_IDS[number], "school_year": year}
    county.a_cm.made("/students", body)


@pytest.fixture
def student(county: County) -> str:
    """A student of the case manager `a-cm` with a plan since 111."""
    student = county.student()
    county.case_manager("a-cm", student)
    open_plan(county, 0, 111)
    return student


@pytest.fixture
def listed(county: County) -> list[str]:
    """Three students of `a-cm` with plans since 111, and one without a plan."""
    students = [county.student(number=number) for number in range(4)]
    county.case_manager("a-cm", *students)
    for number in range(3):
        open_plan(county, number, 111)
    return students[:3]


@pytest.mark.accepts("IGP-75")
def test_a_single_add_opens_a_plan_and_a_year_filled_from_the_directory(county: County) -> None:
    student = county.student()
    account = county.case_manager("a-cm", student)
    open_plan(county, 0, 112)
    shown = county.a_cm.get(basic(student)).json()
    assert (shown["version"], shown["school_year"]) == (1, 112)
    filled = {name: value for name, value in shown["data"].items() if value not in (None, [])}
    assert filled == {
        "student_name": "陳小明",
        "sex": "male",
        "birth_date": "2014-05-01",
        "school_name": "苓雅示範國小",
        "class_name": "四年甲班",
        "grade": 4,
    }
    for topic in ("plan.opened.v1", "basic-family.opened.v1"):
        said = county.said(topic)
        assert (said["by"], said["capacity"]) == (account, "CM")
    assert shown["updated_by"] == {"id": account, "name": "a-cm 老師"}


@pytest.mark.accepts("IGP-79")
def test_a_required_field_left_empty_is_named_and_nothing_is_saved(
    county: County, student: str
) -> None:
    shown = county.a_cm.get(basic(student, 111)).json()
    before = county.topics()
    data = shown["data"] | {"student_name": " ", "phone": "0912345678"}
    for refused in (
        county.a_cm.put(basic(student, 111), {"data": data}, version=1),
        county.a_cm.patch(basic(student, 111), {"data": {"student_name": ""}}, version=1),
    ):
        assert refused.status_code == 422
        [error] = refused.json()["errors"]
        assert (error["field"], error["code"]) == ("data.student_name", "required")
    assert county.topics() == before
    assert county.a_cm.get(basic(student, 111)).json() == shown


@pytest.mark.accepts("IGP-80")
def test_a_teachers_value_stays_the_teachers_whatever_the_directory_says_later(
    county: County, student: str
) -> None:
    path = basic(student, 111)
    assert county.a_cm.get(path).json()["directory"] == {}
    changed = {"student_name": "陳曉明", "class_name": "資優班"}
    done = county.a_cm.patch(path, {"data": changed, "reason": "依實際情形"}, version=1)
    assert done.status_code == 200, done.text
    shown = county.a_cm.get(path).json()
    assert (shown["data"]["student_name"], shown["data"]["class_name"]) == tuple(changed.values())
    teacher = {name for name, source in shown["field_sources"].items() if source == "teacher"}
    assert teacher == set(changed)
    assert shown["directory"] == {"student_name": "陳小明", "class_name": "四年甲班"}
    county.a_office.post(f"/directory/students/{student}/class-changes", {"class_name": "四年乙班"})
    after = county.a_cm.get(path).json()
    assert (after["version"], after["data"], after["field_sources"]) == (
        shown["version"],
        shown["data"],
        shown["field_sources"],
    )
    assert after["directory"] == {"student_name": "陳小明", "class_name": "四年乙班"}
    county.a_cm.made(f"/students/{student}/school-years", {"school_year": 112})
    new = county.a_cm.get(basic(student)).json()
    assert (new["data"]["student_name"], new["data"]["class_name"]) == ("陳曉明", "四年乙班")
    assert new["field_sources"]["student_name"] == "teacher"
    assert new["directory"] == {"student_name": "陳小明"}


@pytest.mark.accepts("IGP-81")
def test_of_two_family_members_and_one_taken_out_one_is_shown_and_all_is_history(
    county: County, student: str
) -> None:
    path = basic(student, 111)
    done = county.a_cm.patch(path, {"data": {"family_members": [FATHER, MOTHER]}}, version=1)
    assert done.status_code == 200, done.text
    shown = county.a_cm.get(path).json()
    _, mother = shown["data"]["family_members"]
    left = {"data": {"family_members": [mother]}, "reason": "誤填"}
    done = county.a_cm.patch(path, left, version=shown["version"])
    assert done.status_code == 200, done.text
    [member] = county.a_cm.get(path).json()["data"]["family_members"]
    assert {name: member[name] for name in MOTHER} == MOTHER
    history = [
        (
            one["kind"],
            {field["field"]: (field["before"], field["after"]) for field in one["fields"]},
        )
        for one in county.a_cm.get(f"/students/{student}/history").json()["items"]
        if any(field["field"].startswith("family_members") for field in one["fields"])
    ]
    assert [kind for kind, _ in history] == ["recorded", "recorded", "withdrawn"]
    names = [fields["family_members.name"] for _, fields in history]
    assert names == [(None, "陳先生"), (None, "林女士"), ("陳先生", None)]


@pytest.mark.accepts("IGP-87")
def test_a_new_year_opens_and_the_year_before_is_unchanged_to_the_last_field(
    county: County, student: str
) -> None:
    data = {"phone": "0912345678", "family_members": [MOTHER], "giftedness_category": []}
    county.a_cm.patch(basic(student, 111), {"data": data}, version=1)
    before = county.a_cm.get(basic(student, 111))
    county.a_cm.made(f"/students/{student}/school-years", {"school_year": 112})
    after = county.a_cm.get(basic(student, 111)).json()
    assert after | {"directory": {}} == before.json()
    new = county.a_cm.get(basic(student)).json()
    assert new["data"]["phone"] == "0912345678"
    assert [member["name"] for member in new["data"]["family_members"]] == ["林女士"]
    assert county.said("basic-family.opened.v1")["copied_from_year"] == 111
    again = county.a_cm.post(f"/students/{student}/school-years", {"school_year": 112})
    assert (again.status_code, again.json()["code"]) == (409, "school-year-already-open")


@pytest.mark.accepts("IGP-88")
def test_a_new_year_for_everybody_listed_is_one_act_that_lists_them(
    county: County, listed: list[str]
) -> None:
    done = county.a_cm.post(ALL, {"school_year": 112, "organisation": "ks-a"})
    assert done.status_code == 200, done.text
    said = done.json()
    assert (said["opened"], said["skipped"]) == (3, 0)
    assert {item["student"]["id"] for item in said["items"]} == set(listed)
    process = county.said("school-year.batch-opened.v1")
    assert set(process["students"]) == set(listed)
    assert process["correlation_id"] == said["id"]
    assert county.said("basic-family.opened.v1")["correlation_id"] == said["id"]
    assert county.topics().count("school-year.batch-opened.v1") == 1
    for student in listed:
        assert county.a_cm.get(basic(student)).json()["version"] == 1


def test_the_search_says_for_whom_a_year_opens(county: County, listed: list[str]) -> None:
    county.a_office.post(f"/directory/students/{listed[1]}/class-changes", {"grade": 5})
    named = county.a_cm.post(ALL, {"school_year": 112, "q": "林"}).json()
    assert [item["student"]["id"] for item in named["items"]] == [listed[1]]
    graded = county.a_cm.post(ALL, {"school_year": 112, "grade": 4}).json()
    assert {item["student"]["id"] for item in graded["items"]} == {listed[0], listed[2]}
    nobody = county.a_cm.post(ALL, {"school_year": 112, "listed_school_year": 110}).json()
    assert (nobody["id"], nobody["items"]) == (None, [])


@pytest.mark.accepts("IGP-89")
def test_who_has_the_year_is_skipped_and_a_second_press_changes_nothing(
    county: County, listed: list[str]
) -> None:
    county.a_cm.made(f"/students/{listed[0]}/school-years", {"school_year": 112})
    said = county.a_cm.post(ALL, {"school_year": 112}).json()
    assert (said["opened"], said["skipped"]) == (2, 1)
    [skipped] = [item for item in said["items"] if item["outcome"] == "skipped"]
    assert (skipped["student"]["id"], skipped["code"]) == (listed[0], "school-year-already-open")
    assert county.said("school-year.batch-opened.v1")["skipped"] == [listed[0]]
    before = county.topics()
    again = county.a_cm.post(ALL, {"school_year": 112}).json()
    assert (again["id"], again["opened"], again["skipped"]) == (None, 0, 3)
    assert county.topics() == before


def test_of_simultaneous_presses_one_opens_the_year(county: County, listed: list[str]) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: county.a_cm.post(ALL, {"school_year": 112}).json(), range(4))
        )
    assert sorted(answer["opened"] for answer in answers) == [0, 0, 0, 3]
    assert county.topics().count("basic-family.opened.v1") == 6
    assert county.topics().count("school-year.batch-opened.v1") == 1


@pytest.mark.accepts("IGP-90")
def test_a_subject_teacher_opens_no_year(county: County, listed: list[str]) -> None:
    county.subject_teacher("a-eng", *listed)
    before = county.topics()
    for refused in (
        county.a_eng.post(f"/students/{listed[0]}/school-years", {"school_year": 112}),
        county.a_eng.post(ALL, {"school_year": 112}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert county.topics() == before


def test_only_the_actors_own_students_get_the_year(county: County, listed: list[str]) -> None:
    """Whom one only teaches is seen in the list, and left alone."""
    other = county.student(number=4)
    county.case_manager("a-cm2", other)
    county.caller("a-cm2").made("/students", {"national_id": NATIONAL_IDS[4], "school_year": 111})
    county.a_office.made(
        f"/students/{other}/teaching-assignments",
        {"account": county.id_of("a-cm"), "subject": "英語", "school_year": 112},
    )
    said = county.a_cm.post(ALL, {"school_year": 112}).json()
    assert {item["student"]["id"] for item in said["items"]} == set(listed)
    assert county.caller("a-cm2").get(basic(other)).json()["version"] == 0


def test_the_next_year_opens_from_july_on_and_not_before(county: County, listed: list[str]) -> None:
    refused = county.a_cm.post(ALL, {"school_year": 113})
    assert (refused.status_code, refused.json()["code"]) == (422, "school-year-too-late")
    unknown = county.a_cm.post(ALL, {"school_year": 112, "organisation": "ks-x"})
    assert unknown.status_code == 422


def test_the_year_before_may_still_begin_and_takes_nothing_from_the_year_after(
    county: County,
) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    open_plan(county, 0, 112)
    later = {"student_name": "陳曉明", "phone": "0912345678", "family_members": [MOTHER]}
    body = {"data": later, "reason": "依實際情形"}
    assert county.a_cm.patch(basic(student), body, version=1).status_code == 200
    years = f"/students/{student}/school-years"
    before = county.topics()
    for refused in (
        county.a_cm.post(years, {"school_year": 110}),
        county.a_cm.post(ALL, {"school_year": 110}),
    ):
        answer = refused.json()
        assert (refused.status_code, answer["code"]) == (422, "school-year-too-early")
        assert [one["field"] for one in answer["errors"]] == ["school_year"]
    assert county.topics() == before
    county.a_cm.made(years, {"school_year": 111})
    data = county.a_cm.get(basic(student, 111)).json()["data"]
    said = [data["student_name"], data["phone"], data["family_members"]]
    assert said == ["陳小明", None, []]


def withdraw(county: County, student: str, year: int = 111, version: int = 1) -> Any:
    path = f"/students/{student}/sections/basic_family/withdrawal?school_year={year}"
    return county.a_cm.post(path, {"reason": "重複建置"}, version=version)


@pytest.mark.accepts("IGP-92")
def test_a_year_with_a_live_course_goal_is_not_deleted_and_an_empty_one_is(
    county: County, student: str
) -> None:
    county.subject_teacher("a-eng", student)
    goal = f"/students/{student}/sections/annual_goal"
    begun = {"data": {"goal_text": "提升閱讀"}}
    assert county.a_eng.put(f"{goal}?school_year=111", begun, version=0).status_code == 200
    course = {"school_year": 111, "subject": "english", "course_name": "英語加深"}
    county.a_eng.made(f"/students/{student}/courses", course)
    refused = withdraw(county, student)
    assert (refused.status_code, refused.json()["code"]) == (409, "year-has-content")
    assert "課程目標" in refused.json()["detail"]
    assert county.a_cm.get(basic(student, 111)).json()["version"] == 1
    ended = {"reason": "重新規劃"}
    gone = county.a_eng.post(f"{goal}/withdrawal?school_year=111", ended, version=1)
    assert gone.status_code == 200, gone.text
    done = withdraw(county, student)
    assert (done.status_code, done.json()["version"]) == (200, 2), done.text
    assert county.a_cm.get(f"/students/{student}").json()["school_years"] == []
    county.a_cm.made(f"/students/{student}/school-years", {"school_year": 111})
    shown = county.a_cm.get(basic(student, 111)).json()
    assert (shown["version"], shown["data"]["student_name"]) == (3, "陳小明")


@pytest.mark.accepts("IGP-92")
def test_a_meeting_of_the_year_keeps_it_until_it_is_deleted(county: County, student: str) -> None:
    meetings = f"/students/{student}/meetings"
    meeting = county.a_cm.made(meetings, MEETING | {"school_year": 111})
    refused = withdraw(county, student)
    assert (refused.status_code, refused.json()["code"]) == (409, "year-has-content")
    gone = county.a_cm.post(f"{meetings}/{meeting}/withdrawal", {"reason": "重複"}, version=1)
    assert gone.status_code == 200, gone.text
    assert withdraw(county, student).status_code == 200


def test_a_section_whose_fields_were_all_emptied_does_not_keep_its_year(
    county: County, student: str
) -> None:
    needs = f"/students/{student}/sections/needs_assessment?school_year=111"
    county.a_cm.put(needs, {"data": NEED}, version=0)
    refused = withdraw(county, student)
    assert (refused.status_code, refused.json()["code"]) == (409, "year-has-content")
    assert "教育需求評估" in refused.json()["detail"]
    county.a_cm.put(needs, {"data": {}, "reason": "誤填"}, version=1)
    assert withdraw(county, student).status_code == 200


def test_a_note_of_the_year_does_not_keep_it_and_stays_its_authors(
    county: County, student: str
) -> None:
    """A refusal would tell that somebody wrote a note."""
    note = county.a_cm.made(f"/students/{student}/notes", NOTE | {"school_year": 111})
    assert withdraw(county, student).status_code == 200
    shown = county.a_cm.get(f"/students/{student}/notes/{note}")
    assert (shown.status_code, shown.json()["content"]) == (200, NOTE["content"])


@pytest.mark.parametrize("what", ["section", "entry"])
def test_of_a_deletion_of_the_year_and_a_save_into_it_one_comes_too_late(
    county: County, student: str, what: str
) -> None:
    """However they meet, no content stands in a year whose record was deleted."""
    county.case_manager("a-cm2", student)
    other = county.caller("a-cm2")
    needs = f"/students/{student}/sections/needs_assessment?school_year=111"
    meetings = f"/students/{student}/meetings"
    for year_version in (1, 3, 5):
        version = county.a_cm.get(needs).json()["version"]
        with ThreadPoolExecutor(2) as pool:
            gone = pool.submit(withdraw, county, student, 111, year_version)
            saved = (
                pool.submit(other.put, needs, {"data": NEED}, version=version)
                if what == "section"
                else pool.submit(other.post, meetings, MEETING | {"school_year": 111})
            )
        codes = gone.result().status_code, saved.result().status_code
        assert codes in ((200, 409), (409, 200), (409, 201)), (gone.result(), saved.result())
        if codes[0] == 409:
            made = saved.result().json()
            emptied = {"data": {}, "reason": "誤填"}
            done = (
                county.a_cm.put(needs, emptied, version=version + 1)
                if what == "section"
                else county.a_cm.post(
                    f"{meetings}/{made['id']}/withdrawal", {"reason": "誤填"}, version=1
                )
            )
            assert done.status_code == 200, done.text
            assert withdraw(county, student, 111, year_version).status_code == 200
        county.a_cm.made(f"/students/{student}/school-years", {"school_year": 111})


def test_a_program_that_asks_for_lines_is_told_how_far_the_batch_is(
    county: County, listed: list[str]
) -> None:
    def asked(who: str, body: dict[str, Any]) -> Any:
        headers = county.caller(who).headers | {"Accept": "application/x-ndjson"}
        return county.client.post(f"/api/v1{ALL}", headers=headers, json=body)

    # What is refused before anything was counted has its own status.
    refused = asked("a-cm", {"school_year": 113})
    assert (refused.status_code, refused.headers["content-type"]) == (
        422,
        "application/problem+json",
    )
    answer = asked("a-cm", {"school_year": 112})
    assert answer.headers["content-type"] == "application/x-ndjson"
    *told, last = [orjson.loads(line) for line in answer.content.splitlines()]
    assert told == [{"decided": 0, "of": 3}, {"decided": 3, "of": 3}]
    assert (last["status"], last["body"]["opened"], last["receipt"] is None) == (200, 3, False)
    assert {one["student"]["id"] for one in last["body"]["items"]} == set(listed)
    shown = county.a_cm.get(basic(listed[0])).json()
    assert (shown["school_year"], shown["version"]) == (112, 1)


def test_a_refusal_in_the_middle_of_the_lines_is_the_last_of_them() -> None:
    def work(progress: Progress) -> Response:
        progress(0, 2000)
        raise NotAllowed

    async def read() -> bytes:
        answer = in_lines(work)
        assert isinstance(answer, StreamingResponse)
        return b"".join([bytes(part) async for part in answer.body_iterator])

    told, last = map(orjson.loads, asyncio.run(read()).splitlines())
    assert told == {"decided": 0, "of": 2000}
    assert (last["status"], last["body"]["code"]) == (403, "not-allowed")
    with pytest.raises(NotAllowed):
        in_lines(_refused)


def _refused(_: Progress) -> Response:
    raise NotAllowed
