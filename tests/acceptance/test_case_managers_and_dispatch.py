"""Appointment before dispatch, by whom, for whom (IGP manual §一(一)1(3) to (4))."""

import pytest

from tests.api.serving import NATIONAL_IDS, PLACEMENT, County

PHONE = {"data": {"phone": "07-0000012"}}
RESOURCE, ITINERANT = {"kind": "resource_class"}, {"kind": "itinerant"}


def appointments(account: str) -> str:
    return f"/accounts/{account}/case-manager-appointments"


def basic(student: str) -> str:
    return f"/students/{student}/sections/basic_family?school_year=112"


@pytest.mark.accepts("IGP-9")
def test_dispatch_needs_the_appointment_first(county: County) -> None:
    student, account = county.student(), county.teacher("a-cm")
    dispatch = {"account": account}
    refused = county.a_office.post(f"/students/{student}/dispatches", dispatch)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-case-manager")
    assert county.a_office.post(appointments(account), RESOURCE).status_code == 201
    assert county.a_office.post(f"/students/{student}/dispatches", dispatch).status_code == 201


@pytest.mark.accepts("IGP-10")
def test_dispatching_two_students_writes_two_events_and_opens_both(county: County) -> None:
    students = [county.student(), county.student(number=1)]
    before = len(county.topics())
    account = county.case_manager("a-cm", *students)
    made = county.topics()[before:]
    assert made.count("dispatch.made.v1") == 2
    for number, student in enumerate(students):
        add = {"national_id": NATIONAL_IDS[number], "school_year": 112}
        assert county.a_cm.post("/students", add).status_code == 201
        assert county.a_cm.patch(basic(student), PHONE, version=1).status_code == 200
        county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
        relations = county.a_cm.get(f"/students/{student}").json()["relations"]
        assert [(one["account"]["id"], one["capacity"]) for one in relations] == [(account, "CM")]


@pytest.mark.accepts("IGP-11")
def test_a_case_manager_without_a_dispatched_student_adds_and_edits_nobody(
    county: County,
) -> None:
    student = county.student()
    county.case_manager("a-cm")
    itinerant = county.teacher("a-itinerant")
    county.eb.made(appointments(itinerant), ITINERANT)
    for caller in (county.a_cm, county.a_itinerant):
        add = {"national_id": NATIONAL_IDS[0], "school_year": 112}
        assert caller.post("/students", add).status_code == 404
        assert caller.patch(basic(student), PHONE, version=0).status_code == 404
        assert caller.post(f"/students/{student}/placements", PLACEMENT).status_code == 404
        assert caller.get("/students").json()["items"] == []


@pytest.mark.accepts("IGP-12")
def test_itinerant_teachers_are_appointed_and_dispatched_by_the_authority(
    county: County,
) -> None:
    student, account = county.student(), county.teacher("a-itinerant")
    dispatch = {"account": account}
    assert county.a_office.post(appointments(account), ITINERANT).status_code == 403
    county.eb.made(appointments(account), ITINERANT)
    refused = county.a_office.post(f"/students/{student}/dispatches", dispatch)
    assert (refused.status_code, refused.json()["code"]) == (409, "not-case-manager")
    county.eb.made(f"/students/{student}/dispatches", dispatch)
    assert county.a_itinerant.get(f"/students/{student}").status_code == 200


@pytest.mark.accepts("IGP-13")
def test_the_authority_neither_appoints_nor_dispatches_resource_class_teachers(
    county: County,
) -> None:
    student, account = county.student(), county.teacher("a-cm")
    assert county.eb.post(appointments(account), RESOURCE).status_code == 403
    county.a_office.made(appointments(account), RESOURCE)
    refused = county.eb.post(f"/students/{student}/dispatches", {"account": account})
    assert refused.status_code == 409
    assert county.caller("a-cm").get(f"/students/{student}").status_code == 404


@pytest.mark.accepts("IGP-14")
def test_a_school_office_reaches_no_other_school(county: County) -> None:
    own_student = county.student()
    student, account = county.student("ks-b", 1), county.case_manager("b-cm", school="ks-b")
    before = county.topics()
    answers = [
        county.a_office.post(appointments(account), RESOURCE),
        county.a_office.post(f"/students/{student}/dispatches", {"account": account}),
        county.a_office.post(f"/students/{own_student}/dispatches", {"account": account}),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len({answer.content for answer in answers}) == 1
    assert county.topics() == before


@pytest.mark.accepts("IGP-15")
def test_no_teacher_appoints_or_dispatches_not_even_themselves(county: County) -> None:
    student = county.student()
    account = county.case_manager("a-cm", student)
    colleague = county.teacher("a-other")
    before = county.topics()
    assert county.a_cm.post(appointments(account), RESOURCE).status_code == 403
    assert county.a_cm.post(appointments(colleague), RESOURCE).status_code == 404
    for who in (account, colleague):
        refused = county.a_cm.post(f"/students/{student}/dispatches", {"account": who})
        assert refused.status_code == 403
    assert county.topics() == before


@pytest.mark.accepts("IGP-17", "IGP-67")
def test_without_a_relation_everything_is_refused_and_no_list_shows_the_student(
    county: County,
) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    placement = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    county.teacher("a-none")
    nobody = "00000000-0000-4000-8000-000000000001"
    for caller in (county.a_none, county.b_office):
        for path in ("", "/placements", f"/placements/{placement}", "/notes", "/history"):
            there = caller.get(f"/students/{student}{path}")
            assert there.status_code == 404, path
            assert there.content == caller.get(f"/students/{nobody}{path}").content
        for path, body in (
            ("/placements", PLACEMENT),
            ("/notes", {}),
            (f"/placements/{placement}/withdrawal", {"reason": "誤植"}),
            ("/dispatches", {"account": nobody}),
            ("/teaching-assignments", {}),
            ("/placement-requests", {}),
        ):
            there = caller.post(f"/students/{student}{path}", body)
            assert there.status_code == 404, path
            assert there.content == caller.post(f"/students/{nobody}{path}", body).content
        assert caller.get("/students").json()["items"] == []
        assert caller.post("/students/search", {"q": "陳"}).json()["items"] == []
        assert caller.post("/students/search", {"q": NATIONAL_IDS[0]}).json()["items"] == []
    assert len(county.a_cm.get("/students").json()["items"]) == 1


def test_ending_a_dispatch_or_an_appointment_ends_the_reach(county: County) -> None:
    student, other = county.student(), county.student(number=1)
    account = county.case_manager("a-cm", student, other)
    end = f"/students/{student}/dispatches/{account}/end"
    assert county.a_office.post(end, {"reason": "調整"}).status_code == 428
    assert county.a_office.post(end, {"reason": "調整"}, version=2).status_code == 412
    assert county.a_office.post(end, {}, version=1).json()["code"] == "reason-required"
    assert county.a_office.post(end, {"reason": "調整"}, version=1).status_code == 200
    assert county.a_cm.get(f"/students/{student}").status_code == 404
    assert county.a_cm.get(f"/students/{other}").status_code == 200
    path = appointments(account) + "/end"
    assert county.a_office.post(path, {"reason": "調整"}, version=1).status_code == 200
    assert county.a_cm.get(f"/students/{other}").status_code == 404


def test_a_teaching_assignment_gives_reach_until_it_ends(county: County) -> None:
    student = county.student()
    account = county.subject_teacher("a-eng", student)
    assert county.a_eng.get(f"/students/{student}").status_code == 200
    again = {"account": "a-eng", "subject": "英語", "school_year": 112}
    twice = county.a_office.post(f"/students/{student}/teaching-assignments", again)
    assert (twice.status_code, twice.json()["code"]) == (409, "already-assigned")
    end = f"/students/{student}/teaching-assignments/{account}/end"
    assert county.a_office.post(end, {"reason": "調整"}, version=1).status_code == 200
    assert county.a_eng.get(f"/students/{student}").status_code == 404


def test_a_resource_class_and_an_itinerant_case_manager_both_write_one_plan(
    county: County,
) -> None:
    """Both at once, each under the own name, and no one over the other's (Q04, Q05)."""
    student = county.student()
    resource, itinerant = county.case_manager("a-cm", student), county.teacher("a-itinerant")
    county.eb.made(appointments(itinerant), ITINERANT)
    county.eb.made(f"/students/{student}/dispatches", {"account": itinerant})
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    address = {"data": {"address": "高雄市苓雅區"}}
    assert county.a_itinerant.patch(basic(student), PHONE, version=1).status_code == 200
    late = county.a_cm.patch(basic(student), address, version=1)
    assert (late.status_code, late.json()["code"]) == (412, "stale-version")
    assert county.a_cm.patch(basic(student), address, version=2).status_code == 200
    told = county.a_cm.get(f"/students/{student}/history").json()["items"]
    writers = {
        field["field"]: item["author"]["id"]
        for item in told
        if item["section"] == "basic_family"
        for field in item["fields"]
        if field["field"] in ("phone", "address")
    }
    assert writers == {"phone": itinerant, "address": resource}
    # Each is ended by who made it: the school does not end what the authority did.
    end = f"/students/{student}/dispatches/{itinerant}/end"
    refused = county.a_office.post(end, {"reason": "調整"}, version=1)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert county.eb.post(end, {"reason": "調整"}, version=1).status_code == 200
    assert county.a_itinerant.patch(basic(student), PHONE, version=3).status_code == 404
    assert county.a_cm.get(f"/students/{student}").status_code == 200
