"""參與人員選項: names to tick, each account's own (IGP manual §一(四)5)."""

import pytest

from tests.api.serving import NOTE, County

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
