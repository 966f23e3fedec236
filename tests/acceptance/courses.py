"""A plan with an annual goal, the people around it, and courses under it."""

from dataclasses import dataclass
from typing import Any

from tests.api.serving import NATIONAL_IDS, PASSWORD, Caller, County

YEAR = 112
NOBODY = "00000000-0000-4000-8000-000000000001"
ROW = {
    "learning_performance": "n-II-1 理解一億以內數的位值結構",
    "adjusted_learning_performance": "探究不同進位制的位值結構",
    "assessment_methods": ["dynamic", "小論文"],
}
COURSE = {
    "school_year": YEAR,
    "subject": "mathematics",
    "course_name": "數學專題",
    "semester": "first",
}


@dataclass(frozen=True)
class Planning:
    """A student of the school `ks-a` with a plan for 112. `a-cm` is the case manager, `a-gh` leads
    the gifted class, `a-math`, `a-eng` and `a-art` teach the student, `a-new` teaches elsewhere in
    the school."""

    county: County
    student: str

    @classmethod
    def of(cls, county: County, number: int = 0) -> "Planning":
        student = county.student(number=number)
        county.case_manager("a-cm", student)
        county.teacher("a-gh", homeroom_class="四年甲班", gifted_class=True)
        for teacher in ("a-math", "a-eng", "a-art"):
            county.subject_teacher(teacher, student)
        county.teacher("a-new")
        county.a_cm.made("/students", {"national_id": NATIONAL_IDS[number], "school_year": YEAR})
        return cls(county, student)

    @property
    def courses(self) -> str:
        return f"/students/{self.student}/courses"

    def goal_path(self, year: int | None = YEAR) -> str:
        query = "" if year is None else f"?school_year={year}"
        return f"/students/{self.student}/sections/annual_goal{query}"

    def goal(self, who: str = "a-math", model: str | None = None, year: int = YEAR) -> None:
        """The annual goal of a year, begun by a subject teacher."""
        data = {"goal_text": "發展數學專題探究能力", "teaching_model": model}
        begun = self.caller(who).put(self.goal_path(year), {"data": data}, version=0)
        assert begun.status_code == 200, begun.text

    def course(self, who: str = "a-math", *rows: dict[str, Any], **more: Any) -> str:
        """A course of a teacher; returns the id."""
        entry = COURSE | more | ({"rows": list(rows)} if rows else {})
        return self.caller(who).made(self.courses, entry)

    def shown(self, course: str, who: str = "a-math") -> dict[str, Any]:
        answer = self.caller(who).get(f"{self.courses}/{course}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def pupil(self) -> Caller:
        """The student's own account, linked and signed in."""
        entry = {"username": "a-pupil", "name": "陳小明", "organisation": "ks-a"}
        office = self.county.a_office
        office.made("/accounts", entry | {"roles": ["student"], "password": PASSWORD})
        office.made(f"/students/{self.student}/student-account", {"account": "a-pupil"})
        return self.caller("a-pupil")

    def caller(self, who: str) -> Caller:
        return self.county.caller(who)


def code(answer: Any) -> tuple[int, str]:
    """The status and the code of a refusal."""
    return answer.status_code, answer.json()["code"]
