"""Accounts, profiles and homerooms, over HTTP (IGP manual §一(一)1)."""

from uuid import UUID

import pytest

from tests.api.serving import NATIONAL_IDS, PLACEMENT, County

EMPTY = {"duties": [], "teaching_category": None, "subjects": []}


@pytest.mark.accepts("IGP-1")
def test_an_unregistered_teacher_cannot_sign_in_and_no_account_comes_of_trying(
    county: County,
) -> None:
    before = county.eb.get("/accounts").json()["items"]
    assert county.sign_in("someone-new").status_code == 401
    assert county.eb.get("/accounts").json()["items"] == before


@pytest.mark.accepts("IGP-2")
def test_sign_in_with_an_incomplete_profile_names_each_empty_field(county: County) -> None:
    county.teacher("a-new", **EMPTY)
    answer = county.sign_in("a-new")
    assert answer.status_code == 403
    problem = answer.json()
    assert problem["code"] == "profile-incomplete"
    assert [one["field"] for one in problem["errors"]] == [
        "duties",
        "teaching_category",
        "subjects",
    ]
    for named in ("職務內容", "任教類別", "授課科目"):
        assert named in problem["detail"]
    county.teacher("a-half", subjects=[])
    errors = county.sign_in("a-half").json()["errors"]
    assert [one["field"] for one in errors] == ["subjects"]


@pytest.mark.accepts("IGP-3")
def test_gaps_are_filled_by_the_school_or_the_teacher_and_sign_in_works(county: County) -> None:
    account = county.teacher("a-new", **EMPTY)
    by_school = {"duties": ["專任"], "teaching_category": "資優"}
    answer = county.a_office.patch(f"/accounts/{account}", by_school, version=1)
    assert answer.json() == {"id": account, "version": 2}
    # The teacher fills the rest with the token that opens the own profile and nothing else.
    token = county.sign_in("a-new").json()["profile_token"]
    headers = {"Authorization": f"Bearer {token}", "If-Match": '"2"'}
    patched = county.client.patch(
        f"/api/v1/accounts/{account}", headers=headers, json={"subjects": ["數學"]}
    )
    assert patched.json() == {"id": account, "version": 3}
    assert county.client.get("/api/v1/students", headers=headers).status_code == 401
    assert county.sign_in("a-new").status_code == 200
    events = county.house.ledger.events(UUID(account))
    assert [str(event.by) for event in events[1:]] == [county.id_of("a-office"), account]


@pytest.mark.accepts("IGP-4")
def test_a_teacher_cannot_set_the_own_homeroom_flag_and_the_attempt_is_logged(
    county: County,
) -> None:
    account = county.teacher("a-one")
    before, logged = county.topics(), county.refusals()
    change = {"is_homeroom_teacher": True, "homeroom_class": "四年甲班"}
    answer = county.a_one.patch(f"/accounts/{account}", change, version=1)
    assert (answer.status_code, answer.json()["code"]) == (403, "school-only-field")
    assert county.a_one.get(f"/accounts/{account}").json()["is_homeroom_teacher"] is False
    assert county.topics() == before
    assert county.refusals() == logged + 1


@pytest.mark.accepts("IGP-5")
def test_a_teacher_cannot_set_the_own_staffing_flag(county: County) -> None:
    account = county.teacher("a-one")
    change = {"is_on_staff_establishment": True}
    answer = county.a_one.patch(f"/accounts/{account}", change, version=1)
    assert (answer.status_code, answer.json()["code"]) == (403, "school-only-field")
    assert county.a_one.get(f"/accounts/{account}").json()["is_on_staff_establishment"] is None


@pytest.mark.accepts("IGP-6")
def test_the_school_sets_both_school_only_fields_for_its_own_teachers_alone(
    county: County,
) -> None:
    account = county.teacher("a-one")
    change = {
        "is_homeroom_teacher": True,
        "homeroom_class": "四年甲班",
        "is_on_staff_establishment": True,
    }
    assert county.b_office.patch(f"/accounts/{account}", change, version=1).status_code == 404
    assert county.eb.patch(f"/accounts/{account}", change, version=1).status_code == 403
    answer = county.a_office.patch(f"/accounts/{account}", change, version=1)
    # Each group that changed is an event of its own.
    assert answer.json()["version"] == 3
    shown = county.a_office.get(f"/accounts/{account}").json()
    assert (shown["homeroom_class"], shown["is_on_staff_establishment"]) == ("四年甲班", True)


@pytest.mark.accepts("IGP-7")
def test_a_homeroom_account_is_activated_only_with_its_class(county: County) -> None:
    account = county.teacher("a-one")
    change = {"is_homeroom_teacher": True, "gifted_class": True}
    answer = county.a_office.patch(f"/accounts/{account}", change, version=1)
    assert (answer.status_code, answer.json()["code"]) == (422, "homeroom-needs-class")
    answer = county.a_office.patch(
        f"/accounts/{account}", change | {"homeroom_class": "資優四"}, version=1
    )
    assert answer.status_code == 200
    shown = county.a_office.get(f"/accounts/{account}").json()
    assert (shown["homeroom_class"], shown["gifted_class"]) == ("資優四", True)
    cleared = county.a_office.patch(
        f"/accounts/{account}", {"is_homeroom_teacher": False}, version=2
    )
    assert cleared.status_code == 200
    assert county.a_office.get(f"/accounts/{account}").json()["is_homeroom_teacher"] is False


@pytest.mark.accepts("IGP-8")
def test_a_gifted_class_homeroom_teacher_edits_that_class_without_dispatch(
    county: County,
) -> None:
    student = county.student(class_name="資優四")
    other = county.student(number=1, class_name="四年乙班")
    county.teacher("a-gh", is_homeroom_teacher=True, homeroom_class="資優四", gifted_class=True)
    opened = county.a_gh.post("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    assert (opened.status_code, opened.json()["id"]) == (201, student)
    basic = f"/students/{student}/sections/basic_family?school_year=112"
    edited = county.a_gh.patch(basic, {"data": {"phone": "07-0000012"}}, version=1)
    assert edited.status_code == 200, edited.text
    placement = county.a_gh.made(f"/students/{student}/placements", PLACEMENT)
    changed = county.a_gh.put(
        f"/students/{student}/placements/{placement}",
        {"placement_grade": 5, "reason": "誤植"},
        version=1,
    )
    assert changed.status_code == 200
    assert county.a_gh.get(f"/students/{other}").status_code == 404
