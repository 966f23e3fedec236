"""The pages of the sections: empty until searched, sorted, folded, opened (IGP manual §一(四))."""

from typing import Any

import pytest

from tests.api.serving import NATIONAL_IDS, NOTE, County

#: By strokes 丁 (2), 王 (4), 李 (7), 林 (8), 陳 (11).
BY_STROKES = ["丁甲", "王大同", "李一心", "林小華", "陳小明"]
NEED = {"guidance_recommendations": "加深加廣"}


def page(code: str) -> str:
    return f"/sections/{code}/students"


def search(county: County, code: str, who: str = "a-cm", **asked: Any) -> dict[str, Any]:
    answer = county.caller(who).post(f"/sections/{code}/search", asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [item["student"]["name"] for item in found["items"]]


@pytest.fixture
def five(county: County) -> list[str]:
    """Five students of `a-cm` with plans for 112; the first three have their needs assessed."""
    classes = ("甲", "乙", "甲", "丙", "乙")
    students = [
        county.student(number=number, grade=3 + number % 3, class_name=f"四年{classes[number]}班")
        for number in range(5)
    ]
    county.case_manager("a-cm", *students)
    body = {"national_ids": list(NATIONAL_IDS), "school_year": 112}
    assert county.a_cm.post("/students/batch", body).status_code == 200
    for student in students[:3]:
        path = f"/students/{student}/sections/needs_assessment?school_year=112"
        assert county.a_cm.put(path, {"data": NEED}, version=0).status_code == 200
    return students


@pytest.mark.accepts("IGP-131")
def test_a_page_lists_nobody_until_it_is_searched(county: County, five: list[str]) -> None:
    for code in ("basic_family", "transition", "awards", "needs_assessment", "course_goal",
                 "meeting", "replacement"):  # fmt: skip
        opened = county.a_cm.get(page(code))
        assert opened.status_code == 200, opened.text
        shown = opened.json()
        assert (shown["searched"], shown["items"], shown["next_cursor"]) == (False, [], None)
    found = search(county, "needs_assessment")
    assert (found["searched"], len(found["items"])) == (True, 5)


@pytest.mark.accepts("IGP-91")
def test_the_list_of_basic_data_shows_the_school_years_filled_in(
    county: County, five: list[str]
) -> None:
    county.a_cm.made(f"/students/{five[0]}/school-years", {"school_year": 111})
    shown = {
        item["student"]["id"]: item["school_years"]
        for item in search(county, "basic_family")["items"]
    }
    assert shown == {five[0]: [111, 112]} | {student: [112] for student in five[1:]}
    of_111 = search(county, "basic_family", school_year=111)
    assert [item["student"]["id"] for item in of_111["items"]] == [five[0]]
    assert of_111["items"][0]["filled"]


@pytest.mark.accepts("IGP-132")
def test_every_column_sorts_up_and_down_and_names_always_by_strokes(
    county: County, five: list[str]
) -> None:
    code = "needs_assessment"
    assert names(search(county, code)) == BY_STROKES
    assert names(search(county, code, sort="name")) == BY_STROKES
    assert names(search(county, code, sort="-name")) == BY_STROKES[::-1]
    columns = {
        "grade": lambda item: item["grade"],
        "filled": lambda item: item["filled"],
        "version": lambda item: item["version"] or 0,
        "entries": lambda item: item["entries"],
        "updated_at": lambda item: item["updated_at"] or "",
        "school_year": lambda item: max(item["school_years"]),
    }
    for column, value in columns.items():
        up = [value(item) for item in search(county, code, sort=column)["items"]]
        down = [value(item) for item in search(county, code, sort=f"-{column}")["items"]]
        assert (up, down) == (sorted(up), sorted(up, reverse=True)), column
    for column in ("organisation", "stage", "class_name", "updated_by"):
        up = names(search(county, code, sort=column))
        assert up == names(search(county, code, sort=column))
        assert up == names(search(county, code, sort=f"-{column}"))[::-1], column
    assert names(search(county, code, sort="-stage")) == BY_STROKES[::-1]
    by_class = [item["class_name"] for item in search(county, code, sort="class_name")["items"]]
    # 乙 (1), 丙 and 甲 (5), in the order of rosters.
    assert by_class == ["四年乙班"] * 2 + ["四年丙班"] + ["四年甲班"] * 2
    refused = county.a_cm.post(f"/sections/{code}/search", {"sort": "phone"})
    assert refused.status_code == 422


def test_pages_follow_each_other_without_a_gap(county: County, five: list[str]) -> None:
    seen: list[str] = []
    cursor = None
    while True:
        asked = {"sort": "-name", "limit": 2} | ({"cursor": cursor} if cursor else {})
        found = search(county, "needs_assessment", **asked)
        seen += names(found)
        cursor = found["next_cursor"]
        if cursor is None:
            break
    assert seen == BY_STROKES[::-1]
    first = search(county, "needs_assessment", limit=2)["next_cursor"]
    for other in ({"limit": 2, "sort": "grade"}, {"limit": 2, "grade": 4}):
        body = other | {"cursor": first}
        refused = county.a_cm.post("/sections/needs_assessment/search", body)
        assert (refused.status_code, refused.json()["code"]) == (422, "cursor-not-valid")


@pytest.mark.accepts("IGP-133")
def test_one_row_or_all_are_opened_and_folded_again(county: County, five: list[str]) -> None:
    code = "needs_assessment"
    folded = search(county, code)
    assert all(item["records"] is None for item in folded["items"])
    one = search(county, code, expand=[five[1]])
    opened = {item["student"]["id"]: item["records"] for item in one["items"]}
    assert [record["data"]["guidance_recommendations"] for record in opened[five[1]]] == [
        "加深加廣"
    ]
    assert [opened[student] for student in five if student != five[1]] == [None] * 4
    every = search(county, code, expand="all")
    assert sorted(len(item["records"]) for item in every["items"]) == [0, 0, 1, 1, 1]
    assert search(county, code)["items"] == folded["items"]


@pytest.mark.accepts("IGP-134")
def test_an_act_on_no_row_asks_for_one_and_changes_nothing(county: County, five: list[str]) -> None:
    before = county.topics()
    for path, body in (
        ("/students/batch", {"national_ids": []}),
        ("/notes/withdrawals", {"ids": [], "reason": "重複"}),
        (f"/students/{five[0]}/meetings/withdrawal", {"records": [], "reason": "重複"}),
    ):
        refused = county.a_cm.post(path, body)
        [error] = refused.json()["errors"]
        assert (refused.status_code, error["code"]) == (422, "nothing-selected"), path
        assert "選取" in error["message"] or "勾選" in error["message"]
    assert county.topics() == before


def test_a_row_says_whether_the_section_is_filled_by_whom_and_when(
    county: County, five: list[str]
) -> None:
    found = search(county, "needs_assessment", filled=True)
    assert {item["student"]["id"] for item in found["items"]} == set(five[:3])
    row = found["items"][0]
    assert (row["filled"], row["version"], row["entries"], row["school_year"]) == (True, 1, 1, 112)
    assert row["updated_by"] == {"id": county.id_of("a-cm"), "name": "a-cm 老師"}
    assert row["updated_at"].endswith("+08:00")
    missing = search(county, "needs_assessment", filled=False)
    assert {item["student"]["id"] for item in missing["items"]} == set(five[3:])
    assert missing["items"][0]["updated_by"] is None
    named = search(county, "needs_assessment", q="林")
    assert names(named) == ["林小華"]
    assert names(search(county, "needs_assessment", q=NATIONAL_IDS[4])) == ["丁甲"]


def test_a_list_holds_who_is_in_reach_for_the_section_and_what_was_read_is_written_down(
    county: County, five: list[str]
) -> None:
    county.subject_teacher("a-eng", five[0])
    assert names(search(county, "needs_assessment", who="a-eng")) == ["陳小明"]
    assert len(search(county, "needs_assessment", who="a-office")["items"]) == 5
    for nobody in ("eb", "b-office", "org"):
        assert search(county, "needs_assessment", who=nobody)["items"] == []
    search(county, "needs_assessment", expand="all")
    listed = county.last_listed()
    assert listed["what"] == "section.needs_assessment.list"
    assert sorted(listed["subjects"]) == sorted(five)


@pytest.mark.accepts("IGP-45")
def test_a_row_counts_and_opens_only_the_courses_that_its_reader_may_see(
    county: County, five: list[str]
) -> None:
    for teacher in ("a-eng", "a-math"):
        county.subject_teacher(teacher, five[0])
    goal = f"/students/{five[0]}/sections/annual_goal?school_year=112"
    assert county.a_eng.put(goal, {"data": {"goal_text": "提升閱讀"}}, version=0).status_code == 200
    course = {"school_year": 112, "subject": "english", "course_name": "英語加深"}
    made = county.a_eng.made(f"/students/{five[0]}/courses", course)
    for who, seen in (("a-eng", 1), ("a-math", 0), ("a-cm", 1), ("a-office", 1)):
        found = search(county, "course_goal", who=who, expand="all", q="陳")
        [row] = found["items"]
        assert (row["entries"], row["filled"], row["version"]) == (seen, bool(seen), None), who
        assert [one["id"] for one in row["records"]] == [made] * seen


def test_notes_have_no_such_page_and_change_none(county: County, five: list[str]) -> None:
    """A page of notes would say for whom somebody wrote one (AMB-20)."""
    before = [search(county, code) for code in ("basic_family", "meeting")]
    county.a_cm.made(f"/students/{five[0]}/notes", NOTE)
    assert [search(county, code) for code in ("basic_family", "meeting")] == before
    for code in ("counselling_note", "no-such-section"):
        assert county.a_cm.get(page(code)).status_code == 404
        assert county.a_cm.post(f"/sections/{code}/search", {}).status_code == 404


@pytest.mark.parametrize("wrong", [True, "some", ["nobody"]])
def test_what_opens_rows_is_refused_under_its_own_name(county: County, wrong: Any) -> None:
    county.case_manager("a-cm", county.student())
    asked = {"school_year": 112, "expand": wrong}
    answer = county.a_cm.post("/sections/needs_assessment/search", asked)
    assert answer.status_code == 422, answer.text
    named = {error["field"] for error in answer.json()["errors"]}
    assert named <= {"expand", "expand.0"}
