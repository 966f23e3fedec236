"""401, 404 by visibility, idempotency, 403, 428, 412, 422, 409 (contract 2)."""

import pytest

from domain.programme import programme_id, shipped_text
from tests.api.serving import NATIONAL_IDS, NOTE, PLACEMENT, County

NOBODY = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    return student


@pytest.fixture
def placement(county: County, student: str) -> str:
    """The path of a placement that may be changed."""
    records = f"/students/{student}/placements"
    return f"{records}/{county.a_cm.made(records, PLACEMENT)}"


@pytest.fixture
def needs(county: County, student: str) -> str:
    """The path of a section that may be saved; it has the version 1."""
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    path = f"/students/{student}/sections/needs_assessment"
    first = {"data": {"guidance_recommendations": "加深"}}
    assert county.a_cm.put(path, first, version=0).status_code == 200
    return path


def test_without_a_token_nothing_else_is_looked_at(county: County, placement: str) -> None:
    for path in (placement, f"/students/{NOBODY}/placements/{NOBODY}", "/students", "/me"):
        answer = county.client.get(f"/api/v1{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "not-signed-in")
    for headers in ({"Authorization": "Bearer igp_nonsense"}, {"Authorization": "Basic eDp5"}):
        answer = county.client.put(f"/api/v1{placement}", headers=headers, content=b"{")
        assert answer.status_code == 401


def test_what_may_not_be_seen_is_404_before_its_body_is_judged(
    county: County, student: str, placement: str
) -> None:
    hidden = county.b_office
    headers = hidden.headers | {"If-Match": '"nonsense"', "Idempotency-Key": "x" * 999}
    bodies: list[bytes] = []
    for path in (
        placement,
        f"/students/{NOBODY}/placements/{NOBODY}",
        f"/students/{student}/placements/not-an-id",
        "/students/not-an-id/placements/not-an-id",
    ):
        answer = county.client.put(f"/api/v1{path}", headers=headers, content=b"{ no json")
        assert answer.status_code == 404, path
        bodies.append(answer.content)
    posted = county.client.post(
        f"/api/v1/students/{student}/placements", headers=headers, content=b"\xff"
    )
    assert posted.status_code == 404
    assert {*bodies, posted.content} == {posted.content}


def test_a_placement_is_not_found_under_another_student(
    county: County, student: str, placement: str
) -> None:
    other = county.student(number=1)
    county.a_office.made(f"/students/{other}/dispatches", {"account": "a-cm"})
    elsewhere = placement.replace(student, other)
    assert county.a_cm.get(elsewhere).status_code == 404
    assert county.a_cm.put(elsewhere, {}, version=1).status_code == 404


def test_an_id_of_something_else_is_an_id_of_nothing(county: County, student: str) -> None:
    programme, account = "/programmes/kaohsiung-114", county.id_of("a-cm")
    county.eb.made("/programmes", {"text": shipped_text("kaohsiung-114")})
    assert county.a_cm.get(f"/students/{account}").status_code == 404
    for wrong in (student, account, str(programme_id("kaohsiung-114"))):
        path = f"/students/{student}/placements/{wrong}"
        assert county.a_cm.put(path, {"reason": "x"}, version=1).status_code == 404
        assert county.a_cm.get(path).status_code == 404
        assert county.a_cm.get(f"/placement-requests/{wrong}").status_code == 404
        application = f"{programme}/applications/{wrong}"
        for path in (application, f"{application}/examination", f"/disputes/{wrong}"):
            assert county.eb.get(path).status_code == 404
        posted = [f"{application}/vetted", f"{programme}/placement-cases/{wrong}/decided"]
        if wrong != account:
            posted += [f"/accounts/{wrong}/closing", f"/accounts/{wrong}/password-reset"]
        for path in posted:
            assert county.eb.post(path, {}, version=1).status_code == 404


def test_the_right_comes_before_version_and_body(county: County, placement: str) -> None:
    assert county.a_eng.put(placement, "nonsense").status_code == 403
    assert county.a_eng.post(f"{placement}/withdrawal", [1, 2]).status_code == 403


def test_the_version_comes_before_the_body_and_the_body_before_the_rule(
    county: County, placement: str
) -> None:
    caller = county.a_cm
    assert caller.put(placement, "nonsense").json()["code"] == "precondition-required"
    assert caller.put(placement, "nonsense", version=7).json()["code"] == "stale-version"
    assert caller.put(placement, "nonsense", version=1).status_code == 422
    gone = caller.post(f"{placement}/withdrawal", {"reason": "誤植"}, version=1)
    assert gone.status_code == 200
    again = caller.post(f"{placement}/withdrawal", {"reason": "誤植"}, version=1)
    assert again.status_code == 412
    late = caller.put(placement, {"placement_grade": 99, "reason": "更正"}, version=2)
    assert late.status_code == 422
    late = caller.put(placement, {"placement_grade": 7, "reason": "更正"}, version=2)
    assert (late.status_code, late.json()["code"]) == (409, "already-withdrawn")


@pytest.mark.parametrize("if_match", ["", "*", "one", '"1", "2"', "-1"])
def test_an_if_match_that_names_no_version_is_none(
    county: County, placement: str, if_match: str
) -> None:
    answer = county.client.put(
        f"/api/v1{placement}", headers=county.a_cm.headers | {"If-Match": if_match}, json={}
    )
    assert answer.status_code == 428


def test_the_outcome_of_a_repeat_comes_before_the_right(county: County, student: str) -> None:
    records = f"/students/{student}/placements"
    first = county.a_cm.post(records, PLACEMENT, key="mine")
    # Still seen, as a subject teacher, but with no right to write any more.
    account = county.id_of("a-cm")
    teaching = {"account": account, "subject": "數學", "school_year": 112}
    county.a_office.made(f"/students/{student}/teaching-assignments", teaching)
    end = f"/students/{student}/dispatches/{account}/end"
    assert county.a_office.post(end, {"reason": "調整"}, version=1).status_code == 200
    assert county.a_cm.post(records, PLACEMENT).status_code == 403
    assert county.a_cm.post(records, PLACEMENT, key="mine").content == first.content


def test_visibility_comes_before_a_repeat(county: County, student: str) -> None:
    records = f"/students/{student}/notes"
    assert county.a_cm.post(records, NOTE, key="mine").status_code == 201
    account = county.id_of("a-cm")
    end = f"/students/{student}/dispatches/{account}/end"
    assert county.a_office.post(end, {"reason": "調整"}, version=1).status_code == 200
    assert county.a_cm.post(records, NOTE, key="mine").status_code == 404


def test_a_section_that_may_not_be_seen_is_404_before_its_body_is_judged(
    county: County, student: str, needs: str
) -> None:
    bodies: list[bytes] = []
    # Of another school; of an authority that sees the student and no section; and what is none.
    for who, path in (
        ("b-office", needs),
        ("eb", needs),
        ("a-cm", needs.replace(student, NOBODY)),
        ("a-cm", f"/students/{student}/sections/nothing"),
        ("a-cm", f"/students/{student}/sections/meeting"),
        ("a-cm", f"/students/{student}/sections/counselling_note"),
    ):
        headers = county.caller(who).headers | {"If-Match": '"nonsense"'}
        for method in ("PUT", "PATCH"):
            answer = county.client.request(
                method, f"/api/v1{path}", headers=headers, content=b"{ no json"
            )
            assert answer.status_code == 404, (who, path)
            bodies.append(answer.content)
        answer = county.client.post(
            f"/api/v1{path}/withdrawal", headers=headers | {"Idempotency-Key": "x"}, content=b"\xff"
        )
        assert answer.status_code == 404, (who, path)
        bodies.append(answer.content)
    assert len(set(bodies)) == 1
    nobody = county.client.put(f"/api/v1{needs}", headers={"If-Match": '"1"'}, content=b"{")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "not-signed-in")


def test_of_a_section_the_right_the_version_the_body_and_the_rule_come_in_this_order(
    county: County, needs: str
) -> None:
    teacher, caller = county.a_eng, county.a_cm
    assert teacher.put(needs, "nonsense").status_code == 403
    assert teacher.patch(needs, "nonsense", version=7).status_code == 403
    assert teacher.post(f"{needs}/withdrawal", [1]).status_code == 403
    # Nobody deletes this section as a whole, who may save it neither.
    assert caller.post(f"{needs}/withdrawal", {"reason": "誤建"}, version=1).status_code == 403
    for save in (caller.put, caller.patch):
        assert save(needs, "nonsense").json()["code"] == "precondition-required"
        assert save(needs, "nonsense", version=0).json()["code"] == "stale-version"
        assert save(needs, "nonsense", version=1).status_code == 422
        wrong = {"data": {"needs": {"nowhere": ["enrichment"]}}}
        assert save(needs, wrong, version=1).status_code == 422
    changed = {"data": {"guidance_recommendations": "加廣"}}
    assert caller.put(needs, changed, version=1).json()["code"] == "reason-required"
    elsewhere = caller.put(f"{needs}?school_year=111", changed, version=0)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "school-year-not-open")
    invalid = caller.put(f"{needs}?school_year=111", {"data": {"needs": 1}}, version=0)
    assert invalid.status_code == 422
    stale = caller.put(f"{needs}?school_year=111", {"data": {"needs": 1}}, version=1)
    assert stale.status_code == 412


def test_the_outcome_of_a_repeated_withdrawal_of_a_section_comes_before_its_version(
    county: County, student: str, needs: str
) -> None:
    goal = f"/students/{student}/sections/annual_goal?school_year=112"
    saved = {"data": {"goal_text": "獨立研究"}}
    assert county.a_eng.put(goal, saved, version=0).status_code == 200
    path, gone = goal.replace("?", "/withdrawal?"), {"reason": "誤建"}
    first = county.a_eng.post(path, gone, version=1, key="mine")
    assert first.status_code == 200, first.text
    again = county.a_eng.post(path, gone, version=1, key="mine")
    assert (again.status_code, again.content) == (200, first.content)
    other = county.a_eng.post(path, {"reason": "x"}, version=1, key="mine")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    # Another account's key is another key.
    assert county.a_cm.post(path, gone, version=1, key="mine").status_code == 403
