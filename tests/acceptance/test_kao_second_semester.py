"""The city's lists in the second half of the year: who started, ended, was replaced, went back."""

from typing import Any

import pytest

from tests.acceptance.placing import IGP, PROGRAMME, REPORTED, Cases
from tests.api.serving import County

ROSTERS = f"{PROGRAMME}/rosters"
CONSENT = {"document_number": "高市教特字第11430000009號"}


class Year(Cases):
    """One school's pupils, each of whom the year brings something else."""

    def placed(self, name: str, *areas: str, category: str = "skip") -> None:
        """Decided on in May, and begun with the school year."""
        self.pupil(name, 4)
        self.areas[name] = {
            area: self.row(name, area, category, 6 if category == "skip" else 5) for area in areas
        }
        self.decided(name, "council" if category == "skip" else "committee")

    def __init__(self, county: County) -> None:
        super().__init__(county)
        self.areas: dict[str, dict[str, str]] = {}

    def asks(self, name: str, kind: str, area: str, on: str) -> None:
        """A request that is granted on the day: to give up, or an exemption instead of a skip."""
        new = {"area": area, "category": "exemption", "target_year_grade": 5}
        body: dict[str, Any] = {"kind": kind, "placement_id": self.areas[name][area]}
        body["new_placement"] = new | {"placement_grade": 5} if kind == "re_placement" else None
        office = self.county.a_office
        path = f"/students/{self.pupils[name]}/placement-requests"
        request = office.made(path, body | {"reason": "適應因素"})
        acts = [(office, "school_committee", "passed", {})]
        acts.append((self.county.eb, "bureau", "consented", CONSENT))
        if kind == "re_placement":
            acts.append((self.county.council, "council", "passed", {}))
        for who, of, outcome, more in acts:
            version = self.county.eb.get(f"/placement-requests/{request}").json()["version"]
            said = {"body": of, "outcome": outcome, "decided_on": on}
            path = f"/placement-requests/{request}/decisions"
            answer = who.post(path, said | more, version=version)
            assert answer.status_code == 201, answer.text

    def returns(self, name: str) -> None:
        """Back to the original grade from the second semester on."""
        office = self.county.a_office
        self.does(office, name, "igp/drafted", IGP)
        self.does(office, name, "difficulty-found", {"difficulty": "跟不上"})
        self.does(office, name, "guardian-notified", {"guardian_notified_on": "114.10.1"})
        meeting = {"meeting_on": "114.10.1", "meeting_result": "回原班"}
        self.does(office, name, "case-meeting-held", meeting)
        self.does(office, name, "igp/revised", {"goals": "降低份量"})
        back = {"committee_met_on": "114.10.1", "return_areas": ["英語"]}
        back |= {"return_school_year": 114, "return_semester": 2}
        self.does(office, name, "return-proposed", back)
        passed = {"result": "passed", "meeting_on": "114.10.1"}
        self.does("council", name, "return-deliberated", passed)

    def reported(self, name: str) -> Any:
        body = {"student_id": self.pupils[name], "school_year": 114, "semester": 1}
        body |= {"tracking_report_document": self.paper("tracking_report", name)}
        body |= {"learning": "學習穩定", "report_signs": REPORTED}
        return self.county.a_office.post(f"{PROGRAMME}/tracking-reports", body)

    def owed(self) -> tuple[int, int, set[str]]:
        """Of the first semester: reports due, uploaded, and by whom none was."""
        answer = self.county.org.get(f"{ROSTERS}/tracking").json()["items"]
        [one] = [each for each in answer if (each["school_year"], each["semester"]) == (114, 1)]
        names = {identity: name for name, identity in self.pupils.items()}
        return one["due"], one["uploaded"], {names[each["id"]] for each in one["missing"]}

    def listed(self) -> tuple[dict[str, str], dict[str, int]]:
        """What the placement roster says of each pupil, and its totals."""
        answer = self.county.org.get(f"{ROSTERS}/placement").json()
        rows = {one["pupil_name"].removeprefix("學生"): one["requested"] for one in answer["rows"]}
        return rows, {name: answer["totals"][name] for name in ("students", "units")}

    def written_to(self) -> set[str]:
        answer = self.county.org.get(f"{ROSTERS}/letters").json()["items"]
        names = {identity: name for name, identity in self.pupils.items()}
        return {names[each["student"]["id"]] for one in answer for each in one["students"]}


@pytest.fixture
def year(county: County) -> Year:
    """In October of the school year 114."""
    made = Year(county)
    made.at("2025-04-21T09:00")
    for name in ("stays", "replaced", "stops", "returns", "early", "again"):
        made.placed(name, "英語")
    made.placed("two", "英語", "數學")
    made.placed("exempt", "英語", category="exemption")
    made.at("2025-08-01T09:00")
    for name in made.pupils:
        made.does("a-office", name, "placement-started")
    made.at("2025-10-01T09:00")
    made.asks("early", "abandonment", "英語", "114.10.1")
    made.asks("again", "re_placement", "英語", "114.10.1")
    made.asks("two", "re_placement", "英語", "114.10.1")
    made.returns("returns")
    made.pupil("autumn", 4)
    made.row("autumn", "英語", "exemption", 5, reason="秋季辦理")
    made.opened("autumn")
    made.reviewed("autumn")
    made.does("org", "autumn", "desk-review-cleared")
    meeting = {"result": "passed", "meeting_on": "114.9.30"}
    made.does("a-office", "autumn", "placement-deliberated", meeting)
    made.does("eb", "autumn", "placement-noted", {"decided_on": "114.10.1"})
    return made


def test_a_report_is_owed_by_whom_the_placement_held_when_it_was_due(year: Year) -> None:
    """Kaohsiung P14, W49: what comes later changes nothing of a report that is owed."""
    owing = {"stays", "replaced", "stops", "returns", "two", "exempt"}
    assert year.owed() == (6, 0, owing)
    year.at("2026-01-19T09:00")
    for name in ("stays", "replaced"):
        assert year.reported(name).status_code == 201
    left = (6, 2, owing - {"stays", "replaced"})
    assert year.owed() == left

    year.at("2026-02-02T09:00")
    year.does("a-office", "returns", "returned-to-original-grade")
    for name in ("autumn", "again", "two"):
        year.does("a-office", name, "placement-started", {"effective_on": "115.2.1"})
    assert year.owed() == left
    year.at("2026-03-10T09:00")
    year.asks("replaced", "re_placement", "英語", "115.3.10")
    year.asks("stops", "abandonment", "英語", "115.3.10")
    assert year.owed() == left
    # What is owed is taken, though it comes late and the placement is over.
    assert year.reported("stops").status_code == 201
    year.pupil("never", 4)
    year.row("never", "英語", "exemption", 5, reason="春季辦理")
    year.opened("never")
    year.does("a-office", "never", "abandoned-before-decision", {"abandon_reason": "家庭因素"})
    refused = year.reported("never")
    assert (refused.status_code, refused.json()["code"]) == (409, "not-placed-that-year")
    year.at("2026-08-01T09:00")
    year.does("a-office", "stays", "placement-completed")
    year.does("a-office", "exempt", "placement-lapsed")
    assert year.owed() == (6, 3, {"returns", "two", "exempt"})


def test_the_roster_and_the_letters_count_what_stands_to_the_end_of_the_year(year: Year) -> None:
    year.at("2026-02-02T09:00")
    year.does("a-office", "returns", "returned-to-original-grade")
    year.does("a-office", "autumn", "placement-started")
    year.at("2026-03-10T09:00")
    year.asks("replaced", "re_placement", "英語", "115.3.10")
    year.asks("stops", "abandonment", "英語", "115.3.10")
    for student in year.pupils.values():
        # The roster begins with who is entered, tested or not; rows are judged by it from then on.
        applied = {"student_id": student, "participates": False}
        year.county.a_office.made(f"{PROGRAMME}/applications", applied)
    standing = {
        "stays": "英語跳級六年級",
        "exempt": "英語免修五年級",
        "autumn": "英語免修五年級",
        "replaced": "英語免修五年級",
        "again": "英語免修五年級",
        "two": "數學跳級六年級、英語免修五年級",
    }
    listed = (standing, {"students": 6, "units": 7})
    assert year.listed() == listed
    assert year.written_to() == {*standing}
    year.at("2026-08-01T09:00")
    year.does("a-office", "stays", "placement-completed")
    for name in ("exempt", "autumn"):
        year.does("a-office", name, "placement-lapsed")
    assert year.listed() == listed
    assert year.written_to() == {*standing}
    # The meeting of April is over: nobody is called to it for what was asked afterwards.
    assert year.county.org.get(f"{ROSTERS}/attendance").json()["items"] == []
