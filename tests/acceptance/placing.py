"""A county in the placement stage of its programme: pupils, their rows, cases and plans."""

from typing import Any

from domain.programme import shipped_text
from tests.acceptance.trying import national_id
from tests.api.serving import COUNTY, PASSWORD, Caller, County
from tests.uploads import pdf

PROGRAMME = "/programmes/kaohsiung-114"
CASES = f"{PROGRAMME}/placement-cases"
SUBJECTS = ("國語", "數學", "社會", "自然", "英語")
LETTER = {"letter_number": "高市教特字第11430000001號", "letter_date": "114.5.2"}

ADAPTATION = {
    "peer_interaction": "與同學相處融洽",
    "life_adaptation": "作息規律",
    "stress_teacher": "能說出壓力",
    "stress_family": "在家能放鬆",
    "self_mgmt_teacher": "作業準時",
    "self_mgmt_family": "自己整理書包",
}
IGP = {
    "strengths_weaknesses": "語文優，書寫慢",
    "overall_analysis": "學習快",
    "special_needs": "加深加廣",
    "goals": "完成七年級英語",
    "teaching_focus": "閱讀與寫作",
    "timetable": [{"weekday": 1, "period": "2", "content": "英語"}],
    "assessment_methods": "段考與作品",
    "teachers": [{"area": "英語", "teacher": "王老師"}],
}
SIGNS = [
    "guardian",
    "guidance_teacher",
    "class_teacher",
    "special_education_chief",
    "teaching_chief",
    "academic_director",
    "guidance_director",
    "principal",
]
REPORTED = ["class_teacher", "subject_teacher", "guardian", "special_education_chief"]
REPORTED += ["guidance_director", "academic_director", "principal"]
COMMITTEE = [
    "class_teacher",
    "subject_teacher",
    "special_education_chief",
    "guidance_director",
    "teaching_chief",
    "academic_director",
    "principal",
]


class Cases:
    """The county with what the placement stage does, in few words."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.serial = 0
        self.pupils: dict[str, str] = {}
        self.cases: dict[str, str] = {}
        county.eb.made(
            "/organisations",
            {"code": "ks-j", "name": "三民示範國中", "kind": "school", "county": COUNTY}
            | {"stage": "junior_high"},
        )
        found = county.eb.get("/organisations").json()["items"]
        self.schools = {one["code"]: one["id"] for one in found}
        person = {"username": "j-office", "name": "國中承辦人", "organisation": "ks-j"}
        county.eb.made(
            "/accounts", person | {"roles": ["school_administrator"], "password": PASSWORD}
        )
        county.eb.made("/programmes", {"text": shipped_text("kaohsiung-114")})

    def at(self, instant: str) -> None:
        """Moves the clock to a local time such as `2025-04-18T09:00`."""
        answer = self.county.eb.post("/simulation/clock", {"now": f"{instant}:00+08:00"})
        assert answer.status_code == 200, answer.text

    def pupil(self, name: str, grade: int, school: str = "ks-a") -> str:
        self.serial += 1
        self.pupils[name] = self.county.student(
            school, national_id=national_id(self.serial), name=f"學生{name}", grade=grade
        )
        return self.pupils[name]

    def row(
        self, name: str, area: str, category: str, grade: int, year: int = 114, **more: Any
    ) -> str:
        """A row of the placement page: the placement grade, in a school year."""
        student = self.pupils[name]
        own = int(self.county.eb.get(f"/students/{student}").json()["grade"]) + year - 113
        body = {"school_year": year, "area": area, "category": category}
        body |= {"target_year_grade": own, "placement_grade": grade}
        if grade >= 7:
            body["arrangement"] = "至三民示範國中上課"
        return self.office(name).made(f"/students/{student}/placements", body | more)

    def office(self, name: str) -> Caller:
        """The office of the pupil's school."""
        code = self.county.eb.get(f"/students/{self.pupils[name]}").json()["organisation"]["code"]
        return self.county.caller(f"{code.removeprefix('ks-')}-office")

    def paper(self, kind: str, name: str) -> str:
        """The id of a scan of the pupil's, or of the minutes of the pupil's school."""
        office = self.office(name)
        whose = {"student_id": self.pupils[name]}
        if kind == "committee_minutes":
            found = self.county.eb.get(f"/students/{self.pupils[name]}").json()
            whose = {"organisation": found["organisation"]["code"]}
        answer = self.county.client.post(
            f"/api/v1{PROGRAMME}/documents",
            headers=office.headers,
            data={"kind": kind} | whose,
            files={"file": ("掃描.pdf", pdf(f"{kind} {whose}"))},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def opened(self, name: str) -> str:
        body = {"student_id": self.pupils[name]}
        self.cases[name] = self.office(name).made(CASES, body)
        return self.cases[name]

    def told(self, name: str, who: str = "eb", part: str = "") -> Any:
        answer = self.county.caller(who).get(f"{CASES}/{self.cases[name]}{part}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def tries(self, who: str | Caller, name: str, step: str, body: Any = None) -> Any:
        """The answer to a step of the case, or with `igp/` of its guidance plan."""
        caller = self.county.caller(who) if isinstance(who, str) else who
        part = "/igp" if step.startswith("igp/") else ""
        version = self.told(name, part=part)["version"]
        return caller.post(f"{CASES}/{self.cases[name]}/{step}", body or {}, version=version)

    def does(self, who: str | Caller, name: str, step: str, body: Any = None) -> str:
        """The state after a step that is taken."""
        answer = self.tries(who, name, step, body)
        assert answer.status_code == 201, f"{step}: {answer.text}"
        part = "/igp" if step.startswith("igp/") else ""
        return str(self.told(name, part=part)["state"])

    def reviewed(self, name: str, **more: Any) -> None:
        """The case up to its submission."""
        office = self.office(name)
        review = {"committee_result": "passed", "committee_met_on": "114.4.22"}
        review["remark"] = "已與家長說明"
        self.does(office, name, "committee-reviewed", review)
        self.does(office, name, "submitted", more)

    def decided(self, name: str, path: str, **more: Any) -> None:
        """The case from its opening to the letter, by one of the two paths, in May."""
        if name not in self.cases:
            self.opened(name)
        self.does(self.office(name), name, "learning-performance-entered", ADAPTATION)
        self.reviewed(name, **more)
        self.does("org", name, "desk-review-cleared")
        meeting = {"result": "passed", "meeting_on": "114.4.30"}
        if path == "council":
            self.does("council", name, "placement-deliberated", meeting)
            self.does("eb", name, "placement-approved", {"decided_on": "114.5.1"})
        else:
            self.does(self.office(name), name, "placement-deliberated", meeting)
            self.does("eb", name, "placement-noted", {"decided_on": "114.5.1"})
        assert self.does("eb", name, "notified", LETTER) == "notified"
