"""`/students/{id}/student-account`: a student's own account, and how little it opens."""

import pytest

from tests.api.serving import NOTE, PLACEMENT, County

NOBODY = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    return student


def pupil(county: County, username: str = "a-pupil", school: str = "ks-a") -> str:
    """An account of role student, which has nothing of a teacher's profile."""
    office = county.caller(f"{school.removeprefix('ks-')}-office")
    entry = {"username": username, "name": "陳小明", "organisation": school, "roles": ["student"]}
    return office.made("/accounts", entry | {"password": "demo-igp-114"})


def test_the_school_links_an_account_and_ends_it(county: County, student: str) -> None:
    account = pupil(county)
    path = f"/students/{student}/student-account"
    linked = county.a_office.post(path, {"account": "a-pupil"}, key="once")
    assert (linked.status_code, linked.json()["version"]) == (201, 1)
    assert county.a_office.post(path, {"account": "a-pupil"}, key="once").json() == linked.json()
    [own] = [
        one
        for one in county.a_cm.get(f"/students/{student}").json()["relations"]
        if one["capacity"] == "SU"
    ]
    assert (own["account"]["id"], own["kind"], own["version"]) == (account, "own", 1)
    end = f"{path}/{account}/end"
    assert county.a_office.post(end, {"reason": "畢業"}).status_code == 428
    assert county.a_office.post(end, {"reason": "畢業"}, version=2).status_code == 412
    assert county.a_office.post(end, {}, version=1).json()["code"] == "reason-required"
    ended = county.a_office.post(end, {"reason": "畢業"}, version=1)
    assert ended.json() == {"id": linked.json()["id"], "version": 2}
    relations = county.a_cm.get(f"/students/{student}").json()["relations"]
    assert "SU" not in [one["capacity"] for one in relations]


def test_what_cannot_be_linked_is_refused(county: County, student: str) -> None:
    pupil(county)
    path = f"/students/{student}/student-account"
    for account, status, code in (
        ("a-cm", 409, "not-a-student-account"),
        ("nobody", 404, "not-found"),
        (pupil(county, "b-pupil", "ks-b"), 404, "not-found"),
    ):
        refused = county.a_office.post(path, {"account": account})
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    other = county.student(number=1)
    county.a_office.made(path, {"account": "a-pupil"})
    again = county.a_office.post(path, {"account": "a-pupil"})
    assert (again.status_code, again.json()["code"]) == (409, "student-account-already-linked")
    second = county.a_office.post(f"/students/{other}/student-account", {"account": "a-pupil"})
    assert (second.status_code, second.json()["code"]) == (409, "student-account-of-another")
    for caller in (county.a_cm, county.eb):
        refused = caller.post(path, {"account": "a-pupil"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert county.b_office.post(path, {"account": "b-pupil"}).status_code == 404


def test_the_end_is_asked_for_at_the_student_whose_account_it_is(
    county: County, student: str
) -> None:
    account, other = pupil(county), county.student(number=1)
    county.a_office.made(f"/students/{student}/student-account", {"account": account})
    wrong = f"/students/{other}/student-account"
    asked = county.a_office.post(f"{wrong}/{account}/end", {"reason": "畢業"}, version=1)
    nothing = county.a_office.post(f"{wrong}/{NOBODY}/end", {"reason": "畢業"}, version=1)
    assert (asked.status_code, asked.content) == (404, nothing.content)


def test_an_account_linked_by_mistake_goes_to_the_right_student(
    county: County, student: str
) -> None:
    account, right = pupil(county), county.student(number=1)
    county.a_office.made(f"/students/{student}/student-account", {"account": account})
    end = f"/students/{student}/student-account/{account}/end"
    assert county.a_office.post(end, {"reason": "設錯學生"}, version=1).status_code == 200
    again = county.a_office.post(f"/students/{right}/student-account", {"account": account})
    assert (again.status_code, again.json()["version"]) == (201, 3)
    [linked] = [
        one
        for one in county.a_office.get(f"/students/{right}/history").json()["items"]
        if one["section"] == "relation"
    ]
    assert [(one["field"], one["before"]) for one in linked["fields"]] == [("account_id", None)]


def test_no_account_of_a_student_is_given_a_teachers_work(county: County, student: str) -> None:
    account = pupil(county)
    taught = {"account": account, "subject": "英語", "school_year": 112}
    for path, body in (
        (f"/students/{student}/teaching-assignments", taught),
        (f"/accounts/{account}/case-manager-appointments", {"kind": "resource_class"}),
    ):
        refused = county.a_office.post(path, body)
        assert (refused.status_code, refused.json()["code"]) == (409, "not-a-teacher")
    version = county.a_office.get(f"/accounts/{account}").json()["version"]
    leads = {"is_homeroom_teacher": True, "homeroom_class": "四年甲班", "gifted_class": False}
    refused = county.a_office.patch(f"/accounts/{account}", leads, version=version)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-a-teacher")


def test_a_student_signs_in_without_a_profile_and_sees_no_more_than_the_matrix_gives(
    county: County, student: str
) -> None:
    account = pupil(county)
    note = county.a_cm.made(f"/students/{student}/notes", NOTE)
    placement = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    before = {
        path: county.a_pupil.get(path).content
        for path in (
            "/me",
            "/students",
            "/accounts",
            "/organisations",
            f"/students/{student}",
            f"/students/{student}/history",
            f"/students/{student}/placements",
            f"/students/{student}/placements/{placement}",
            f"/students/{student}/notes",
            f"/students/{student}/notes/{note}",
            "/me/notes",
        )
    }
    county.a_office.made(f"/students/{student}/student-account", {"account": account})
    for path, content in before.items():
        assert county.a_pupil.get(path).content == content, path
    assert county.a_pupil.get(f"/students/{student}").status_code == 404
    assert county.a_pupil.get("/students").json()["items"] == []
    changes = county.a_pupil.get("/changes", **{"from": "112.7.1", "to": "113.7.31"})
    assert changes.json()["items"] == []
    for path, body in (
        (f"/students/{student}/notes", NOTE),
        (f"/students/{student}/placements", PLACEMENT),
        (f"/students/{student}/student-account", {"account": account}),
    ):
        assert county.a_pupil.post(path, body).status_code == 404
    assert county.a_pupil.post("/participant-options", {"name": "同學"}).status_code == 403
