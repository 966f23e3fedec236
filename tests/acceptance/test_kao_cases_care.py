"""While a placement lasts: tracking, difficulties, a return, requests, a change of school."""

from typing import Any

import pytest

from tests.acceptance.placing import COMMITTEE, IGP, LETTER, PROGRAMME, REPORTED, Cases
from tests.api.serving import County


@pytest.fixture
def cases(county: County) -> Cases:
    return Cases(county)


def report(cases: Cases, name: str, year: int, semester: int, **more: Any) -> Any:
    """The answer to an upload of a tracking report."""
    body = {
        "student_id": cases.pupils[name],
        "school_year": year,
        "semester": semester,
        "tracking_report_document": cases.paper("tracking_report", name),
        "learning": "學習穩定",
        "report_signs": REPORTED,
    }
    return cases.office(name).post(f"{PROGRAMME}/tracking-reports", body | more)


def tracked(cases: Cases, who: str = "org") -> dict[tuple[str, int, int], dict[str, Any]]:
    """The list of reports by school, year and semester, read page by page."""
    caller, path = cases.county.caller(who), f"{PROGRAMME}/rosters/tracking"
    found: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        answer = caller.get(path, limit=1, **more)
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        more = {"cursor": answer.json()["next_cursor"]}
        if more["cursor"] is None:
            break
    assert found == caller.get(path).json()["items"]
    return {
        (one["organisation"]["code"], one["school_year"], one["semester"]): one for one in found
    }


def asks(cases: Cases, name: str, placement: str, kind: str, **new: Any) -> str:
    body = {"kind": kind, "placement_id": placement, "reason": "適應因素"}
    body["new_placement"] = new or None  # type: ignore[assignment]
    return cases.office(name).made(f"/students/{cases.pupils[name]}/placement-requests", body)


def decides(cases: Cases, who: str, request: str, body: str, outcome: str, **more: Any) -> Any:
    version = cases.county.eb.get(f"/placement-requests/{request}").json()["version"]
    given = {"body": body, "outcome": outcome, "decided_on": "114.9.10"}
    caller = cases.county.caller(who)
    return caller.post(f"/placement-requests/{request}/decisions", given | more, version=version)


@pytest.mark.accepts("KAO-132", "KAO-133", "KAO-134", "KAO-165")
def test_placed_pupils_are_tracked_and_a_difficulty_is_met_in_order(cases: Cases) -> None:
    cases.at("2025-01-10T09:00")
    for name, school in (("one", "ks-a"), ("two", "ks-a"), ("three", "ks-b")):
        cases.pupil(name, 4, school)
        cases.row(name, "英語", "skip", 5, year=113)
    unsigned = report(cases, "one", 113, 1, report_signs=REPORTED[1:])
    assert (unsigned.status_code, unsigned.json()["code"]) == (409, "signatures-missing")
    assert "導師" in unsigned.json()["detail"]
    assert report(cases, "one", 113, 1).status_code == 201
    wrong = report(cases, "two", 112, 1)
    assert (wrong.status_code, wrong.json()["code"]) == (409, "tracking-not-due")
    cases.at("2025-01-18T09:00")
    listed = tracked(cases)
    first = listed["ks-a", 113, 1]
    assert (first["due_on"], first["overdue"]) == ("2025-01-17", True)
    assert (first["due"], first["uploaded"]) == (2, 1)
    assert [one["id"] for one in first["missing"]] == [cases.pupils["two"]]
    assert {one["id"] for one in listed["ks-b", 113, 1]["missing"]} == {cases.pupils["three"]}
    assert {school for school, _, _ in tracked(cases, "b-office")} == {"ks-b"}
    kind = {"type": "partial_skip"}
    assert report(cases, "two", 113, 1, **kind).status_code == 201
    late = cases.county.said("tracking.report-uploaded.v3")
    assert (late["late"] is not None, late["type"]) == (True, "partial_skip")
    again = report(cases, "two", 113, 1)
    assert (again.status_code, again.json()["code"]) == (422, "reason-required")

    cases.at("2025-04-21T09:00")
    placed = cases.row("one", "英語", "promotion", 6)
    cases.decided("one", "council")
    cases.at("2025-08-01T09:00")
    cases.does("a-office", "one", "placement-started")
    due = {key[1:]: one["due_on"] for key, one in tracked(cases).items() if key[0] == "ks-a"}
    assert (due[113, 2], due[114, 1]) == ("2025-06-27", "2026-01-20")

    _difficulty(cases)
    # The placement held until then: its report is still owed, of the semester after it none.
    row = cases.county.a_office.get(f"/students/{cases.pupils['one']}/placements/{placed}").json()
    assert (row["status"], row["version"]) == ("returned", 2)
    owed = tracked(cases)["ks-a", 114, 1]
    assert [one["id"] for one in owed["missing"]] == [cases.pupils["one"]]
    assert report(cases, "one", 114, 1).status_code == 201


def _difficulty(cases: Cases) -> None:
    cases.does("a-office", "one", "igp/drafted", IGP)
    assert (
        cases.does("a-office", "one", "difficulty-found", {"difficulty": "跟不上"}) == "difficulty"
    )
    meeting = {"meeting_on": "114.7.30", "meeting_result": "調整課表"}
    early = cases.tries("a-office", "one", "case-meeting-held", meeting)
    assert early.json()["code"] == "step-not-open"
    cases.does("a-office", "one", "guardian-notified", {"guardian_notified_on": "114.7.29"})
    cases.does("a-office", "one", "case-meeting-held", meeting)
    back = {
        "committee_met_on": "114.7.31",
        "return_areas": ["英語"],
        "return_school_year": 114,
        "return_semester": 2,
    }
    unrevised = cases.tries("a-office", "one", "return-proposed", back)
    assert (unrevised.status_code, unrevised.json()["code"]) == (409, "igp-not-revised")
    cases.does("a-office", "one", "igp/revised", {"goals": "降低份量"})
    unknown = cases.tries("a-office", "one", "return-proposed", back | {"return_school_year": 120})
    assert unknown.status_code == 422
    # A skip goes back by the council's decision, with a whole semester.
    assert cases.does("a-office", "one", "return-proposed", back) == "return_proposed"
    assert cases.tries("a-office", "one", "returned-to-original-grade").status_code == 409
    passed = {"result": "passed", "meeting_on": "114.7.31"}
    assert cases.does("council", "one", "return-deliberated", passed) == "return_passed"
    early = cases.tries("a-office", "one", "returned-to-original-grade")
    assert (early.status_code, early.json()["code"]) == (409, "return-starts-later")
    cases.at("2026-02-02T09:00")
    assert cases.does("a-office", "one", "returned-to-original-grade") == "returned_to_grade"
    said = cases.told("one")["steps"][-1]["data"]
    assert (said["return_semester"], said["effective_on"]) == (2, "2026-02-01")
    steps = [one["step"] for one in cases.told("one")["steps"]]
    order = ["difficulty-found", "guardian-notified", "case-meeting-held", "return-proposed"]
    assert [one for one in steps if one in order] == order


@pytest.mark.accepts("KAO-127", "KAO-161", "KAO-162")
def test_a_case_follows_what_was_requested_and_consented_to(cases: Cases) -> None:
    county = cases.county
    cases.at("2025-04-21T09:00")
    rows = {}
    for name, category, path in (
        ("again", "skip", "council"),
        ("stops", "skip", "council"),
        ("exempt", "exemption", "committee"),
        ("never", "exemption", ""),
    ):
        cases.pupil(name, 4)
        rows[name] = cases.row(name, "英語", category, 6 if category == "skip" else 5)
        if path:
            cases.decided(name, path)

    # A skip becomes an exemption: committee, written consent of the authority, council.
    assert cases.does("a-office", "again", "igp/drafted", IGP) == "drafting"
    review = {"committee_result": "passed", "committee_met_on": "114.4.21"}
    reviewed = cases.does("a-office", "again", "igp/committee-reviewed", review)
    assert reviewed == "committee_passed_council"
    new = {"area": "英語", "category": "exemption", "target_year_grade": 5, "placement_grade": 5}
    request = asks(cases, "again", rows["again"], "re_placement", **new)
    assert (
        county.eb.get(f"/placement-requests/{request}").json()["letter_number"]
        == (LETTER["letter_number"])
    )
    cases.at("2025-09-10T09:00")
    assert decides(cases, "a-office", request, "school_committee", "passed").status_code == 201
    consent = {"document_number": "高市教特字第11430000009號"}
    assert decides(cases, "eb", request, "bureau", "consented", **consent).status_code == 201
    assert cases.told("again")["state"] == "notified"
    assert decides(cases, "council", request, "council", "passed").status_code == 201
    followed = cases.told("again")["steps"][-1]
    assert (followed["step"], followed["data"]["area"]) == ("placement-replaced", "英語")
    listed = county.a_office.get(f"/students/{cases.pupils['again']}/placements").json()["items"]
    assert {(one["category"], one["status"]) for one in listed} == {
        ("skip", "superseded"),
        ("exemption", "in_force"),
    }
    plan = cases.told("again", part="/igp")
    assert plan["required"] is True
    assert {*plan["papers"]} == {"igp", "committee_minutes", "placement_request"}
    assert (plan["path"], plan["outdated"]) == ("committee", True)
    assert plan["state"] == "committee_passed_council"
    rewritten = {"goals": "數學加深"}
    assert cases.does("a-office", "again", "igp/revised", rewritten) == "drafting"
    assert cases.told("again", part="/igp")["outdated"] is False

    # An exemption is given up by the committee and for the record, a skip with written consent.
    request = asks(cases, "exempt", rows["exempt"], "abandonment")
    decides(cases, "a-office", request, "school_committee", "passed")
    assert cases.told("exempt")["state"] == "notified"
    assert decides(cases, "eb", request, "bureau", "noted").status_code == 201
    assert cases.told("exempt")["state"] == "abandoned"
    request = asks(cases, "stops", rows["stops"], "abandonment")
    decides(cases, "a-office", request, "school_committee", "passed")
    noted = decides(cases, "eb", request, "bureau", "noted")
    assert noted.status_code == 422
    assert cases.told("stops")["state"] == "notified"
    assert decides(cases, "eb", request, "bureau", "consented", **consent).status_code == 201
    assert cases.told("stops")["state"] == "abandoned"
    assert cases.told("stops", part="/igp")["required"] is False
    none = cases.tries("a-office", "stops", "igp/drafted", IGP)
    assert (none.status_code, none.json()["code"]) == (409, "igp-not-required")

    # Before the decision a first pass is given up without any letter; its rows end.
    cases.opened("never")
    reason = {"abandon_reason": "家庭因素"}
    assert cases.does("a-office", "never", "abandoned-before-decision", reason) == "abandoned"
    ended = county.a_office.get(f"/students/{cases.pupils['never']}/placements/{rows['never']}")
    assert ended.json()["status"] == "abandoned"
    posted = cases.tries(
        "eb", "again", "placement-replaced", {"request_id": request, "placement_id": request}
    )
    assert posted.status_code == 403


@pytest.mark.accepts("KAO-114", "KAO-144", "KAO-145")
def test_a_pupil_who_changes_schools_is_placed_again_by_the_council(cases: Cases) -> None:
    county = cases.county
    cases.at("2025-04-21T09:00")
    student = cases.pupil("moves", 4)
    cases.row("moves", "英語", "skip", 6)
    cases.decided("moves", "council")
    cases.at("2025-08-01T09:00")
    cases.does("a-office", "moves", "placement-started")
    notice = {
        "to_school_id": cases.schools["ks-b"],
        "committee_signs": COMMITTEE,
        "transfer_notice_document": cases.paper("transfer_notice", "moves"),
        "authority_letter_number": "示範國小字第1號",
        "new_school_letter_number": "示範國小字第2號",
        "transfer_letters_on": "114.7.31",
        "organiser_copied_on": "114.7.31",
    }
    for missing in ("transfer_notice_document", "authority_letter_number", "organiser_copied_on"):
        partial = {name: value for name, value in notice.items() if name != missing}
        assert cases.tries("a-office", "moves", "transfer-notified", partial).status_code == 422
    unsigned = notice | {"committee_signs": COMMITTEE[1:]}
    refused = cases.tries("a-office", "moves", "transfer-notified", unsigned)
    assert refused.json()["code"] == "signatures-missing"
    cases.does("a-office", "moves", "transfer-notified", notice)
    told = cases.told("moves")["steps"][-1]["data"]
    assert told["letter_number"] == LETTER["letter_number"]
    assert told["original_types"] == ["skip"]
    assert county.b_office.get(f"{PROGRAMME}/placement-cases").json()["items"] == []

    items = ["applications", "assessment_tables", "igps"]
    over = {"on_paper": items, "electronic": items[:2], "handed_over_on": "114.7.31"}
    short = cases.tries("a-office", "moves", "files-handed-over", over)
    assert (short.status_code, short.json()["code"]) == (409, "hand-over-incomplete")
    assert "歷年個別輔導計畫（電子檔）" in short.json()["detail"]
    cases.does("a-office", "moves", "files-handed-over", over | {"electronic": items})

    received = {"received_on": "114.8.1"}
    assert cases.tries("b-office", "moves", "transfer-received", received).status_code == 403
    version = county.a_office.get(f"/students/{student}").json()["version"]
    moved = county.a_office.post(
        f"/directory/students/{student}/transfers",
        {"organisation": "ks-b", "grade": 5},
        version=version,
    )
    assert moved.status_code in (200, 201), moved.text
    assert cases.does("b-office", "moves", "transfer-received", received) == "transfer_received"
    # At the new school it is not active before its committee passed a plan and the council placed.
    meeting = {"committee_met_on": "114.7.31"}
    planless = cases.tries("b-office", "moves", "new-committee-passed", meeting)
    assert (planless.status_code, planless.json()["code"]) == (409, "new-igp-missing")
    cases.does("b-office", "moves", "igp/drafted", IGP)
    again = {"result": "passed", "meeting_on": "114.8.1"}
    assert cases.tries("council", "moves", "council-replaced", again).status_code == 409
    assert cases.does("b-office", "moves", "new-committee-passed", meeting) == "transfer_committee"
    assert cases.does("council", "moves", "council-replaced", again) == "in_force"


def test_who_was_exempted_does_not_come_to_skip_without_the_council(cases: Cases) -> None:
    cases.at("2025-04-21T09:00")
    cases.pupil("exempt", 4)
    row = cases.row("exempt", "數學", "exemption", 5)
    cases.decided("exempt", "committee")
    cases.at("2025-09-10T09:00")
    new = {"area": "數學", "category": "skip", "target_year_grade": 5, "placement_grade": 6}
    request = asks(cases, "exempt", row, "re_placement", **new)
    listed = f"/students/{cases.pupils['exempt']}/placements"
    for who, body, outcome in (
        ("a-office", "school_committee", "passed"),
        ("eb", "bureau", "consented"),
    ):
        assert decides(cases, who, request, body, outcome).status_code == 201
        placed = cases.county.a_office.get(listed).json()["items"]
        assert [(one["category"], one["status"]) for one in placed] == [("exemption", "in_force")]
    told = cases.county.eb.get(f"/placement-requests/{request}").json()
    assert (told["status"], told["waiting_for"]) == ("open", "council")
    assert decides(cases, "council", request, "council", "passed").status_code == 201
    placed = cases.county.a_office.get(listed).json()["items"]
    assert {(one["category"], one["status"]) for one in placed} == {
        ("exemption", "superseded"),
        ("skip", "in_force"),
    }
