"""What a careful bureau meets around a pupil: guardians who disagree, a school that closes."""

from typing import Any

from tests.acceptance.initial_stage import PROGRAMME, done, refused
from tests.acceptance.placing import Cases
from tests.acceptance.second_stage import SecondStage, row
from tests.api.serving import PASSWORD, County


def test_two_guardians_who_disagree_each_leave_what_was_signed_and_nothing_takes_effect(
    county: County,
) -> None:
    cases = Cases(county)
    cases.at("2025-04-21T09:00")
    cases.pupil("學生", 4)
    placed = cases.row("學生", "英語", "exemption", 5)
    cases.decided("學生", "committee")
    cases.at("2025-06-02T09:00")
    requests = f"/students/{cases.pupils['學生']}/placement-requests"
    asked: dict[str, Any] = {"kind": "abandonment", "placement_id": placed, "reason": "家庭因素"}
    father = asked | {"guardian_name": "陳大同", "guardian_signed_on": "114.6.2"}
    made = county.a_office.made(requests, father)
    passed = {"body": "school_committee", "outcome": "passed", "decided_on": "114.6.2"}

    def version() -> int:
        return int(county.eb.get(f"/placement-requests/{made}").json()["version"])

    decisions = f"/placement-requests/{made}/decisions"
    done(county.a_office.post(decisions, passed, version=version()))
    # The mother wants the placement kept. Hers is no second request beside the father's ...
    mother = asked | {"guardian_name": "林小美", "guardian_signed_on": "114.6.3"}
    cases.at("2025-06-03T09:00")
    refused(county.a_office.post(requests, mother), "request-already-open")
    # ... the school takes his back, and says why; the bureau has nothing to decide any more.
    why = {"reason": "另一位法定代理人以書面表示不同意"}
    path = f"/placement-requests/{made}/withdrawal"
    assert county.a_office.post(path, {}, version=version()).status_code == 422
    assert county.a_office.post(path, why, version=version()).status_code == 200
    noted = {"body": "bureau", "outcome": "noted", "decided_on": "114.6.4"}
    assert county.eb.post(decisions, noted, version=version()).status_code == 409
    row_path = f"/students/{cases.pupils['學生']}/placements/{placed}"
    assert county.a_office.get(row_path).json()["status"] == "in_force"
    assert cases.told("學生")["state"] == "notified"
    # What was signed stays readable; when they agree, it is asked anew.
    told = county.eb.get(f"/placement-requests/{made}").json()
    assert (told["status"], told["guardian_name"]) == ("withdrawn", "陳大同")
    made = county.a_office.made(requests, mother)
    decisions = f"/placement-requests/{made}/decisions"
    done(county.a_office.post(decisions, passed | {"decided_on": "114.6.3"}, version=version()))
    done(county.eb.post(decisions, noted | {"decided_on": "114.6.3"}, version=version()))
    assert county.a_office.get(row_path).json()["status"] == "abandoned"
    listed = county.a_office.get(requests).json()["items"]
    assert [one["status"] for one in listed] == ["withdrawn", "completed"]


def test_a_school_that_closes_hands_its_pupils_on_and_what_it_signed_stays(county: County) -> None:
    stage = SecondStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    stage.exempted("學生", 4)
    stage.at("2025-03-18T09:00")
    # The office is gone before it handed anybody on: its account is closed.
    office = county.id_of("a-office")
    version = county.eb.get(f"/accounts/{office}").json()["version"]
    closing = {"reason": "學校停辦"}
    closed = county.eb.post(f"/accounts/{office}/closing", closing, version=version)
    assert closed.status_code == 200, closed.text
    student = stage.students["學生"]
    known = county.eb.get(f"/students/{student}").json()
    to = {"organisation": "ks-b", "grade": 4}
    path = f"/directory/students/{student}/transfers"
    # The register is the schools': whom the authority entrusts gets an account of the school.
    assert county.eb.post(path, to, version=known["version"]).status_code == 403
    person = {"username": "a-caretaker", "name": "停辦承辦人", "organisation": "ks-a"}
    person |= {"roles": ["school_administrator"], "password": PASSWORD}
    county.eb.made("/accounts", person)
    caretaker = county.caller("a-caretaker")
    moved = caretaker.post(path, to, version=known["version"])
    assert moved.status_code == 200, moved.text
    stage.at("2025-03-20T09:00")
    second = {"rows": [row("english", 5)], "second_photo_received": True, "second_fee_paid": True}
    step = "second-stage-application-submitted"
    done(stage.take("學生", step, second, county.b_office))
    done(stage.take("學生", "second-stage-entry-confirmed", who=county.b_office))
    rows = county.org.get(f"{PROGRAMME}/rosters/initial").json()["rows"]
    assert [one["pupil_name"] for one in rows] == ["學生"]
    fees = county.org.get(f"{PROGRAMME}/rosters/fees").json()["rows"]
    assert [(one["school"], one["stage"]) for one in fees] == [
        ("苓雅示範國小", "初選"),
        ("前金示範國小", "複選"),
    ]
    # Nobody is left at the school that closed; its roster of then can still be read there.
    assert caretaker.get("/students").json()["items"] == []
    signed = caretaker.get(f"{PROGRAMME}/rosters/initial").json()["rows"]
    assert [one["pupil_name"] for one in signed] == ["學生"]
