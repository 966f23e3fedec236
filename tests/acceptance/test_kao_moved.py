"""A pupil who changes schools between two stages stands with each school for what it did."""

from typing import Any

from tests.acceptance.initial_stage import PROGRAMME, done
from tests.acceptance.placing import CASES, Cases
from tests.acceptance.second_stage import SecondStage, row, scored
from tests.api.serving import Caller, County


def moved(stage: SecondStage, name: str, office: Caller, to: str) -> None:
    """The register says that the pupil goes to another school now."""
    student = stage.students[name]
    known = stage.county.eb.get(f"/students/{student}").json()
    body = {"organisation": to, "grade": known["grade"]}
    path = f"/directory/students/{student}/transfers"
    answer = office.post(path, body, version=known["version"])
    assert answer.status_code == 200, answer.text


def names(who: Caller, roster: str, **asked: Any) -> list[str]:
    answer = who.get(f"{PROGRAMME}/rosters/{roster}", **asked)
    assert answer.status_code == 200, answer.text
    return [one["pupil_name"] for one in answer.json()["rows"]]


def test_each_school_has_on_its_rosters_whom_it_entered_at_that_stage(county: County) -> None:
    stage = SecondStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    stage.exempted("留下", 4)
    stage.exempted("轉學", 4)
    assert names(county.a_office, "initial") == ["留下", "轉學"]
    stage.at("2025-03-18T09:00")
    moved(stage, "轉學", county.a_office, "ks-b")
    stage.at("2025-03-20T09:00")
    second = {"rows": [row("english", 5)], "second_photo_received": True, "second_fee_paid": True}
    done(stage.take("留下", "second-stage-application-submitted", second))
    step = "second-stage-application-submitted"
    assert stage.take("轉學", step, second).status_code == 404
    done(stage.take("轉學", step, second, county.b_office))
    done(stage.take("留下", "second-stage-entry-confirmed"))
    done(stage.take("轉學", "second-stage-entry-confirmed", who=county.b_office))

    # What the old school handed in stays as it was signed; the second fee is the new school's.
    assert names(county.a_office, "initial") == ["留下", "轉學"]
    assert names(county.b_office, "initial") == []
    assert names(county.a_office, "second") == ["留下"]
    assert names(county.b_office, "second") == ["轉學"]
    assert names(county.org, "second") == ["留下", "轉學"]
    fees = county.org.get(f"{PROGRAMME}/rosters/fees").json()["rows"]
    owed = [(one["school"], one["stage"], one["students"], one["remit_amount"]) for one in fees]
    assert owed == [
        ("苓雅示範國小", "初選", 2, 0),
        ("苓雅示範國小", "複選", 1, 570),
        ("前金示範國小", "複選", 1, 570),
    ]
    own = county.b_office.get(f"{PROGRAMME}/rosters/fees").json()["rows"]
    assert [(one["school"], one["stage"]) for one in own] == [("前金示範國小", "複選")]
    batch = county.b_office.get(f"{PROGRAMME}/batches/ks-b/second").json()
    assert (batch["students"], batch["remit_amount"]) == (1, 570)
    everything = county.org.get(f"{PROGRAMME}/batches", sort="-students").json()["items"]
    assert [one["students"] for one in everything] == [2, 1, 1]
    first = county.org.get(f"{PROGRAMME}/batches", sort="-students", limit=1).json()
    then = {"sort": "-students", "limit": 200, "cursor": first["next_cursor"]}
    rest = county.org.get(f"{PROGRAMME}/batches", **then).json()
    assert (first["items"] + rest["items"], rest["next_cursor"]) == (everything, None)
    assert county.eb.get(f"{PROGRAMME}/batches", **then).json()["code"] == "cursor-not-valid"

    stage.at("2025-04-08T09:00")
    for number, name in enumerate(("留下", "轉學")):
        stage.second_ticket(name, f"1140{number}")
    papers = f"{PROGRAMME}/papers/ticket-second"
    assert b"%PDF" in county.b_office.get(papers).content
    assert names(county.b_office, "tickets-second") == ["轉學"]
    stage.at("2025-04-14T09:00")
    for name in ("留下", "轉學"):
        done(stage.examine(name, "subject-score-imported", scored({"english": 66})))
    stage.at("2025-04-15T10:00")
    for name in ("留下", "轉學"):
        done(stage.examine(name, "subject-decision-made", who=county.council))
    stage.at("2025-04-18T15:00")
    done(stage.publish_second())
    stage.at("2025-04-18T17:00")

    # On the placement page the new school fills in, and its roster is the one that is signed.
    body = {"school_year": 114, "area": "英語", "category": "skip"}
    body |= {"target_year_grade": 5, "placement_grade": 6}
    for name, office in (("留下", county.a_office), ("轉學", county.b_office)):
        office.made(f"/students/{stage.students[name]}/placements", body)
    assert names(county.b_office, "placement") == ["轉學"]
    assert names(county.a_office, "placement") == ["留下"]
    case = county.b_office.made(CASES, {"student_id": stage.students["轉學"]})
    assert names(county.b_office, "placement") == ["轉學"]
    review = {"committee_result": "passed", "committee_met_on": "114.4.18"}
    for step, said in (("committee-reviewed", review), ("submitted", {})):
        version = county.b_office.get(f"{CASES}/{case}").json()["version"]
        done(county.b_office.post(f"{CASES}/{case}/{step}", said, version=version))
    # A later change of schools leaves the signed roster of April where it was.
    moved(stage, "轉學", county.b_office, "ks-a")
    assert names(county.b_office, "placement") == ["轉學"]
    assert names(county.a_office, "placement") == ["留下"]


def test_letters_and_tasks_are_the_new_schools(county: County) -> None:
    cases = Cases(county)
    cases.at("2025-04-21T09:00")
    student = cases.pupil("轉學", 4)
    cases.row("轉學", "英語", "skip", 6)
    cases.decided("轉學", "council")
    version = county.eb.get(f"/students/{student}").json()["version"]
    path = f"/directory/students/{student}/transfers"
    body = {"organisation": "ks-b", "grade": 4}
    assert county.a_office.post(path, body, version=version).status_code == 200

    def schools(who: Caller, roster: str) -> list[str]:
        answer = who.get(f"{PROGRAMME}/rosters/{roster}")
        assert answer.status_code == 200, answer.text
        return [one["organisation"]["code"] for one in answer.json()["items"]]

    for roster in ("letters", "tasks"):
        assert {*schools(county.eb, roster)} == {"ks-b"}, roster
        assert {*schools(county.b_office, roster)} == {"ks-b"}, roster
        assert schools(county.a_office, roster) == [], roster
