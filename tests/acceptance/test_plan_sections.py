"""What a section of the plan keeps and shows, and what its history tells (IGP manual 3)."""

from collections import Counter
from typing import Any

import pytest

from tests.api.serving import NATIONAL_IDS, County

NOT_OFFERED = "nature_and_living_technology"
#: The items of the manual (3.9); it prints 成績動機 for 成就動機 (AMB-28).
TRAITS = {
    "cognitive": "觀察 記憶 理解 推理 分析 應用 評鑑 創造 批判 解決問題 後設",
    "affective": "專注 成就動機 要求完美 協調溝通 情緒控管 挫折容忍度"
    " 正向思考 領導 合作 自信心 同理心 復原力",
}


@pytest.fixture
def student(county: County) -> str:
    """A student with a plan for 112: `a-cm` keeps it, `a-eng` teaches them."""
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    return student


def page(student: str, section: str, **query: Any) -> str:
    asked = {"school_year": 112} | query
    return f"/students/{student}/sections/{section}?" + "&".join(
        f"{name}={value}" for name, value in asked.items()
    )


def shown(county: County, student: str, section: str, **query: Any) -> Any:
    answer = county.a_cm.get(page(student, section, **query))
    assert answer.status_code == 200, answer.text
    return answer.json()


def saved(county: County, student: str, section: str, data: Any, who: str = "a-cm") -> Any:
    """Saves the whole section as it shall stand; returns what is shown then."""
    version = shown(county, student, section)["version"]
    body = {"data": data, "reason": "更正"}
    answer = county.caller(who).put(page(student, section), body, version=version)
    assert answer.status_code == 200, answer.text
    return shown(county, student, section)


def refused(county: County, student: str, section: str, data: Any) -> list[tuple[str, str]]:
    """What is named when a save of the section is refused; nothing is recorded."""
    before = county.topics()
    version = shown(county, student, section)["version"]
    answer = county.a_cm.put(
        page(student, section), {"data": data, "reason": "更正"}, version=version
    )
    assert answer.status_code == 422, answer.text
    assert county.topics() == before
    return [(one["field"], one["code"]) for one in answer.json()["errors"]]


def history(county: County, student: str, section: str) -> list[dict[str, Any]]:
    """The changes of a section, the oldest first."""
    answer = county.a_cm.get(f"/students/{student}/history", limit=200)
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["items"] if one["section"] == section]


def values(change: dict[str, Any], when: str) -> dict[str, Any]:
    """What the fields of a change said `before` or `after` it."""
    return {one["field"].rpartition(".")[2]: one[when] for one in change["fields"]}


@pytest.mark.accepts("IGP-79")
def test_a_required_field_left_empty_is_named_and_nothing_is_saved(
    county: County, student: str
) -> None:
    given = shown(county, student, "basic_family")["data"]
    assert refused(county, student, "basic_family", given | {"student_name": " "}) == [
        ("data.student_name", "required")
    ]
    member = {"kinship": "父", "name": None}
    assert refused(county, student, "basic_family", given | {"family_members": [member]}) == [
        ("data.family_members.0.name", "required")
    ]
    assert shown(county, student, "basic_family")["version"] == 1


@pytest.mark.accepts("IGP-81")
def test_of_two_family_members_one_is_removed_and_history_holds_all_three_acts(
    county: County, student: str
) -> None:
    father = {
        "kinship": "父",
        "name": "陳大明",
        "highest_education": "大學",
        "field_of_study": "物理系",
        "phone": "0912345678",
        "employer": "示範公司",
    }
    mother = {"kinship": "母", "name": "林美華"}
    data = shown(county, student, "basic_family")["data"]
    both = saved(county, student, "basic_family", data | {"family_members": [father, mother]})
    first, second = both["data"]["family_members"]
    left = saved(county, student, "basic_family", both["data"] | {"family_members": [first]})
    [member] = left["data"]["family_members"]
    assert member == father | {"row_id": first["row_id"]}
    acts = [one for one in history(county, student, "basic_family") if one.get("row_id")]
    assert [(one["kind"], one["row_id"]) for one in acts] == [
        ("recorded", first["row_id"]),
        ("recorded", second["row_id"]),
        ("withdrawn", second["row_id"]),
    ]
    assert values(acts[2], "before")["name"] == "林美華"
    assert acts[2]["reason"] == "更正"


@pytest.mark.accepts("IGP-100")
def test_a_test_row_appears_under_the_tab_of_the_current_stage(
    county: County, student: str
) -> None:
    test = {"test_name": "魏氏兒童智力量表", "test_date": "112.5.1", "result": "全量表 132"}
    saved(county, student, "identification", {"tests": [test]})
    tab = shown(county, student, "identification", stage="elementary")
    [row] = tab["data"]["tests"]
    assert row.pop("row_id")
    assert row == test | {"test_date": "2023-05-01"}
    assert (tab["education_stage"], tab["stages"], tab["locked"]) == (
        "elementary",
        ["elementary"],
        False,
    )
    other = shown(county, student, "identification", stage="junior_high")
    assert (other["data"]["tests"], other["version"], other["locked"]) == ([], 0, True)


@pytest.mark.accepts("IGP-25", "IGP-101")
def test_a_test_is_added_filled_and_removed_and_its_history_remains(
    county: County, student: str
) -> None:
    right = {"instrument": "interest_inventory"}
    wrong = {"instrument": "aptitude_test"}
    both = saved(county, student, "career_interest", {"tests": [right, wrong]})["data"]["tests"]
    filled = [both[0] | {"result": "研究型", "test_date": "112.6.1"}, both[1]]
    saved(county, student, "career_interest", {"tests": filled})
    [kept] = saved(county, student, "career_interest", {"tests": filled[:1]})["data"]["tests"]
    assert (kept["row_id"], kept["result"]) == (both[0]["row_id"], "研究型")
    of_wrong = [
        (one["kind"], values(one, "after" if one["kind"] == "recorded" else "before"))
        for one in history(county, student, "career_interest")
        if one.get("row_id") == both[1]["row_id"]
    ]
    assert [kind for kind, _ in of_wrong] == ["recorded", "withdrawn"]
    assert {said["instrument"] for _, said in of_wrong} == {"aptitude_test"}


@pytest.mark.accepts("IGP-102")
def test_another_interest_needs_its_text(county: County, student: str) -> None:
    data = {"interests": ["reading"], "interests_other": ["science"]}
    [(_, code)] = refused(county, student, "interest_analysis", data)
    assert code == "other-needs-text"
    data["interests_other_note"] = {"science": "  "}
    assert refused(county, student, "interest_analysis", data)
    data["interests_other_note"] = {"science": "養殖水母"}
    kept = saved(county, student, "interest_analysis", data)["data"]
    assert kept == data


def test_ticks_are_a_set_in_the_order_of_the_table(county: County, student: str) -> None:
    first = saved(county, student, "interest_analysis", {"interests": ["astronomy", "reading"]})
    assert first["data"]["interests"] == ["reading", "astronomy"]
    again = {"interests": ["astronomy", "reading", "reading"]}
    assert saved(county, student, "interest_analysis", again)["version"] == first["version"]
    basic = shown(county, student, "basic_family")["data"]
    for section, data, field, ticked in (
        ("basic_family", basic, "giftedness_category", ["academic_aptitude", "arts"]),
        (
            "interest_analysis",
            {"interests_other_note": {"science": "水母", "language": "手語"}},
            "interests_other",
            ["language", "science"],
        ),
        (
            "strengths_weaknesses",
            {"other_note": {"cognitive:strength": "空間", "academic:strength": "天文"}},
            "other_ticked",
            ["cognitive:strength", "academic:strength"],
        ),
    ):
        first = saved(county, student, section, data | {field: ticked[::-1]})
        assert first["data"][field] == ticked
        again = data | {field: [*ticked, *ticked[::-1]]}
        assert saved(county, student, section, again)["version"] == first["version"]


@pytest.mark.accepts("IGP-103")
def test_of_two_awards_one_is_removed_and_history_holds_all_three_changes(
    county: County, student: str
) -> None:
    award = {"event_name": "科學展覽", "prize": "特優", "level": "county"}
    two = [award, award | {"event_name": "奧林匹亞"}]
    first, second = saved(county, student, "awards", {"awards": two})["data"]["awards"]
    assert saved(county, student, "awards", {"awards": [second]})["data"]["awards"] == [second]
    acts = [one for one in history(county, student, "awards") if one.get("row_id")]
    assert Counter((one["kind"], one["row_id"]) for one in acts) == {
        ("recorded", first["row_id"]): 1,
        ("recorded", second["row_id"]): 1,
        ("withdrawn", first["row_id"]): 1,
    }


@pytest.mark.accepts("IGP-104")
def test_the_items_of_the_strengths_page_are_offered_and_take_either_mark(
    county: County, student: str
) -> None:
    form = county.a_cm.get("/sections/strengths_weaknesses/form").json()
    areas = {one["name"]: one for one in form["fields"] if one["kind"] == "marks"}
    assert list(areas) == ["cognitive", "affective", "academic"]
    offered = {}
    for name, field in areas.items():
        assert [one["label"] for one in field["options"]] == ["優勢", "弱勢"]
        table = county.a_cm.get(f"/reference/{field['table']}").json()
        assert field["group"] == (name if name in table["groups"] else None)
        offered[name] = [
            one["code"]
            for one in table["values"]
            if one["offered"] and field["group"] in (None, one["group"])
        ]
    assert (len(offered["cognitive"]), len(offered["affective"])) == (11, 12)
    traits = county.a_cm.get("/reference/traits").json()["values"]
    said = {name: [one["label"] for one in traits if one["group"] == name] for name in TRAITS}
    assert said == {name: labels.split() for name, labels in TRAITS.items()}
    for mark in ("strength", "weakness"):
        data = {name: dict.fromkeys(codes, mark) for name, codes in offered.items()}
        kept = saved(county, student, "strengths_weaknesses", data)["data"]
        assert {name: kept[name] for name in data} == data
    both = {"cognitive": {"memory": ["strength", "weakness"]}}
    assert refused(county, student, "strengths_weaknesses", both)
    elsewhere = {"cognitive": {"empathy": "strength"}}
    assert refused(county, student, "strengths_weaknesses", elsewhere) == [
        ("data.cognitive", "not-offered")
    ]


@pytest.mark.accepts("IGP-105")
@pytest.mark.parametrize("area", ["cognitive", "affective", "academic"])
def test_another_ability_needs_its_text(county: County, student: str, area: str) -> None:
    for ticked in (f"{area}:strength", f"{area}:weakness"):
        for nothing in ({}, {"other_note": {ticked: " "}}):
            data = {"other_ticked": [ticked]} | nothing
            assert refused(county, student, "strengths_weaknesses", data)
        [(_, code)] = refused(county, student, "strengths_weaknesses", {"other_ticked": [ticked]})
        assert code == "other-needs-text"
        data = {"other_ticked": [ticked], "other_note": {ticked: "空間知覺"}}
        kept = saved(county, student, "strengths_weaknesses", data)["data"]
        assert (kept["other_ticked"], kept["other_note"]) == ([ticked], {ticked: "空間知覺"})


@pytest.mark.accepts("IGP-32")
def test_a_mark_changed_by_a_subject_teacher_is_a_correction_in_their_name(
    county: County, student: str
) -> None:
    saved(county, student, "strengths_weaknesses", {"cognitive": {"memory": "strength"}})
    changed = {"cognitive": {"memory": "weakness"}}
    seen = saved(county, student, "strengths_weaknesses", changed, who="a-eng")
    assert seen["data"]["cognitive"] == {"memory": "weakness"}
    assert seen["updated_by"]["id"] == county.id_of("a-eng")
    assert county.topics()[-1] == "strengths-weaknesses.corrected.v1"
    newest = history(county, student, "strengths_weaknesses")[-1]
    assert (newest["kind"], newest["author"]["id"], newest["author"]["capacity"]) == (
        "corrected",
        county.id_of("a-eng"),
        "ST",
    )
    assert values(newest, "before") == {"cognitive": {"memory": "strength"}}
    assert values(newest, "after") == {"cognitive": {"memory": "weakness"}}


@pytest.mark.accepts("IGP-33")
def test_a_subject_teacher_is_told_who_begins_the_strengths_and_deletes_none(
    county: County, student: str
) -> None:
    path = page(student, "strengths_weaknesses")
    before = county.topics()
    data = {"cognitive": {"memory": "strength"}}
    refused = county.a_eng.put(path, {"data": data}, version=0)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert "請由個案管理教師或資優班導師先填寫" in refused.json()["detail"]
    assert county.topics() == before
    saved(county, student, "strengths_weaknesses", data)
    before = county.topics()
    withdrawal = path.replace("?", "/withdrawal?")
    refused = county.a_eng.post(withdrawal, {"reason": "誤填"}, version=1)
    assert (refused.status_code, refused.json()["code"]) == (403, "not-allowed")
    assert "先填寫" not in refused.json()["detail"]
    assert county.topics() == before


@pytest.mark.accepts("IGP-106")
def test_the_five_areas_of_needs_are_offered_and_ticks_are_kept_per_area(
    county: County, student: str
) -> None:
    table = county.a_cm.get("/reference/needs").json()
    assert list(table["groups"].values()) == [
        "領域學習課程",
        "特殊需求課程",
        "認知教學方面",
        "情意輔導",
        "技能培訓",
    ]
    ticks = {
        area: [one["code"] for one in table["values"] if one["group"] == area][:2]
        for area in table["groups"]
    }
    assert saved(county, student, "needs_assessment", {"needs": ticks})["data"]["needs"] == ticks
    for wrong in (
        {"nowhere": ["enrichment"]},
        {"skills_training": ["enrichment"]},
        {"skills_training": ["juggling"]},
    ):
        assert refused(county, student, "needs_assessment", {"needs": wrong}) == [
            ("data.needs", "not-offered")
        ]


def test_a_value_past_its_day_is_refused_for_new_data_and_kept_in_old_records(
    county: County, student: str
) -> None:
    """自然與生活科技 is offered until 113.7.31, the end of the guidelines of before 108."""
    marks = {"academic": {NOT_OFFERED: "strength"}}
    saved(county, student, "strengths_weaknesses", marks)
    moved = county.eb.post("/simulation/clock", {"now": "2024-08-05T09:00:00+08:00"})
    assert moved.status_code == 200, moved.text
    kept = shown(county, student, "strengths_weaknesses")["data"]["academic"]
    assert kept == marks["academic"]
    more = {"academic": kept | {"english": "weakness"}}
    assert (
        saved(county, student, "strengths_weaknesses", more)["data"]["academic"] == more["academic"]
    )
    # Of the year that is over it is still written down; the new year never had it.
    saved(county, student, "strengths_weaknesses", {"academic": {"english": "weakness"}})
    again = saved(county, student, "strengths_weaknesses", more)["data"]
    assert again["academic"] == more["academic"]
    county.a_cm.made(f"/students/{student}/school-years", {"school_year": 113})
    path = page(student, "strengths_weaknesses", school_year=113)
    late = county.a_cm.put(path, {"data": more}, version=0)
    assert late.status_code == 422, late.text
    assert [(one["field"], one["code"]) for one in late.json()["errors"]] == [
        ("data.academic", "not-offered")
    ]
