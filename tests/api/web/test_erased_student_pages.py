"""The pages about a student who was erased by order stand, and say so in place of the data."""

from tests.acceptance.courses import ROW, Planning
from tests.api.serving import PASSWORD, PLACEMENT, County
from tests.erasing import erased
from tests.visiting import Visitor

GONE = "已依法刪除"


def test_the_pages_about_an_erased_student_say_so(county: County) -> None:
    planning = Planning.of(county)
    planning.goal()
    course = planning.course("a-math", ROW)
    of = f"/students/{planning.student}"
    placed = county.a_cm.made(f"{of}/placements", PLACEMENT)
    asked = {"kind": "abandonment", "placement_id": placed, "letter_number": "1130001"}
    request = county.a_cm.made(f"{of}/placement-requests", asked | {"reason": "通學時間過長"})
    needs = {"data": {"needs": {}, "advice": "小組研究"}}
    county.a_cm.put(f"{of}/sections/needs_assessment?school_year=112", needs, version=0)
    meeting = {"school_year": 112, "held_at": "2023-08-01T07:00:00+08:00", "topic": "研商會議"}
    county.a_cm.post(f"{of}/meetings", meeting | {"participants": ["王主任"], "content": "討論"})
    before = Visitor.of(county.client, "a-cm", PASSWORD).visit(f"{of}/as-of?at=112.8.1").text
    told = ("陳小明", "通學時間過長", ROW["learning_performance"])
    assert all(one in before for one in told)
    erased(county.house, county.viewer("eb"), planning.student)
    visitors = [Visitor.of(county.client, who, PASSWORD) for who in ("a-cm", "a-office", "a-math")]
    paths = [
        *(f"{of}{page}" for page in ("", "/plan?school_year=112", "/placements", "/history")),
        *(f"{of}/as-of?at=112.8.1", f"{of}/compare?from=112.7.31&to=112.8.1"),
        *(f"{of}/sections/{one}?school_year=112" for one in ("basic_family", "annual_goal")),
        *(f"{of}/{page}" for page in ("meetings", "courses", f"courses/{course}", "relations")),
        *(f"/placement-requests/{request}", f"/records/{placed}/proof"),
    ]
    seen = set()
    for visitor in visitors:
        for path in paths:
            sheet = visitor.visit(path)
            assert sheet.status in (200, 403, 404), (path, sheet.status)
            assert not [one for one in told if one in sheet.text], path
            if sheet.status == 200 and GONE in sheet.text:
                seen.add(path)
    assert {of, f"{of}/plan?school_year=112", f"{of}/as-of?at=112.8.1"} <= seen
