"""A course goal is opened to a teacher by name: for viewing, and nothing else (IGP manual 2.5)."""

import pytest

from tests.acceptance.courses import COURSE, ROW, Planning, code
from tests.api.serving import County


@pytest.fixture
def plan(county: County) -> Planning:
    made = Planning.of(county)
    made.goal()
    return made


@pytest.mark.parametrize(
    ("who", "relation"),
    [
        pytest.param("a-eng", "same_field", marks=pytest.mark.accepts("IGP-46")),
        pytest.param("a-new", "cross_field", marks=pytest.mark.accepts("IGP-47")),
    ],
)
def test_whom_a_course_was_opened_to_sees_it_and_changes_nothing(
    plan: Planning, who: str, relation: str
) -> None:
    course = plan.course("a-math", ROW)
    hidden = plan.course("a-math", ROW, course_name="未分享")
    path = f"{plan.courses}/{course}"
    body = {"account": who, "relation": relation}
    shared = plan.caller("a-math").post(f"{path}/shares", body)
    assert (shared.status_code, shared.json()["version"]) == (201, 3), shared.text
    [share] = plan.shown(course)["shares"]
    assert (share["account"]["id"], share["relation"]) == (plan.county.id_of(who), relation)
    grantee = plan.caller(who)
    assert (
        grantee.get(path).json()["rows"][0]["learning_performance"] == (ROW["learning_performance"])
    )
    assert [one["id"] for one in grantee.get(plan.courses).json()["items"]] == [course]
    assert [one["id"] for one in grantee.get("/me/shared-courses").json()["items"]] == [course]
    assert grantee.get(f"{plan.courses}/{hidden}").status_code == 404
    before = plan.county.topics()
    for answer in (
        grantee.put(path, {"course_name": "改名", "reason": "更正"}, version=3),
        grantee.post(f"{path}/withdrawal", {"reason": "重複"}, version=3),
        grantee.post(f"{path}/shares", {"account": "a-art", "relation": "same_field"}),
        grantee.post(f"{path}/template-imports", {"template_id": course}),
        grantee.post(
            "/course-templates", {"course_id": course, "student_id": plan.student, "name": "抄"}
        ),
    ):
        assert code(answer) == (403, "not-allowed")
    assert plan.county.topics() == before
    if who == "a-new":
        # The course and nothing else: not the student, not another section, no other deed.
        for elsewhere in ("", "/history", "/sections/annual_goal?school_year=112", "/meetings"):
            assert grantee.get(f"/students/{plan.student}{elsewhere}").status_code == 404
        assert grantee.post(plan.courses, COURSE).status_code == 404
        # Nor how it came to be, nor of whom.
        for who in ("a-new", "a-math"):
            report = plan.caller(who).get("/changes", **{"from": "112.7.1", "to": "112.8.1"})
            seen = {one["record_id"] for one in report.json()["items"]}
            assert (course in seen) is (who == "a-math")
        assert "陳小明" not in grantee.get(path).text + grantee.get("/me/shared-courses").text


def test_a_share_is_withdrawn_by_a_teacher_of_the_course(plan: Planning) -> None:
    course = plan.course("a-math")
    path = f"{plan.courses}/{course}"
    plan.caller("a-math").made(f"{path}/shares", {"account": "a-new", "relation": "same_field"})
    end = f"{path}/shares/{plan.county.id_of('a-new')}/end"
    owner = plan.caller("a-math")
    assert owner.post(end, {"reason": "學期結束"}).status_code == 428
    assert owner.post(end, {"reason": "學期結束"}, version=1).status_code == 412
    assert code(owner.post(end, {}, version=2)) == (422, "reason-required")
    assert owner.post(end, {"reason": "學期結束"}, version=2).status_code == 200
    assert plan.caller("a-new").get(path).status_code == 404
    assert plan.caller("a-new").get("/me/shared-courses").json()["items"] == []
    assert plan.shown(course)["shares"] == []
    assert owner.post(end, {"reason": "學期結束"}, version=3).status_code == 404
    # A share or its end changes nothing that was saved.
    shown = plan.shown(course)
    assert (shown["version"], shown["updated_at"]) == (3, shown["created_at"])


def test_who_may_be_named_and_who_may_not(plan: Planning) -> None:
    county = plan.county
    course = plan.course("a-math")
    path = f"{plan.courses}/{course}/shares"
    owner = plan.caller("a-math")
    county.teacher("b-art", "ks-b")
    for account in ("b-art", "nobody", "a-office", "eb", county.id_of("b-art")):
        refused = owner.post(path, {"account": account, "relation": "same_field"})
        [error] = refused.json()["errors"]
        assert (refused.status_code, error["field"], error["code"]) == (
            422,
            "account",
            "not-shareable",
        )
    # The student's itinerant teacher may be of anywhere.
    entry = {"kind": "itinerant"}
    county.eb.made(f"/accounts/{county.id_of('b-art')}/case-manager-appointments", entry)
    county.eb.made(f"/students/{plan.student}/dispatches", {"account": county.id_of("b-art")})
    owner.made(path, {"account": "b-art", "relation": "cross_field"})
    again = owner.post(path, {"account": "b-art", "relation": "same_field"})
    assert code(again) == (409, "already-shared")
    own = owner.post(path, {"account": "a-math", "relation": "same_field"})
    assert code(own) == (409, "teaches-course")
    unknown = owner.post(path, {"account": "a-eng", "relation": "friend"})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "relation")


def test_a_share_ends_with_the_account_and_with_the_course(plan: Planning) -> None:
    county = plan.county
    course = plan.course("a-math")
    path = f"{plan.courses}/{course}"
    for account in ("a-new", "a-eng"):
        plan.caller("a-math").made(f"{path}/shares", {"account": account, "relation": "same_field"})
    assert plan.caller("a-new").get(path).status_code == 200
    closing = f"/accounts/{county.id_of('a-new')}/closing"
    version = county.a_office.get(f"/accounts/{county.id_of('a-new')}").json()["version"]
    assert county.a_office.post(closing, {"reason": "離職"}, version=version).is_success
    [left] = plan.shown(course)["shares"]
    assert left["account"]["id"] == county.id_of("a-eng")
    withdrawal = {"reason": "重複"}
    assert plan.caller("a-math").post(f"{path}/withdrawal", withdrawal, version=3).is_success
    assert plan.caller("a-eng").get(path).status_code == 404
    assert plan.caller("a-eng").put(path, {"semester": "second"}, version=4).status_code == 404


def test_who_teaches_the_student_no_more_owns_the_course_no_more(plan: Planning) -> None:
    course = plan.course("a-math")
    path = f"{plan.courses}/{course}"
    account = plan.county.id_of("a-math")
    end = f"/students/{plan.student}/teaching-assignments/{account}/end"
    assert plan.county.a_office.post(end, {"reason": "調課"}, version=1).status_code == 200
    former = plan.caller("a-math")
    assert former.get(path).status_code == 404
    assert former.put(path, {"semester": "second"}, version=1).status_code == 404
    assert (
        former.post(f"{path}/shares", {"account": "a-new", "relation": "same_field"}).json()["code"]
        == "not-found"
    )
    assert plan.shown(course, "a-cm")["taught_by"][0]["id"] == account
