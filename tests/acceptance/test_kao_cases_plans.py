"""The guidance plan of a case: its two ways, its parts, its marked differences, its days."""

import io
import zipfile
from typing import Any

import pytest

from igp.sealing import seal_now
from replay.verify.evidence import check_bundle
from tests.acceptance.placing import ADAPTATION, IGP, LETTER, SIGNS, Cases
from tests.api.serving import County
from tests.documents.pdf_text import pages_of


@pytest.fixture
def cases(county: County) -> Cases:
    """An exemption, a skip within the school and one into the junior high, decided on."""
    made = Cases(county)
    made.at("2025-04-21T09:00")
    made.pupil("exempt", 4)
    made.row("exempt", "數學", "exemption", 5)
    made.pupil("skip", 4)
    made.row("skip", "英語", "skip", 6)
    made.pupil("cross", 5)
    made.row("cross", "英語", "skip", 7)
    for name in ("exempt", "skip", "cross"):
        path = "committee" if name == "exempt" else "council"
        more = {"next_school_id": made.schools["ks-j"]} if name == "cross" else {}
        made.decided(name, path, **more)
    return made


def parts(cases: Cases, name: str) -> dict[str, dict[str, Any]]:
    """The fields of the plan by part and name."""
    return {
        part["code"]: {one["name"]: one for one in part["fields"]}
        for part in cases.told(name, part="/igp")["parts"]
    }


def _told_in_a_dispute(cases: Cases, name: str) -> list[dict[str, Any]]:
    """The timeline of a dispute about the pupil as the authority reads it."""
    entry = {
        "student_id": cases.pupils[name],
        "programme": "kaohsiung-114",
        "kind": "complaint",
        "subject": "對安置有疑義",
        "grounds": "認為安置年級有誤",
        "notice_received_on": "114.6.10",
    }
    eb = cases.county.eb
    dispute = eb.made("/disputes", entry)
    seal_now(cases.county.house.ledger)
    evidence = eb.get(f"/disputes/{dispute}/evidence")
    assert evidence.status_code == 200, evidence.text
    check_bundle(evidence.content)
    paper = "".join(pages_of(zipfile.ZipFile(io.BytesIO(evidence.content)).read("timeline.pdf")))
    assert "規定：由哪個單位審議與核定" in paper
    assert "selection." not in paper
    told: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        answer = eb.get(f"/disputes/{dispute}/timeline", **cursor)
        assert answer.status_code == 200, answer.text
        told += answer.json()["items"]
        if (following := answer.json()["next_cursor"]) is None:
            return told
        cursor = {"cursor": following}


REVIEW = {"committee_result": "passed", "committee_met_on": "114.7.10"}


@pytest.mark.accepts("KAO-124", "KAO-125", "KAO-126", "KAO-128", "KAO-129", "KAO-130", "KAO-131")
@pytest.mark.accepts("KAO-160")
def test_plans_are_filled_reviewed_and_uploaded_by_the_way_of_their_case(cases: Cases) -> None:
    county = cases.county
    # Parts one to six come from the records; the rest is blank, to be written by hand.
    cases.at("2025-06-13T09:00")
    blank = parts(cases, "skip")
    assert blank["one"]["name"]["value"] == "學生skip"
    assert blank["header"]["review_month"]["value"] is None
    assert blank["three"]["past_placements"]["value"][0]["area"] == "英語"
    assert blank["six"]["life_adaptation"]["value"] == ADAPTATION["life_adaptation"]
    by_hand = ("sem2_marks", "strengths_weaknesses", "overall_analysis", "special_needs", "goals")
    written = {name: one for part in blank.values() for name, one in part.items()}
    assert {written[name]["source"] for name in by_hand} == {"hand"}
    assert {one["value"] for one in blank["seven"].values()} == {None}
    assert blank["eight"]["signs"]["value"] is None

    # The way to school is asked for where a pupil crosses, else it may stay empty.
    for name in ("exempt", "skip", "cross"):
        assert cases.does("a-office", name, "igp/drafted", IGP) == "drafting"
    assert parts(cases, "cross")["seven"]["travel_safety"]["required"] is True
    assert parts(cases, "skip")["seven"]["travel_safety"]["required"] is False
    unsafe = cases.tries("a-office", "cross", "igp/committee-reviewed", REVIEW)
    assert (unsafe.status_code, unsafe.json()["code"]) == (409, "igp-parts-missing")
    assert "校外學習安全" in unsafe.json()["detail"]
    cases.does("a-office", "cross", "igp/revised", {"travel_safety": "家長接送"})
    for name, state in (
        ("exempt", "committee_passed"),
        ("skip", "committee_passed_council"),
        ("cross", "committee_passed_council"),
    ):
        assert cases.does("a-office", name, "igp/committee-reviewed", REVIEW) == state

    # In a dispute such a plan is told, whose teachers are encrypted names and no accounts.
    told = _told_in_a_dispute(cases, "skip")
    taught = [one for step in told for one in step["fields"] if one["field"] == "teachers"]
    assert ["王老師" in str(one["after"]) for one in taught] == [True]

    # The reviewer is shown what a revision changed.
    cases.at("2025-07-24T09:00")
    advice = {"pre_review": "passed_with_changes", "advice": "請補充評量"}
    assert cases.does("org", "cross", "igp/pre-reviewed", advice) == "before_council"
    meeting = {"result": "passed", "meeting_on": "114.8.15"}
    unchanged = cases.tries("council", "cross", "igp/council-reviewed", meeting)
    assert (unchanged.status_code, unchanged.json()["code"]) == (409, "igp-changes-not-made")
    cases.does("a-office", "cross", "igp/revised", {"assessment_methods": "段考、作品與口試"})
    shown = cases.told("cross", "org", "/igp")
    [difference] = shown["revisions"][-1]["differences"]
    assert difference["field"] == "assessment_methods"
    assert difference["part"] == "seven"
    assert (difference["before"], difference["after"]) == ("段考與作品", "段考、作品與口試")
    assert shown["paper_review"] is False

    # A skip goes on to the council, on paper where it passed as it was; an exemption does not.
    passed = {"pre_review": "passed"}
    assert cases.does("org", "skip", "igp/pre-reviewed", passed) == "before_council"
    assert cases.told("skip", part="/igp")["paper_review"] is True
    assert cases.does("org", "exempt", "igp/pre-reviewed", passed) == "pre_reviewed"
    assert cases.tries("org", "exempt", "igp/council-reviewed", meeting).status_code == 409

    final = {"signs": SIGNS, "igp_document": cases.paper("igp", "exempt")}
    unsigned = final | {"signs": SIGNS[:-1]}
    refused = cases.tries("a-office", "exempt", "igp/final-uploaded", unsigned)
    assert (refused.status_code, refused.json()["code"]) == (409, "signatures-missing")
    without = cases.tries("a-office", "exempt", "igp/final-uploaded", final)
    assert (without.status_code, without.json()["code"]) == (422, "not-valid")
    assert cases.told("exempt", part="/igp")["papers"] == ["igp", "committee_minutes"]
    assert cases.told("exempt", part="/igp")["due_on"] == "2025-08-12"

    # An exemption is late after 8.12, a skip after 8.25; after 8.27 nothing is taken.
    cases.at("2025-08-13T09:00")
    final["minutes_document"] = cases.paper("committee_minutes", "exempt")
    assert cases.does("a-office", "exempt", "igp/final-uploaded", final) == "final"
    assert parts(cases, "exempt")["header"]["review_month"]["value"] == "2025-07"
    assert _late(cases) is not None
    cases.at("2025-08-15T10:00")
    final = {"signs": SIGNS, "igp_document": cases.paper("igp", "skip")}
    early = cases.tries("a-office", "skip", "igp/final-uploaded", final)
    assert early.json()["code"] == "step-not-open"
    for name in ("skip", "cross"):
        assert county.council.get("/programmes/kaohsiung-114/placement-cases").status_code == 200
        assert cases.does("council", name, "igp/council-reviewed", meeting) == "council_passed"
        assert cases.does("eb", name, "igp/approved", LETTER) == "approved"
    # The committee met in July, the council after it.
    assert parts(cases, "skip")["header"]["review_month"]["value"] == "2025-08"
    cases.at("2025-08-26T09:00")
    assert cases.does("a-office", "skip", "igp/final-uploaded", final) == "final"
    assert _late(cases) is not None
    cases.at("2025-08-28T00:30")
    final = {"signs": SIGNS, "igp_document": cases.paper("igp", "cross")}
    closed = cases.tries("a-office", "cross", "igp/final-uploaded", final)
    assert (closed.status_code, closed.json()["code"]) == (409, "step-too-late")
    assert cases.told("cross", part="/igp")["state"] == "approved"


def _late(cases: Cases) -> Any:
    """The effect with which the newest plan was uploaded."""
    return cases.county.said("igp-document.final-uploaded.v1").get("late")
