"""Students with a plan, for deeds that are tried on each section of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from ledger.database import Connection
from tests.acceptance.trying import Trying, trying
from tests.database import Template, copied
from tests.story import ITINERANT, Story

#: The year in which the county's clock stands.
YEAR = 112

#: What is saved first in each section that has one record per year or stage.
FIRST: dict[str, dict[str, Any]] = {
    "transition": {
        "education_stage": "elementary",
        "grade": 5,
        "school_name": "苓雅示範國小",
        "class_name": "資優五",
        "class_type": "gifted_class",
    },
    "identification": {
        "tests": [{"test_name": "智力測驗", "test_date": "112.5.1", "result": "PR 97"}]
    },
    "career_interest": {"tests": [{"instrument": "interest_inventory", "result": "研究型"}]},
    "interest_analysis": {"interests": ["reading", "experiments"]},
    "awards": {"awards": [{"event_name": "科學展覽", "prize": "特優", "level": "county"}]},
    "strengths_weaknesses": {"cognitive": {"reasoning": "strength"}},
    "needs_assessment": {"needs": {"affective_guidance": ["interpersonal"]}},
    "annual_goal": {"goal_text": "提升獨立研究能力", "teaching_model": "discover"},
}
#: What is changed afterwards: fields of the record, or of its one row.
CHANGED: dict[str, dict[str, Any]] = {
    "basic_family": {"student_name": "更正姓名", "phone": "0912345678"},
    "transition": {"remarks": "轉入", "class_name": "資優五甲"},
    "identification": {"result": "PR 98"},
    "career_interest": {"result": "藝術型"},
    "interest_analysis": {"interests": ["reading", "astronomy"]},
    "awards": {"prize": "優等"},
    "strengths_weaknesses": {"cognitive": {"reasoning": "strength", "memory": "weakness"}},
    "needs_assessment": {"needs": {"affective_guidance": ["self_understanding"]}},
    "annual_goal": {"goal_text": "提升創造力"},
}
#: The group of rows of a section whose deletion is that of a row.
ROWS = {"identification": "tests", "career_interest": "tests", "awards": "awards"}

ENTRIES: dict[str, dict[str, Any]] = {
    "meeting": {
        "school_year": YEAR,
        "held_at": "2023-07-20T10:00:00+08:00",
        "topic": "期初會議",
        "purpose": "擬定學年目標",
        "recorder_name": "林組長",
        "participants": ["王老師", "家長"],
        "content": "討論加深加廣的課程安排。",
    },
    "replacement": {"school_year": YEAR, "assessed_needs": "需加深課程", "outcome": "維持原安置"},
    "course_goal": {
        "school_year": YEAR,
        "subject": "mathematics",
        "course_name": "數學專題",
        "rows": [{"learning_performance": "n-III-1", "assessment_methods": ["dynamic"]}],
    },
}
CHANGED_ENTRIES: dict[str, dict[str, Any]] = {
    "course_goal": {"course_name": "數論專題"},
    "meeting": {"content": "另行討論課表。"},
    "replacement": {"outcome": "改為資優資源班"},
}


class Planning:
    """A county that is tried, and students whose relations are those the story gives them."""

    def __init__(self, county: Trying) -> None:
        self.county = county
        self.story = Story(county.office.ledger)
        self._linked: UUID | None = None
        for username in ("a-eng", "a-sci"):
            county.enrol(username, "teacher")
        county.enrol("a-pupil")

    def student(self, class_name: str = "資優五", *, year: bool = True) -> str:
        """A student with a plan, with or without the record of the year.

        `a-cm` and `itinerant` are case managers, `a-math`, `a-eng` and `a-sci` teach; the class is
        that of `a-gh` or, where it is 五年二班, of `a-hr`. `a-pupil` is the student's own account.
        """
        county, story = self.county, self.story
        made = story.student(county.county.schools["ks-a"], class_name)
        story.dispatch(made, county.account("a-cm"))
        story.dispatch(made, county.account("itinerant"), ITINERANT)
        for who in ("a-math", "a-eng", "a-sci"):
            story.assign(made, county.account(who))
        pupil = county.account("a-pupil")
        if self._linked is not None:
            story.unlink(self._linked, pupil)
        story.link(made, pupil)
        self._linked = made
        story.plan(made, YEAR)
        county.settle()
        if year:
            answer = self.begin("a-cm", str(made), "basic_family")
            assert answer.status_code == 201, answer.text
        return str(made)

    # -- sections with one record per year or stage

    def begin(self, who: str, student: str, section: str) -> Any:
        """The first save of a section; the record of the year is opened."""
        if section == "basic_family":
            years = f"/students/{student}/school-years"
            return self.county.call(who, "POST", years, {"school_year": YEAR})
        body = {"data": FIRST[section], "confirmed": True}
        return self.county.call(who, "PUT", page(student, section), body, 0)

    def edit(self, who: str, student: str, section: str, shown: Any) -> Any:
        """A correction of what `shown` was read of a section, or of its one row."""
        path, reason = page(student, section), {"reason": "更正"}
        if section not in ROWS:
            body = {"data": CHANGED[section]} | reason
            return self.county.call(who, "PATCH", path, body, shown["version"])
        rows = [row | CHANGED[section] for row in shown["data"][ROWS[section]]]
        return self._rows(who, path, section, rows, shown)

    def remove(self, who: str, student: str, section: str, shown: Any) -> Any:
        """What the manual calls deletion: of the one row, or of the whole record."""
        path = page(student, section)
        if section in ROWS:
            return self._rows(who, path, section, [], shown)
        return self.withdraw(who, student, section, shown["version"])

    def withdraw(self, who: str, student: str, section: str, version: int) -> Any:
        path = page(student, section).replace("?", "/withdrawal?")
        return self.county.call(who, "POST", path, {"reason": "誤植"}, version)

    def view(self, who: str, student: str, section: str) -> Any:
        return self.county.call(who, "GET", page(student, section))

    # -- sections with a record for each entry

    def enter(self, who: str, student: str, section: str) -> Any:
        return self.county.call(who, "POST", entries(student, section), ENTRIES[section])

    def change(self, who: str, student: str, section: str, shown: Any) -> Any:
        body = CHANGED_ENTRIES[section] | {"reason": "更正"}
        return self.county.call(who, "PUT", entry(student, section, shown), body, shown["version"])

    def strike(self, who: str, student: str, section: str, shown: Any) -> Any:
        path = f"{entry(student, section, shown)}/withdrawal"
        return self.county.call(who, "POST", path, {"reason": "誤植"}, shown["version"])

    def look(self, who: str, student: str, section: str, shown: Any) -> Any:
        return self.county.call(who, "GET", entry(student, section, shown))

    def listed(self, who: str, student: str, section: str) -> list[str]:
        """The ids of the entries that somebody is shown; none where they may know of none."""
        answer = self.county.call(who, "GET", entries(student, section))
        assert answer.status_code in (200, 404), answer.text
        return [one["id"] for one in answer.json().get("items", [])]

    def _rows(self, who: str, path: str, section: str, rows: list[Any], shown: Any) -> Any:
        body = {"data": {ROWS[section]: rows}, "reason": "更正"}
        return self.county.call(who, "PUT", path, body, shown["version"])


def page(student: str, section: str) -> str:
    return f"/students/{student}/sections/{section}?school_year={YEAR}"


def entries(student: str, section: str) -> str:
    plural = {"meeting": "meetings", "replacement": "replacements", "course_goal": "courses"}
    return f"/students/{student}/{plural[section]}"


def entry(student: str, section: str, shown: Any) -> str:
    return f"{entries(student, section)}/{shown['id']}"


@contextmanager
def planning(template: Template, administrator: Connection, keys: Path) -> Iterator[Planning]:
    """The county of `tests.county` over a copy of a template, served."""
    with copied(template, administrator) as database, trying(template, database, keys) as county:
        yield Planning(county)
