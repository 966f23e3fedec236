"""The page of a section: nobody before a search, then everybody in reach, folded or opened."""

from tests.api.serving import NATIONAL_IDS
from tests.api.web.conftest import School
from tests.visiting import Sheet

ASKED = "/sections?section=needs_assessment&school_year=112"


def test_a_section_is_listed_when_it_is_searched_ordered_by_its_columns_and_opened(
    school: School,
) -> None:
    county, teacher = school.county, school.teacher
    other = county.student(number=1)
    manager = county.id_of("a-cm")
    county.a_office.made(f"/students/{other}/dispatches", {"account": manager})
    body = {"national_id": NATIONAL_IDS[1], "school_year": 112}
    assert county.a_cm.post("/students", body).is_success
    needs = {"data": {"guidance_recommendations": "加深數學課程"}}
    path = school.path("/sections/needs_assessment?school_year=112")
    assert county.a_cm.put(path, needs, version=0).is_success

    begun = teacher.visit("/sections")
    assert teacher.visit("/students").link("依項目查詢") == "/sections"
    assert "按下「查詢」之前不列任何學生" in begun.text
    assert "陳小明" not in begun.text
    form = begun.form("/sections")
    assert "counselling_note" not in form.options["section"]

    found = teacher.visit(ASKED)
    assert ("陳小明" in found.text, "林小華" in found.text) == (True, True)
    assert "加深數學課程" not in found.text
    # What is missing comes first or last, by a click on the column.
    first = teacher.visit(found.link("填寫情形"))
    assert first.text.index("林小華") < first.text.index("陳小明")
    last = teacher.visit(first.link("填寫情形▼" if "填寫情形▼" in first.text else "填寫情形"))
    assert last.text.index("陳小明") < last.text.index("林小華")
    missing = teacher.visit(f"{ASKED}&filled=false")
    assert ("陳小明" in missing.text, "林小華" in missing.text) == (False, True)
    assert "沒有符合條件的學生" in teacher.visit(f"{ASKED}&grade=1").text

    opened = teacher.visit(found.link("全部展開"))
    assert "加深數學課程" in opened.text
    assert "加深數學課程" not in teacher.visit(opened.link("全部收合")).text
    one = teacher.visit(f"{ASKED}&expand={school.student}")
    assert "加深數學課程" in one.text
    listed = county.last_listed()
    assert listed["what"] == "section.needs_assessment.list"
    assert sorted(listed["subjects"]) == sorted([school.student, other])
    # Whom somebody does not serve is on no list of theirs.
    assert "林小華" not in school.colleague.visit(ASKED).text
    for wrong, status in (
        ("/sections?section=counselling_note", 404),
        ("/sections?section=unknown", 404),
        (f"{ASKED}&sort=national_id", 422),
        (f"{ASKED}&cursor=x", 422),
    ):
        assert teacher.visit(wrong).status == status, wrong


def test_rows_are_opened_and_folded_one_by_one(school: School) -> None:
    county, teacher = school.county, school.teacher
    others = [county.student(number=number) for number in (1, 2)]
    said = dict(zip((school.student, *others), ("加深數學", "加廣自然", "專題研究"), strict=True))
    for number, one in enumerate(others, start=1):
        county.a_office.made(f"/students/{one}/dispatches", {"account": county.id_of("a-cm")})
        body = {"national_id": NATIONAL_IDS[number], "school_year": 112}
        assert county.a_cm.post("/students", body).is_success
    for one, words in said.items():
        path = f"/students/{one}/sections/needs_assessment?school_year=112"
        needs = {"data": {"guidance_recommendations": words}}
        assert county.a_cm.put(path, needs, version=0).is_success

    def opened(page: Sheet) -> list[str]:
        return [words for words in said.values() if words in page.text]

    def turned(page: Sheet, word: str, one: str) -> Sheet:
        [path] = [path for text, path in page.links if (text, path[-len(one) :]) == (word, one)]
        return teacher.visit(path)

    page = teacher.visit(ASKED)
    assert opened(page) == []
    page = turned(page, "展開", others[0])
    assert opened(page) == ["加廣自然"]
    page = turned(page, "展開", school.student)
    assert opened(page) == ["加深數學", "加廣自然"]
    page = turned(page, "收合", others[0])
    assert opened(page) == ["加深數學"]
    page = teacher.visit(page.link("全部展開"))
    assert opened(page) == [*said.values()]
    page = turned(page, "收合", school.student)
    assert opened(page) == ["加廣自然", "專題研究"]
    assert opened(teacher.visit(page.link("全部收合"))) == []


def test_a_list_is_narrowed_by_stage_and_class(school: School) -> None:
    form = school.teacher.visit("/sections").form("/sections")
    assert {"elementary", "junior_high", "senior_high"} <= {*form.options["stage"]}
    for terms, found in (
        ("&stage=elementary", True),
        ("&stage=junior_high", False),
        ("&class_name=四年甲班", True),
        ("&class_name=四年乙班", False),
        ("&stage=&class_name=", True),
    ):
        assert ("陳小明" in school.teacher.visit(ASKED + terms).text) == found, terms
    assert school.teacher.visit(f"{ASKED}&stage=nursery").status == 422
