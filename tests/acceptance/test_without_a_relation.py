"""Whoever stands in no relation to a student is told what is told of nobody (IGP-17)."""

from collections.abc import Iterator
from typing import Any

import pytest

from domain.sections import SECTIONS
from tests.acceptance.courses import COURSE, NOBODY, ROW, YEAR, Planning
from tests.api.serving import NATIONAL_IDS, NOTE, County

WHY = {"reason": "更正"}
MEETING = {
    "school_year": YEAR,
    "held_at": "2023-07-20T10:00:00+08:00",
    "topic": "期初會議",
    "purpose": "擬定學年目標",
    "recorder_name": "林組長",
    "participants": ["家長"],
    "content": "討論課程安排。",
}
REPLACEMENT = {"school_year": YEAR, "assessed_needs": "需加深", "outcome": "維持原安置"}
ENTRIES: dict[str, tuple[str, dict[str, Any]]] = {
    "course_goal": ("courses", COURSE),
    "meeting": ("meetings", MEETING),
    "replacement": ("replacements", REPLACEMENT),
    "counselling_note": ("notes", NOTE),
}
#: What the students of the strangers are looked after for: of each list their own student alone.
STRANGERS = ("b-cm", "b-gh", "b-hr", "b-math", "b-office", "b-pupil", "a-none")


@pytest.fixture
def plan(county: County) -> Planning:
    """A student of `ks-a` with a plan; the strangers look after another one of `ks-b`, whose class
    is called the same."""
    made = Planning.of(county)
    other = county.student("ks-b", 1)
    county.case_manager("b-cm", other, school="ks-b")
    county.subject_teacher("b-math", other, school="ks-b")
    county.teacher("b-gh", "ks-b", homeroom_class="四年甲班", gifted_class=True)
    county.teacher("b-hr", "ks-b", homeroom_class="四年乙班")
    county.teacher("b-pupil", "ks-b", roles=["student"])
    county.b_office.made(f"/students/{other}/student-account", {"account": "b-pupil"})
    county.b_cm.made("/students", {"national_id": NATIONAL_IDS[1], "school_year": YEAR})
    county.teacher("a-none")
    return made


def calls(records: dict[str, str]) -> Iterator[tuple[str, str, Any]]:
    """Every deed in every section: method, path below the student, body."""
    for code, section in SECTIONS.items():
        if section.per != "record":
            path = f"/sections/{code}?school_year={YEAR}"
            yield "GET", path, None
            yield "PUT", path, {"data": {}} | WHY
            yield "PATCH", path, {"data": {}} | WHY
            yield "POST", path.replace("?", "/withdrawal?"), WHY
    for code, (path, entry) in ENTRIES.items():
        yield "GET", f"/{path}", None
        yield "POST", f"/{path}", entry
        yield "GET", f"/{path}/{records[code]}", None
        yield "PUT", f"/{path}/{records[code]}", WHY
        yield "POST", f"/{path}/{records[code]}/withdrawal", WHY
    yield (
        "POST",
        f"/courses/{records['course_goal']}/shares",
        {
            "account": "b-math",
            "relation": "same_field",
        },
    )
    for query in ("", "&format=pdf", "&format=odt&own_notes=true"):
        yield "GET", f"/plan?school_year={YEAR}{query}", None
    yield "POST", "/school-years", {"school_year": YEAR - 1}
    yield "POST", "/copies", {"school_year": YEAR, "recipient": "guardian", "format": "json"}
    yield "GET", "/history", None
    yield "GET", "", None


@pytest.mark.accepts("IGP-17", "IGP-67")
def test_no_relation_no_deed_in_any_section_and_no_list_shows_the_student(plan: Planning) -> None:
    county, of = plan.county, f"/students/{plan.student}"
    plan.goal()
    records = {
        code: (county.a_math if code == "course_goal" else county.a_cm).made(
            f"{of}/{path}", entry | ({"rows": [ROW]} if code == "course_goal" else {})
        )
        for code, (path, entry) in ENTRIES.items()
    }
    tried = list(calls(records))
    assert len(tried) > 60
    told = {who: county.caller(who) for who in STRANGERS}
    before, notes = county.topics(), county.note_events("a-cm")
    for who, caller in told.items():
        for method, path, body in tried:
            asked, nothing = (
                _called(caller, method, f"/students/{one}{path}", body)
                for one in (plan.student, NOBODY)
            )
            about = f"{method} {path} as {who}"
            assert asked.status_code in (403, 404), f"{about}: {asked.text}"
            assert (asked.status_code, asked.content) == (nothing.status_code, nothing.content), (
                about
            )
        for number in (NATIONAL_IDS[0], NATIONAL_IDS[4]):
            add = {"national_id": number, "school_year": YEAR}
            assert caller.post("/students", add).status_code == 404, who
            batch = caller.post("/students/batch", {"national_ids": [number]})
            assert batch.status_code in (403, 404), who
        for code in SECTIONS:
            rows = caller.post(f"/sections/{code}/search", {"expand": "all"})
            assert plan.student not in rows.text, (who, code)
        for lists in (
            caller.get("/students"),
            caller.post("/students/search", {"q": "陳小明"}),
            caller.post("/students/search", {"q": NATIONAL_IDS[0]}),
            caller.get("/changes", **{"from": "112.7.1", "to": "112.8.1"}),
        ):
            assert plan.student not in lists.text, who
    assert (county.topics(), county.note_events("a-cm")) == (before, notes)


def _called(caller: Any, method: str, path: str, body: Any) -> Any:
    match method:
        case "GET":
            return caller.get(path)
        case "PUT":
            return caller.put(path, body, version=1)
        case "PATCH":
            return caller.patch(path, body, version=1)
    return caller.post(path, body, version=1)
