"""Marks and the score at graduation of the Kaohsiung handbook (its section 7), over HTTP."""

from typing import Any

import pytest

from domain.programme import shipped_text
from tests.api.serving import County

PROGRAMME = "kaohsiung-114"
EXEMPT, SKIPPED = "免修", "跳級"
MARKERS = {EXEMPT: "exempt", SKIPPED: "skipped"}
SEMESTERS = ("first", "second")


@pytest.fixture
def summer(county: County) -> County:
    """The county on 114.6.30, with the programme of the year published."""
    clock = {"now": "2025-06-30T10:00:00+08:00"}
    assert county.eb.post("/simulation/clock", clock).status_code == 200
    county.eb.made("/programmes", {"text": shipped_text(PROGRAMME)})
    return county


def entry(mark: Any, grade: int, **more: Any) -> dict[str, Any]:
    """A mark of the own grade, in the year in which a student now in grade 6 was in it."""
    body: dict[str, Any] = {
        "programme": PROGRAMME,
        "school_year": 107 + grade,
        "semester": "first",
        "area": "數學",
        "grade": grade,
        "enrolled_grade": grade,
        "given_by": "homeroom_teacher",
    }
    if mark in MARKERS:
        body |= {"marker": MARKERS[mark], "given_by": "registrar"}
        body |= {"description": "自主研究幾何"} if mark == EXEMPT else {}
    else:
        body["score"] = mark
    return body | more


def enter(county: County, student: str, area: str, *marks: Any) -> None:
    """Both semesters of each grade from 1; a pair gives the two of a grade, None nothing."""
    for grade, mark in enumerate(marks, start=1):
        pair = mark if isinstance(mark, tuple) else (mark, mark)
        for semester, one in zip(SEMESTERS, pair, strict=True):
            if one is not None:
                body = entry(one, grade, area=area, semester=semester)
                county.a_office.made(f"/students/{student}/marks", body)


def score(county: County, student: str, area: str) -> dict[str, Any]:
    path = f"/students/{student}/graduation-score"
    answer = county.a_office.get(path, programme=PROGRAMME)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = next(one for one in answer.json()["areas"] if one["name"] == area)
    return found


@pytest.mark.accepts("KAO-135", "KAO-136", "KAO-142", "KAO-143")
def test_scores_at_graduation_come_out_as_tabled_exactly_and_to_two_decimals(
    summer: County,
) -> None:
    one, other, returned = (summer.student(number=number) for number in range(3))
    enter(summer, one, "數學", 95, 85, 80, 80, SKIPPED, 90)
    enter(summer, one, "語文", 90, 88, EXEMPT, 92, 85, 95)
    enter(summer, one, "健康與體育", 80, 82, 84, EXEMPT, 88, EXEMPT)
    enter(summer, one, "生活課程", 88, 90)
    enter(summer, one, "社會", None, None, 84, EXEMPT, 91, 87)
    enter(summer, other, "數學", 92, SKIPPED, 88, 90, 86, 94)
    enter(summer, other, "語文", 100, 96, 90, 84, 78, SKIPPED)
    enter(summer, other, "健康與體育", 70, 75, 80, 85, 90, 95)
    # Back in the original grade for the second semester.
    enter(summer, returned, "數學", 95, 85, 80, 80, (SKIPPED, 82), 90)
    for student, area, exact, shown, weight in (
        (one, "數學", "86", "86.00", "3/4"),
        (one, "語文", "1532/17", "90.12", "17/20"),
        (one, "健康與體育", "254/3", "84.67", "3/5"),
        (one, "社會", "1498/17", "88.12", "17/20"),
        (other, "數學", "809/9", "89.89", "9/10"),
        (other, "語文", "1304/15", "86.93", "3/4"),
        (other, "健康與體育", "171/2", "85.50", "1"),
        (returned, "數學", "598/7", "85.43", "7/8"),
    ):
        found = score(summer, student, area)
        assert (found["score"], found["shown"], found["weight"]) == (exact, shown, weight), area
        assert found["complete"] is True
    maths = score(summer, one, "數學")
    assert maths["weighted_sum"] == "129/2"
    assert [(out["grade"], out["why"]) for out in maths["left_out"]] == [(5, "skipped")] * 2

    # 社會 takes the marks of 生活課程 in grades 1 and 2, and only there.
    used = [(mark["grade"], mark["area"]) for mark in score(summer, one, "社會")["marks"]]
    assert used == [(1, "生活課程")] * 2 + [(2, "生活課程")] * 2 + [
        (grade, "社會") for grade in (3, 3, 5, 5, 6, 6)
    ]

    nothing = score(summer, other, "社會")
    assert (nothing["score"], nothing["shown"], nothing["complete"]) == (None, None, False)
    assert (nothing["reason"], nothing["message"]) == ("no_mark", "無法計算：尚無成績")


def place(county: County, student: str, category: str, area: str, **more: Any) -> str:
    body = {
        "school_year": 113,
        "area": area,
        "category": category,
        "target_year_grade": 4,
        "placement_grade": 5 if category in ("skip", "promotion") else 4,
    }
    return county.a_office.made(f"/students/{student}/placements", body | more)


def teaches(county: County, who: str, student: str) -> None:
    account = county.teacher(who)
    body = {"account": account, "subject": "英語", "school_year": 113}
    county.a_office.made(f"/students/{student}/teaching-assignments", body)


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


@pytest.mark.accepts("KAO-137", "KAO-141")
def test_an_exempt_semester_reads_exempt_and_an_accelerated_one_counts(summer: County) -> None:
    student = summer.student()
    teaches(summer, "a-eng", student)
    summer.teacher("a-hr", homeroom_class="四年甲班")
    place(summer, student, "exemption", "英語")
    place(summer, student, "acceleration", "數學")
    marks = f"/students/{student}/marks"
    exempt = entry(EXEMPT, 4, area="英語", school_year=113)

    number = exempt | {"marker": None, "score": 98}
    assert refused(summer.a_office.post(marks, number)) == (409, "mark-not-of-placement")
    both = summer.a_office.post(marks, exempt | {"score": 98})
    assert (refused(both), both.json()["errors"][0]["field"]) == ((422, "not-valid"), "score")
    bare = summer.a_office.post(marks, exempt | {"description": None})
    assert (refused(bare), bare.json()["errors"][0]["field"]) == (
        (422, "not-valid"),
        "description",
    )
    # The registrar sets it; the teachers say how the student learned.
    by_teacher = summer.a_hr.post(marks, exempt)
    assert refused(by_teacher) == (403, "not-own-mark")
    made = f"{marks}/{summer.a_office.made(marks, exempt)}"
    shown = summer.a_hr.get(made).json()
    assert (shown["shown"], shown["score"], shown["counts"]) == (EXEMPT, None, False)
    assert shown["description"] == "自主研究幾何"
    words = {"description": "自主研讀英語小說", "reason": "補充"}
    assert summer.a_eng.put(made, words, version=1).status_code == 200
    assert refused(summer.a_eng.put(made, words, version=1)) == (412, "stale-version")
    assert refused(summer.a_office.post(marks, exempt)) == (409, "mark-already-recorded")

    # Acceleration: the marks of the own grade, periodic tests included, by the teachers.
    faster = entry(97.5, 4, school_year=113)
    accelerated = f"{marks}/{summer.a_hr.made(marks, faster)}"
    shown = summer.a_office.get(accelerated).json()
    assert (shown["shown"], shown["score"], shown["counts"]) == ("97.5", 97.5, True)
    assert (shown["marking"], shown["periodic_tests"]) == ("accelerated", "own_grade")
    assert score(summer, student, "數學")["score"] == "195/2"
    both = summer.a_office.post(marks, faster | {"semester": "second", "marker": "exempt"})
    assert refused(both) == (422, "not-valid")

    # Nothing is lost: the history shows the number before and after, and why.
    change = {"score": 98, "reason": "成績複查"}
    assert refused(summer.a_hr.put(accelerated, change)) == (428, "precondition-required")
    assert refused(summer.a_hr.put(accelerated, {"score": 98}, version=1))[1] == "reason-required"
    assert summer.a_hr.put(accelerated, change, version=1).status_code == 200
    history = summer.a_office.get(f"/students/{student}/history").json()["items"]
    told = [one for one in history if one["record_id"] == accelerated.rpartition("/")[2]]
    assert [one["kind"] for one in told] == ["recorded", "corrected"]
    [field] = [one for one in told[1]["fields"] if one["field"] == "score"]
    assert (field["before"], field["after"], told[1]["reason"]) == ("97.5", "98", "成績複查")

    # No office beyond the school sees marks, and another school's sees no student.
    for who in ("eb", "org", "council", "b-office"):
        for path in (marks, made, f"/students/{student}/graduation-score?programme={PROGRAMME}"):
            assert summer.caller(who).get(path).status_code == 404, (who, path)


@pytest.mark.accepts("KAO-138", "KAO-139")
def test_a_partial_skip_marks_the_own_grade_and_its_second_year_has_two_marks(
    summer: County,
) -> None:
    student = summer.student()
    teaches(summer, "a-math", student)
    summer.teacher("a-hr", homeroom_class="四年甲班")
    place(summer, student, "skip", "數學")
    place(
        summer,
        student,
        "promotion",
        "數學",
        school_year=114,
        target_year_grade=5,
        placement_grade=6,
        reason="安置名冊收件後補填",
    )
    marks = f"/students/{student}/marks"

    # The first year: 跳級 in the own grade, and the mark of the higher class by its teacher.
    own = entry(SKIPPED, 4, school_year=113)
    number = own | {"marker": None, "score": 90}
    assert refused(summer.a_office.post(marks, number)) == (409, "mark-not-of-placement")
    shown = summer.a_office.get(f"{marks}/{summer.a_office.made(marks, own)}").json()
    assert (shown["shown"], shown["score"], shown["counts"]) == (SKIPPED, None, False)
    ahead = entry(92, 5, school_year=113, enrolled_grade=4, given_by="higher_class_teacher")
    assert refused(summer.a_hr.post(marks, ahead)) == (403, "not-own-mark")
    wrong = ahead | {"given_by": "subject_teacher"}
    assert refused(summer.a_math.post(marks, wrong)) == (422, "not-valid")
    earned = summer.a_math.made(marks, ahead)
    out = {(one["grade"], one["why"]) for one in score(summer, student, "數學")["left_out"]}
    assert {(4, "skipped"), (5, "ahead")} <= out
    assert score(summer, student, "數學")["score"] is None

    # The second year: last year's mark is taken over for the own grade, this year's is given.
    clock = {"now": "2026-01-20T10:00:00+08:00"}
    assert summer.eb.post("/simulation/clock", clock).status_code == 200
    filled = entry(92, 5, school_year=114, given_by="registrar", back_filled=True)
    twice = summer.a_office.post(marks, filled)
    assert refused(twice) == (422, "not-valid")
    typed = filled | {"back_filled": False}
    assert refused(summer.a_office.post(marks, typed)) == (409, "mark-not-of-placement")
    del filled["score"]
    taken = summer.a_office.made(marks, filled)
    this_year = entry(95, 6, school_year=114, enrolled_grade=5, given_by="higher_class_teacher")
    summer.a_office.made(marks, this_year)
    listed = summer.a_office.get(marks, school_year=114, sort="grade").json()["items"]
    assert [(one["grade"], one["shown"], one["counts"]) for one in listed] == [
        (5, "92", True),
        (6, "95", False),
    ]
    assert (listed[0]["id"], listed[0]["back_filled"]) == (taken, True)
    assert listed[0]["filled_from"] == earned
    found = score(summer, student, "數學")
    assert (found["score"], found["weight"]) == ("92", "1/8")


@pytest.mark.accepts("KAO-140")
def test_a_full_skip_is_a_status_by_official_letter_and_its_grade_does_not_count(
    summer: County,
) -> None:
    student = summer.student()
    summer.case_manager("a-cm", student)
    enter(summer, student, "數學", 100, 96, 90, 84, 78, 60)
    path = f"/students/{student}/skip-status"
    none = summer.a_office.get(path).json()
    assert (none["status"], none["version"]) == (None, 0)
    status = {
        "programme": PROGRAMME,
        "school_year": 114,
        "from_grade": 5,
        "to_grade": 7,
        "letter_number": "高市教特字第 1140001 號",
        "letter_date": "114.5.9",
    }
    without = {name: value for name, value in status.items() if not name.startswith("letter")}
    assert refused(summer.a_office.put(path, without, version=0))[0] == 422
    empty = summer.a_office.put(path, status | {"letter_number": " "}, version=0)
    assert (refused(empty), empty.json()["errors"][0]["field"]) == (
        (422, "not-valid"),
        "letter_number",
    )
    assert refused(summer.a_cm.put(path, status, version=0)) == (403, "not-allowed")
    assert refused(summer.a_office.put(path, status)) == (428, "precondition-required")
    assert summer.a_office.put(path, status, version=0).status_code == 200
    shown = summer.a_cm.get(path).json()
    assert (shown["status"], shown["version"]) == ("跳級生", 1)
    assert (shown["letter_number"], shown["letter_date"]) == (status["letter_number"], "2025-05-09")

    found = score(summer, student, "數學")
    assert (found["score"], found["shown"]) == ("1304/15", "86.93")
    assert {(one["grade"], one["why"]) for one in found["left_out"]} == {(6, "skipped_grade")}

    # Back in the original grade by semester: what is earned there counts again.
    gone = {"reason": "適應困難，回歸原年級"}
    assert refused(summer.a_cm.post(f"{path}/withdrawal", gone, version=1))[0] == 403
    assert summer.a_office.post(f"{path}/withdrawal", gone, version=1).status_code == 200
    ended = summer.a_office.get(path).json()
    assert (ended["status"], ended["version"]) == (None, 2)
    assert score(summer, student, "數學")["weight"] == "1"
