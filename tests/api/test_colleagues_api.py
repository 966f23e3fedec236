"""Whom a course can be shared with is found by name, among those who could be given something."""

from tests.api.serving import County


def test_a_teacher_finds_the_colleagues_of_the_students_school_by_name(county: County) -> None:
    student = county.student()
    manager = county.case_manager("a-cm", student)
    county.teacher("a-math")
    county.teacher("b-math", "ks-b")
    told = county.a_cm.get(f"/students/{student}/colleagues").json()["items"]
    assert [one["name"] for one in told] == ["a-cm 老師", "a-math 老師"]
    assert told[0]["id"] == manager
    assert told[0]["subjects"] == ["英語"]
    assert {one["organisation"]["code"] for one in told} == {"ks-a"}


def test_who_does_not_work_with_the_student_is_told_nothing(county: County) -> None:
    student = county.student()
    county.teacher("b-math", "ks-b")
    assert county.b_math.get(f"/students/{student}/colleagues").status_code == 404
    county.a_office.made(f"/students/{student}/placements", _placement())
    assert county.org.get(f"/students/{student}/colleagues").status_code == 403


def _placement() -> dict[str, object]:
    return {
        "school_year": 112,
        "area": "英語",
        "category": "skip",
        "target_year_grade": 4,
        "placement_grade": 5,
    }
