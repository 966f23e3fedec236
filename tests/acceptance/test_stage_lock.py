"""轉銜記錄 and the stage lock: what belongs to a closed stage is for reading (IGP manual 4.4)."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from api import accounts, organisations
from api.accounts import AccountEntry
from api.acting import Asked
from api.organisations import OrganisationEntry
from api.viewer import system_viewer
from domain.account import Role
from domain.organisation import Kind, Stage
from tests.api.serving import COUNTY, NATIONAL_IDS, NOTE, PASSWORD, County

#: The clock of the tests stands at 112.8.1; this is the year that just ended.
LAST = 111
TEST = {"test_name": "團體智力測驗", "test_date": "112.3.1", "result": "百分等級 97"}
CAREER = {"instrument": "interest_inventory"}
AWARD = {"event_name": "科展", "prize": "特優", "level": "county", "award_date": "112.6.1"}
MEETING = {
    "school_year": LAST,
    "held_at": "2023-07-20T10:00:00+08:00",
    "topic": "期初會議",
    "purpose": "擬定學年目標",
    "recorder_name": "林組長",
    "participants": ["家長"],
    "content": "討論課程安排。",
}
REPLACEMENT = {"school_year": LAST, "assessed_needs": "需加深", "outcome": "維持原安置"}
NEED = {"guidance_recommendations": "加深加廣"}


def tab(student: str, stage: str = "junior_high") -> str:
    return f"/students/{student}/sections/transition?stage={stage}"


def class_basics(stage: str = "junior_high", grade: int = 7, **more: Any) -> dict[str, Any]:
    return {
        "education_stage": stage,
        "grade": grade,
        "school_name": "苓雅示範國中",
        "class_name": "七年三班",
        "class_type": "resource_class",
    } | more


def section(student: str, code: str, **query: Any) -> str:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    return f"/students/{student}/sections/{code}?{asked}"


def move(county: County, student: str, stage: str = "junior_high", grade: int = 7) -> None:
    """The directory reports the student in another stage."""
    change = {"stage": stage, "grade": grade, "class_name": "七年三班"}
    answer = county.a_office.post(f"/directory/students/{student}/class-changes", change)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def student(county: County) -> str:
    """A student of `a-cm` in elementary school with a plan since last year."""
    student = county.student(grade=6, class_name="六年甲班")
    county.case_manager("a-cm", student)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[0], "school_year": LAST})
    return student


@pytest.fixture
def moved(county: County, student: str) -> str:
    """That student with something in every section, moved to junior high since."""
    fill(county, student)
    move(county, student)
    return student


def fill(county: County, student: str) -> None:
    for code, data in {
        "identification": {"tests": [TEST]},
        "awards": {"awards": [AWARD]},
        "transition": class_basics("elementary", 6),
    }.items():
        done = county.a_cm.put(section(student, code), {"data": data}, version=0)
        assert done.status_code == 200, (code, done.text)
    for code, data in {
        "needs_assessment": NEED,
        "interest_analysis": {"interests": ["reading"]},
    }.items():
        path = section(student, code, school_year=LAST)
        done = county.a_cm.put(path, {"data": data}, version=0)
        assert done.status_code == 200, (code, done.text)


@pytest.mark.accepts("IGP-93")
def test_the_students_own_stage_is_opened_and_its_class_basics_saved(
    county: County, student: str
) -> None:
    move(county, student)
    assert county.a_cm.get(tab(student)).json()["stages"] == []
    saved = {"data": class_basics(), "confirmed": True}
    done = county.a_cm.put(tab(student), saved, version=0)
    assert done.status_code == 200, done.text
    shown = county.a_cm.get(f"/students/{student}/sections/transition").json()
    assert (shown["stages"], shown["education_stage"], shown["locked"]) == (
        ["junior_high"],
        "junior_high",
        False,
    )
    assert shown["data"]["class_name"] == "七年三班"


@pytest.mark.accepts("IGP-94")
@pytest.mark.parametrize("stage", ["elementary", "senior_high"])
def test_a_tab_for_any_other_stage_is_refused(county: County, student: str, stage: str) -> None:
    move(county, student)
    before = county.topics()
    for path, data in (
        (tab(student, stage), class_basics(stage, 7)),
        (tab(student), class_basics(stage, 7)),
    ):
        refused = county.a_cm.put(path, {"data": data, "confirmed": True}, version=0)
        assert (refused.status_code, refused.json()["code"]) == (409, "stage-locked")
    assert county.topics() == before


@pytest.mark.accepts("IGP-95")
@pytest.mark.parametrize("field", ["grade", "school_name", "class_name", "class_type"])
def test_a_required_field_of_the_tab_left_empty_is_named(
    county: County, student: str, field: str
) -> None:
    data = class_basics("elementary", 6) | {field: None}
    refused = county.a_cm.put(tab(student, "elementary"), {"data": data}, version=0)
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert (error["field"], error["code"]) == (f"data.{field}", "required")
    assert "transition.recorded.v1" not in county.topics()


def test_only_the_current_grade_is_entered_and_what_was_entered_stands(
    county: County, student: str
) -> None:
    path = tab(student, "elementary")
    refused = county.a_cm.put(path, {"data": class_basics("elementary", 5)}, version=0)
    assert (refused.status_code, refused.json()["code"]) == (422, "grade-not-current")
    assert refused.json()["errors"][0]["field"] == "data.grade"
    county.a_cm.put(path, {"data": class_basics("elementary", 6)}, version=0)
    county.a_office.post(f"/directory/students/{student}/class-changes", {"grade": 5})
    kept = {"data": class_basics("elementary", 6, remarks="借讀"), "reason": "補充"}
    assert county.a_cm.put(path, kept, version=1).status_code == 200


@pytest.mark.accepts("IGP-96")
def test_the_tab_of_the_stage_that_was_left_is_read_and_not_edited(
    county: County, moved: str
) -> None:
    path = tab(moved, "elementary")
    edit = {"data": class_basics("elementary", 6, remarks="補記"), "reason": "補充"}
    refused = county.a_cm.put(path, edit, version=1)
    assert (refused.status_code, refused.json()["code"]) == (409, "stage-locked")
    shown = county.a_cm.get(path).json()
    assert (shown["locked"], shown["version"], shown["data"]["grade"]) == (True, 1, 6)


#: Section, which record, what is added or edited, and what is left after a removal.
OF_THE_OLD_STAGE: tuple[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any] | None], ...] = (
    ("identification", {"stage": "elementary"}, {"tests": [TEST]}, {"tests": []}),
    ("awards", {"stage": "elementary"}, {"awards": [AWARD]}, {"awards": []}),
    ("career_interest", {"stage": "elementary"}, {"tests": [CAREER]}, None),
    ("interest_analysis", {"school_year": LAST}, {"interests": ["writing"]}, {}),
    ("needs_assessment", {"school_year": LAST}, {"guidance_recommendations": "改"}, {}),
    ("strengths_weaknesses", {"school_year": LAST}, {"academic": {"english": "strength"}}, None),
    ("basic_family", {"school_year": LAST}, {"phone": "0912345678"}, None),
)


@pytest.mark.accepts("IGP-97")
@pytest.mark.parametrize("who", ["a-cm", "a-gh"])
def test_nothing_of_the_stage_that_was_left_is_added_edited_or_removed(
    county: County, moved: str, who: str
) -> None:
    if who == "a-gh":
        homeroom = {"is_homeroom_teacher": True, "homeroom_class": "七年三班", "gifted_class": True}
        county.teacher("a-gh", **homeroom)
    caller = county.caller(who)
    before = county.topics()
    for code, query, more, less in OF_THE_OLD_STAGE:
        path = section(moved, code, **query)
        shown = caller.get(path)
        assert (shown.status_code, shown.json()["locked"]) == (200, True), code
        had, version = shown.json()["data"], shown.json()["version"]
        added = {
            name: [*had[name], *value] if name in ("tests", "awards") else value
            for name, value in more.items()
        }
        answers = [caller.patch(path, {"data": added, "reason": "補登"}, version=version)]
        if less is not None:
            answers.append(caller.put(path, {"data": less, "reason": "誤填"}, version=version))
        for refused in answers:
            told = refused.status_code, refused.json()["code"]
            assert told == (409, "stage-locked"), (code, refused.text)
    assert county.topics() == before


def test_meetings_and_courses_of_the_stage_that_was_left_are_read_and_not_changed(
    county: County, student: str
) -> None:
    county.subject_teacher("a-eng", student)
    goal = section(student, "annual_goal", school_year=LAST)
    county.a_eng.put(goal, {"data": {"goal_text": "提升閱讀"}}, version=0)
    course = {"school_year": LAST, "subject": "english", "course_name": "英語加深"}
    made = [
        (county.a_cm, f"/students/{student}/meetings", MEETING, {"topic": "改"}),
        (county.a_cm, f"/students/{student}/replacements", REPLACEMENT, {"outcome": "改"}),
        (county.a_eng, f"/students/{student}/courses", course, {"course_name": "改"}),
    ]
    paths = [f"{path}/{caller.made(path, entry)}" for caller, path, entry, _ in made]
    move(county, student)
    before = county.topics()
    for path, (caller, entries, entry, changed) in zip(paths, made, strict=True):
        assert caller.get(path).status_code == 200
        for refused in (
            caller.put(path, changed | {"reason": "更正"}, version=1),
            caller.post(entries, entry),
        ):
            assert (refused.status_code, refused.json()["code"]) == (409, "stage-locked"), path
    shown = county.a_eng.get(goal).json()
    refused = county.a_eng.patch(
        goal, {"data": {"goal_text": "改"}, "reason": "更正"}, version=shown["version"]
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "stage-locked")
    assert county.topics() == before


@pytest.mark.accepts("IGP-98")
def test_what_is_missing_in_the_closing_stage_is_listed_before_the_next_opens(
    county: County, moved: str
) -> None:
    county.a_cm.post(f"/students/{moved}/notes", NOTE)
    refused = county.a_cm.put(tab(moved), {"data": class_basics()}, version=0)
    assert (refused.status_code, refused.json()["code"]) == (409, "stage-incomplete")
    told = refused.json()["detail"]
    for missing in ("生涯興趣", "優弱勢能力", "學年目標"):
        assert missing in told
    for filled in ("基本資料", "鑑定資料", "教育需求評估", "轉銜", "輔導紀錄"):
        assert filled not in told
    assert "transition.recorded.v1" not in county.topics()[-1:]
    sure = {"data": class_basics(), "confirmed": True}
    assert county.a_cm.put(tab(moved), sure, version=0).status_code == 200


@pytest.mark.accepts("IGP-99")
def test_a_stage_that_is_open_is_not_opened_again_and_its_tab_is_shown(
    county: County, student: str
) -> None:
    path = tab(student, "elementary")
    first = {"data": class_basics("elementary", 6)}
    with ThreadPoolExecutor(3) as pool:
        answers = list(
            pool.map(lambda _: county.a_cm.put(path, first, version=0).status_code, range(3))
        )
    assert sorted(answers) == [200, 412, 412]
    refused = county.a_cm.put(path, first, version=0)
    assert (refused.status_code, refused.json()["code"]) == (412, "stale-version")
    assert "第 1 版" in refused.json()["detail"]
    shown = county.a_cm.get(f"/students/{student}/sections/transition").json()
    assert (shown["stages"], shown["version"]) == (["elementary"], 1)
    assert county.topics().count("transition.recorded.v1") == 1


def test_a_later_tab_closes_the_stage_even_where_the_directory_goes_back(
    county: County, moved: str
) -> None:
    """Whichever comes first closes a stage, and nothing opens it again (Q24, Q26)."""
    sure = {"data": class_basics(), "confirmed": True}
    assert county.a_cm.put(tab(moved), sure, version=0).status_code == 200
    move(county, moved, "elementary", 6)
    for path in (section(moved, "awards", stage="elementary"), tab(moved)):
        shown = county.a_cm.get(path).json()
        assert shown["locked"]
        body = {"data": shown["data"] | {"remarks": "補"} if "remarks" in shown["data"] else
                {"awards": []}, "reason": "補登"}  # fmt: skip
        refused = county.a_cm.put(path, body, version=shown["version"])
        assert (refused.status_code, refused.json()["code"]) == (409, "stage-locked")
    refused = county.a_cm.post(f"/students/{moved}/school-years", {"school_year": 112})
    assert (refused.status_code, refused.json()["code"]) == (409, "stage-locked")
    batch = county.a_cm.post("/school-years/batch", {"school_year": 112}).json()
    assert [item["code"] for item in batch["items"]] == ["stage-locked"]


def test_a_student_who_was_handed_over_goes_on_in_the_new_stage(county: County, moved: str) -> None:
    """At the junior high school the new case manager reads the old stage and writes the new."""
    system = system_viewer(county.house)
    entry = OrganisationEntry(
        code="ks-j", name="苓雅示範國中", kind=Kind.SCHOOL, county=COUNTY, stage=Stage.JUNIOR_HIGH
    )
    organisations.register(county.house, system, Asked(body=entry))
    office = AccountEntry(
        username="j-office",
        name="j-office 承辦人",
        organisation="ks-j",
        roles=(Role.SCHOOL_ADMINISTRATOR,),
        password=PASSWORD,
    )
    accounts.register(county.house, system, Asked(body=office))
    handed = {"organisation": "ks-j", "grade": 7, "class_name": "七年一班"}
    done = county.a_office.post(f"/directory/students/{moved}/transfers", handed)
    assert done.status_code == 200, done.text
    county.case_manager("j-cm", moved, school="ks-j")
    county.caller("j-cm").made(f"/students/{moved}/school-years", {"school_year": 112})
    new = county.caller("j-cm").get(section(moved, "basic_family", school_year=112)).json()
    assert (new["education_stage"], new["locked"]) == ("junior_high", False)
    assert new["data"]["school_name"] == "苓雅示範國中"
    old = county.caller("j-cm").get(section(moved, "basic_family", school_year=LAST)).json()
    assert (old["education_stage"], old["locked"]) == ("elementary", True)
    needs = section(moved, "needs_assessment", school_year=112)
    assert county.caller("j-cm").put(needs, {"data": NEED}, version=0).status_code == 200


def test_a_save_and_a_move_to_another_stage_at_once_leave_nothing_written_too_late(
    county: County, student: str
) -> None:
    """Whatever was saved stands in the books before the move."""
    path = section(student, "needs_assessment", school_year=LAST)
    county.case_manager("a-cm2", student)
    with ThreadPoolExecutor(2) as pool:
        saved = pool.submit(county.a_cm.put, path, {"data": NEED}, version=0)
        pool.submit(move, county, student).result()
    topics = county.topics()
    if saved.result().status_code == 200:
        assert topics.index("needs-assessment.recorded.v1") < topics.index(
            "student.class-changed.v1"
        )
    else:
        assert saved.result().json()["code"] == "stage-locked"
        assert "needs-assessment.recorded.v1" not in topics


# -- own notes


def note(county: County, student: str, **more: Any) -> str:
    entry = NOTE | {"school_year": LAST, "held_on": "112.7.20"} | more
    return county.a_cm.made(f"/students/{student}/notes", entry)


def test_own_notes_of_the_stage_that_was_left_are_read_and_not_changed(
    county: County, student: str
) -> None:
    old = note(county, student)
    move(county, student)
    path = f"/students/{student}/notes/{old}"
    shown = county.a_cm.get(path)
    assert (shown.status_code, shown.json()["content"]) == (200, NOTE["content"])
    assert county.a_cm.get(f"/me/notes/{old}").status_code == 200
    other = county.student(number=1)
    county.a_office.made(f"/students/{other}/dispatches", {"account": county.id_of("a-cm")})
    before = county.note_events("a-cm").count("counselling-note.refused.v1")
    late = NOTE | {"school_year": LAST, "held_on": "112.7.21"}
    refusals = [
        county.a_cm.put(path, {"content": "改寫", "reason": "補充"}, version=1),
        county.a_cm.post(f"{path}/withdrawal", {"reason": "重複"}, version=1),
        county.a_cm.post(f"{path}/moves", {"student_id": other, "reason": "填錯"}),
        county.a_cm.post("/notes/withdrawals", {"ids": [old], "reason": "重複"}),
        county.a_cm.post(f"/students/{student}/notes", late),
    ]
    for refused in refusals:
        assert (refused.status_code, refused.json()["code"]) == (409, "stage-locked"), refused.text
    told = county.note_events("a-cm")
    assert told.count("counselling-note.refused.v1") == before + len(refusals)
    assert county.a_cm.get(path).json()["version"] == 1


def test_notes_of_the_new_stage_are_written_and_changed(county: County, student: str) -> None:
    move(county, student)
    county.a_cm.made(f"/students/{student}/school-years", {"school_year": 112})
    new = note(county, student, school_year=112, held_on="112.8.1")
    path = f"/students/{student}/notes/{new}"
    done = county.a_cm.put(path, {"content": "改寫", "reason": "補充"}, version=1)
    assert done.status_code == 200, done.text
    back = county.a_cm.put(path, {"school_year": LAST, "reason": "年度誤植"}, version=2)
    assert (back.status_code, back.json()["code"]) == (409, "stage-locked")


def test_the_register_of_the_day_tells_the_stage_where_the_year_has_no_record(
    county: County,
) -> None:
    student = county.student(grade=6, class_name="六年甲班")
    county.case_manager("a-cm", student)
    old = note(county, student, school_year=112, held_on="112.8.1")
    clock = {"now": "2023-09-01T08:00:00+08:00"}
    assert county.eb.post("/simulation/clock", clock).status_code == 200
    move(county, student)
    path = f"/students/{student}/notes/{old}"
    refused = county.a_cm.put(path, {"content": "改寫", "reason": "補充"}, version=1)
    assert (refused.status_code, refused.json()["code"]) == (409, "stage-locked")
    note(county, student, school_year=112, held_on="112.9.1")


@pytest.mark.parametrize("who", ["a-office", "a-cm2", "eb"])
def test_nobody_else_is_told_more_of_a_locked_note_than_of_none(
    county: County, student: str, who: str
) -> None:
    county.case_manager("a-cm2", student)
    old = note(county, student)
    move(county, student)
    nobody = UUID(int=1)
    for one in (old, nobody):
        path = f"/students/{student}/notes/{one}"
        answer = county.caller(who).put(path, {"content": "改", "reason": "補"}, version=1)
        assert answer.status_code == 404
