"""參與人員選項: names to tick, each account's own (IGP manual §一(四)5)."""

import pytest

from tests.api.serving import NATIONAL_IDS, NOTE, PASSWORD, County
from tests.visiting import Visitor

PATH = "/participant-options"
NOBODY = "00000000-0000-4000-8000-000000000001"


@pytest.mark.accepts("IGP-125")
def test_a_name_is_offered_until_it_is_removed(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    option = county.a_cm.made(PATH, {"name": "外聘講師"})
    [offered] = county.a_cm.get(PATH).json()["items"]
    assert offered == {"id": option, "version": 1, "name": "外聘講師"}
    notes = f"/students/{student}/notes"
    note = county.a_cm.made(notes, NOTE | {"participants": [offered["name"]]})
    assert county.a_cm.post(f"{PATH}/{option}/withdrawal", version=1).status_code == 200
    assert county.a_cm.get(PATH).json()["items"] == []
    # What was written with it stays as it was.
    assert county.a_cm.get(f"{notes}/{note}").json()["participants"] == ["外聘講師"]
    assert county.a_cm.get(f"{notes}/{note}").json()["version"] == 1


@pytest.mark.accepts("IGP-125")
def test_the_forms_of_meetings_and_notes_offer_the_names_of_the_own_page(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    county.case_manager("a-cm2", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": 112})
    manager = Visitor.of(county.client, "a-cm", PASSWORD)
    other = Visitor.of(county.client, "a-cm2", PASSWORD)
    own = "/me" + PATH
    forms = [
        f"/students/{student}/meetings/new?school_year=112",
        f"/students/{student}/notes/new",
    ]
    before = [other.visit(form).form(form).options for form in forms]
    assert "還沒有常用的參與人員" in manager.visit(own).text
    sheet = manager.send(own, manager.visit(own).form(own).filled(name="外聘講師"))
    assert (sheet.path, "外聘講師" in sheet.text) == (own, True)
    twice = manager.send(own, sheet.form(own).filled(name="外聘講師"))
    assert (twice.status, "已經在您的參與人員選項中" in twice.text) == (409, True)
    nameless = manager.send(own, sheet.form(own).filled(name=" "))
    assert (nameless.status, 'href="#f-name"' in nameless.html) == (422, True)
    for form in forms:
        shown = manager.visit(form)
        assert '<span class="form-check-label">外聘講師</span>' in shown.html, form
        assert shown.link("我的參與人員") == own
        assert "外聘講師" not in other.visit(form).html
    said = {
        "topic": "期初會議",
        "purpose": "擬定學年目標",
        "recorder_name": "林組長",
        "participants": ["外聘講師", "家長"],
        "content": "討論課程安排。",
        "held_at.day": "112/7/20",
        "held_at.time": "14:30",
    }
    done = manager.send(forms[0], manager.visit(forms[0]).form(forms[0]).with_typed(said))
    assert "已儲存，並記入歷程" in done.text, done.text
    [meeting] = county.a_cm.get(f"/students/{student}/meetings").json()["items"]
    assert meeting["participants"] == ["外聘講師", "家長"]
    [option] = county.a_cm.get(PATH).json()["items"]
    gone = f"{own}/{option['id']}/withdrawal"
    assert other.post(gone, [("_version", "1")]).status_code == 404
    assert "已移除" in manager.send(gone, manager.visit(own).form(gone).fields).text
    for form in forms:
        assert "外聘講師" not in manager.visit(form).html
    assert [other.visit(form).form(form).options for form in forms] == before
    [meeting] = county.a_cm.get(f"/students/{student}/meetings").json()["items"]
    assert (meeting["version"], meeting["participants"]) == (1, ["外聘講師", "家長"])


@pytest.mark.accepts("IGP-127")
def test_the_names_of_one_account_are_not_offered_to_another(county: County) -> None:
    student = county.student()
    county.case_manager("a-cm", student)
    county.subject_teacher("a-eng", student)
    others = ("a-eng", "a-office", "eb")
    before = {other: county.caller(other).get(PATH).content for other in others}
    option = county.a_cm.made(PATH, {"name": "外聘講師"})
    for other in others:
        caller = county.caller(other)
        assert caller.get(PATH).content == before[other]
        asked = caller.post(f"{PATH}/{option}/withdrawal", version=1)
        nothing = caller.post(f"{PATH}/{NOBODY}/withdrawal", version=1)
        assert (asked.status_code, asked.content) == (404, nothing.content)
    # The colleague adds the same name and has it alone.
    own = county.a_eng.made(PATH, {"name": "外聘講師"})
    assert own != option
    assert county.a_eng.post(f"{PATH}/{own}/withdrawal", version=1).status_code == 200
    assert [one["id"] for one in county.a_cm.get(PATH).json()["items"]] == [option]
