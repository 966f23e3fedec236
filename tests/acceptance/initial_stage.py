"""A county in the initial stage of Kaohsiung's programme, for tests that walk through it."""

from typing import Any

from httpx2 import Response

from domain.organisation import organisation_id
from domain.programme import shipped_text
from tests.acceptance.trying import national_id
from tests.api.serving import COUNTY, Caller, County

PROGRAMME = "/programmes/kaohsiung-114"
#: Schools by their natural ids; `InitialStage.junior_high` registers the former.
JUNIOR_HIGH = str(organisation_id("ks-j"))
DUAL_SCHOOL = str(organisation_id("ks-b"))
GUARDIAN = {"name": "陳大同", "phone_mobile": "0912000000"}
FORM: dict[str, Any] = {
    "guardians": [GUARDIAN],
    "emergency_same_as_guardian": True,
    "class_teacher_name": "林導師",
    "in_gifted_class": False,
    "has_disability": False,
    "economic_status": "none",
    "initial_fee_paid": True,
    "initial_photo_received": True,
    "needs_accommodation": False,
}
EMERGENCY = {"name": "陳大同", "relation": "父親", "phone_mobile": "0912000000"}
VETTED = {"decision": "accepted", "body": "school_committee", "met_on": "114.2.17"}
SUBMIT = "initial-application-submitted"


class InitialStage:
    """The county, its clock, and applicants by name; steps are taken at the newest version."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.applications: dict[str, str] = {}
        self.students: dict[str, str] = {}

    def at(self, local: str) -> None:
        """Sets the clock to a local time, as `2025-02-17T09:00`."""
        seconds = "" if local.count(":") == 2 else ":00"
        answer = self.county.eb.post("/simulation/clock", {"now": f"{local}{seconds}+08:00"})
        assert answer.status_code == 200, answer.text

    def publish_programme(self) -> None:
        self.county.eb.made("/programmes", {"text": shipped_text("kaohsiung-114")})

    def junior_high(self) -> str:
        """The id of a junior high, registered once."""
        known = self.county.eb.get("/organisations").json()["items"]
        if JUNIOR_HIGH not in {one["id"] for one in known}:
            school = {"code": "ks-j", "name": "三民示範國中", "kind": "school", "county": COUNTY}
            self.county.eb.made("/organisations", school | {"stage": "junior_high"})
        return JUNIOR_HIGH

    def pupil(self, name: str, grade: int = 4, **given: Any) -> str:
        """A pupil of school A with an application."""
        entry = {
            "national_id": national_id(len(self.students) + 1),
            "name": name,
            "sex": "male",
            "birth_date": "103.5.1",
            "organisation": "ks-a",
            "grade": grade,
            "class_name": "甲班",
        }
        return self.applied(name, self.county.a_office.made("/directory/students", entry), **given)

    def applied(self, name: str, student: str, **given: Any) -> str:
        """An application of somebody whom school A has."""
        body = {"student_id": student} | given
        self.students[name] = student
        made = self.county.a_office.made(f"{PROGRAMME}/applications", body)
        self.applications[name] = made
        return made

    def path(self, name: str) -> str:
        return f"{PROGRAMME}/applications/{self.applications[name]}"

    def told(self, name: str, who: Caller | None = None) -> dict[str, Any]:
        answer = (who or self.county.a_office).get(self.path(name))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def state(self, name: str) -> str:
        return str(self.told(name, self.county.org)["state"])

    def take(self, name: str, step: str, body: Any = None, who: Caller | None = None) -> Response:
        version = self.told(name, self.county.org)["version"]
        caller = who or self.county.a_office
        return caller.post(f"{self.path(name)}/{step}", body or {}, version=version)

    def examine(
        self, name: str, step: str, body: Any = None, who: Caller | None = None
    ) -> Response:
        known = self.county.org.get(f"{self.path(name)}/examination")
        version = known.json()["version"] if known.status_code == 200 else 0
        caller = who or self.county.org
        return caller.post(f"{self.path(name)}/{step}", body or {}, version=version)

    def submit(self, name: str, **given: Any) -> Response:
        return self.take(name, SUBMIT, FORM | given)

    def entered(self, name: str, grade: int = 4, **given: Any) -> None:
        """A pupil whose registration is complete, and its entry confirmed."""
        self.pupil(name, grade)
        done(self.submit(name, **given))
        done(self.take(name, "vetted", VETTED))
        done(self.take(name, "initial-entry-confirmed", {"dual_registered": "dual_exam" in given}))

    def ticket(self, name: str, number: str) -> None:
        body = {"ticket_no": number, "room_no": "01"}
        done(self.take(name, "ticket-issued", body, self.county.org))

    def scored(self, name: str, full: float, **given: Any) -> None:
        body = {"t_sub1": 60, "t_sub2": 61, "t_sub3": 62, "t_full": full} | given
        done(self.examine(name, "initial-score-imported", body))

    def decide(self, name: str, decision: str, **given: Any) -> Response:
        body = {"decision": decision} | given
        return self.examine(name, "initial-decision-made", body, self.county.council)

    def publish(self, **given: Any) -> Response:
        version = self.county.org.get(f"{PROGRAMME}/round").json()["version"]
        body = {"stage": "initial"} | given
        return self.county.org.post(f"{PROGRAMME}/round/results-published", body, version=version)

    def last(self, name: str, step: str, who: Caller | None = None) -> dict[str, Any]:
        """What the newest step of a kind says."""
        taken = [one for one in self.told(name, who)["steps"] if one["step"] == step]
        said: dict[str, Any] = taken[-1]["data"]
        return said


def done(answer: Response) -> None:
    assert answer.status_code == 201, answer.text


def refused(answer: Response, code: str, status: int = 409) -> str:
    """The detail of a refusal."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    return str(answer.json()["detail"])
