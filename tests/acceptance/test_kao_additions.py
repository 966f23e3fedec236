"""Subjects filled in after the bodies judged the case: their own body, then the authority."""

from typing import Any

import pytest

from tests.acceptance.initial_stage import done
from tests.acceptance.placement_stage import PlacementStage
from tests.acceptance.placing import ADAPTATION, CASES, IGP, PROGRAMME, Cases
from tests.api.serving import PASSWORD, Caller, County
from tests.visiting import Visitor

PASSED = {"committee_result": "passed", "committee_met_on": "114.6.2"}
LATE = {"reason": "學校 5 月底自辦"}
OFFICIAL = {"letter_number": "高市教特字第11430000099號", "letter_date": "114.6.10"}


@pytest.fixture
def cases(county: County) -> Cases:
    return Cases(county)


def begun(cases: Cases, name: str, area: str, category: str, grade: int, path: str) -> None:
    """A case that was decided in May."""
    cases.pupil(name, 4)
    cases.row(name, area, category, grade)
    cases.decided(name, path)


def statuses(cases: Cases, name: str) -> dict[str, str]:
    listed = cases.office(name).get(f"/students/{cases.pupils[name]}/placements").json()["items"]
    return {one["area"]: one["status"] for one in listed}


def refused(answer: Any, status: int, code: str) -> None:
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


@pytest.mark.accepts("KAO-163")
def test_an_exemption_after_the_decision_waits_for_the_committee_and_the_record(
    cases: Cases,
) -> None:
    county, name = cases.county, "pupil"
    cases.at("2025-04-21T09:00")
    begun(cases, name, "英語", "skip", 6, "council")
    cases.at("2025-06-03T09:00")
    student = cases.pupils[name]
    entry = {"school_year": 114, "area": "數學", "category": "exemption"}
    entry |= {"target_year_grade": 5, "placement_grade": 5}
    refused(county.a_office.post(f"/students/{student}/placements", entry), 422, "reason-required")
    row = cases.row(name, "數學", "exemption", 5, **LATE)
    assert statuses(cases, name) == {"英語": "in_force", "數學": "awaiting"}

    # It counts for nothing yet: no letter, no request, no other path; the rest goes on.
    def told() -> list[str]:
        letters = county.eb.get(f"{PROGRAMME}/rosters/letters").json()["items"]
        return [area for one in letters[0]["students"] for area in one["areas"]]

    assert told() == ["英語"]
    asked = {"kind": "abandonment", "placement_id": row, "reason": "不需要"}
    refused(
        county.a_office.post(f"/students/{student}/placement-requests", asked),
        409,
        "placement-awaiting",
    )
    # Whose turn it is stands on the lists, and on the page of the case alone for that body.
    [owed] = county.eb.get(f"{PROGRAMME}/rosters/additions").json()["items"]
    assert [(one["area"], one["step"]) for one in owed["placements"]] == [
        ("數學", "addition-reviewed")
    ]
    where = f"{PROGRAMME}/placement-cases/{cases.cases[name]}"
    office = Visitor.of(county.client, "a-office", PASSWORD)
    assert "數學免修，增列科目：特推會審議" in office.visit(f"{PROGRAMME}/duties").text
    links = [href for _, href in office.visit(where).links if "addition-" in href]
    assert links == [f"{where}/addition-reviewed"]
    assert "待審議" in office.visit(where).text
    bureau = Visitor.of(county.client, "eb", PASSWORD).visit(where)
    assert not any("addition-" in href for _, href in bureau.links)
    form = office.visit(links[0]).form(links[0])
    assert [one for one in form.fields if one[0] == "added_areas"] == []
    # What nobody judged is corrected; what the committee saw stands as it saw it.
    row_path = f"/students/{student}/placements/{row}"
    change = {"placement_grade": 6, "category": "acceleration", "reason": "更正"}
    assert county.a_office.put(row_path, change, version=1).status_code == 200
    back = {"placement_grade": 5, "category": "exemption", "reason": "更正"}
    assert county.a_office.put(row_path, back, version=2).status_code == 200
    refused(
        cases.tries("eb", name, "addition-decided", OFFICIAL | _of("數學", "passed")),
        422,
        "not-valid",
    )
    wrong = cases.tries("a-office", name, "addition-reviewed", PASSED | {"added_areas": ["英語"]})
    refused(wrong, 422, "not-valid")
    assert "目前等待的科目：數學" in wrong.json()["detail"]
    office.send(links[0], form.filled(**PASSED, added_areas=["數學"]))
    refused(county.a_office.put(row_path, change, version=3), 409, "addition-reviewed")
    refused(
        cases.tries("council", name, "addition-deliberated", _met("數學", "passed")),
        422,
        "not-valid",
    )
    # The case itself starts by the day of its own act, without it.
    cases.at("2025-08-01T09:00")
    assert cases.does("a-office", name, "placement-started") == "in_force"
    assert statuses(cases, name)["數學"] == "awaiting"

    cases.does("a-office", name, "igp/drafted", IGP)
    cases.at("2025-08-20T09:00")
    # Nothing starts before the semester that follows the act.
    said = OFFICIAL | _of("數學", "passed")
    assert cases.does("eb", name, "addition-decided", said | {"decided_on": "114.8.20"})
    assert statuses(cases, name) == {"英語": "in_force", "數學": "in_force"}
    newest = cases.told(name)["steps"][-1]
    assert newest["data"]["effective_on"] == "2026-02-01"
    assert told() == ["英語", "數學"]
    # The plan was written about another placement: no body reviews it before it is revised.
    assert cases.told(name, part="/igp")["outdated"] is True
    met = {"committee_result": "passed", "committee_met_on": "114.8.20"}
    refused(cases.tries("a-office", name, "igp/committee-reviewed", met), 409, "igp-outdated")
    cases.does("a-office", name, "igp/revised", {"goals": "完成七年級英語；數學免修"})
    passed = cases.does("a-office", name, "igp/committee-reviewed", met)
    assert passed == "committee_passed_council"
    # From now on it changes by a request alone.
    refused(county.a_office.put(row_path, change, version=4), 409, "placement-settled")
    found = county.eb.get("/changes", **{"from": "114.8.20", "to": "114.8.20"}).json()["items"]
    fields = {
        one["field"]: one["after"]
        for item in found
        if item["section"] == "placement"
        for one in item["fields"]
    }
    assert (fields["authority"], fields["starts_on"]) == ("noted", "2026-02-01")


def _of(area: str, result: str) -> dict[str, Any]:
    return {"added_areas": [area], "result": result}


def _met(area: str, result: str) -> dict[str, Any]:
    return _of(area, result) | {"meeting_on": "114.6.4"}


def test_a_skip_after_the_decision_goes_to_the_council_which_sees_the_case_from_then_on(
    cases: Cases,
) -> None:
    county = cases.county
    cases.at("2025-04-21T09:00")
    for name in ("up", "down"):
        begun(cases, name, "數學", "exemption", 5, "committee")
    cases.at("2025-06-03T09:00")
    for name in ("up", "down"):
        cases.row(name, "英語", "skip", 6, **LATE)
        where = f"{CASES}/{cases.cases[name]}"
        assert county.council.get(where).status_code == 404
        reviewed = PASSED | {"added_areas": ["英語"]}
        assert cases.does("a-office", name, "addition-reviewed", reviewed) == "notified"
        assert county.council.get(where).status_code == 200
        # The school's own committee is not the body of a skip, and the bureau not the first.
        ours = cases.tries("a-office", name, "addition-deliberated", _met("英語", "passed"))
        refused(ours, 403, "not-allowed")
        early = cases.tries("eb", name, "addition-decided", OFFICIAL | _of("英語", "passed"))
        refused(early, 422, "not-valid")
    cases.does("council", "down", "addition-deliberated", _met("英語", "refused"))
    cases.does("council", "up", "addition-deliberated", _met("英語", "passed"))
    cases.does("eb", "up", "addition-decided", OFFICIAL | _of("英語", "passed"))
    assert statuses(cases, "down") == {"數學": "in_force", "英語": "refused"}
    assert statuses(cases, "up") == {"數學": "in_force", "英語": "in_force"}
    assert cases.told("up", part="/igp")["path"] == "council"
    assert cases.told("down", part="/igp")["path"] == "committee"
    cases.at("2025-08-01T09:00")
    assert cases.does("a-office", "up", "placement-started") == "in_force"


def test_what_was_refused_is_judged_anew_and_starts_by_its_own_act(cases: Cases) -> None:
    cases.at("2025-04-21T09:00")
    cases.pupil("appeal", 4)
    cases.row("appeal", "英語", "exemption", 5)
    cases.opened("appeal")
    cases.does("a-office", "appeal", "learning-performance-entered", ADAPTATION)
    cases.reviewed("appeal")
    cases.does("org", "appeal", "desk-review-cleared")
    met = {"result": "refused", "meeting_on": "114.4.30"}
    assert cases.does("a-office", "appeal", "placement-deliberated", met) == "refused"
    cases.at("2025-06-03T09:00")
    cases.row("appeal", "英語", "exemption", 5, **LATE)
    cases.does("a-office", "appeal", "addition-reviewed", PASSED | {"added_areas": ["英語"]})
    act = OFFICIAL | _of("英語", "passed")
    assert cases.does("eb", "appeal", "addition-decided", act) == "decided"
    early = cases.tries("a-office", "appeal", "placement-started")
    refused(early, 409, "placement-starts-later")
    cases.at("2025-08-01T09:00")
    assert cases.does("a-office", "appeal", "placement-started") == "in_force"


def test_no_body_is_left_for_a_subject_when_the_year_is_over(cases: Cases) -> None:
    county = cases.county
    cases.at("2025-04-21T09:00")
    begun(cases, "late", "英語", "exemption", 5, "committee")
    cases.at("2025-08-01T09:00")
    cases.does("a-office", "late", "placement-started")
    cases.at("2026-03-02T09:00")
    row = cases.row("late", "數學", "exemption", 5, **LATE)
    cases.does("a-office", "late", "addition-reviewed", PASSED | {"added_areas": ["數學"]})
    over = cases.tries("eb", "late", "addition-decided", OFFICIAL | _of("數學", "passed"))
    refused(over, 422, "not-valid")
    assert "下一學年度" in over.json()["detail"]
    gone = county.a_office.post(
        f"/students/{cases.pupils['late']}/placements/{row}/withdrawal", LATE, version=1
    )
    assert gone.status_code == 200
    cases.at("2026-08-01T09:00")
    cases.does("a-office", "late", "placement-lapsed")
    student = f"/students/{cases.pupils['late']}"
    body = {"school_year": 114, "area": "數學", "category": "exemption"} | LATE
    body |= {"target_year_grade": 5, "placement_grade": 5}
    refused(county.a_office.post(f"{student}/placements", body), 409, "no-addition-now")


def test_who_gives_up_before_the_decision_gives_up_what_came_after_the_meeting_too(
    cases: Cases,
) -> None:
    cases.at("2025-04-21T09:00")
    cases.pupil("leaver", 4)
    cases.row("leaver", "英語", "skip", 6)
    cases.opened("leaver")
    cases.does("a-office", "leaver", "learning-performance-entered", ADAPTATION)
    cases.reviewed("leaver")
    cases.does("org", "leaver", "desk-review-cleared")
    met = {"result": "passed", "meeting_on": "114.4.30"}
    assert cases.does("council", "leaver", "placement-deliberated", met) == "deliberated"
    cases.row("leaver", "數學", "exemption", 5, **LATE)
    cases.does("a-office", "leaver", "abandoned-before-decision", {"abandon_reason": "搬家"})
    assert statuses(cases, "leaver") == {"英語": "abandoned", "數學": "abandoned"}


def test_the_page_tells_of_a_subject_that_it_comes_after_the_decision(county: County) -> None:
    stage = PlacementStage(county).walk()
    stage.filled("丙生", "國語", "skip", 5, 4)
    case = county.a_office.made(CASES, {"student_id": stage.students["丙生"]})

    def take(who: Caller, step: str, said: Any = None) -> None:
        now = county.eb.get(f"{CASES}/{case}").json()["version"]
        done(who.post(f"{CASES}/{case}/{step}", said or {}, version=now))

    met = {"committee_result": "passed", "committee_met_on": "114.4.18"}
    take(county.a_office, "committee-reviewed", met)
    take(county.a_office, "submitted")
    stage.at("2025-04-21T09:00")
    take(county.a_office, "learning-performance-entered", ADAPTATION)
    take(county.org, "desk-review-cleared")
    stage.at("2025-04-30T09:00")
    take(county.council, "placement-deliberated", {"result": "passed", "meeting_on": "114.4.30"})
    # The meeting is over, the approval not there yet.
    reason = {"reason": "漏填"}
    refused(stage.fill("丙生", "數學", "skip", 5, 4), 422, "reason-required")
    stage.filled("丙生", "數學", "skip", 5, 4, **reason)
    told = stage.row_of("丙生", "數學")
    assert told["flags"] == ["案件審議後才填寫、未經審議的學科，須另經審議"]
    assert told["status"] == "awaiting"
    refused(stage.fill("丙生", "數學", "skip", 5, 4, **reason), 409, "placement-area-taken")
    take(county.eb, "placement-approved", {"decided_on": "114.5.1"})
    assert stage.roster()["丙生"]["placement_outcome"] == "通過、數學待審議"
    take(county.a_office, "addition-reviewed", PASSED | {"added_areas": ["數學"]})
    take(county.council, "addition-deliberated", _met("數學", "passed"))
    take(county.eb, "addition-decided", OFFICIAL | _of("數學", "passed"))
    assert stage.roster()["丙生"]["placement_outcome"] == "通過"
    assert stage.row_of("丙生", "數學")["status"] == "in_force"


def test_a_skip_that_joins_a_case_of_the_committee_does_not_pass_the_council_by(
    cases: Cases,
) -> None:
    cases.at("2025-04-21T09:00")
    for name in ("early", "late"):
        cases.pupil(name, 4)
        cases.row(name, "數學", "exemption", 5)
        cases.opened(name)
        cases.does("a-office", name, "learning-performance-entered", ADAPTATION)
        cases.reviewed(name)
        assert cases.told(name)["state"] == "submitted_committee"
    cases.row("early", "英語", "skip", 6)
    answer = cases.tries("org", "early", "desk-review-cleared")
    refused(answer, 409, "council-decides")
    assert "英語" in answer.json()["detail"]
    assert cases.does("org", "late", "desk-review-cleared") == "before_committee"
    cases.row("late", "英語", "skip", 6)
    met = {"result": "passed", "meeting_on": "114.4.21"}
    refused(cases.tries("a-office", "late", "placement-deliberated", met), 409, "council-decides")
    for name in ("early", "late"):
        assert cases.does("org", name, "desk-review-returned", {"comments": "重新送件"})
        cases.reviewed(name)
        assert cases.does("org", name, "desk-review-cleared") == "before_council"
        assert cases.does("council", name, "placement-deliberated", met) == "deliberated"
