"""課程範本: a course's data, kept by its maker for courses to come (IGP manual 3.17, 4.7)."""

import pytest

from tests.acceptance.courses import NOBODY, ROW, Planning, code
from tests.api.serving import County

TEMPLATES = "/course-templates"


@pytest.fixture
def plan(county: County) -> Planning:
    return Planning.of(county)


def kept(plan: Planning, course: str, name: str = "數學專題範本", who: str = "a-math") -> str:
    body = {"course_id": course, "student_id": plan.student, "name": name}
    return plan.caller(who).made(TEMPLATES, body)


@pytest.mark.accepts("IGP-118")
def test_a_template_holds_the_course_and_nobody(plan: Planning) -> None:
    plan.goal(model="enrichment_triad")
    row = ROW | {"component": "type_3_independent_study"}
    course = plan.course("a-math", row | {"assessment_result": "陳小明表現優異"})
    path = f"{plan.courses}/{course}"
    plan.caller("a-math").made(f"{path}/shares", {"account": "a-new", "relation": "same_field"})
    template = kept(plan, course)
    listed = plan.caller("a-math").get(TEMPLATES)
    [item] = listed.json()["items"]
    saved_at = item.pop("saved_at")
    assert saved_at.endswith("+08:00")
    assert item == {
        "id": template,
        "version": 1,
        "name": "數學專題範本",
        "subject": "mathematics",
        "teaching_model": "enrichment_triad",
        "course_name": "數學專題",
        "rows": [row],
    }
    for nobody in (plan.student, "陳小明", plan.county.id_of("a-math"), plan.county.id_of("a-new")):
        assert nobody not in listed.text


@pytest.mark.accepts("IGP-119")
def test_an_imported_template_fills_an_empty_course_once_and_for_all(plan: Planning) -> None:
    plan.goal()
    other = ROW | {"learning_performance": "n-II-2 熟練較大位數之加減乘"}
    template = kept(plan, plan.course("a-math", ROW, other))
    teacher = plan.caller("a-math")
    course = teacher.made(plan.courses, {"school_year": 112, "subject": "mathematics"})
    path = f"{plan.courses}/{course}"
    before = len(plan.county.topics())
    filled = teacher.post(f"{path}/template-imports", {"template_id": template})
    assert filled.status_code == 201, filled.text
    assert plan.county.topics()[before:] == [
        "course-goal.template-imported.v1",
        "course-goal.recorded.v1",
        *["course-goal.learning-performance-added.v1"] * 2,
    ]
    shown = plan.shown(course)
    assert (shown["imported_template_id"], shown["course_name"]) == (template, "數學專題")
    assert shown["version"] == filled.json()["version"]
    said = [{name: row[name] for name in ROW} for row in shown["rows"]]
    assert said == [ROW, other]
    # Later changes of the template change nothing.
    renamed = {"name": "改名", "reason": "更正"}
    assert teacher.patch(f"{TEMPLATES}/{template}", renamed, version=1).status_code == 200
    assert teacher.get(TEMPLATES).json()["items"][0]["name"] == "改名"
    gone = teacher.post(f"{TEMPLATES}/{template}/withdrawal", {"reason": "不再使用"}, version=2)
    assert gone.status_code == 200
    assert teacher.get(TEMPLATES).json()["items"] == []
    assert plan.shown(course) == shown
    # Each row can be edited.
    rows = [row | {"assessment_result": "完成"} for row in shown["rows"]]
    rows[0]["learning_performance"] = "調整後"
    body = {"rows": rows, "reason": "微調"}
    assert teacher.put(path, body, version=shown["version"]).status_code == 200
    assert plan.shown(course)["rows"] == rows
    # A withdrawn one is offered no more.
    empty = teacher.made(plan.courses, {"school_year": 112, "subject": "english"})
    again = teacher.post(f"{plan.courses}/{empty}/template-imports", {"template_id": template})
    assert again.status_code == 404


@pytest.mark.accepts("IGP-120")
def test_a_course_with_rows_takes_no_template(plan: Planning) -> None:
    plan.goal()
    course = plan.course("a-math", ROW)
    template = kept(plan, course)
    before = plan.county.topics()
    path = f"{plan.courses}/{course}/template-imports"
    refused = plan.caller("a-math").post(path, {"template_id": template})
    assert code(refused) == (409, "course-not-empty")
    assert plan.county.topics() == before


def test_a_template_of_another_division_is_refused_and_fills_a_year_that_has_it(
    plan: Planning,
) -> None:
    plan.goal(model="parallel_curriculum")
    template = kept(plan, plan.course("a-math", ROW | {"component": "core"}))
    body = {"data": {"teaching_model": "enrichment_triad"}, "reason": "調整"}
    assert plan.caller("a-math").patch(plan.goal_path(), body, version=1).status_code == 200
    course = plan.course("a-math")
    path = f"{plan.courses}/{course}/template-imports"
    refused = plan.caller("a-math").post(path, {"template_id": template})
    assert code(refused) == (409, "template-of-another-model")
    body = {"data": {"teaching_model": "parallel_curriculum"}, "reason": "調整"}
    assert plan.caller("a-math").patch(plan.goal_path(), body, version=2).status_code == 200
    done = plan.caller("a-math").post(path, {"template_id": template})
    assert done.status_code == 201, done.text
    assert plan.shown(course)["rows"][0]["component"] == "core"


@pytest.mark.accepts("IGP-121")
def test_a_template_is_its_makers_alone(plan: Planning) -> None:
    plan.goal()
    template = kept(plan, plan.course("a-math", ROW))
    own = plan.course("a-eng")
    path = f"{plan.courses}/{own}/template-imports"
    other = plan.caller("a-eng")
    assert other.get(TEMPLATES).json() == {"items": [], "next_cursor": None}
    for who in ("a-cm", "a-office", "eb"):
        assert plan.caller(who).get(TEMPLATES).json()["items"] == []
    for method, ask, body in (
        ("post", path, {"template_id": "{id}"}),
        ("patch", f"{TEMPLATES}/{{id}}", {"name": "改名", "reason": "更正"}),
        ("post", f"{TEMPLATES}/{{id}}/withdrawal", {"reason": "重複"}),
    ):
        answers = []
        for one in (template, NOBODY):
            filled = {name: value.replace("{id}", one) for name, value in body.items()}
            answers.append(getattr(other, method)(ask.replace("{id}", one), filled, version=1))
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content
    # Nor is another teacher's course made a template.
    course = plan.course("a-math", ROW, course_name="看不到")
    body = {"course_id": course, "student_id": plan.student, "name": "抄"}
    assert other.post(TEMPLATES, body).status_code == 404
    assert plan.caller("a-cm").post(TEMPLATES, body).status_code == 403


def test_a_template_is_named_and_changed_with_a_reason(plan: Planning) -> None:
    plan.goal()
    course = plan.course("a-math", ROW)
    teacher = plan.caller("a-math")
    for name in ("", " ", "長" * 101):
        body = {"course_id": course, "student_id": plan.student, "name": name}
        refused = teacher.post(TEMPLATES, body)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "name")
    path = f"{TEMPLATES}/{kept(plan, course)}"
    assert teacher.patch(path, {"name": "改名", "reason": "更正"}).status_code == 428
    assert teacher.patch(path, {"name": "改名", "reason": "更正"}, version=7).status_code == 412
    assert code(teacher.patch(path, {"name": "改名"}, version=1)) == (422, "reason-required")
    same = teacher.patch(path, {"name": "數學專題範本", "reason": "更正"}, version=1)
    assert (same.status_code, same.json()["version"]) == (200, 1)
    assert code(teacher.post(f"{path}/withdrawal", {}, version=1)) == (422, "reason-required")
    gone = teacher.post(f"{path}/withdrawal", {"reason": "重複"}, version=1)
    assert gone.status_code == 200
    again = teacher.post(f"{path}/withdrawal", {"reason": "重複"}, version=2)
    assert code(again) == (409, "already-withdrawn")
