"""A county in the second stage of Kaohsiung's programme, for tests that walk through it."""

from typing import Any

from httpx2 import Response

from tests.acceptance.initial_stage import EMERGENCY, VETTED, InitialStage, done

SUBJECTS = ("chinese", "mathematics", "social_studies", "science", "english")
SUBMITTED = "second-stage-application-submitted"
PUBLISHED = "second-stage-result-published"
KEPT = {
    "result_year": 113,
    "test": "acceleration_initial",
    "t_full": 76,
    "proof": "original",
}


def row(subject: str, grade: int, kind: str = "skip_part", **more: Any) -> dict[str, Any]:
    return {"subject": subject, "exam_grade": grade, "registration_type": kind} | more


def rows(
    grade: int, kind: str = "skip_part", subjects: tuple[str, ...] = SUBJECTS
) -> list[dict[str, Any]]:
    return [row(one, grade, kind) for one in subjects]


def scored(scores: dict[str, float]) -> dict[str, Any]:
    return {"scores": [{"subject": one, "t_score": t} for one, t in scores.items()]}


class SecondStage(InitialStage):
    """Applicants from the end of the initial stage on."""

    def exempted(
        self, name: str, grade: int, placed: dict[str, int] | None = None, **given: Any
    ) -> None:
        """A pupil whose kept result frees from the initial test. `placed`: 113 placement grades."""
        self.pupil(name, grade)
        for area, placement_grade in (placed or {}).items():
            placement = {
                "school_year": 113,
                "area": area,
                "category": "skip",
                "target_year_grade": grade,
                "placement_grade": placement_grade,
            }
            path = f"/students/{self.students[name]}/placements"
            self.county.a_office.made(path, placement)
        if grade >= 5:
            given["district_junior_high_id"] = self.junior_high()
        done(self.submit(name, initial_exempt_claim=True, initial_fee_paid=False, **given))
        if given.get("has_disability"):
            statement = {"groups": ["disability"], "emergency": EMERGENCY}
            done(self.take(name, "special-group-statement-filed", statement))
        done(self.take(name, "initial-exemption-verified", KEPT))
        done(self.take(name, "vetted", VETTED))
        done(self.take(name, "initial-entry-confirmed"))

    def register(self, name: str, given: list[dict[str, Any]], **more: Any) -> Response:
        body = {"rows": given, "second_photo_received": True, "second_fee_paid": True} | more
        return self.take(name, SUBMITTED, body)

    def registered(self, name: str, given: list[dict[str, Any]], **more: Any) -> None:
        """Registered, and the entry confirmed."""
        done(self.register(name, given, **more))
        done(self.take(name, "second-stage-entry-confirmed"))

    def second_ticket(self, name: str, number: str) -> None:
        body = {"ticket_no": number, "room_no": "03", "computer_room_no": "電腦一"}
        done(self.take(name, "second-ticket-issued", body, self.county.org))

    def publish_second(self) -> Response:
        return self.publish(stage="second")
