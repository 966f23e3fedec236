"""A county on the placement page of Kaohsiung's programme, for tests that walk through it."""

from typing import Any

from httpx2 import Response

from tests.acceptance.initial_stage import PROGRAMME, done
from tests.acceptance.second_stage import SecondStage, row, rows, scored

ROSTERS = f"{PROGRAMME}/rosters"
#: By pupil: grade now, subjects as registered, the scores of the test, placements of 113.
TESTED: dict[str, tuple[int, list[dict[str, Any]], dict[str, float], dict[str, int]]] = {
    "甲生": (
        4,
        rows(5, "skip_part", ("english", "mathematics")),
        {"english": 66, "mathematics": 60},
        {},
    ),
    "乙生": (3, [row("english", 4, "exempt", test="joint")], {"english": 70}, {}),
    "丙生": (
        3,
        rows(4, "skip_part_to_full", ("chinese", "mathematics", "social_studies", "science")),
        dict.fromkeys(("chinese", "mathematics", "social_studies", "science"), 66),
        {"英語": 4},
    ),
}


class PlacementStage(SecondStage):
    """From 114.4.18 on: results are published, rows are filled in."""

    def __init__(self, county: Any) -> None:
        super().__init__(county)
        self.rows: dict[tuple[str, str], str] = {}

    def walk(self) -> "PlacementStage":
        """To 114.4.18 at five in the afternoon."""
        self.at("2025-02-17T09:00")
        self.publish_programme()
        for name, (grade, _, _, placed) in TESTED.items():
            self.exempted(name, grade, placed)
        self.at("2025-03-20T09:00")
        for name, (_, given, _, _) in TESTED.items():
            self.registered(name, given)
        self.at("2025-04-08T09:00")
        for number, name in enumerate(TESTED):
            self.second_ticket(name, f"1140{number}")
        self.at("2025-04-14T09:00")
        for name, (_, _, scores, _) in TESTED.items():
            done(self.examine(name, "subject-score-imported", scored(scores)))
        self.at("2025-04-15T10:00")
        for name in TESTED:
            done(self.examine(name, "subject-decision-made", who=self.county.council))
        self.at("2025-04-18T15:00")
        done(self.publish_second())
        self.at("2025-04-18T17:00")
        return self

    def fill(
        self, name: str, area: str, category: str, grade: int, target: int, **more: Any
    ) -> Response:
        """Fills a row in; its id is kept by pupil and area."""
        body = {
            "school_year": 114,
            "area": area,
            "category": category,
            "target_year_grade": target,
            "placement_grade": grade,
        }
        path = f"/students/{self.students[name]}/placements"
        answer = self.county.a_office.post(path, body | more)
        if answer.status_code == 201:
            self.rows[name, area] = answer.json()["id"]
        return answer

    def filled(self, *given: Any, **more: Any) -> None:
        done(self.fill(*given, **more))

    def row_path(self, name: str, area: str) -> str:
        return f"/students/{self.students[name]}/placements/{self.rows[name, area]}"

    def row_of(self, name: str, area: str) -> dict[str, Any]:
        answer = self.county.a_office.get(self.row_path(name, area))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def correct(self, name: str, area: str, **changed: Any) -> Response:
        version = self.row_of(name, area)["version"]
        body = {"reason": "學校更正"} | changed
        return self.county.a_office.put(self.row_path(name, area), body, version=version)

    def delete(self, name: str, area: str) -> None:
        version = self.row_of(name, area)["version"]
        path = f"{self.row_path(name, area)}/withdrawal"
        answer = self.county.a_office.post(path, {"reason": "填錯學生"}, version=version)
        assert answer.status_code == 200, answer.text

    def history_row(self, name: str, **fields: Any) -> None:
        """A placement of an earlier year, entered as history."""
        path = f"/students/{self.students[name]}/placements"
        self.county.a_office.made(path, {"school_year": 113} | fields)

    def offers(self, name: str) -> dict[str, Any]:
        answer = self.county.a_office.get(f"{self.path(name)}/placement-options")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def roster(self) -> dict[str, dict[str, Any]]:
        """The placement roster of school A by pupil."""
        answer = self.county.a_office.get(f"{ROSTERS}/placement")
        assert answer.status_code == 200, answer.text
        return {one["pupil_name"]: one for one in answer.json()["rows"]}

    def modified(self, who: Any = None, **asked: Any) -> dict[str, Any]:
        query = {"from": "114.4.18", "to": "114.5.31"} | asked
        answer = (who or self.county.org).get(f"{ROSTERS}/modified", **query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found
