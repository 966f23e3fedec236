"""A save is undone by a new event, and only while nobody changed the record since."""

from typing import Any

from tests.api.serving import PLACEMENT
from tests.api.web.conftest import School
from tests.visiting import Sheet, Visitor

MEETING = {
    "held_at.day": "112/7/20",
    "held_at.time": "14:30",
    "topic": "期初會議",
    "purpose": "擬定計畫",
    "participants": "導師",
    "content": "討論課程安排。",
}


def saved(visitor: Visitor, path: str, **typed: Any) -> Sheet:
    sheet = visitor.send(path, visitor.visit(path).form(path).with_typed(typed))
    assert sheet.status == 200, sheet.text
    return sheet


def test_every_save_is_undone_by_its_reverse(school: School) -> None:
    teacher, undo = school.teacher, school.path("/undo")

    def undone(sheet: Sheet) -> Sheet:
        after = teacher.send(undo, sheet.form(undo).fields)
        assert (after.status, "已復原，並以新的紀錄記入歷程" in after.text) == (200, True)
        return after

    def section(code: str) -> dict[str, Any]:
        path = school.path(f"/sections/{code}")
        return school.county.a_cm.get(path, school_year=112).json()["data"]  # type: ignore[no-any-return]

    # A section that was new, and one that was changed; undone, it can be undone once more.
    edit = school.path("/sections/needs_assessment/edit?school_year=112")
    sheet = saved(teacher, edit, guidance_recommendations="加深加廣")
    assert "復原這次的教育需求評估" in sheet.text
    undone(sheet)
    assert section("needs_assessment").get("guidance_recommendations") is None
    saved(teacher, edit, guidance_recommendations="加深", reason="補充")
    sheet = saved(teacher, edit, guidance_recommendations="加廣", reason="更正")
    sheet = undone(sheet)
    assert section("needs_assessment")["guidance_recommendations"] == "加深"
    undone(sheet)
    assert section("needs_assessment")["guidance_recommendations"] == "加廣"

    # Rows: one that was removed comes back.
    awards = school.path("/sections/awards/edit?school_year=112")
    form = teacher.visit(awards).form(awards)
    form = teacher.send(awards, [*form.fields, ("_do", "add:awards")]).form(awards)
    row = {
        "awards.0.event_name": "科學展覽",
        "awards.0.prize": "特優",
        "awards.0.award_date": "112/6/1",
    }
    teacher.send(awards, form.with_typed(row))
    form = teacher.visit(awards).form(awards)
    form = teacher.send(awards, [*form.fields, ("_do", "remove:awards:0")]).form(awards)
    sheet = teacher.send(awards, form.filled(reason="誤刪"))
    assert not section("awards").get("awards")
    undone(sheet)
    assert [one["event_name"] for one in section("awards")["awards"]] == ["科學展覽"]

    # A meeting that was new is withdrawn; withdrawn, it is recorded anew.
    meetings = school.path("/meetings?school_year=112")
    sheet = saved(teacher, school.path("/meetings/new?school_year=112"), **MEETING)
    sheet = undone(sheet)
    assert "期初會議" not in teacher.visit(meetings).text
    sheet = undone(sheet)
    assert "期初會議" in teacher.visit(meetings).text

    # A placement.
    saved(
        teacher,
        school.path("/placements/new"),
        school_year="112",
        area="英語",
        category="skip",
        target_year_grade="4",
        placement_grade="5",
    )
    placement = school.county.a_cm.get(school.path("/placements")).json()["items"][0]
    edit = school.path(f"/placements/{placement['id']}/edit")
    undone(saved(teacher, edit, placement_grade="6", reason="更正"))
    again = school.county.a_cm.get(school.path(f"/placements/{placement['id']}")).json()
    assert (again["placement_grade"], again["version"]) == (5, 3)
    history = teacher.visit(school.path(f"/history?section=placement&record={placement['id']}"))
    assert history.text.count("復原剛才的儲存") == 1


def test_what_somebody_changed_since_is_not_undone_nor_what_somebody_else_saved(
    school: School,
) -> None:
    undo = school.path("/undo")
    edit = school.path("/sections/needs_assessment/edit?school_year=112")
    sheet = saved(school.teacher, edit, guidance_recommendations="加深加廣")
    form = sheet.form(undo).fields
    assert school.colleague.post(undo, form).status_code == 404
    saved(school.colleague, edit, guidance_recommendations="充實", reason="補充")
    before = school.county.topics()
    late = school.teacher.send(undo, form)
    assert (late.status, "這筆資料之後又有變更" in late.text) == (412, True)
    assert "充實" not in late.text
    other = [(name, "2" if name == "after" else value) for name, value in form]
    assert school.teacher.post(undo, other).status_code == 404
    stranger = school.visitor("eb")
    made_up = [
        ("section", "placement"),
        ("record", school.student),
        ("before", "0"),
        ("after", "1"),
    ]
    for pairs in ([], [*form[1:]], made_up):
        assert school.teacher.post(undo, pairs).status_code == 404
    assert stranger.post(undo, form).status_code == 404
    assert school.county.topics() == before
    # A placement of somebody else is not undone either.
    county = school.county
    placement = county.a_cm2.made(school.path("/placements"), PLACEMENT | {"school_year": 112})
    pairs = [("section", "placement"), ("record", placement), ("before", "0"), ("after", "1")]
    assert school.teacher.post(undo, pairs).status_code == 404
