"""Another county's programme: one stage, the schools test, and nothing of it is code."""

from pathlib import Path
from time import sleep
from typing import Any

from tests.acceptance.initial_stage import done, refused
from tests.acceptance.placing import ADAPTATION, IGP
from tests.acceptance.trying import national_id
from tests.api.serving import PASSWORD, Caller, County
from tests.uploads import pdf
from tests.visiting import Visitor

TEXT = Path(__file__).parents[1] / "programmes" / "one-stage-114.toml"
PATH = "/programmes/one-stage-114"
OUTCOMES = [
    {"subject": "mathematics", "standard": "exam_sd", "passed": True, "score": 98, "line": 95},
    {"subject": "english", "standard": "exam_sd", "passed": True, "score": 99, "line": 95},
]


class Pupil:
    """One pupil of school A with an application, and a case later."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.student = county.student("ks-a", national_id=national_id(1), name="王小明", grade=4)
        body = {"student_id": self.student}
        self.application = county.a_office.made(f"{PATH}/applications", body)
        self.case = ""

    def at(self, local: str) -> None:
        answer = self.county.eb.post("/simulation/clock", {"now": f"{local}:00+08:00"})
        assert answer.status_code == 200, answer.text

    def take(self, record: str, step: str, body: Any = None, who: Caller | None = None) -> Any:
        version = self.county.eb.get(f"{PATH}/{record}").json()["version"]
        return (who or self.county.a_office).post(
            f"{PATH}/{record}/{step}", body or {}, version=version
        )

    def kinds_of_looking(self) -> set[tuple[str, str]]:
        """What of the pupil was looked at, and how, as the school is told."""
        while self.county.client.get("/readyz").status_code != 200:
            sleep(0.01)
        answer = self.county.a_office.get(f"/students/{self.student}/access-log")
        return {(one["what"]["code"], one["kind"]["code"]) for one in answer.json()["items"]}

    def state(self, record: str) -> str:
        return str(self.county.eb.get(f"{PATH}/{record}").json()["state"])


def test_a_programme_of_one_stage_needs_a_text_and_no_code(county: County) -> None:
    county.eb.made("/programmes", {"text": TEXT.read_text(encoding="utf-8")})
    pupil = Pupil(county)
    pupil.at("2025-03-03T09:00")
    application = f"applications/{pupil.application}"
    kinds = {"mathematics": "course_exemption", "english": "subject_grade_skip"}
    rows = [
        {"subject": subject, "exam_grade": 5, "registration_type": kind}
        for subject, kind in kinds.items()
    ]
    step = "second-stage-application-submitted"
    registered = {"rows": rows, "achievement_test_mode": "school"}
    # What the plan does not have is no step of it.
    refused(pupil.take(application, "initial-application-submitted"), "not-allowed", 403)
    done(pupil.take(application, step, registered))
    done(pupil.take(application, "second-stage-entry-confirmed"))
    pupil.at("2025-04-12T09:00")
    outcome = {"outcomes": OUTCOMES, "committee_met_on": "114.4.10"}
    done(pupil.take(application, "school-outcome-recorded", outcome))
    told = county.a_office.get(f"{PATH}/{application}").json()
    assert (told["state"], told["steps"][-1]["late"]) == ("placement_eligible", "late")

    placements = f"/students/{pupil.student}/placements"
    page = {"school_year": 114, "target_year_grade": 5}
    exempt = page | {"area": "數學", "category": "exemption", "placement_grade": 5}
    skip = page | {"area": "英語文", "category": "skip", "placement_grade": 6}
    for row in (exempt, skip):
        made = county.a_office.made(placements, row)
        assert county.a_office.get(f"{placements}/{made}").json()["flags"] == []
    pupil.case = county.a_office.made(f"{PATH}/placement-cases", {"student_id": pupil.student})
    case = f"placement-cases/{pupil.case}"
    done(pupil.take(case, "learning-performance-entered", ADAPTATION))
    review = {"committee_result": "passed", "committee_met_on": "114.4.11"}
    done(pupil.take(case, "committee-reviewed", review))
    done(pupil.take(case, "submitted"))
    pupil.at("2025-05-09T15:00")
    # What the bodies decide later is no part of what the school signs.
    before = county.org.get(f"{PATH}/rosters/placement").json()
    assert [one["placement_outcome"] for one in before["rows"]] in ([None], [""])
    meeting = {"result": "passed", "meeting_on": "114.5.9"}
    done(pupil.take(case, "placement-deliberated", meeting, county.council))
    done(pupil.take(case, "placement-approved", {"decided_on": "114.5.9"}, county.eb))
    assert pupil.state(case) == "deliberated"
    done(pupil.take(case, "placement-noted", {"decided_on": "114.5.9"}, county.eb))
    letter = {"letter_number": "府教特字第1號", "letter_date": "114.5.16"}
    done(pupil.take(case, "notified", letter, county.eb))
    done(
        pupil.take(
            f"{case}/igp",
            "drafted",
            IGP | {"timetable": [{"weekday": 1, "period": "2", "content": "英語"}]},
        )
    )
    assert county.a_office.get(f"{PATH}/{case}/tasks").json()["items"] == []
    for lists in ("letters", "attendance", "tasks", "tracking", "placement"):
        answer = county.org.get(f"{PATH}/rosters/{lists}")
        assert answer.status_code == 200, (lists, answer.text)
    # A list that was looked at is no looking through one student after another.
    for lists in ("applications", "placement-cases"):
        assert county.org.get(f"{PATH}/{lists}").json()["items"]
    kinds = pupil.kinds_of_looking()
    assert {what for what, kind in kinds if kind == "listed"} >= {
        "applications",
        "placement-cases",
        "rosters/letters",
    }
    several = ("applications", "placement-cases", "rosters")
    assert {kind for what, kind in kinds if what.split("/")[0] in several} == {"listed"}
    roster = county.org.get(f"{PATH}/rosters/placement").json()
    assert [one["placement_outcome"] for one in roster["rows"]] == ["通過"]
    assert roster["digest"] == before["digest"]
    review = {"committee_result": "passed", "committee_met_on": "114.5.9"}
    done(pupil.take(f"{case}/igp", "committee-reviewed", review))
    pupil.at("2025-08-01T09:00")
    scan = county.client.post(
        f"/api/v1{PATH}/documents",
        headers=county.a_office.headers,
        data={"kind": "igp", "student_id": pupil.student},
        files={"file": ("計畫.pdf", pdf("plan"))},
    )
    assert scan.status_code == 201, scan.text
    final = {"igp_document": scan.json()["id"], "signs": ["guardian", "principal"]}
    done(pupil.take(f"{case}/igp", "final-uploaded", final))
    done(pupil.take(case, "placement-started"))
    assert pupil.state(case) == "in_force"
    for pages in ("", "/applications", "/placement-cases", f"/{case}", f"/{application}"):
        assert county.a_office.get(f"{PATH}{pages}").status_code == 200
    # Nor has it a page for what it does not have: schools hand in no rosters.
    assert county.eb.get(f"{PATH}/batches").json()["items"] == []
    for stage in ("initial", "second", "placement"):
        assert county.a_office.get(f"{PATH}/batches/ks-a/{stage}").status_code == 404
    for name in ("a-office", "org", "council", "eb"):
        walked = Visitor.of(county.client, name, PASSWORD).walk(PATH)
        assert {one: status for one, status in walked.items() if status != 200} == {}, name
        assert len(walked) > 20, walked
