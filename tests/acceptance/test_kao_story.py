"""One school's five applicants, from February to January: the worked examples of the handbook.

First grade to fifth, as FEE-1; ten subjects of four pupils, as FEE-2. Every roster and paper of the
way is produced in every form that it has.
"""

from typing import Any

import pytest

from tests.acceptance.initial_stage import PROGRAMME, VETTED, done
from tests.acceptance.placement_stage import PlacementStage
from tests.acceptance.placing import CASES, IGP, LETTER, REPORTED, SIGNS, Cases
from tests.acceptance.plan_papers import text_of
from tests.acceptance.school_batches import SIGNED, Batches
from tests.acceptance.second_stage import row, rows, scored
from tests.api.serving import County

GRADES = {"一年": 1, "三年": 3, "二年": 2, "四年": 4, "五年": 5}
SCORES = {"一年": 72, "三年": 69, "二年": 75, "四年": 66, "五年": 80}
#: By pupil: what is registered for the second stage, and the scores.
SECOND: dict[str, tuple[list[dict[str, Any]], dict[str, float]]] = {
    "一年": (rows(2, "skip_part", ("chinese", "mathematics")), {"chinese": 67, "mathematics": 60}),
    "三年": ([row("english", 4, "exempt", test="joint")], {"english": 68}),
    "二年": (
        [row(one, 3, "exempt", test="joint") for one in ("chinese", "mathematics")],
        {"chinese": 66, "mathematics": 65},
    ),
    "五年": (
        rows(6, "skip_full"),
        dict.fromkeys(("chinese", "mathematics", "social_studies", "science", "english"), 70),
    ),
}
SCHOOL = "高雄市苓雅區苓雅示範國民小學"


class Story(Batches, PlacementStage):
    """The whole way of one school."""

    def handed_in(self, stage: str, roster: str, amount: int, day: str) -> dict[str, Any]:
        """The school's roster, signed and uploaded with the money; the receipt for it."""
        self.stepped(stage, "roster-exported")
        self.stepped(stage, "roster-signed", SIGNED | {"signed_on": day})
        paid = {"payer_name": SCHOOL, "amount": amount, "remitted_on": day}
        paid["remittance_slip_document"] = self.scan("remittance_slip", school="ks-a")
        self.stepped(stage, "remittance-recorded", paid)
        scan = {"roster_document": self.scan(roster, school="ks-a")}
        assert self.stepped(stage, "roster-uploaded", scan)["roster"] == "current"
        self.stepped(stage, "batch-checked", who=self.county.org)
        receipt = {"receipt_number": f"收字第{amount}號", "amount": amount, "issued_on": day}
        return self.stepped(stage, "receipt-issued", receipt, self.county.org)

    def produced(self, *codes: str) -> None:
        """Rosters in every form that they have."""
        for code in codes:
            for format, begins in (
                ("csv", b"\xef\xbb\xbf"),
                ("xlsx", b"PK"),
                ("ods", b"PK"),
                ("pdf", b"%PDF"),
            ):
                path = f"{PROGRAMME}/rosters/{code}"
                answer = self.county.org.get(path, organisation="ks-a", format=format)
                assert answer.status_code == 200, f"{code} {format}: {answer.text}"
                assert answer.content.startswith(begins)

    def paper(self, name: str, code: str) -> str:
        """The text of a paper."""
        answer = self.office.get(f"{self.path(name)}/papers/{code}")
        assert answer.status_code == 200, f"{name} {code}: {answer.text}"
        return text_of(answer.content)


@pytest.fixture
def story(county: County) -> tuple[Story, Cases]:
    cases = Cases(county)
    return Story(county), cases


def test_five_applicants_from_february_to_january(story: tuple[Story, Cases]) -> None:
    whole_year(*story)


def whole_year(stage: Story, cases: Cases) -> None:
    """From the registration in February to the reports of the next January."""
    _initial_stage(stage)
    _second_stage(stage)
    _placement(stage, cases)
    _plans_and_reports(stage, cases)


def _initial_stage(stage: Story) -> None:
    county = stage.county
    stage.at("2025-02-17T09:00")
    for name, grade in GRADES.items():
        stage.registers(name, grade)
        done(stage.take(name, "vetted", VETTED))
    stage.at("2025-02-18T15:00")
    for name in GRADES:
        done(stage.take(name, "initial-entry-confirmed"))
    totals = stage.roster("initial")["totals"]
    assert [totals[one] for one in ("collected", "passed_on", "kept")] == [4000, 3850, 150]
    assert stage.handed_in("initial", "initial_roster", 3850, "114.2.18")["state"] == "receipted"
    stage.produced("initial")
    stage.at("2025-03-03T09:00")
    for number, name in enumerate(GRADES, 1):
        stage.ticket(name, f"11400{number}")
        stage.paper(name, "ticket-initial")
    stage.produced("tickets-initial", "rooms-initial")
    stage.at("2025-03-09T13:00")
    for name, score in SCORES.items():
        stage.scored(name, score)
    stage.at("2025-03-11T11:00")
    for name, score in SCORES.items():
        done(stage.decide(name, "passed" if score >= 69 else "failed"))
    assert {stage.state(name) for name in GRADES} == {"ticketed"}
    stage.at("2025-03-14T15:30")
    done(stage.publish())
    assert [name for name in GRADES if stage.state(name) == "initial_failed"] == ["四年"]
    for name in GRADES:
        stage.paper(name, "notice-initial")
    assert county.a_office.get(f"{stage.path('四年')}/examination").status_code == 404


def _second_stage(stage: Story) -> None:
    stage.at("2025-03-20T09:00")
    letter = {
        "types": ["exemption"],
        "entrust_joint_test": True,
        "line_choice": "joint_line",
        "officer_name": "承辦人甲",
        "phone_office": "07-1234567",
        "letter_date": "114.3.20",
        "entrustment_document": stage.scan("entrustment_letter", school="ks-a"),
    }
    stage.stepped("second", "entrustment-filed", letter)
    for name, (given, _) in SECOND.items():
        stage.registered(name, given)
    refused = stage.register("四年", [row("english", 5)])
    assert refused.status_code == 409
    totals = stage.roster("second")["totals"]
    assert [totals[one] for one in ("collected", "passed_on", "kept")] == [6000, 5700, 300]
    amounts = [one["remit_amount"] for one in stage.roster("second")["rows"]]
    assert amounts == [1140, 570, 1140, 2850]
    stage.handed_in("second", "second_roster", 5700, "114.3.20")
    stage.produced("second")
    stage.at("2025-04-08T09:00")
    for number, name in enumerate(SECOND, 1):
        stage.second_ticket(name, f"11400{number}")
        ticket = stage.paper(name, "ticket-second")
        # The room of the computers is on the ticket of who sits English there.
        english = any(one["subject"] == "english" for one in SECOND[name][0])
        assert ("電腦一" in ticket) is english
    stage.at("2025-04-14T09:00")
    for name, (_, scores) in SECOND.items():
        done(stage.examine(name, "subject-score-imported", scored(scores)))
    stage.at("2025-04-15T11:00")
    for name in SECOND:
        done(stage.examine(name, "subject-decision-made", who=stage.county.council))
    stage.at("2025-04-18T15:30")
    done(stage.publish_second())
    assert {stage.state(name) for name in SECOND} == {"placement_eligible"}
    for name in SECOND:
        stage.paper(name, "notice-second")


def _placement(stage: Story, cases: Cases) -> None:
    stage.at("2025-04-21T09:00")
    stage.filled("一年", "國語", "skip", 3, 2)
    stage.filled("三年", "英語", "exemption", 4, 4)
    for area in ("國語", "數學"):
        stage.filled("二年", area, "exemption", 3, 3)
    for area in ("國語", "數學", "社會", "自然", "英語"):
        stage.filled("五年", area, "skip", 7, 6, arrangement="至三民示範國中就讀")
    done(
        stage.take(
            "五年",
            "other-areas-assessed",
            {
                "areas": [
                    {
                        "area": area,
                        "assessed_grade": 6,
                        "score": 92,
                        "qualitative": "能獨立完成並說明想法",
                        "assessor": "陳老師",
                        "assessed_on": "114.4.22",
                    }
                    for area in ("藝術", "健康與體育", "綜合活動")
                ]
            },
        )
    )
    listed = stage.roster("placement", stage.county.org, organisation="ks-a")["rows"]
    assert {one["pupil_name"] for one in listed} == {*SECOND}
    stage.produced("placement")
    cases.pupils = {name: stage.students[name] for name in SECOND}
    for name in SECOND:
        crosses = {"next_school_id": cases.schools["ks-j"]} if name == "五年" else {}
        cases.decided(name, "council" if name in ("一年", "五年") else "committee", **crosses)
        asked = f"{CASES}/{cases.cases[name]}/papers/placement-application"
        assert "安置申請表" in text_of(stage.office.get(asked).content)
    listed = stage.roster("placement", stage.county.org, organisation="ks-a")["rows"]
    assert {one["remark"] for one in listed} == {"已與家長說明"}
    seen = stage.county.j_office.get(f"{PROGRAMME}/placement-cases").json()["items"]
    assert [one["id"] for one in seen] == [cases.cases["五年"]]
    modified = stage.modified(**{"from": "114.4.18", "to": "114.4.30"})
    assert {one["pupil_name"] for one in modified["items"]} == {*SECOND}
    stage.county.org.get(f"{PROGRAMME}/rosters/letters")


def _plans_and_reports(stage: Story, cases: Cases) -> None:
    stage.at("2025-06-13T09:00")
    review = {"committee_result": "passed", "committee_met_on": "114.7.10"}
    for name in SECOND:
        more = {"travel_safety": "家長接送"} if name == "五年" else {}
        cases.does("a-office", name, "igp/drafted", IGP | more)
        cases.does("a-office", name, "igp/committee-reviewed", review)
        stage.paper(name, "igp")
    stage.at("2025-07-24T09:00")
    for name in SECOND:
        cases.does("org", name, "igp/pre-reviewed", {"pre_review": "passed"})
    stage.at("2025-08-01T09:00")
    for name in ("三年", "二年"):
        final = {"signs": SIGNS, "igp_document": cases.paper("igp", name)}
        final["minutes_document"] = cases.paper("committee_minutes", name)
        assert cases.does("a-office", name, "igp/final-uploaded", final) == "final"
    stage.at("2025-08-15T10:00")
    meeting = {"result": "passed", "meeting_on": "114.8.15"}
    for name in ("一年", "五年"):
        cases.does("council", name, "igp/council-reviewed", meeting)
        cases.does("eb", name, "igp/approved", LETTER)
        final = {"signs": SIGNS, "igp_document": cases.paper("igp", name)}
        cases.does("a-office", name, "igp/final-uploaded", final)
    for name in SECOND:
        assert cases.does("a-office", name, "placement-started") == "in_force"
    stage.at("2026-01-10T09:00")
    for name in SECOND:
        report = {
            "student_id": cases.pupils[name],
            "school_year": 114,
            "semester": 1,
            "tracking_report_document": cases.paper("tracking_report", name),
            "learning": "學習穩定",
            "report_signs": REPORTED,
        }
        path = f"{PROGRAMME}/tracking-reports"
        assert stage.county.a_office.post(path, report).status_code == 201
    tracked = stage.county.org.get(f"{PROGRAMME}/rosters/tracking").json()["items"]
    mine = [one for one in tracked if (one["school_year"], one["semester"]) == (114, 1)]
    assert [(one["due"], one["uploaded"]) for one in mine] == [(4, 4)]
    history = stage.county.a_office.get(f"/students/{stage.students['五年']}/history").json()
    assert len(history["items"]) > 20
