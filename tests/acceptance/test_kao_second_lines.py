"""Who registers for the second stage when, and whose line decides (KAO-07 to KAO-168)."""

from typing import Any

import pytest

from tests.acceptance.initial_stage import EMERGENCY, SUBMIT, done, refused
from tests.acceptance.school_batches import Batches
from tests.acceptance.second_stage import PUBLISHED, SUBMITTED, row, scored
from tests.api.serving import County

PLANNED = [{"subject": "english", "exam_grade": 4}]
LETTER = {"types": ["exemption"], "entrust_joint_test": True, "letter_date": "114.3.21"}
NEED = {
    "stage": "second",
    "condition": "視覺功能不佳",
    "proof": "disability_certificate",
    "extra_minutes": 20,
    "teacher_statement": "評量時延長作答時間",
    "emergency": EMERGENCY,
}
RECHECK = {
    "items": ["1"],
    "postmark_on": "114.3.18",
    "fee_slip_original": True,
    "depositor_is_examinee": True,
    "return_envelope": True,
}


@pytest.fixture
def stage(county: County) -> Batches:
    """The county on 114.2.17 at nine, with the programme published."""
    stage = Batches(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    return stage


def missing(stage: Batches) -> list[str]:
    return [one["kind"] for one in stage.batch("second")["missing"]]


def decided(subject: str, passed: bool, **given: Any) -> dict[str, Any]:
    outcome = {"subject": subject, "standard": "school_line", "passed": passed} | given
    return {"outcomes": [outcome], "committee_met_on": "114.4.22"}


@pytest.mark.accepts("KAO-07", "KAO-27", "KAO-40", "KAO-41", "KAO-64", "KAO-151", "KAO-152")
def test_who_passed_or_is_exempt_registers_in_the_window_and_who_failed_does_not(
    stage: Batches,
) -> None:
    council, org = stage.county.council, stage.county.org
    stage.exempted("免初選", 3)
    stage.exempted("未報名", 3)
    for number, (name, score) in enumerate((("通過", 72), ("不通過", 60), ("複查", 68))):
        stage.entered(name, 3, planned_subjects=PLANNED)
        stage.ticket(name, f"11400{number}")
        stage.scored(name, score)
        done(stage.decide(name, "passed" if name == "通過" else "failed"))
    stage.at("2025-03-14T15:00")
    done(stage.publish())
    stage.at("2025-03-19T10:00")
    done(stage.take("複查", "recheck-requested", RECHECK, org))
    done(stage.take("複查", "recheck-completed", {"recheck_t_sub1": 66, "recheck_t_full": 70}, org))
    done(stage.take("複查", "decision-revised-by-recheck", {"decision": "passed"}, org))
    subject = [row("mathematics", 4)]
    refused(stage.register("通過", subject), "window-not-open")

    stage.at("2025-03-20T09:00")
    assert "初選不通過" in refused(stage.register("不通過", subject), "step-not-open")
    early = stage.take("未報名", "second-stage-forfeited", {"missing": ["複選報名"]})
    refused(early, "window-still-open")
    done(stage.register("通過", subject))
    # The ticket's number is that of the first stage; what is corrected needs a reason.
    again = [row("mathematics", 4), row("science", 4)]
    refused(stage.register("通過", again), "reason-required", 422)
    done(stage.register("通過", again, reason="漏填一科"))
    assert stage.last("通過", SUBMITTED)["second_fee"] == 1200
    # Other subjects than were planned: both stand, as they were said.
    assert stage.last("通過", SUBMIT)["planned_subjects"] == PLANNED
    chosen = [one["subject"] for one in stage.last("通過", SUBMITTED)["rows"]]
    assert chosen == ["mathematics", "science"]
    done(stage.take("通過", "second-stage-entry-confirmed"))

    stage.at("2025-03-21T09:00")
    refused(stage.register("免初選", subject, second_fee_paid=False), "registration-incomplete")
    done(stage.register("免初選", subject))
    assert stage.last("免初選", SUBMITTED)["second_fee"] == 600
    asked = "accommodation-requested"
    refused(stage.take("免初選", asked, NEED | {"extra_minutes": 21}), "not-valid", 422)
    done(stage.take("免初選", asked, NEED))
    assert stage.last("免初選", asked)["sessions"][0]["break_minutes"] == 0
    granted = {"decision": "granted", "granted_minutes": 20}
    done(stage.take("免初選", "accommodation-decided", granted, council))
    done(stage.take("免初選", "second-stage-entry-confirmed"))

    stage.at("2025-03-22T09:00")
    refused(stage.register("未報名", subject), "step-too-late")
    done(stage.take("未報名", "second-stage-forfeited", {"missing": ["複選報名"]}))
    assert stage.state("未報名") == "forfeited_second"
    # Who passed by a recheck has until 114.3.24.
    stage.at("2025-03-24T15:00")
    done(stage.register("複查", subject))
    done(stage.take("複查", "second-stage-entry-confirmed"))

    stage.at("2025-04-08T09:00")
    refused(stage.take("通過", asked, NEED), "step-too-late")
    sudden = NEED | {"proof": "hospital_diagnosis", "condition": "手臂骨折"}
    done(stage.take("通過", asked, sudden))
    done(stage.take("通過", "second-ticket-issued", {"room_no": "05"}, org))
    assert stage.last("通過", "second-ticket-issued")["ticket_no"] == "114000"
    stage.second_ticket("免初選", "114009")
    sessions = stage.last("免初選", "second-ticket-issued")["sessions"]
    assert [one["bell_at"] for one in sessions] == ["08:40", "09:50", "11:00", "13:20", "14:30"]
    assert sessions[0]["ends_at"] == "10:00"
    lost = {"cause": "lost"}
    done(stage.take("免初選", "second-ticket-reissued", lost, org))
    assert stage.last("免初選", "second-ticket-reissued")["ticket_no"] == "114009"
    stage.at("2025-04-12T09:30")
    refused(stage.take("免初選", "second-ticket-reissued", lost, org), "test-has-begun")
    came = {"attendance": [{"subject": "mathematics", "attendance": "present", "minutes_late": 15}]}
    done(stage.examine("免初選", "second-attendance-recorded", came))
    known = org.get(f"{stage.path('免初選')}/examination").json()
    assert known["steps"][-1]["data"]["attendance"][0]["attendance"] == "late_refused"
    late = stage.examine("免初選", "subject-score-imported", scored({"mathematics": 70}))
    assert "缺考" in refused(late, "not-valid", 422)


@pytest.mark.accepts("KAO-74", "KAO-75", "KAO-82", "KAO-168")
def test_a_school_may_decide_by_its_own_line_what_the_joint_test_scored(stage: Batches) -> None:
    county = stage.county
    for name in ("免修甲", "免修乙", "自辦"):
        stage.exempted(name, 3)
    stage.school = "ks-b"
    for name in ("跳級", "採聯合標準"):
        stage.exempted(name, 3)
    stage.exempted("身障", 3, has_disability=True)
    stage.at("2025-03-20T09:00")
    stage.registered("跳級", [row("english", 4)])
    stage.registered("身障", [row("english", 4)])
    assert "entrustment_letter" not in missing(stage)
    exempt = [row("english", 4, "exempt")]
    stage.registered("採聯合標準", exempt, achievement_test_mode="joint")
    done(stage.step("second", "entrustment-filed", LETTER | {"line_choice": "joint_line"}))
    stage.school = "ks-a"
    stage.registered("免修甲", exempt, achievement_test_mode="joint")
    stage.registered("免修乙", exempt, achievement_test_mode="joint")
    assert missing(stage).count("entrustment_letter") == 1
    letter = {"entrustment_document": stage.scan("entrustment_letter", school="ks-a")}
    done(stage.step("second", "entrustment-filed", LETTER | letter | {"line_choice": "own_line"}))
    assert "entrustment_letter" not in missing(stage)
    signed = {"sign_director": "輔導主任", "sign_principal": "校長"}
    again = LETTER | letter | signed | {"line_choice": "own_line"}
    kept = stage.stepped("second", "entrustment-filed", again)["steps"][-1]["data"]
    assert {name: kept[name] for name in signed} == signed
    stage.registered("自辦", exempt, achievement_test_mode="school", remark="學校 4 月自辦")
    # The roster says by whom those are tested, and what the school remarks (F20).
    roster = stage.roster("second")
    assert ["申請免修課程或學科加速", "3 人（學校自辦 1 人、參加聯合評量 2 人）"] in roster["lines"]
    assert [one["remark"] for one in roster["rows"]] == ["", "", "學校 4 月自辦"]
    assert stage.state("自辦") == "school_test_second"
    assert stage.last("自辦", SUBMITTED)["second_fee"] == 0

    stage.at("2025-04-08T09:00")
    for number, name in enumerate(("免修甲", "免修乙", "採聯合標準", "跳級", "身障")):
        stage.second_ticket(name, f"1140{number}")
        score = {"免修乙": 71, "身障": 62}.get(name, 68)
        done(stage.examine(name, "subject-score-imported", scored({"english": score})))
    for name in ("免修甲", "免修乙", "採聯合標準", "跳級"):
        done(stage.examine(name, "subject-decision-made", who=county.council))
    # Below the line a pupil of the special groups does not fail by the score: the council says.
    made = "subject-decision-made"
    refused(stage.examine("身障", made, who=county.council), "council-decision-needed")
    interval = {
        "subject": "english",
        "passed": True,
        "decision_basis": "interval_estimation",
        "decision_reason": "區間估計上限達標準，平時表現優異",
    }
    refused(
        stage.examine("跳級", "subject-score-imported", scored({"english": 60})),
        "reason-required",
        422,
    )
    done(stage.examine("身障", made, {"decisions": [interval]}, county.council))
    stage.at("2025-04-18T15:00")
    done(stage.publish_second())
    shown = {name: stage.told(name, county.org) for name in ("免修甲", "採聯合標準", "跳級")}
    assert {name: one["state"] for name, one in shown.items()} == {
        "免修甲": "school_test_second",
        "採聯合標準": "placement_eligible",
        "跳級": "placement_eligible",
    }
    [result] = stage.last("免修甲", PUBLISHED)["results"]
    assert (result["t_score"], result["outcome"]) == ("68", "school_decides")

    [special] = stage.last("身障", PUBLISHED, county.org)["results"]
    assert (special["outcome"], special["basis"]) == ("passed", "interval_estimation")

    step = "school-outcome-recorded"
    refused(stage.take("免修甲", step, decided("english", True, line=70)), "contradicts-line")
    done(stage.take("免修甲", step, decided("english", False, line=70)))
    assert stage.state("免修甲") == "not_placement_eligible"
    done(stage.take("免修乙", step, decided("english", True, line=70)))
    assert stage.state("免修乙") == "placement_eligible"
    own = {"standard": "own_paper", "score": 92, "line": 90}
    done(stage.take("自辦", step, decided("english", True, **own)))
    assert stage.state("自辦") == "placement_eligible"
    stage.school = "ks-b"
    by_council = stage.take("跳級", step, decided("english", True, line=60))
    refused(by_council, "school-does-not-decide", 422)
