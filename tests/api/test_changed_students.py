"""`GET /changes/students`: a row for each student, a page at a time, and whose rows they are."""

from typing import Any

import pytest

from tests.api.serving import NOTE, PLACEMENT, Caller, County

LIST = "/changes/students?from=112.7.1&to=112.8.31&section=placement&section=counselling_note"


@pytest.fixture
def students(county: County) -> list[str]:
    """Four students in the order in which something is first recorded of them: a note alone, a
    placement that is corrected last of all, a placement and a note, a placement."""
    noted, corrected, both, placed = (county.student(number=number) for number in range(4))
    county.case_manager("a-cm", noted, corrected, both, placed)
    county.a_cm.made(f"/students/{noted}/notes", NOTE)
    _later(county, 9)
    first = county.a_cm.made(f"/students/{corrected}/placements", PLACEMENT)
    for student in (both, placed):
        county.a_cm.made(f"/students/{student}/placements", PLACEMENT)
    _later(county, 10)
    county.a_cm.made(f"/students/{both}/notes", NOTE)
    _later(county, 11)
    change = {"arrangement": "至六年三班上課", "reason": "換班上課"}
    answer = county.a_cm.put(f"/students/{corrected}/placements/{first}", change, version=1)
    assert answer.status_code == 200, answer.text
    return [noted, corrected, both, placed]


def _later(county: County, hour: int) -> None:
    now = {"now": f"2023-08-01T{hour:02}:00:00+08:00"}
    assert county.eb.post("/simulation/clock", now).status_code == 200


def pages(caller: Caller, limit: int) -> list[dict[str, Any]]:
    found = [caller.get(f"{LIST}&limit={limit}").json()]
    while (cursor := found[-1]["next_cursor"]) is not None:
        found.append(caller.get(f"{LIST}&limit={limit}&cursor={cursor}").json())
    return found


def test_the_pages_of_changed_students_are_the_whole_in_the_order_of_the_first_change(
    county: County, students: list[str]
) -> None:
    [whole] = pages(county.a_cm, 100)
    assert [row["student"]["id"] for row in whole["items"]] == students
    assert [(row["changes"], row["sections"]) for row in whole["items"]] == [
        (1, ["counselling_note"]),
        (2, ["placement"]),
        (2, ["placement", "counselling_note"]),
        (1, ["placement"]),
    ]
    corrected = whole["items"][1]
    assert corrected["first_changed_at"] < whole["items"][3]["first_changed_at"]
    assert corrected["last_changed_at"] > whole["items"][2]["last_changed_at"]
    assert whole["terms"]["rows"] == 6
    for limit in (1, 2, 3):
        found = pages(county.a_cm, limit)
        assert [len(page["items"]) for page in found] == [limit] * (4 // limit) + [4 % limit] * (
            4 % limit > 0
        )
        assert [row for page in found for row in page["items"]] == whole["items"]
        for page in found[:-1]:
            assert (page["terms"]["rows"], page["terms"]["digest"]) == (None, None)
        last = found[-1]["terms"]
        assert {page["terms"]["as_of"] for page in found} == {last["as_of"]}
        # It is the digest of the report over the same rows.
        report = county.a_cm.get(f"{LIST.replace('/students', '')}&as_of={last['as_of']}").json()
        assert (last["rows"], last["digest"]) == (6, report["terms"]["digest"])
    # What is recorded meanwhile changes no page of a list that has begun.
    begun = county.a_cm.get(f"{LIST}&limit=1").json()
    county.a_cm.made(f"/students/{students[0]}/placements", PLACEMENT)
    onward = county.a_cm.get(f"{LIST}&limit=3&cursor={begun['next_cursor']}").json()
    assert begun["items"] + onward["items"] == whole["items"]


def test_a_page_of_changed_students_is_its_readers_alone(
    county: County, students: list[str]
) -> None:
    office = county.a_office.get(LIST).json()
    assert [row["student"]["id"] for row in office["items"]] == students[1:]
    assert {section for row in office["items"] for section in row["sections"]} == {"placement"}
    # A row that is there for an own note alone leaves its line with its author.
    listed = county.last_listed()
    page = county.a_cm.get(f"{LIST}&limit=1").json()
    assert [row["student"]["id"] for row in page["items"]] == students[:1]
    assert county.last_listed() == listed
    assert county.note_events("a-cm")[-1] == "counselling-note.read.v1"
    onward = f"{LIST}&limit=1&cursor={page['next_cursor']}"
    assert county.a_cm.get(onward).status_code == 200
    said = county.last_listed()
    assert (said["what"], said["subjects"]) == ("changes/students", students[1:2])
    of_report = county.a_office.get(f"{LIST.replace('/students', '')}&limit=1").json()
    for caller, path, status, code in (
        (county.a_office, onward, 422, "cursor-not-valid"),
        (county.a_office, f"{LIST}&cursor={of_report['next_cursor']}", 422, "cursor-not-valid"),
        (county.a_cm, f"{onward}&kind=recorded", 409, "report-terms-changed"),
        (county.a_cm, f"{LIST}&limit=0", 422, "not-valid"),
    ):
        refused = caller.get(path)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
