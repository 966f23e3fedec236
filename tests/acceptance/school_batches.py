"""A county in which schools register pupils and hand in their rosters, for tests that walk on."""

from typing import Any

from httpx2 import Response

from domain.programme import shipped_text
from tests.acceptance.trying import national_id
from tests.api.serving import Caller, County
from tests.uploads import pdf

PROGRAMME = "/programmes/kaohsiung-114"
SIGNED = {
    "signed_on": "114.2.18",
    "sign_officer": "承辦人甲",
    "sign_guidance_director": "主任乙",
    "sign_accountant": "會計丙",
    "sign_principal": "校長丁",
}
REGISTERED = {
    "guardians": [{"name": "陳大文", "phone_mobile": "0912345678"}],
    "emergency_same_as_guardian": True,
    "class_teacher_name": "王老師",
    "in_gifted_class": False,
    "has_disability": False,
    "economic_status": "none",
    "initial_fee_paid": True,
    "needs_accommodation": False,
    "initial_photo_received": True,
}


class Batches:
    """The county, its clock, and applicants by name."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.serial = 5_000
        self.applications: dict[str, str] = {}
        self.students: dict[str, str] = {}

    def at(self, local: str) -> None:
        """Sets the clock to a local time, as `2025-02-17T09:00`."""
        answer = self.county.eb.post("/simulation/clock", {"now": f"{local}:00+08:00"})
        assert answer.status_code == 200, answer.text

    def publish_programme(self) -> None:
        self.county.eb.made("/programmes", {"text": shipped_text("kaohsiung-114")})
        next_school = {
            "code": "ks-j",
            "name": "前金示範國中",
            "kind": "school",
            "county": "高雄市",
            "stage": "junior_high",
        }
        self.next_school = self.county.eb.made("/organisations", next_school)

    def applicant(self, name: str, grade: int, school: str = "ks-a") -> str:
        self.serial += 1
        office = self.office(school)
        entry = {
            "national_id": national_id(self.serial),
            "name": name,
            "sex": "female",
            "birth_date": "104.5.1",
            "organisation": school,
            "grade": grade,
            "class_name": "甲班",
        }
        student = office.made("/directory/students", entry)
        self.students[name] = student
        made = office.made(f"{PROGRAMME}/applications", {"student_id": student})
        self.applications[name] = made
        return made

    def office(self, school: str) -> Caller:
        return self.county.caller(f"{school.removeprefix('ks-')}-office")

    def take(
        self, name: str, step: str, body: Any = None, who: Caller | None = None
    ) -> dict[str, Any]:
        """A step of an application that must be taken, at its newest version."""
        path = f"{PROGRAMME}/applications/{self.applications[name]}"
        version = self.county.org.get(path).json()["version"]
        answer = (who or self.county.a_office).post(f"{path}/{step}", body or {}, version=version)
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = self.county.org.get(path).json()
        return found

    def register(self, name: str, grade: int, school: str = "ks-a", **more: Any) -> dict[str, Any]:
        """A pupil registered for the initial stage."""
        self.applicant(name, grade, school)
        body = REGISTERED | more
        if grade >= 5:
            body["district_junior_high_id"] = self.next_school
        return self.take(name, "initial-application-submitted", body, self.office(school))

    def upload(
        self,
        kind: str,
        *,
        student: str | None = None,
        school: str | None = None,
        who: Caller | None = None,
        content: bytes | None = None,
        name: str = "掃描.pdf",
    ) -> Response:
        """The answer to an upload of a scan."""
        data = {"kind": kind}
        if student is not None:
            data["student_id"] = self.students.get(student, student)
        if school is not None:
            data["organisation"] = school
        caller = who or self.county.a_office
        return self.county.client.post(
            f"/api/v1{PROGRAMME}/documents",
            headers=caller.headers,
            data=data,
            files={"file": (name, content or pdf(f"{kind} {student} {school}"))},
        )

    def scan(self, kind: str, **given: Any) -> str:
        """The id of a scan that was uploaded."""
        answer = self.upload(kind, **given)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def batch(self, stage: str, school: str = "ks-a", who: Caller | None = None) -> dict[str, Any]:
        answer = (who or self.office(school)).get(f"{PROGRAMME}/batches/{school}/{stage}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def step(
        self,
        stage: str,
        step: str,
        body: Any = None,
        *,
        school: str = "ks-a",
        who: Caller | None = None,
    ) -> Response:
        """A step of a batch, at its newest version."""
        version = self.batch(stage, school)["version"]
        caller = who or self.office(school)
        path = f"{PROGRAMME}/batches/{school}/{stage}/{step}"
        return caller.post(path, body or {}, version=version)

    def done(self, stage: str, step: str, body: Any = None, **given: Any) -> dict[str, Any]:
        """A step of a batch that must be taken; the batch after it."""
        answer = self.step(stage, step, body, **given)
        assert answer.status_code == 201, answer.text
        return self.batch(stage, given.get("school", "ks-a"))

    def roster(self, code: str, who: Caller | None = None, **query: Any) -> dict[str, Any]:
        answer = (who or self.county.a_office).get(f"{PROGRAMME}/rosters/{code}", **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found
