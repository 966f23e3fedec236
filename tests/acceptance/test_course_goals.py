"""課程目標: written by its teachers, seen by whom the manual names (IGP manual 2.3.10, 4.6)."""

from dataclasses import replace

import pytest

from tests.acceptance.courses import COURSE, NOBODY, ROW, YEAR, Planning, code
from tests.api.serving import NATIONAL_IDS, PASSWORD, County
from tests.visiting import Visitor

TRIAD = ["type_1_general_exploration", "type_2_group_training", "type_3_independent_study"]
PARALLEL = ["core", "connections", "practice", "identity"]
SHARE = {"account": "a-new", "relation": "same_field"}


@pytest.fixture
def plan(county: County) -> Planning:
    return Planning.of(county)


def refused(plan: Planning, who: str, course: str) -> list[int]:
    """The answers to creating, editing, deleting and sharing."""
    caller, path = plan.caller(who), f"{plan.courses}/{course}"
    return [
        caller.post(plan.courses, COURSE).status_code,
        caller.put(path, {"course_name": "改名", "reason": "更正"}, version=1).status_code,
        caller.post(f"{path}/withdrawal", {"reason": "重複"}, version=1).status_code,
        caller.post(f"{path}/shares", SHARE).status_code,
    ]


@pytest.mark.accepts("IGP-39")
def test_its_teachers_create_edit_delete_and_see_a_course(plan: Planning) -> None:
    plan.goal()
    course = plan.course("a-math", ROW, teachers=["a-eng"])
    path = f"{plan.courses}/{course}"
    for version, who in ((2, "a-math"), (3, "a-eng")):
        body = {"course_name": f"{who} 的課程", "reason": "更正"}
        done = plan.caller(who).put(path, body, version=version)
        assert (done.status_code, done.json()["version"]) == (200, version + 1), done.text
        shown = plan.shown(course, who)
        assert shown["course_name"] == f"{who} 的課程"
        assert shown["semester"] == "first"
        assert [row["learning_performance"] for row in shown["rows"]] == [
            ROW["learning_performance"]
        ]
    unreasoned = plan.caller("a-eng").post(f"{path}/withdrawal", {}, version=4)
    assert code(unreasoned) == (422, "reason-required")
    gone = plan.caller("a-eng").post(f"{path}/withdrawal", {"reason": "重複"}, version=4)
    assert gone.status_code == 200
    assert plan.caller("a-math").get(path).status_code == 404
    assert plan.caller("a-math").get(plan.courses).json()["items"] == []
    again = plan.caller("a-math").put(path, {"course_name": "又來"}, version=5)
    assert code(again) == (409, "already-withdrawn")
    # What was there is in the history of its teachers.
    history = plan.caller("a-math").get(f"/students/{plan.student}/history").json()["items"]
    kinds = [one["kind"] for one in history if one["record_id"] == course]
    assert sorted(kinds) == ["corrected", "corrected", "recorded", "recorded", "withdrawn"]
    # It names its teachers, as they are called.
    said = [
        [person["name"] for person in field["after"]]
        for one in history
        if one["record_id"] == course
        for field in one["fields"]
        if field["field"] == "teachers" and field["after"]
    ]
    assert sorted(said[0]) == ["a-eng 老師", "a-math 老師"]


@pytest.mark.parametrize(
    "who",
    [
        pytest.param("a-cm", marks=pytest.mark.accepts("IGP-40")),
        pytest.param("a-gh", marks=pytest.mark.accepts("IGP-41")),
        pytest.param("a-hr", marks=pytest.mark.accepts("IGP-42")),
    ],
)
def test_who_looks_after_the_student_sees_the_course_and_changes_nothing(
    plan: Planning, who: str
) -> None:
    if who == "a-hr":
        plan.county.teacher("a-hr", homeroom_class="四年甲班")
    plan.goal()
    course = plan.course("a-math", ROW)
    before = plan.county.topics()
    assert plan.shown(course, who)["rows"][0]["assessment_methods"] == ["dynamic", "小論文"]
    assert [one["id"] for one in plan.caller(who).get(plan.courses).json()["items"]] == [course]
    assert refused(plan, who, course) == [403] * 4
    assert plan.county.topics() == before


@pytest.mark.accepts("IGP-43")
def test_a_student_sees_the_own_courses_and_changes_nothing(plan: Planning) -> None:
    plan.goal()
    course = plan.course("a-math", ROW)
    pupil = plan.pupil()
    shown = pupil.get(f"{plan.courses}/{course}")
    assert (shown.status_code, shown.json()["course_name"]) == (200, "數學專題")
    assert [one["id"] for one in pupil.get(plan.courses).json()["items"]] == [course]
    before = plan.county.topics()
    answers = refused(plan, "a-pupil", course)
    # That there is a student record to add a course to is not the student's to see.
    assert answers[0] in (403, 404)
    assert answers[1:] == [403] * 3
    for query in ("", "&format=pdf"):
        export = pupil.get(f"/students/{plan.student}/plan?school_year={YEAR}{query}")
        assert export.status_code in (403, 404)
    assert pupil.get(plan.goal_path()).status_code == 404
    assert plan.county.topics() == before


@pytest.mark.accepts("IGP-43")
def test_a_student_signs_in_to_a_page_of_the_own_courses_and_nothing_else(plan: Planning) -> None:
    api = plan.pupil()
    pupil = Visitor.of(plan.county.client, "a-pupil", PASSWORD)
    # Before there is one, the own list is empty, and not a student whom nobody knows.
    assert api.get(plan.courses).json()["items"] == []
    home = pupil.visit("/")
    assert (home.path, "目前沒有課程目標" in home.text) == ("/me/courses", True)
    plan.goal()
    plan.course("a-math", ROW | {"assessment_result": "能獨立完成專題"})
    other = plan.county.student(number=1)
    elsewhere = replace(plan, student=other)
    plan.county.a_office.made(
        f"/students/{other}/dispatches", {"account": plan.county.id_of("a-cm")}
    )
    teaching = {"account": plan.county.id_of("a-math"), "subject": "數學", "school_year": YEAR}
    plan.county.a_office.made(f"/students/{other}/teaching-assignments", teaching)
    plan.county.a_cm.made("/students", {"national_id": NATIONAL_IDS[1], "school_year": YEAR})
    elsewhere.goal()
    elsewhere.course("a-math", course_name="別人的課程")
    page = pupil.visit("/me/courses")
    for told in (
        "數學專題",
        "上學期",
        "a-math 老師",
        ROW["adjusted_learning_performance"],
        "能獨立完成專題",
    ):
        assert told in page.text
    assert "別人的課程" not in page.text
    places = {path for _, path in page.links} & {"/students", "/changes", "/me/notes", "/school"}
    assert places == set()
    for path in ("", "/plan", "/sections/needs_assessment", "/notes", "/courses/new"):
        assert pupil.visit(f"/students/{plan.student}{path}").status in (403, 404), path
    # It is a page of students alone.
    teacher = Visitor.of(plan.county.client, "a-math", PASSWORD)
    assert teacher.visit("/me/courses").status == 404


@pytest.mark.accepts("IGP-44")
def test_a_student_is_told_nothing_of_another_students_course(plan: Planning) -> None:
    other = plan.county.student(number=1)
    county = plan.county
    manager = county.id_of("a-cm")
    county.a_office.made(f"/students/{other}/dispatches", {"account": manager})
    teaching = {"account": county.id_of("a-math"), "subject": "數學", "school_year": YEAR}
    county.a_office.made(f"/students/{other}/teaching-assignments", teaching)
    county.a_cm.made("/students", {"national_id": NATIONAL_IDS[1], "school_year": YEAR})
    elsewhere = Planning(county, other)
    elsewhere.goal()
    course = elsewhere.course("a-math", ROW)
    pupil = plan.pupil()
    nothing = pupil.get(f"{plan.courses}/{NOBODY}")
    for path in (f"{elsewhere.courses}/{course}", f"{plan.courses}/{course}", elsewhere.courses):
        asked = pupil.get(path)
        assert (asked.status_code, asked.content) == (404, nothing.content)


@pytest.mark.accepts("IGP-45")
def test_a_course_not_shared_is_not_there_for_other_subject_teachers(plan: Planning) -> None:
    plan.goal()
    other = plan.caller("a-eng")
    nothing = other.get(f"{plan.courses}/{NOBODY}").content
    empty = other.get(plan.courses).content
    course = plan.course("a-math", ROW)
    path = f"{plan.courses}/{course}"
    assert other.get(plan.courses).content == empty
    asked = other.get(path)
    assert (asked.status_code, asked.content) == (404, nothing)
    assert refused(plan, "a-eng", course)[1:] == [404] * 3
    history = other.get(f"/students/{plan.student}/history").json()["items"]
    assert course not in {one["record_id"] for one in history}
    report = other.get("/changes", **{"from": "112.7.1", "to": "112.8.1"}).json()["items"]
    assert course not in {one["record_id"] for one in report}
    found = other.get(f"/students/{plan.student}").json()["relations"]
    assert {one["kind"] for one in found} <= {"teaching", "resource_class", "homeroom"}


@pytest.mark.accepts("IGP-48")
@pytest.mark.parametrize("who", ["a-cm", "a-gh", "a-hr", "a-office", "eb"])
def test_nobody_but_its_teachers_shares_a_course(plan: Planning, who: str) -> None:
    plan.county.teacher("a-hr", homeroom_class="四年甲班")
    plan.goal()
    course = plan.course("a-math")
    path = f"{plan.courses}/{course}"
    status = 404 if who == "eb" else 403
    assert plan.caller(who).post(f"{path}/shares", SHARE).status_code == status
    account = plan.county.id_of("a-new")
    plan.caller("a-math").made(f"{path}/shares", SHARE)
    ended = plan.caller(who).post(f"{path}/shares/{account}/end", {"reason": "調整"}, version=2)
    assert ended.status_code == status
    assert len(plan.shown(course)["shares"]) == 1
    if who == "a-office":
        assert plan.shown(course, who)["course_name"] == "數學專題"
    if who == "eb":
        assert plan.caller(who).get(path).status_code == 404
        assert plan.caller(who).get(plan.courses).status_code == 404
        assert plan.caller(who).post(plan.courses, COURSE).status_code == 404


@pytest.mark.parametrize(
    ("model", "offered"),
    [
        pytest.param("enrichment_triad", TRIAD, marks=pytest.mark.accepts("IGP-108")),
        pytest.param("parallel_curriculum", PARALLEL, marks=pytest.mark.accepts("IGP-109")),
        *(
            pytest.param(model, [], marks=pytest.mark.accepts("IGP-110"))
            for model in (
                "creative_problem_solving",
                "self_directed_learning",
                "discover",
                "none",
                None,
            )
        ),
    ],
)
def test_the_teaching_model_says_which_components_a_course_has(
    plan: Planning, model: str | None, offered: list[str]
) -> None:
    plan.goal(model=model)
    course = plan.course("a-math", *[ROW | {"component": one} for one in offered])
    shown = plan.shown(course)
    assert shown["components"] == offered
    assert [row["component"] for row in shown["rows"]] == offered
    for component in {*TRIAD, *PARALLEL} - {*offered}:
        entry = COURSE | {"rows": [ROW | {"component": component}]}
        answer = plan.caller("a-math").post(plan.courses, entry)
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert (error["field"], error["code"]) == ("rows.0.component", "component-not-offered")
    answer = plan.caller("a-math").post(plan.courses, COURSE | {"rows": [ROW]})
    if offered:
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "component-needed")
    else:
        assert answer.status_code == 201


@pytest.mark.accepts("IGP-114")
def test_a_course_opens_with_its_creator_among_its_teachers(plan: Planning) -> None:
    missing = plan.caller("a-math").post(plan.courses, COURSE)
    assert code(missing) == (409, "annual-goal-missing")
    plan.goal("a-eng")
    me = plan.county.id_of("a-math")
    course = plan.caller("a-math").made(
        plan.courses, {"school_year": YEAR, "subject": "mathematics"}
    )
    assert plan.shown(course)["teachers"] == [me]
    assert plan.shown(course)["taught_by"] == [{"id": me, "name": "a-math 老師"}]
    entry = COURSE | {"teachers": [plan.county.id_of("a-eng")]}
    together = plan.caller("a-math").made(plan.courses, entry)
    assert plan.shown(together, "a-eng")["teachers"] == [me, plan.county.id_of("a-eng")]
    for teachers, field in ((["nobody"], "teachers.0"), (["a-math", "a-office"], "teachers.1")):
        answer = plan.caller("a-math").post(plan.courses, COURSE | {"teachers": teachers})
        [error] = answer.json()["errors"]
        assert (error["field"], error["code"]) == (field, "teacher-not-found")


def test_a_change_of_the_teachers_is_an_event_of_its_own_by_a_teacher_of_the_course(
    plan: Planning,
) -> None:
    plan.goal()
    course = plan.course("a-math")
    path = f"{plan.courses}/{course}"
    body = {"teachers": ["a-eng"], "course_name": "交接後", "reason": "代課"}
    assert plan.caller("a-math").put(path, body, version=1).status_code == 200
    assert plan.county.topics()[-2:] == ["course-goal.corrected.v1"] * 2
    # The one who handed it over sees it no more; whom it was handed to goes on.
    assert plan.caller("a-math").get(path).status_code == 404
    assert plan.shown(course, "a-eng")["course_name"] == "交接後"
    nobody = plan.caller("a-eng").put(path, {"teachers": [], "reason": "離職"}, version=3)
    assert (nobody.status_code, nobody.json()["errors"][0]["code"]) == (422, "teacher-needed")


@pytest.mark.accepts("IGP-115")
def test_rows_keep_the_core_and_the_adjusted_indicator_and_come_and_go(plan: Planning) -> None:
    plan.goal(model="enrichment_triad")
    row = ROW | {"component": TRIAD[0]}
    course = plan.course("a-math", row, row | {"adjusted_learning_performance": "自行填寫的調整"})
    path = f"{plan.courses}/{course}"
    first, second = plan.shown(course)["rows"]
    assert first["learning_performance"] == ROW["learning_performance"]
    assert second["adjusted_learning_performance"] == "自行填寫的調整"
    body = {"rows": [second, row | {"component": TRIAD[1]}], "reason": "調整"}
    assert plan.caller("a-math").put(path, body, version=3).status_code == 200
    rows = plan.shown(course)["rows"]
    assert [one["component"] for one in rows] == TRIAD[:2]
    assert rows[0]["row_id"] == second["row_id"]
    assert first["row_id"] not in {one["row_id"] for one in rows}
    empty = {"rows": [{"component": TRIAD[0], "learning_performance": " "}]}
    refusal = plan.caller("a-math").put(path, empty, version=5)
    assert (refusal.status_code, refusal.json()["errors"][0]["field"]) == (
        422,
        "rows.0.learning_performance",
    )


@pytest.mark.accepts("IGP-116")
def test_methods_and_a_result_are_saved_with_the_row(plan: Planning) -> None:
    plan.goal()
    methods = ["dynamic", "portfolio", "performance", "口頭發表"]
    course = plan.course("a-math", ROW | {"assessment_methods": methods})
    [row] = plan.shown(course)["rows"]
    assert (row["assessment_methods"], row["assessment_result"]) == (methods, None)
    # A first result needs no reason.
    body = {"rows": [row | {"assessment_result": "能獨立完成專題"}]}
    path = f"{plan.courses}/{course}"
    done = plan.caller("a-math").put(path, body, version=2)
    assert done.status_code == 200, done.text
    [row] = plan.shown(course)["rows"]
    assert (row["assessment_methods"], row["assessment_result"]) == (methods, "能獨立完成專題")


def test_a_course_whose_row_waits_for_its_methods_is_shown_wherever_it_stands(
    plan: Planning,
) -> None:
    """The forms fill a row one field after the other, over weeks."""
    plan.goal()
    course = plan.course("a-math", {"learning_performance": "n-II-1"})
    empty = {
        "component": None,
        "learning_performance": "n-II-1",
        "adjusted_learning_performance": None,
        "assessment_methods": [],
        "assessment_result": None,
    }
    for who in ("a-math", "a-cm", "a-gh"):
        one = plan.caller(who).get(f"{plan.courses}/{course}")
        assert one.status_code == 200, one.text
        [listed] = plan.caller(who).get(plan.courses).json()["items"]
        for shown in (one.json(), listed):
            [row] = shown["rows"]
            assert row == empty | {"row_id": row["row_id"]}
    template = {"course_id": course, "student_id": plan.student, "name": "範本"}
    plan.caller("a-math").made("/course-templates", template)
    papers = plan.caller("a-cm").get(f"/students/{plan.student}/plan", school_year=112)
    assert papers.status_code == 200, papers.text
    body = {"rows": [row | {"assessment_methods": ["dynamic"]}]}
    filled = plan.caller("a-math").put(f"{plan.courses}/{course}", body, version=listed["version"])
    assert filled.status_code == 200, filled.text
    body = {"rows": [row | {"assessment_methods": []}], "reason": "改以其他方式評量"}
    path, version = f"{plan.courses}/{course}", filled.json()["version"]
    assert plan.caller("a-math").put(path, body, version=version).status_code == 200
    assert plan.shown(course)["rows"] == [row]
