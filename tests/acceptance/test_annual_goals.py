"""學年目標: who writes it, what hangs under it (IGP manual §六(一), 4.6)."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.acceptance.courses import COURSE, ROW, YEAR, Planning, code
from tests.api.serving import County


@pytest.fixture
def plan(county: County) -> Planning:
    return Planning.of(county)


@pytest.mark.accepts("IGP-36")
@pytest.mark.parametrize("who", ["a-cm", "a-gh"])
def test_who_teaches_the_student_nothing_sees_the_goal_and_writes_none(
    plan: Planning, who: str
) -> None:
    caller, data = plan.caller(who), {"goal_text": "改寫"}
    assert code(caller.put(plan.goal_path(), {"data": data}, version=0))[0] == 403
    plan.goal()
    shown = caller.get(plan.goal_path())
    assert shown.json()["data"]["goal_text"] == "發展數學專題探究能力"
    body = {"data": data, "reason": "更正"}
    assert code(caller.put(plan.goal_path(), body, version=1))[0] == 403
    withdrawal = plan.goal_path().replace("?", "/withdrawal?")
    assert code(caller.post(withdrawal, {"reason": "重複"}, version=1))[0] == 403
    assert plan.county.topics().count("annual-goal.recorded.v1") == 1


@pytest.mark.accepts("IGP-37")
def test_subject_teachers_write_the_goal_and_its_creator_withdraws_it_with_the_own_courses(
    plan: Planning,
) -> None:
    plan.goal("a-math")
    plan.course("a-math", ROW)
    # Any subject teacher of the student may change it (Q13, Q14).
    body = {"data": {"goal_text": "獨立研究"}, "reason": "依會議決議"}
    assert plan.caller("a-eng").patch(plan.goal_path(), body, version=1).status_code == 200
    path = plan.goal_path().replace("?", "/withdrawal?")
    refused = plan.caller("a-eng").post(path, {"reason": "重複"}, version=2)
    assert code(refused) == (403, "not-allowed")
    done = plan.caller("a-math").post(path, {"reason": "重複"}, version=2)
    assert (done.status_code, done.json()["version"]) == (200, 3)
    assert plan.county.topics()[-2:] == ["annual-goal.withdrawn.v1", "course-goal.withdrawn.v1"]
    assert plan.caller("a-math").get(plan.courses).json()["items"] == []
    assert plan.caller("a-math").get(plan.goal_path()).json()["data"]["goal_text"] is None
    # Begun anew by somebody else, who is its creator then.
    data = {"data": {"goal_text": "再次設定"}}
    assert plan.caller("a-eng").put(plan.goal_path(), data, version=3).status_code == 200
    refused = plan.caller("a-math").post(path, {"reason": "重複"}, version=4)
    assert code(refused) == (403, "not-allowed")
    assert plan.caller("a-eng").post(path, {"reason": "重複"}, version=4).status_code == 200


def test_a_goal_whose_maker_teaches_the_student_no_more_is_withdrawn_by_who_does(
    plan: Planning,
) -> None:
    """After a transfer nobody of the old school reaches the plan; what they taught stays theirs."""
    county = plan.county
    plan.goal("a-math")
    path = plan.goal_path().replace("?", "/withdrawal?")
    moved = county.a_office.post(
        f"/directory/students/{plan.student}/transfers", {"organisation": "ks-b", "grade": 5}
    )
    assert moved.is_success, moved.text
    assert plan.caller("a-math").post(path, {"reason": "重複"}, version=1).status_code == 404
    county.case_manager("b-cm", plan.student, school="ks-b")
    county.subject_teacher("b-math", plan.student, school="ks-b")
    # Never by whom the matrix gives no withdrawal.
    for who in ("b-cm", "b-office"):
        assert code(county.caller(who).post(path, {"reason": "重複"}, version=1))[0] == 403
    done = plan.caller("b-math").post(path, {"reason": "轉學後重訂"}, version=1)
    assert (done.status_code, done.json()["version"]) == (200, 2), done.text
    data = {"data": {"goal_text": "轉學後的目標"}}
    assert plan.caller("b-math").put(plan.goal_path(), data, version=2).is_success
    course = plan.course("b-math")
    # It is the maker's again while the maker teaches the student, and then the next one's.
    county.subject_teacher("b-eng", plan.student, school="ks-b")
    assert code(plan.caller("b-eng").post(path, {"reason": "重複"}, version=3))[0] == 403
    teaching = f"/students/{plan.student}/teaching-assignments/{county.id_of('b-math')}"
    ended = county.b_office.post(f"{teaching}/end", {"reason": "調動"}, version=1)
    assert ended.is_success, ended.text
    refused = plan.caller("b-eng").post(path, {"reason": "重複"}, version=3)
    assert code(refused) == (409, "courses-of-others")
    assert plan.shown(course, "b-cm")["version"] == 1


@pytest.mark.accepts("IGP-38")
def test_a_goal_with_another_teachers_course_is_not_withdrawn(plan: Planning) -> None:
    plan.goal("a-math")
    plan.course("a-math")
    course = plan.course("a-eng", ROW, subject="english")
    before = plan.county.topics()
    path = plan.goal_path().replace("?", "/withdrawal?")
    refused = plan.caller("a-math").post(path, {"reason": "重複"}, version=1)
    assert code(refused) == (409, "courses-of-others")
    assert plan.county.topics() == before
    assert plan.shown(course, "a-eng")["rows"][0]["learning_performance"].startswith("n-II-1")
    # A course with a second teacher is another teacher's too.
    withdrawal = f"{plan.courses}/{course}/withdrawal"
    assert plan.caller("a-eng").post(withdrawal, {"reason": "誤植"}, version=2).status_code == 200
    together = plan.course("a-math", teachers=["a-eng"])
    assert code(plan.caller("a-math").post(path, {"reason": "重複"}, version=1))[0] == 409
    body = {"teachers": ["a-math"], "reason": "改由一人授課"}
    saved = plan.caller("a-math").put(f"{plan.courses}/{together}", body, version=1)
    assert saved.status_code == 200, saved.text
    assert plan.caller("a-math").post(path, {"reason": "重複"}, version=1).status_code == 200


@pytest.mark.accepts("IGP-107")
def test_a_goal_needs_a_year_and_a_text_and_neither_model_nor_file(plan: Planning) -> None:
    teacher = plan.caller("a-math")
    for path, data, field in (
        (plan.goal_path(None), {"goal_text": "探究"}, "school_year"),
        (plan.goal_path(), {}, "data.goal_text"),
        (plan.goal_path(), {"goal_text": " "}, "data.goal_text"),
    ):
        refused = teacher.put(path, {"data": data}, version=0)
        assert refused.status_code == 422
        assert [one["field"] for one in refused.json()["errors"]] == [field]
    assert "annual-goal.recorded.v1" not in plan.county.topics()
    assert teacher.put(plan.goal_path(), {"data": {"goal_text": "探究"}}, version=0).is_success
    shown = teacher.get(plan.goal_path()).json()["data"]
    assert (shown["goal_text"], shown["teaching_model"], shown["plan_files"]) == ("探究", None, [])


@pytest.mark.accepts("IGP-113")
def test_of_several_years_the_one_chosen_is_opened(plan: Planning) -> None:
    plan.caller("a-cm").made(f"/students/{plan.student}/school-years", {"school_year": 111})
    plan.goal(year=112)
    data = {"data": {"goal_text": "去年的目標"}}
    assert plan.caller("a-math").put(plan.goal_path(111), data, version=0).status_code == 200
    for year, text in ((111, "去年的目標"), (112, "發展數學專題探究能力")):
        shown = plan.caller("a-math").get(plan.goal_path(year)).json()
        assert (shown["school_year"], shown["data"]["goal_text"]) == (year, text)
    course = plan.course(school_year=111)
    for year, found in ((111, [course]), (112, [])):
        listed = plan.caller("a-math").get(plan.courses, school_year=year).json()["items"]
        assert [one["id"] for one in listed] == found


@pytest.mark.accepts("IGP-117")
def test_another_teaching_model_begins_the_components_of_every_course_anew(
    plan: Planning,
) -> None:
    plan.goal(model="enrichment_triad")
    old = ROW | {"component": "type_3_independent_study"}
    own = plan.course("a-math", old, old)
    others = plan.course("a-eng", old)
    body = {"data": {"teaching_model": "parallel_curriculum"}, "reason": "依會議決議"}
    assert plan.caller("a-math").patch(plan.goal_path(), body, version=1).status_code == 200
    for who, course in (("a-math", own), ("a-eng", others)):
        shown = plan.shown(course, who)
        assert shown["rows"] == []
        assert shown["components"] == ["core", "connections", "practice", "identity"]
    topics = plan.county.topics()[-4:]
    removed = "course-goal.learning-performance-removed.v1"
    assert topics == ["annual-goal.corrected.v1", *[removed] * 3]
    # What was there stays in the history.
    history = plan.caller("a-cm").get(f"/students/{plan.student}/history").json()["items"]
    gone = [
        one["fields"]
        for one in history
        if one["section"] == "course_goal" and one["kind"] == "withdrawn"
    ]
    assert len(gone) == 3
    assert all(ROW["learning_performance"] in str(fields) for fields in gone)
    # The old division is refused, the new one taken.
    body = {"rows": [old]}
    path = f"{plan.courses}/{own}"
    version = plan.shown(own)["version"]
    refused = plan.caller("a-math").put(path, body, version=version)
    assert (code(refused)[0], refused.json()["errors"][0]["code"]) == (422, "component-not-offered")
    body = {"rows": [ROW | {"component": "core"}]}
    assert plan.caller("a-math").put(path, body, version=version).status_code == 200


def test_a_model_without_components_leaves_rows_without_components_alone(plan: Planning) -> None:
    plan.goal(model="discover")
    course = plan.course("a-math", ROW)
    for version, model in ((1, "self_directed_learning"), (2, None)):
        body = {"data": {"teaching_model": model}, "reason": "調整"}
        saved = plan.caller("a-eng").patch(plan.goal_path(), body, version=version)
        assert saved.status_code == 200, saved.text
    assert len(plan.shown(course)["rows"]) == 1
    body = {"data": {"teaching_model": "enrichment_triad"}}
    saved = plan.caller("a-eng").patch(plan.goal_path(), body, version=3)
    assert saved.status_code == 200, saved.text
    assert plan.shown(course)["rows"] == []


def test_a_course_and_the_withdrawal_of_its_goal_do_not_pass_each_other(plan: Planning) -> None:
    """Either the course is there and the goal stands, or the goal is gone and no course came."""
    path = plan.goal_path().replace("?", "/withdrawal?")
    version = 0
    for _ in range(8):
        data = {"data": {"goal_text": "探究"}}
        begun = plan.caller("a-math").put(plan.goal_path(), data, version=version)
        assert begun.status_code == 200, begun.text
        version = begun.json()["version"]
        entry = COURSE | {"subject": "english"}
        with ThreadPoolExecutor(2) as pool:
            added = pool.submit(plan.caller("a-eng").post, plan.courses, entry)
            gone = pool.submit(
                plan.caller("a-math").post, path, {"reason": "重複"}, version=version
            )
        course, withdrawn = added.result(), gone.result()
        if course.status_code == 201:
            assert code(withdrawn) == (409, "courses-of-others")
            own = f"{plan.courses}/{course.json()['id']}/withdrawal"
            assert plan.caller("a-eng").post(own, {"reason": "重複"}, version=1).is_success
            ended = plan.caller("a-math").post(path, {"reason": "重複"}, version=version)
            assert ended.status_code == 200, ended.text
        else:
            assert code(course) == (409, "annual-goal-missing")
            assert withdrawn.status_code == 200, withdrawn.text
        version += 1


def test_rows_and_another_model_do_not_pass_each_other(plan: Planning) -> None:
    """Whatever comes first, no row is left of a division that the year does not have."""
    models = ("enrichment_triad", "parallel_curriculum")
    components = dict(zip(models, ("type_2_group_training", "practice"), strict=True))
    plan.goal(model=models[0])
    course = plan.course("a-eng")
    path = f"{plan.courses}/{course}"
    for turn in range(8):
        old, new = models[turn % 2], models[1 - turn % 2]
        shown = plan.shown(course, "a-eng")
        rows = [*shown["rows"], ROW | {"component": components[old]}]
        change = {"data": {"teaching_model": new}, "reason": "調整"}
        with ThreadPoolExecutor(2) as pool:
            saved = pool.submit(
                plan.caller("a-eng").put, path, {"rows": rows}, version=shown["version"]
            )
            changed = pool.submit(
                plan.caller("a-math").patch, plan.goal_path(), change, version=turn + 1
            )
        assert changed.result().status_code == 200, changed.result().text
        assert saved.result().status_code in (200, 412, 422), saved.result().text
        assert plan.shown(course, "a-eng")["rows"] == []


def test_courses_added_at_one_moment_are_all_there(plan: Planning) -> None:
    plan.goal()
    teachers = ("a-math", "a-eng", "a-art") * 4
    with ThreadPoolExecutor(len(teachers)) as pool:
        answers = list(pool.map(lambda who: plan.caller(who).post(plan.courses, COURSE), teachers))
    assert [answer.status_code for answer in answers] == [201] * len(teachers)
    listed = plan.caller("a-cm").get(plan.courses, school_year=YEAR).json()["items"]
    assert {one["id"] for one in listed} == {answer.json()["id"] for answer in answers}
