"""The register, lists and searches of students."""

import pytest

from tests.api.serving import NATIONAL_IDS, County

ENTRY = {
    "national_id": NATIONAL_IDS[0],
    "name": "陳小明",
    "sex": "male",
    "birth_date": "民國103年5月1日",
    "grade": 4,
    "class": "四年甲班",
}


def test_a_registered_student_is_shown_with_a_masked_number(county: County) -> None:
    student = county.a_office.made("/directory/students", ENTRY)
    shown = county.a_office.get(f"/students/{student}")
    assert shown.headers["ETag"] == '"1"'
    assert shown.json() == {
        "id": student,
        "version": 1,
        "national_id": "A12****789",
        "name": "陳小明",
        "sex": "male",
        "birth_date": "2014-05-01",
        "organisation": {"code": "ks-a", "name": "苓雅示範國小"},
        "stage": "elementary",
        "grade": 4,
        "class_name": "四年甲班",
        "school_years": [],
        "relations": [],
    }


def test_a_number_is_registered_once_however_it_is_typed(county: County) -> None:
    county.a_office.made("/directory/students", ENTRY)
    again = county.a_office.post(
        "/directory/students", ENTRY | {"national_id": " ａ１２３４５６７８９ "}
    )
    assert (again.status_code, again.json()["code"]) == (409, "student-already-registered")
    elsewhere = county.b_office.post("/directory/students", ENTRY)
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (409, "student-not-registrable")
    assert county.topics().count("student.registered.v1") == 1


def test_a_repeated_registration_answers_as_the_first(county: County) -> None:
    first = county.a_office.post("/directory/students", ENTRY, key="once")
    again = county.a_office.post("/directory/students", ENTRY, key="once")
    assert (again.status_code, again.content) == (201, first.content)


def test_only_the_school_registers_and_only_for_itself(county: County) -> None:
    county.teacher("a-one")
    for caller in (county.eb, county.a_one, county.org):
        assert caller.post("/directory/students", ENTRY).status_code == 403
    other = county.a_office.post("/directory/students", ENTRY | {"organisation": "ks-b"})
    assert other.status_code == 403
    unknown = county.a_office.post("/directory/students", ENTRY | {"organisation": "ks-zzz"})
    assert unknown.json()["code"] == "unknown-organisation"
    wrong = county.a_office.post("/directory/students", ENTRY | {"national_id": "A123456788"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "national-id-not-valid")
    assert "A123456788" not in wrong.text
    assert "student.registered.v1" not in county.topics()


def test_a_corrected_number_frees_the_old_one(county: County) -> None:
    student = county.a_office.made("/directory/students", ENTRY)
    path = f"/directory/students/{student}"
    corrected = {"national_id": NATIONAL_IDS[1], "reason": "證件更正"}
    assert county.a_office.patch(path, corrected, version=1).json()["version"] == 2
    assert county.a_office.get(f"/students/{student}").json()["national_id"] == "B12****780"
    second = county.a_office.made("/directory/students", ENTRY)
    clash = county.a_office.patch(f"/directory/students/{second}", corrected, version=1)
    assert (clash.status_code, clash.json()["code"]) == (409, "student-already-registered")


def test_a_correction_of_the_register_needs_reason_and_version(county: County) -> None:
    student = county.a_office.made("/directory/students", ENTRY)
    path = f"/directory/students/{student}"
    assert county.a_office.patch(path, {"name": "陳大明"}).status_code == 428
    unexplained = county.a_office.patch(path, {"name": "陳大明"}, version=1)
    assert unexplained.json()["code"] == "reason-required"
    unchanged = county.a_office.patch(path, {"name": "陳小明"}, version=1)
    assert unchanged.json() == {"id": student, "version": 1}
    county.case_manager("a-cm", student)
    assert county.a_cm.patch(path, {"name": "x"}, version=1).status_code == 403
    assert county.b_office.patch(path, {"name": "x"}, version=1).status_code == 404


def test_a_transfer_hands_the_student_over(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    path = f"/directory/students/{student}"
    moved = county.a_office.post(f"{path}/transfers", {"organisation": "ks-b", "grade": 5})
    assert moved.json() == {"id": student, "version": 2}
    assert county.a_cm.get(f"/students/{student}").status_code == 404
    shown = county.b_office.get(f"/students/{student}").json()
    assert (shown["organisation"]["code"], shown["grade"]) == ("ks-b", 5)
    promoted = county.b_office.post(f"{path}/class-changes", {"grade": 6, "class_name": "六甲"})
    assert promoted.json()["version"] == 3
    assert county.a_office.post(f"{path}/class-changes", {"grade": 6}).status_code in (403, 404)


@pytest.fixture
def roster(county: County) -> list[str]:
    """Four students of one school in three classes, one of them with a plan, one elsewhere."""
    made = [
        county.student(number=0),
        county.student(number=1, grade=5, class_name="五年甲班"),
        county.student(number=2, grade=5, class_name="五年乙班"),
        county.student(number=4, grade=6, class_name="六年甲班"),
    ]
    county.student("ks-b", 3)
    county.case_manager("a-cm", *made)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[2], "school_year": 112})
    return made


def names(county: County, username: str, **asked: object) -> list[str]:
    return [
        one["name"] for one in county.caller(username).get("/students", **asked).json()["items"]
    ]


def test_a_list_shows_the_reach_in_the_order_of_strokes(county: County, roster: list[str]) -> None:
    assert names(county, "a-cm") == ["丁甲", "王大同", "林小華", "陳小明"]
    assert names(county, "a-cm", sort="-name") == ["陳小明", "林小華", "王大同", "丁甲"]
    assert names(county, "a-cm", sort="-grade") == ["丁甲", "林小華", "王大同", "陳小明"]
    assert len(names(county, "eb")) == 5
    assert names(county, "b-office") == ["李一心"]
    assert names(county, "org") == []


def test_a_list_is_narrowed_by_codes(county: County, roster: list[str]) -> None:
    assert names(county, "a-cm", grade=5) == ["王大同", "林小華"]
    assert names(county, "a-cm", school_year=112) == ["王大同"]
    assert names(county, "a-cm", school_year=111) == []
    assert names(county, "eb", organisation="ks-b") == ["李一心"]
    assert county.eb.get("/students", organisation="ks-z").status_code == 422
    assert county.eb.get("/students", grade=99999).status_code == 422
    assert county.eb.get("/students", stage="\x00").status_code == 422


def test_pages_follow_each_other_and_a_cursor_fits_its_own_list_alone(
    county: County, roster: list[str]
) -> None:
    found: list[str] = []
    cursor = None
    while True:
        asked = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = county.a_cm.get("/students", **asked).json()
        found += [one["name"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        first = cursor
    assert found == ["丁甲", "王大同", "林小華", "陳小明"]
    for caller, asked in (
        (county.a_cm, {"sort": "-name"}),
        (county.a_cm, {"grade": 5}),
        (county.a_office, {}),
    ):
        refused = caller.get("/students", limit=3, cursor=first, **asked)
        assert (refused.status_code, refused.json()["code"]) == (422, "cursor-not-valid")
    assert county.a_cm.get("/students", cursor="nonsense").status_code == 422


def test_a_search_finds_part_of_a_name_or_a_whole_number(county: County, roster: list[str]) -> None:
    def found(username: str, **asked: object) -> list[str]:
        answer = county.caller(username).post("/students/search", asked)
        return [one["name"] for one in answer.json()["items"]]

    assert found("a-cm", q="小") == ["林小華", "陳小明"]
    assert found("a-cm", q="小", grade=5) == ["林小華"]
    assert found("a-cm", q="a123456789") == ["陳小明"]
    assert found("a-cm", q="A12345678") == []
    assert found("a-cm", q=NATIONAL_IDS[3]) == []
    assert found("b-office", q="小") == []
    page = county.a_cm.post("/students/search", {"q": "小", "limit": 1}).json()
    again = {"q": "小", "limit": 1, "cursor": page["next_cursor"]}
    assert county.a_cm.post("/students/search", again).json()["items"][0]["name"] == "陳小明"
