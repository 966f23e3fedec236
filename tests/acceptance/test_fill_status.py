"""Fill-in statistics: the authority sees counts of its schools and nobody's plan (IGP-69 to 72)."""

from typing import Any

import pytest

from tests.api.serving import NATIONAL_IDS, NOTE, PASSWORD, County
from tests.visiting import Visitor

NEEDS = {"guidance_recommendations": "安排獨立研究"}


def opened(county: County, number: int = 0) -> str:
    """A student of `a-cm` with a plan for 112; the case manager is made with the first one."""
    student = county.student(number=number)
    if number == 0:
        county.case_manager("a-cm", student)
    else:
        county.a_office.made(f"/students/{student}/dispatches", {"account": county.id_of("a-cm")})
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[number], "school_year": 112})
    return student


def status_of(county: County, school: str) -> dict[str, Any]:
    answer = county.eb.get("/fill-status", school_year=112)
    assert answer.status_code == 200, answer.text
    schools = {one["organisation"]["code"]: one for one in answer.json()["items"]}
    found: dict[str, Any] = schools[school]
    return found


@pytest.mark.accepts("IGP-72")
def test_a_school_has_filled_in_from_its_first_year_record_on(county: County) -> None:
    county.student()
    before = status_of(county, "ks-a")
    assert (before["has_filled"], before["students_with_year_record"]) == (False, 0)
    county.case_manager("a-cm", county.student(number=1))
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[1], "school_year": 112})
    after = status_of(county, "ks-a")
    assert after["has_filled"]
    assert status_of(county, "ks-b")["has_filled"] is False


@pytest.mark.accepts("IGP-69")
def test_the_authority_sees_counts_and_no_student(county: County) -> None:
    students = [opened(county, number) for number in range(3)]
    for student in students[:2]:
        done = county.a_cm.put(
            f"/students/{student}/sections/needs_assessment?school_year=112",
            {"data": NEEDS},
            version=0,
        )
        assert done.status_code == 200, done.text
    answer = county.eb.get("/fill-status", school_year=112)
    school = status_of(county, "ks-a")
    assert (school["gifted_students"], school["students_with_year_record"]) == (3, 3)
    needs = next(one for one in school["items"] if one["item"] == 4)
    # Fewer than three are not counted out.
    assert (needs["filled"], needs["students"]) == (True, None)
    assert [one["item"] for one in school["items"]] == [1, 2, 3, 4, 5, 6, 7]
    for secret in (*students, "陳小明", "獨立研究", "a-cm"):
        assert secret not in answer.text
    # Item 8, the notes, is in no figure.
    for student in students:
        county.a_cm.made(f"/students/{student}/notes", NOTE)
    assert county.eb.get("/fill-status", school_year=112).content == answer.content
    # Nor does one school year's figure hold what is of another.
    of_111 = county.eb.get("/fill-status", school_year=111).json()["items"]
    assert [one["has_filled"] for one in of_111] == [False] * len(of_111)


@pytest.mark.accepts("IGP-70")
def test_nothing_of_the_statistics_leads_to_a_plan(county: County) -> None:
    student = opened(county)
    found = county.eb.get("/fill-status", school_year=112).json()
    # Of schools it says code and name, of everything else numbers and the labels of the items.
    texts = {one["organisation"]["code"] for one in found["items"]}
    assert texts == {"ks-a", "ks-b"}
    figures = [
        value
        for one in found["items"]
        for item in one["items"]
        for name, value in item.items()
        if name != "label"
    ]
    assert {type(one) for one in figures} <= {int, bool, type(None)}
    for code in texts:
        for path in ("/sections/basic_family/search", "/sections/needs_assessment/search"):
            rows = county.eb.post(path, {"organisation": code}).json()["items"]
            assert rows == []
        for path in (f"/students/{code}", f"/students/{code}/plan"):
            assert county.eb.get(path).status_code in (404, 422)
    page = Visitor.of(county.client, "eb", PASSWORD).visit("/fill-status?school_year=112")
    assert page.status == 200
    assert [link for _, link in page.links if student in link] == []
    for path in ("sections/basic_family", "sections/needs_assessment", "plan", "history"):
        answer = county.eb.get(f"/students/{student}/{path}")
        if answer.status_code == 200:
            assert "basic_family" not in answer.text
            assert "陳小明" not in answer.text or path == "history"
        else:
            assert answer.status_code in (403, 404)
    assert county.eb.get(f"/students/{student}/sections/basic_family").status_code == 404


@pytest.mark.accepts("IGP-71")
def test_only_the_authority_asks_and_only_for_its_own_schools(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.teacher("a-hr", homeroom_class="四年甲班")
    county.teacher("a-pupil", roles=["student"])
    county.a_office.made(f"/students/{student}/student-account", {"account": "a-pupil"})
    for who in ("a-cm", "a-eng", "a-hr", "a-office", "a-pupil", "org", "council"):
        refused = county.caller(who).get("/fill-status", school_year=112)
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert county.eb.get("/fill-status", organisation="mk-z").status_code == 404
    only = county.eb.get("/fill-status", organisation="ks-a").json()["items"]
    assert [one["organisation"]["code"] for one in only] == ["ks-a"]


def test_a_withdrawn_year_is_counted_no_more(county: County) -> None:
    student = opened(county)
    gone = county.a_cm.post(
        f"/students/{student}/sections/basic_family/withdrawal?school_year=112",
        {"reason": "建錯學年度"},
        version=1,
    )
    assert gone.status_code == 200, gone.text
    assert status_of(county, "ks-a")["has_filled"] is False


def test_two_answers_compared_tell_of_one_student_no_more_than_that_an_item_is_filled_in(
    county: County,
) -> None:
    students = [opened(county, number) for number in range(4)]

    def needs() -> tuple[bool, int | None]:
        of_needs = next(one for one in status_of(county, "ks-a")["items"] if one["item"] == 4)
        return of_needs["filled"], of_needs["students"]

    def fill(student: str) -> None:
        path = f"/students/{student}/sections/needs_assessment?school_year=112"
        done = county.a_cm.put(path, {"data": NEEDS}, version=0)
        assert done.status_code == 200, done.text

    told = [needs()]
    for student in students:
        fill(student)
        told.append(needs())
    assert told == [(False, 0), (True, None), (True, None), (True, 3), (True, 4)]
    before = {school: status_of(county, school) for school in ("ks-a", "ks-b")}
    # A filter gives the same row: there is no figure of a part of a school, and no sum.
    for school, row in before.items():
        only = county.eb.get("/fill-status", school_year=112, organisation=school).json()
        assert (only["school_year"], only["items"]) == (112, [row])
    # With a note and without it again: no figure moves.
    note = county.a_cm.made(f"/students/{students[0]}/notes", NOTE)
    gone = county.a_cm.post(
        f"/students/{students[0]}/notes/{note}/withdrawal", {"reason": "誤植"}, version=1
    )
    assert gone.status_code == 200, gone.text
    assert {school: status_of(county, school) for school in before} == before
    # Nor do what was filled in and the student go to another school in one step.
    moved = county.a_office.post(
        f"/directory/students/{students[3]}/transfers",
        {"organisation": "ks-b", "grade": 4},
        version=1,
    )
    assert moved.status_code == 200, moved.text
    for school, row in before.items():
        assert status_of(county, school)["items"] == row["items"]


def test_the_schools_come_in_pages_whose_counts_are_of_all(county: County) -> None:
    opened(county)
    down = county.eb.get("/fill-status", sort="-gifted_students").json()
    assert [one["gifted_students"] for one in down["items"]] == [1, 0]
    first = county.eb.get("/fill-status", sort="-gifted_students", limit=1).json()
    cursor = first["next_cursor"]
    rest = county.eb.get("/fill-status", sort="-gifted_students", cursor=cursor).json()
    assert (first["items"] + rest["items"], rest["next_cursor"]) == (down["items"], None)
    for page in (down, first, rest):
        assert (page["schools"], page["schools_filled"]) == (2, 1)
    for wrong in (
        county.eb.get("/fill-status", sort="organisation", cursor=cursor),
        county.eb.get("/fill-status", sort="-gifted_students", school_year=111, cursor=cursor),
    ):
        assert (wrong.status_code, wrong.json()["code"]) == (422, "cursor-not-valid")
