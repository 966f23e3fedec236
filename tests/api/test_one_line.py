"""Names, classes and other words stand on one line, whichever door they come in by.

A name that breaks its line forges a row of a list or a paper; a mark that turns the direction of
writing shows another name than the one that is kept.
"""

from typing import Any

import pytest

from tests.api.serving import NATIONAL_IDS, NOTE, PLACEMENT, County

MORE_THAN_A_LINE = ("\n", "\r\n", "\x7f", "\x85", "\u2028", "\u2029", "\u202e", "\u2066")
#: As people are called: rare characters, a character with a variant, two scripts, a dot, blanks.
NAMES = ("𠮷田㐂", "葛\U000e0100城", "Yapit Tali 雅碧．達利", "O’Brien–Ñandú", "阿\u3000明")


def _account(**more: Any) -> dict[str, Any]:
    entry = {"username": "new", "name": "新老師", "organisation": "ks-a", "roles": ["teacher"]}
    return entry | {"password": "demo-igp-114"} | more


def _pupil(**more: Any) -> dict[str, Any]:
    entry = {"national_id": NATIONAL_IDS[1], "name": "林小華", "sex": "male"}
    return entry | {"birth_date": "103.5.1", "grade": 4} | more


@pytest.mark.parametrize("mark", MORE_THAN_A_LINE)
def test_a_word_of_more_than_one_line_is_refused_and_named(county: County, mark: str) -> None:
    pupil = county.student()
    teacher = county.case_manager("a-cm", pupil)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    word = f"王{mark}小明"
    school = {"code": "ks-c", "name": word, "kind": "school", "county": "高雄市"}
    taught = {"account": teacher, "subject": word, "school_year": 112}
    before = county.topics()
    for who, path, body, field in (
        ("eb", "/organisations", school, "name"),
        ("eb", "/organisations", school | {"name": "新國小", "district": word}, "district"),
        ("a-office", "/accounts", _account(name=word), "name"),
        ("a-office", "/accounts", _account(subjects=[word]), "subjects"),
        ("a-office", "/accounts", _account(teaching_category=word), "teaching_category"),
        ("a-office", "/directory/students", _pupil(name=word), "name"),
        ("a-office", "/directory/students", _pupil(class_name=word), "class_name"),
        ("a-office", f"/students/{pupil}/teaching-assignments", taught, "subject"),
        ("a-cm", f"/students/{pupil}/placements", PLACEMENT | {"area": word}, "area"),
        ("a-cm", "/participant-options", {"name": word}, "name"),
        ("a-cm", f"/students/{pupil}/notes", NOTE | {"participants": [word]}, "participants"),
        ("a-cm", f"/students/{pupil}/notes", NOTE | {"recorder": word}, "recorder"),
    ):
        answer = county.caller(who).post(path, body)
        assert answer.status_code == 422, (path, answer.text)
        [wrong] = answer.json()["errors"]
        assert (wrong["field"], "一行" in wrong["message"]) == (field, True), (path, wrong)
    page = f"/students/{pupil}/sections/basic_family?school_year=112"
    shown = county.a_cm.get(page).json()
    member = {"kinship": "父", "name": word}
    for data, field in (
        ({"student_name": word}, "data.student_name"),
        ({"school_name": word}, "data.school_name"),
        ({"family_members": [member]}, "data.family_members.0.name"),
    ):
        body = {"data": data, "reason": "更正"}
        answer = county.a_cm.patch(page, body, version=shown["version"])
        assert answer.status_code == 422, answer.text
        [wrong] = answer.json()["errors"]
        assert (wrong["field"], wrong["code"]) == (field, "one-line"), wrong
    assert county.topics() == before
    assert set(county.note_events("a-cm")) == {"counselling-note.refused.v1"}


def test_a_tab_that_came_along_from_a_sheet_is_a_blank(county: County) -> None:
    county.eb.made(
        "/organisations",
        {"code": "ks-c", "kind": "school", "county": "高雄市"}
        | {"name": "東\t國小", "district": "三\t民區"},
    )
    schools = county.eb.get("/organisations").json()["items"]
    [school] = [one for one in schools if one["code"] == "ks-c"]
    assert (school["name"], school["district"]) == ("東 國小", "三 民區")
    pupil = county.a_office.made(
        "/directory/students", _pupil(name="Yapit\tTali", class_name="四年\t甲班")
    )
    seen = county.a_office.get(f"/students/{pupil}").json()
    assert (seen["name"], seen["class_name"]) == ("Yapit Tali", "四年 甲班")
    teacher = county.case_manager("a-cm", pupil)
    account = county.a_office.made(
        "/accounts", _account(name="新\t老師", subjects=["國\t語"], teaching_category="語\t文")
    )
    shown = county.a_office.get(f"/accounts/{account}").json()
    assert (shown["name"], shown["subjects"]) == ("新 老師", ["國 語"])
    assert shown["teaching_category"] == "語 文"
    taught = {"account": teacher, "subject": "國\t語", "school_year": 112}
    county.a_office.made(f"/students/{pupil}/teaching-assignments", taught)
    county.a_cm.made("/participant-options", {"name": "王\t主任"})
    [option] = county.a_cm.get("/participant-options").json()["items"]
    assert option["name"] == "王 主任"
    note = NOTE | {"participants": ["王\t主任"], "recorder": "林\t老師"}
    county.a_cm.made(f"/students/{pupil}/notes", note)
    [note] = county.a_cm.get(f"/students/{pupil}/notes").json()["items"]
    assert (note["participants"], note["recorder"]) == (["王 主任"], "林 老師")


@pytest.mark.parametrize("name", NAMES)
def test_whatever_a_person_is_called_stands_as_it_was_given(county: County, name: str) -> None:
    pupil = county.a_office.made("/directory/students", _pupil(name=name))
    assert county.a_office.get(f"/students/{pupil}").json()["name"] == name


def test_a_longer_text_keeps_its_lines(county: County) -> None:
    pupil = county.student()
    county.case_manager("a-cm", pupil)
    note = county.a_cm.made(f"/students/{pupil}/notes", NOTE | {"content": "第一行\n第二行\t末"})
    shown = county.a_cm.get(f"/students/{pupil}/notes").json()["items"]
    assert [(one["id"], one["content"]) for one in shown] == [(note, "第一行\n第二行\t末")]
