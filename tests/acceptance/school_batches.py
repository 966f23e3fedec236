"""A county in which schools register pupils and hand in their rosters, for tests that walk on."""

from typing import Any

from httpx2 import Response

from tests.acceptance.initial_stage import PROGRAMME, done
from tests.acceptance.second_stage import KEPT, SecondStage
from tests.acceptance.trying import national_id
from tests.api.serving import Caller
from tests.uploads import pdf

SIGNED = {
    "signed_on": "114.2.18",
    "sign_officer": "承辦人甲",
    "sign_guidance_director": "主任乙",
    "sign_accountant": "會計丙",
    "sign_principal": "校長丁",
}


class Batches(SecondStage):
    """Applicants of two schools; `school` is the one that acts."""

    school = "ks-a"

    @property
    def office(self) -> Caller:
        return self.county.caller(f"{self.school.removeprefix('ks-')}-office")

    def pupil(self, name: str, grade: int = 4, **given: Any) -> str:
        """A pupil of the school that acts, with an application."""
        entry = {
            "national_id": national_id(len(self.students) + 1),
            "name": name,
            "sex": "female",
            "birth_date": "104.5.1",
            "organisation": self.school,
            "grade": grade,
            "class_name": "甲班",
        }
        self.students[name] = self.office.made("/directory/students", entry)
        body = {"student_id": self.students[name]} | given
        self.applications[name] = self.office.made(f"{PROGRAMME}/applications", body)
        return self.applications[name]

    def told(self, name: str, who: Caller | None = None) -> dict[str, Any]:
        return super().told(name, who or self.office)

    def take(self, name: str, step: str, body: Any = None, who: Caller | None = None) -> Response:
        return super().take(name, step, body, who or self.office)

    def registers(self, name: str, grade: int = 4, **given: Any) -> None:
        """A pupil registered for the initial stage by the school that acts."""
        self.pupil(name, grade)
        if grade >= 5:
            given["district_junior_high_id"] = self.junior_high()
        done(self.submit(name, **given))

    def verified(self, name: str) -> None:
        """The school found that a kept result frees from the initial test."""
        done(self.take(name, "initial-exemption-verified", KEPT))

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
        caller = who or self.office
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

    def batch(self, stage: str, who: Caller | None = None) -> dict[str, Any]:
        answer = (who or self.office).get(f"{PROGRAMME}/batches/{self.school}/{stage}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def step(self, stage: str, step: str, body: Any = None, who: Caller | None = None) -> Response:
        """A step of a batch, at its newest version."""
        version = self.batch(stage, self.county.org)["version"]
        path = f"{PROGRAMME}/batches/{self.school}/{stage}/{step}"
        return (who or self.office).post(path, body or {}, version=version)

    def stepped(
        self, stage: str, step: str, body: Any = None, who: Caller | None = None
    ) -> dict[str, Any]:
        """A step of a batch that must be taken; the batch after it."""
        done(self.step(stage, step, body, who))
        return self.batch(stage)

    def roster(self, code: str, who: Caller | None = None, **query: Any) -> dict[str, Any]:
        answer = (who or self.office).get(f"{PROGRAMME}/rosters/{code}", **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found
