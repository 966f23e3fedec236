"""Kaohsiung's initial test: tickets, scores, the council, publication, rechecks (KAO-11 to 61)."""

from typing import Any

import pytest

from domain.organisation import organisation_id
from tests.acceptance.initial_stage import (
    DUAL_SCHOOL,
    EMERGENCY,
    PROGRAMME,
    InitialStage,
    done,
    refused,
)
from tests.api.serving import County

STATEMENT = {"groups": ["disability"], "emergency": EMERGENCY}
NEED = {
    "stage": "initial",
    "condition": "視覺功能不佳",
    "proof": "disability_certificate",
    "extra_minutes": 20,
    "teacher_statement": "評量時延長作答時間",
    "emergency": EMERGENCY,
}
PAGE = {
    "condition_detail": "雙眼矯正後視力 0.2",
    "school_performance": "數學推理佳，閱讀需放大字體",
    "school_assessment_adjusted": True,
    "assessment_adjustment": "段考延長二十分鐘",
    "statement_author": "王老師",
    "author_relation": "資源班輔導教師",
}
RECHECK = {
    "items": ["1", "3"],
    "postmark_on": "114.3.19",
    "fee_slip_original": True,
    "depositor_is_examinee": True,
    "return_envelope": True,
}
SHOWN = "initial-result-published"


@pytest.fixture
def february(county: County) -> InitialStage:
    """The county on 114.2.17 at nine, with the programme published."""
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    return stage


@pytest.mark.accepts("KAO-25", "KAO-26", "KAO-46", "KAO-47", "KAO-48", "KAO-151", "KAO-152")
@pytest.mark.accepts("KAO-93", "KAO-94")
def test_needs_are_asked_for_with_the_registration_and_tickets_before_the_test(
    february: InitialStage,
) -> None:
    county = february.county
    disabled = {"has_disability": True, "needs_accommodation": True}
    for name in ("準時", "遲交"):
        february.entered(name, **disabled)
    february.entered("骨折")
    asked = "accommodation-requested"
    refused(february.take("準時", asked, NEED | {"extra_minutes": 21}), "not-valid", 422)
    # Who can be reached, and how they belong to the pupil (F13); one phone at least.
    nobody = {name: value for name, value in NEED.items() if name != "emergency"}
    silent = NEED | {"emergency": {"name": "陳大同", "relation": "父親"}}
    for body in (nobody, silent):
        wrong = february.take("準時", asked, body)
        refused(wrong, "not-valid", 422)
        assert wrong.json()["errors"][0]["field"] == "emergency"
    # The teacher's page (F14) may come with it or later, but whole.
    part = {"statement_author": "王老師", "author_relation": "資源班輔導教師"}
    wrong = february.take("準時", asked, NEED | part)
    refused(wrong, "not-valid", 422)
    assert wrong.json()["errors"][0]["field"] == "condition_detail"
    explain = "accommodation-explained"
    refused(february.take("準時", explain, PAGE), "step-required")
    done(february.take("準時", asked, NEED | {"sign_officer": "特教組長", "sign_director": "主任"}))
    said = february.last("準時", asked)
    assert (said["emergency"], said["exam_school_id"]) == (EMERGENCY, str(organisation_id("ks-a")))
    assert (said["sign_officer"], said["sign_director"]) == ("特教組長", "主任")
    refused(
        february.take("準時", explain, PAGE | {"school_assessment_adjusted": False}),
        "not-valid",
        422,
    )
    done(february.take("準時", explain, PAGE))
    said = february.last("準時", explain, county.council)
    assert {name: said[name] for name in PAGE} == PAGE
    sessions = february.last("準時", asked)["sessions"]
    assert [one["break_minutes"] for one in sessions] == [0, 0, None]
    assert [one["starts_at"] for one in sessions] == ["09:10", "10:20", "11:20"]
    assert county.council.get(february.path("骨折")).status_code == 404
    granted = {"decision": "granted", "granted_minutes": 20}
    done(february.take("準時", "accommodation-decided", granted, county.council))

    # The day after the registration neither the request nor the statement comes in any more.
    february.at("2025-02-19T10:00")
    late = {"received_at": "2025-02-19T09:00:00+08:00"}
    refused(february.take("遲交", asked, NEED | late), "step-too-late")
    kept = february.told("遲交")["steps"][-1]
    assert (kept["step"], kept["data"]["step"]) == ("step-refused", asked)
    assert february.state("遲交") == "entered"
    statement = "special-group-statement-filed"
    refused(february.take("遲交", statement, STATEMENT | late), "step-too-late")
    assert february.told("遲交")["steps"][-1]["data"]["step"] == statement

    # A broken arm may be told of at any time before the test, a disability may not.
    february.at("2025-03-07T10:00")
    refused(february.take("遲交", asked, NEED), "step-too-late")
    sudden = NEED | {"proof": "hospital_diagnosis", "condition": "手臂骨折"}
    done(february.take("骨折", asked, sudden))
    assert february.last("骨折", asked)["sudden"] is True
    assert "ticket_no" not in february.last("骨折", asked)

    for number, name in enumerate(("準時", "遲交", "骨折")):
        february.ticket(name, f"11400{number}")
    assert february.last("準時", "ticket-issued")["sessions"][0]["ends_at"] == "10:20"
    assert february.last("遲交", "ticket-issued")["sessions"][0]["ends_at"] == "10:00"
    lost = february.take("遲交", "ticket-reissued", {"cause": "lost"}, county.org)
    done(lost)
    said = february.last("遲交", "ticket-reissued")
    old = next(one for one in february.told("遲交")["steps"] if one["step"] == "ticket-issued")
    assert (said["ticket_no"], said["voids_version"]) == ("114001", old["version"])
    # Something printed is wrong: the school corrects it, the organiser issues the ticket anew.
    done(
        february.take("骨折", "details-corrected", {"current_class": "乙班", "reason": "班級誤植"})
    )
    again = {"cause": "corrected", "room_no": "02", "reason": "學校通知更正"}
    done(february.take("骨折", "ticket-reissued", again, county.org))
    assert february.last("骨折", "ticket-reissued")["room_no"] == "02"

    february.at("2025-03-09T09:30")
    refused(
        february.take("遲交", "ticket-reissued", {"cause": "lost"}, county.org), "test-has-begun"
    )
    refused(february.take("骨折", asked, sudden), "test-has-begun")
    for name, minutes, state in (("準時", 14, "attended"), ("遲交", 15, "absent")):
        come = {"attendance": "present", "minutes_late": minutes}
        done(february.examine(name, "attendance-recorded", come))
        known = county.org.get(f"{february.path(name)}/examination").json()
        assert known["state"] == state
    assert known["steps"][-1]["outcome"] == "late_refused"

    # Without the statement there is no judging by interval, whoever the pupil is.
    february.scored("準時", 67)
    interval = {"decision_basis": "interval_estimation", "reason": "優勢才能佐證"}
    refused(february.decide("準時", "passed", **interval), "interval-estimation-not-open")

    # Money comes back to who lay in hospital, with the proof, and where the day was moved.
    back = "fee-refunded"
    refused(february.take("骨折", back, {"cause": "hospitalised"}), "fee-not-refundable")
    done(february.take("骨折", back, {"cause": "hospitalised", "proof_shown": True}))
    assert february.last("骨折", back)["amount"] == 800
    refused(february.take("骨折", back, {"cause": "disaster"}), "fee-not-refundable")
    refused(february.take("準時", back, {"cause": "family"}), "fee-not-refundable")
    refused(february.take("準時", back, {"cause": "disaster"}), "reason-required", 422)
    done(february.take("準時", back, {"cause": "disaster", "reason": "測驗因颱風改期，已另有行程"}))
    assert february.last("準時", back)["reason"] == "測驗因颱風改期，已另有行程"
    done(february.take("遲交", "withdrawn", {"reason": "家庭因素"}))
    refused(february.take("遲交", back, {"cause": "withdrawn"}), "fee-not-refundable")


@pytest.mark.accepts("KAO-11", "KAO-13", "KAO-49", "KAO-50", "KAO-51", "KAO-52")
@pytest.mark.accepts("KAO-55", "KAO-56", "KAO-57", "KAO-58", "KAO-59", "KAO-60", "KAO-61")
def test_results_are_judged_published_and_rechecked(february: InitialStage) -> None:
    county = february.county
    org, council, school = county.org, county.council, county.a_office
    scores: dict[str, float] = {
        "七十": 70,
        "六九": 69,
        "六八": 68,
        "再查": 68,
        "特殊": 67,
        "仍敗": 60,
    }
    for name in scores:
        special = {"has_disability": True} if name == "特殊" else {}
        february.pupil(name)
        done(february.submit(name, **special))
        if special:
            done(february.take(name, "special-group-statement-filed", STATEMENT))
        done(
            february.take(
                name,
                "vetted",
                {"decision": "accepted", "body": "gifted_group", "met_on": "114.2.17"},
            )
        )
        done(february.take(name, "initial-entry-confirmed"))
    february.entered("缺考")
    february.entered(
        "同考",
        2,
        dual_exam=True,
        dual_exam_school_id=DUAL_SCHOOL,
        initial_fee_paid=False,
    )
    february.at("2025-03-03T09:00")
    for number, name in enumerate((*scores, "缺考")):
        february.ticket(name, f"114{number:03}")

    february.at("2025-03-10T09:00")
    done(february.examine("缺考", "attendance-recorded", {"attendance": "absent"}))
    assert council.get(f"{february.path('七十')}/examination").status_code == 404
    for name, full in scores.items():
        february.scored(name, full)
    february.scored("同考", 72, source="dual")
    # The council's list holds who has a score, and the one whose statement lies before it; of the
    # others the state of the application is not told.
    listed = council.get(f"{PROGRAMME}/applications", limit=3).json()
    rest = council.get(f"{PROGRAMME}/applications", cursor=listed["next_cursor"]).json()
    told = {one["student"]["name"]: one for one in listed["items"] + rest["items"]}
    assert (listed["total"], {*told}) == (7, {*scores, "同考"})
    alone = {name for name, one in told.items() if one["process"] == "examination"}
    assert alone == {*told} - {"特殊"}
    assert {told[name]["state"] for name in alone} == {"scored"}
    assert told["七十"]["id"] == february.applications["七十"]
    assert org.get(f"{PROGRAMME}/applications").json()["total"] == len(february.applications)
    for by in ("organisation", "state", "updated_at"):
        up, down = (
            org.get(f"{PROGRAMME}/applications", sort=sort).json()["items"]
            for sort in (by, f"-{by}")
        )
        assert up == down[::-1]
    assert [one["updated_at"] for one in up] == sorted(one["updated_at"] for one in up)
    cursor = listed["next_cursor"]
    other = council.get(f"{PROGRAMME}/applications", sort="-organisation", cursor=cursor)
    assert other.json()["code"] == "cursor-not-valid"
    assert council.get(f"{PROGRAMME}/applications", state="ticketed").json()["total"] == 1
    proposals = {name: _proposal(february, name) for name in scores}
    assert proposals == {
        "七十": "passed",
        "六九": "passed",
        "六八": "failed",
        "再查": "failed",
        "特殊": "pending_council",
        "仍敗": "failed",
    }
    # Nobody at the school sees any of it, nor can write it.
    for path in (f"{february.path('七十')}/examination",):
        assert school.get(path).status_code == 404
    wrong = school.post(
        f"{february.path('七十')}/initial-decision-made", {"decision": "passed"}, version=1
    )
    assert wrong.status_code == 404
    assert february.state("七十") == "ticketed"

    # The council judges: by interval only who is of a special group, and says why.
    interval = {"decision_basis": "interval_estimation", "reason": "優勢才能佐證"}
    refused(february.decide("六八", "passed", **interval), "interval-estimation-not-open")
    refused(february.decide("六八", "passed"), "below-the-line")
    refused(
        february.decide("特殊", "passed", decision_basis="interval_estimation"),
        "reason-required",
        422,
    )
    # The score alone fails nobody of a special group: the council says why.
    refused(february.decide("特殊", "failed"), "reason-required", 422)
    for name in ("七十", "六九", "同考"):
        done(february.decide(name, "passed"))
    for name in ("六八", "再查", "仍敗"):
        done(february.decide(name, "failed"))

    # Nothing before its day, and nothing while one result waits.
    february.at("2025-03-13T15:00")
    refused(february.publish(), "window-not-open")
    february.at("2025-03-14T15:59")
    assert "1 位" in refused(february.publish(), "results-not-complete")
    done(february.decide("特殊", "passed", **interval))
    denied = school.post(f"{PROGRAMME}/round/results-published", {"stage": "initial"}, version=0)
    assert denied.status_code == 403
    alone = february.take("七十", SHOWN, {}, org)
    assert alone.status_code == 403
    assert not [one for one in february.told("七十")["steps"] if one["step"] == SHOWN]
    done(february.publish())
    acts = school.get(f"{PROGRAMME}/round").json()["acts"]
    assert [(one["step"], one["data"]["results"]) for one in acts] == [("results-published", 8)]
    refused(february.publish(), "nothing-to-publish")
    states = {name: february.state(name) for name in february.applications}
    passed = {name for name, state in states.items() if state == "initial_passed"}
    assert passed == {"七十", "六九", "特殊", "同考"}
    assert {*states.values()} == {"initial_passed", "initial_failed"}
    shown = february.last("特殊", SHOWN)
    assert (shown["decision_basis"], shown["t_full"]) == ("interval_estimation", "67")
    assert february.last("缺考", SHOWN)["absent"] is True
    assert february.last("同考", SHOWN)["dual_exam"] is True
    assert school.get(f"{february.path('七十')}/examination").status_code == 404

    # Rechecks: by postmark, once, the parts and not the whole, and complete.
    february.at("2025-03-24T10:00")
    refused(
        february.take("六八", "recheck-requested", RECHECK | {"postmark_on": "114.3.20"}, org),
        "step-too-late",
    )
    for items in (["full"], ["1", "1"]):
        body = RECHECK | {"items": items}
        refused(february.take("再查", "recheck-requested", body, org), "fee-item-not-valid", 422)
    for missing in ("fee_slip_original", "depositor_is_examinee", "return_envelope"):
        done(february.take("仍敗", "recheck-requested", RECHECK | {missing: False}, org))
        said = february.told("仍敗")["steps"][-1]
        assert said["outcome"] == "incomplete"
        assert said["data"]["missing"] == ["return_envelope" if "env" in missing else "fee_slip"]
    results = {"recheck_t_sub1": 62, "recheck_t_sub3": 60, "recheck_t_full": 70}
    refused(february.take("仍敗", "recheck-completed", results, org), "no-recheck-open")
    done(february.take("仍敗", "recheck-rejected", {"cause": "incomplete"}, org))
    before = RECHECK | {"postmark_on": "114.3.13"}
    refused(february.take("再查", "recheck-requested", before, org), "not-valid", 422)
    # The notice can be there, and the request posted, on the day of the publication.
    all_three = RECHECK | {"items": ["1", "2", "3"], "postmark_on": "114.3.14"}
    done(february.take("再查", "recheck-requested", all_three, org))
    assert february.last("再查", "recheck-requested")["fee_due"] == 90
    done(february.take("六八", "recheck-requested", RECHECK, org))
    assert february.last("六八", "recheck-requested")["fee_due"] == 60
    refused(
        february.take("六八", "recheck-requested", RECHECK | {"items": ["2"]}, org),
        "already-rechecked",
    )

    done(february.take("六八", "recheck-completed", results | {"recheck_t_full": 68}, org))
    refused(february.take("再查", "recheck-completed", results, org), "not-valid", 422)
    done(february.take("再查", "recheck-completed", results | {"recheck_t_sub2": 70}, org))
    revised = "decision-revised-by-recheck"
    refused(february.take("六八", revised, {"decision": "failed"}, org), "decision-unchanged")
    refused(february.take("六八", revised, {"decision": "passed"}, org), "below-the-line")
    done(february.take("再查", revised, {"decision": "passed"}, org))
    assert (february.state("六八"), february.state("再查")) == (
        "initial_failed",
        "passed_by_recheck",
    )
    for name, before, after in (("六八", "68", "68"), ("再查", "68", "70")):
        assert february.last(name, SHOWN)["t_full"] == before
        assert february.last(name, "recheck-completed")["recheck_t_full"] == after
    refused(february.take("再查", "recheck-requested", RECHECK, org), "already-rechecked")

    # A score that was typed wrong is corrected, judged anew and published beside the first.
    wrong_score: dict[str, Any] = {"item": "t_full", "new_score": 71, "reason": "輸入錯誤"}
    done(february.examine("仍敗", "score-corrected", wrong_score))
    assert "1 位" in refused(february.publish(), "results-not-complete")
    done(february.decide("仍敗", "passed"))
    done(february.publish())
    assert february.state("仍敗") == "initial_passed"
    both = [one["data"]["t_full"] for one in february.told("仍敗")["steps"] if one["step"] == SHOWN]
    assert both == ["60", "71"]

    # Nothing gives out papers, answers or who tested: scores are all there is to be asked for.
    hidden = org.get(f"{february.path('七十')}/examination").json()
    said = {name for one in hidden["steps"] for name in one["data"]}
    said |= {name for one in february.told("七十")["steps"] for name in one["data"]}
    assert {"t_sub1", "t_sub2", "t_sub3", "t_full"} <= said
    # Tickets and notices are papers of the programme, not of a test.
    paths = [
        one
        for one in county.client.get("/openapi.json").json()["paths"]
        if "{pid}" in one and "/papers/" not in one
    ]
    for word in ("paper", "answer", "examiner", "invigilator", "assessor", "tester", "instrument"):
        assert not [one for one in (*paths, *said) if word in one]


def _proposal(stage: InitialStage, name: str) -> str:
    known = stage.county.council.get(f"{stage.path(name)}/examination").json()
    found: str = known["steps"][-1]["data"]["computed"][0]["outcome"]
    return found
