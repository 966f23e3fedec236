"""Placements, and the requests that end them, as the county's bodies and the school see them."""

import pytest

from tests.api.serving import PLACEMENT, County
from tests.visiting import Visitor


@pytest.fixture
def student(county: County) -> str:
    student = county.student()
    county.case_manager("a-cm", student)
    return student


def test_a_placement_is_shown_with_all_that_it_says(county: County, student: str) -> None:
    records = f"/students/{student}/placements"
    made = county.a_cm.made(records, PLACEMENT)
    shown = county.a_cm.get(f"{records}/{made}")
    assert shown.headers["ETag"] == '"1"'
    item = shown.json()
    assert item == {
        "id": made,
        "version": 1,
        "status": "in_force",
        "student_id": student,
        "school_year": 113,
        "area": "英語",
        "category": "skip",
        "target_year_grade": 5,
        "placement_grade": 6,
        "arrangement": "至六年二班上英語課程",
        "occurred_on": "2024-06-03",
        # What a programme's page asks beside; nothing where there is none.
        **dict.fromkeys(("programme", "rules", "lessons_at", "free_time", "computed")),
        "flags": [],
        "created_at": item["created_at"],
        "updated_at": item["created_at"],
        "updated_by": {"id": county.id_of("a-cm"), "name": "a-cm 老師"},
    }
    assert county.a_cm.get(records).json() == {"items": [item], "next_cursor": None}


def test_what_is_left_out_of_a_correction_stays_and_null_empties(
    county: County, student: str
) -> None:
    records = f"/students/{student}/placements"
    made = county.a_cm.made(records, PLACEMENT)
    change = {"arrangement": None, "occurred_on": "1130604", "reason": "更正"}
    answer = county.a_office.put(f"{records}/{made}", change, version=1)
    assert answer.json() == {"id": made, "version": 2}
    item = county.a_cm.get(f"{records}/{made}").json()
    assert (item["arrangement"], item["occurred_on"]) == (None, "2024-06-04")
    assert (item["placement_grade"], item["updated_by"]["name"]) == (6, "a-office 承辦人")
    unchanged = county.a_cm.put(f"{records}/{made}", {"placement_grade": 6}, version=2)
    assert (unchanged.status_code, unchanged.json()["version"]) == (200, 2)
    emptied = county.a_cm.put(f"{records}/{made}", {"area": None, "reason": "x"}, version=2)
    assert emptied.status_code == 422


def test_the_countys_bodies_see_students_in_the_process_alone(county: County, student: str) -> None:
    other = county.student(number=1)
    bodies = (county.org, county.council)
    for caller in bodies:
        assert caller.get(f"/students/{student}").status_code == 404
    made = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    for caller in bodies:
        assert caller.get(f"/students/{student}/placements/{made}").status_code == 200
        assert [one["id"] for one in caller.get("/students").json()["items"]] == [student]
        assert caller.get(f"/students/{other}").status_code == 404
        path = f"/students/{student}/placements"
        assert caller.post(path, PLACEMENT).status_code == 403


def test_a_placement_on_the_wrong_student_is_moved(county: County, student: str) -> None:
    other = county.student(number=1)
    records = f"/students/{student}/placements"
    made = county.a_cm.made(records, PLACEMENT)
    move = {"student_id": other, "reason": "填錯學生"}
    assert county.a_cm.post(f"{records}/{made}/moves", move).status_code == 404
    moved = county.a_office.post(f"{records}/{made}/moves", move, key="once")
    assert moved.status_code == 201
    again = county.a_office.post(f"{records}/{made}/moves", move, key="once")
    assert again.content == moved.content
    assert county.a_office.get(records).json()["items"] == []
    gone = county.a_office.get(records, status="withdrawn").json()["items"]
    assert [one["id"] for one in gone] == [made]
    [there] = county.a_office.get(f"/students/{other}/placements").json()["items"]
    assert (there["id"], there["placement_grade"]) == (moved.json()["id"], 6)


def test_a_re_placement_is_decided_in_turn_and_changes_the_placement(
    county: County, student: str
) -> None:
    records = f"/students/{student}/placements"
    made = county.a_cm.made(records, PLACEMENT | {"category": "exemption"})
    asked = {
        "kind": "re_placement",
        "placement_id": made,
        "letter_number": "苓國教字第1120000001號",
        "reason": "家長提出",
        "new_placement": {
            "area": "英語",
            "category": "acceleration",
            "target_year_grade": 5,
            "placement_grade": 6,
        },
    }
    requests = f"/students/{student}/placement-requests"
    request = county.a_cm.made(requests, asked)
    second = county.a_cm.post(requests, asked)
    assert (second.status_code, second.json()["code"]) == (409, "request-already-open")
    item = county.a_cm.get(f"/placement-requests/{request}").json()
    assert (item["status"], item["waiting_for"]) == ("open", "school_committee")
    assert item["reason"] == "家長提出"
    decisions = f"/placement-requests/{request}/decisions"
    passed = {"body": "school_committee", "outcome": "passed", "decided_on": "112.8.1"}
    consented = {"body": "bureau", "outcome": "consented", "decided_on": "112.8.1"}
    early = county.eb.post(decisions, consented, version=1)
    assert (early.status_code, early.json()["code"]) == (409, "not-this-bodys-turn")
    assert county.a_cm.post(decisions, passed, version=1).status_code == 403
    assert county.b_office.post(decisions, passed, version=1).status_code == 404
    assert county.a_office.post(decisions, passed).status_code == 428
    assert county.a_office.post(decisions, passed, version=1).json()["version"] == 2
    assert county.council.post(decisions, consented, version=2).status_code == 403
    done = county.eb.post(decisions, consented, version=2)
    assert done.json() == {"id": request, "version": 3}
    item = county.org.get(f"/placement-requests/{request}").json()
    assert (item["status"], item["waiting_for"]) == ("completed", None)
    assert [one["recorded_by"]["name"] for one in item["decisions"]] == [
        "a-office 承辦人",
        "eb 承辦人",
    ]
    shown = county.a_cm.get(records).json()["items"]
    assert [one["status"] for one in shown] == ["superseded", "in_force"]
    assert shown[1]["category"] == "acceleration"
    late = county.a_office.post(
        f"/placement-requests/{request}/withdrawal", {"reason": "撤回"}, version=3
    )
    assert (late.status_code, late.json()["code"]) == (409, "request-not-open")


def test_an_open_request_is_withdrawn_with_a_reason(county: County, student: str) -> None:
    made = county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    asked = {"kind": "abandonment", "placement_id": made, "reason": "家長提出"}
    requests = f"/students/{student}/placement-requests"
    request = county.a_cm.made(requests, asked)
    path = f"/placement-requests/{request}/withdrawal"
    assert county.a_cm.post(path, {"reason": "撤回"}, version=1).json()["version"] == 2
    [item] = county.a_cm.get(requests).json()["items"]
    assert item["status"] == "withdrawn"
    assert county.a_cm.post(requests, asked).status_code == 201

    # About a placement that is gone no body decides any more, and the page says what is left to do.
    gone = f"/students/{student}/placements/{made}/withdrawal"
    assert county.a_cm.post(gone, {"reason": "誤植"}, version=1).is_success
    last = county.a_cm.get(requests).json()["items"][-1]
    assert (last["status"], last["waiting_for"]) == ("open", None)
    path = f"/placement-requests/{last['id']}"
    visitor = Visitor.holding(county.client, county.tokens["a-cm"])
    page = visitor.visit(path)
    assert "請撤回" in page.text
    typed = page.form(f"{path}/withdrawal").filled(reason="原安置已刪除")
    assert "已撤回" in visitor.send(f"{path}/withdrawal", typed).text
