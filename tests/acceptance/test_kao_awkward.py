"""What goes wrong in a year of the process and is put right: given up late, recorded of the wrong
pupil, absent by mistake, a test put off by a typhoon."""

from typing import Any

import pytest

from tests.acceptance.initial_stage import PROGRAMME, done, refused
from tests.acceptance.placement_stage import PlacementStage
from tests.acceptance.placing import ADAPTATION, CASES, IGP, LETTER
from tests.acceptance.second_stage import SecondStage, row, rows, scored
from tests.api.serving import Caller, County

GAVE_UP = {"reason": "家長書面表示放棄"}


def names(who: Caller, roster: str) -> list[str]:
    answer = who.get(f"{PROGRAMME}/rosters/{roster}")
    assert answer.status_code == 200, answer.text
    return [one["pupil_name"] for one in answer.json()["rows"]]


def test_who_passed_gives_up_until_the_placement_page_is_filled_in(county: County) -> None:
    stage = PlacementStage(county).walk()
    stage.filled("甲生", "英語", "skip", 6, 5)
    # From here on it is the case's own step, whose reason is told before the council.
    refused(stage.take("甲生", "withdrawn", GAVE_UP), "placement-begun")
    case = county.a_office.made(CASES, {"student_id": stage.students["甲生"]})
    version = county.a_office.get(f"{CASES}/{case}").json()["version"]
    reason = {"abandon_reason": "家庭因素"}
    done(county.a_office.post(f"{CASES}/{case}/abandoned-before-decision", reason, version=version))
    assert stage.row_of("甲生", "英語")["status"] == "abandoned"

    assert stage.take("乙生", "withdrawn").status_code == 422
    done(stage.take("乙生", "withdrawn", GAVE_UP))
    assert stage.state("乙生") == "withdrawn"
    # What was passed leads to no row any more, and the page says so before.
    refused(stage.fill("乙生", "英語", "exemption", 4, 4), "category-not-offered")
    assert stage.offers("乙生")["items"] == []
    assert "乙生" not in stage.roster()
    # The skip of the year before needs no test: it may go on all the same.
    done(stage.take("丙生", "withdrawn", GAVE_UP))
    refused(stage.fill("丙生", "數學", "skip", 5, 4), "category-not-offered")
    stage.filled("丙生", "英語", "promotion", 5, 4)


def test_an_end_that_was_recorded_of_the_wrong_twin_is_taken_back(county: County) -> None:
    stage = SecondStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    for name in ("雙生甲", "雙生乙"):
        stage.entered(name)
    done(stage.take("雙生甲", "withdrawn", GAVE_UP))
    assert names(county.a_office, "initial") == ["雙生乙"]
    wrong = {"reason": "填到雙胞胎的另一位"}
    assert stage.take("雙生甲", "ending-reversed", wrong).status_code == 403
    assert stage.take("雙生甲", "ending-reversed", {}, county.org).status_code == 422
    done(stage.take("雙生甲", "ending-reversed", wrong, county.org))
    assert stage.state("雙生甲") == "entered"
    again = stage.take("雙生甲", "ending-reversed", wrong, county.org)
    refused(again, "step-not-open")
    done(stage.take("雙生乙", "withdrawn", GAVE_UP))
    assert names(county.a_office, "initial") == ["雙生甲"]
    # Both stand, and the second names the first.
    steps = {one["step"]: one for one in stage.told("雙生甲")["steps"]}
    taken_back = steps["ending-reversed"]["data"]["reverses_version"]
    assert steps["withdrawn"]["version"] == taken_back
    # It goes on from there, to its ticket; given up again it is off the roster again.
    stage.at("2025-03-03T09:00")
    stage.ticket("雙生甲", "1001")
    done(stage.take("雙生甲", "withdrawn", GAVE_UP))
    assert names(county.a_office, "initial") == []
    # Of a pupil there is one application: the second one meets the first.
    body = {"student_id": stage.students["雙生甲"]}
    refused(county.a_office.post(f"{PROGRAMME}/applications", body), "step-not-open")


def test_a_refusal_of_the_committee_that_was_mistyped_is_taken_back(county: County) -> None:
    stage = SecondStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    stage.pupil("學生")
    done(stage.submit("學生"))
    said = {"body": "school_committee", "met_on": "114.2.17"}
    done(stage.take("學生", "vetted", said | {"decision": "refused", "reason": "未達表現"}))
    assert stage.state("學生") == "vetting_refused"
    assert names(county.a_office, "initial") == []
    reason = {"reason": "點選錯誤，會議紀錄為通過"}
    done(stage.take("學生", "ending-reversed", reason, county.eb))
    done(stage.take("學生", "vetted", said | {"decision": "accepted"}))
    assert stage.state("學生") == "vetted"
    assert names(county.a_office, "initial") == ["學生"]


def test_attendance_is_corrected_after_scores_came_in(county: County) -> None:
    stage = SecondStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    for name in ("到考", "缺考"):
        stage.entered(name)
    stage.at("2025-03-03T09:00")
    for number, name in enumerate(("到考", "缺考")):
        stage.ticket(name, f"100{number}")
    stage.at("2025-03-09T13:00")
    for name in ("到考", "缺考"):
        stage.scored(name, 70)
    stage.at("2025-03-11T10:00")
    for name in ("到考", "缺考"):
        done(stage.decide(name, "passed"))
    # Another pupil's sheet was entered for somebody who was not there.
    absent = {"attendance": "absent"}
    assert stage.examine("缺考", "attendance-recorded", absent).status_code == 422
    done(stage.examine("缺考", "attendance-recorded", absent | {"reason": "成績填到別人"}))
    there = {"attendance": "present", "reason": "逐節補登"}
    done(stage.examine("到考", "attendance-recorded", there))
    stage.at("2025-03-14T15:00")
    done(stage.publish())
    assert (stage.state("到考"), stage.state("缺考")) == ("initial_passed", "initial_failed")
    result = stage.last("缺考", "initial-result-published")
    assert (result["absent"], result.get("t_full")) == (True, None)
    # And back: who was there after all needs a score and a decision again before it is published.
    done(stage.examine("缺考", "attendance-recorded", {"attendance": "present"}))
    assert stage.publish().json()["code"] == "results-not-complete"
    stage.scored("缺考", 71)
    done(stage.decide("缺考", "passed"))
    done(stage.publish())
    assert stage.state("缺考") == "initial_passed"

    stage.at("2025-03-20T09:00")
    for name in ("到考", "缺考"):
        stage.registered(name, rows(5, "skip_part", ("english", "mathematics")))
    stage.at("2025-04-08T09:00")
    for number, name in enumerate(("到考", "缺考")):
        stage.second_ticket(name, f"200{number}")
    stage.at("2025-04-12T17:00")

    def attended(name: str, reason: str | None = None, **given: str) -> Any:
        said = [{"subject": one, "attendance": how} for one, how in given.items()]
        body = {"attendance": said} | ({} if reason is None else {"reason": reason})
        return stage.examine(name, "second-attendance-recorded", body)

    done(attended("到考", english="absent", mathematics="present"))
    done(stage.examine("到考", "subject-score-imported", scored({"mathematics": 0})))
    assert attended("到考", english="present").status_code == 422
    done(attended("到考", "電腦試場名單漏登", english="present"))
    english = scored({"english": 66}) | {"reason": "補登"}
    done(stage.examine("到考", "subject-score-imported", english))
    scores = scored({"english": 70, "mathematics": 70})
    done(stage.examine("缺考", "subject-score-imported", scores))
    stage.at("2025-04-15T10:00")
    for name in ("到考", "缺考"):
        done(stage.examine(name, "subject-decision-made", who=county.council))
    done(attended("缺考", "數學未到考", mathematics="absent"))
    stage.at("2025-04-18T15:00")
    assert stage.publish_second().json()["code"] == "results-not-complete"
    done(stage.examine("缺考", "subject-decision-made", who=county.council))
    done(stage.publish_second())
    told = {
        name: {
            one["subject"]: one["outcome"]
            for one in stage.last(name, "second-stage-result-published")["results"]
        }
        for name in ("到考", "缺考")
    }
    # A score of 0 is a score; who was not there has none.
    assert told == {
        "到考": {"english": "passed", "mathematics": "failed"},
        "缺考": {"english": "passed", "mathematics": "absent"},
    }


def test_a_pass_of_a_recheck_stays_one_when_its_result_is_corrected_afterwards(
    county: County,
) -> None:
    """Q-08: a subject that a recheck made passed is said to be so, although a correction of its
    score was published since."""
    stage = PlacementStage(county).walk()
    stage.at("2025-04-22T09:00")
    request = {"recheck_subjects": ["mathematics"], "postmark_on": "114.4.22"}
    request |= {"fee_slip_original": True, "depositor_is_examinee": True, "return_envelope": True}
    done(stage.take("甲生", "second-recheck-requested", request, county.org))
    rechecked = scored({"mathematics": 65})
    done(stage.take("甲生", "second-recheck-completed", rechecked, county.org))
    done(stage.take("甲生", "second-decision-revised", who=county.council))
    stage.at("2025-05-05T09:00")
    right = scored({"mathematics": 67}) | {"reason": "計分錯誤"}
    done(stage.examine("甲生", "subject-score-imported", right))
    done(stage.examine("甲生", "subject-decision-made", who=county.council))
    done(stage.publish_second())
    published = stage.last("甲生", "second-stage-result-published")["results"]
    assert ("mathematics", "passed") in [(one["subject"], one["outcome"]) for one in published]
    stage.filled("甲生", "數學", "skip", 6, 5, reason="複查後通過")
    [flag] = stage.row_of("甲生", "數學")["flags"]
    assert flag == "複查後始通過、逾書面審查才填寫的學科，由承辦學校另行審查"


@pytest.mark.parametrize("late", [False, True])
def test_a_test_that_a_typhoon_put_off_keeps_nobody_out(county: County, late: bool) -> None:
    stage = SecondStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    stage.entered("學生")
    stage.at("2025-03-03T09:00")
    stage.ticket("學生", "1001")
    stage.at("2025-03-08T20:00")

    def postponed(window: str, closes: str, opens: str | None = None) -> None:
        body = {"window": window, "closes": closes, "cause": "颱風停止上班上課"}
        body |= {} if opens is None else {"opens": opens}
        version = county.eb.get(f"{PROGRAMME}/round").json()["version"]
        path = f"{PROGRAMME}/round/window-postponed"
        done(county.eb.post(path, body, version=version))

    postponed("w15", "114.3.16", "114.3.16")
    stage.at("2025-03-16T13:00")
    stage.scored("學生", 72)
    stage.at("2025-03-18T10:00")
    done(stage.decide("學生", "passed"))
    if not late:
        postponed("w17", "114.3.21", "114.3.21")
        refused(stage.publish(), "window-not-open")
    stage.at("2025-03-21T15:00")
    done(stage.publish())
    # Registration and entry are over in the evening of a day; they are set anew, even afterwards.
    stage.at("2025-03-25T09:00")
    asked = [row("english", 5)]
    refused(stage.register("學生", asked), "step-too-late")
    postponed("w19", "114.3.27")
    postponed("w20", "114.3.28")
    done(stage.register("學生", asked))
    done(stage.take("學生", "second-stage-entry-confirmed"))
    assert stage.state("學生") == "entered_second"


def test_a_pass_that_a_complaint_brought_after_the_desk_review_is_placed_with_a_flag(
    county: County,
) -> None:
    stage = PlacementStage(county).walk()
    stage.at("2025-05-05T09:00")
    refused(stage.fill("甲生", "數學", "skip", 6, 5, reason="申訴"), "category-not-offered")
    body = {
        "student_id": stage.students["甲生"],
        "programme": "kaohsiung-114",
        "kind": "complaint",
        "subject": "數學測驗結果",
        "grounds": "計分有誤",
        "notice_received_on": "114.4.21",
        "filed_on": "114.5.2",
        "conditions": ["in_writing"],
    }
    dispute = county.eb.post("/disputes", body).json()
    assert dispute["timely"] is True
    decision = {"outcome": "upheld", "decided_on": "114.5.5", "reasons": "計分確有錯誤"}
    version = county.eb.get(f"/disputes/{dispute['id']}").json()["version"]
    done(county.eb.post(f"/disputes/{dispute['id']}/decisions", decision, version=version))
    # It changes no score: who runs the test puts that right, and the council decides.
    assert stage.state("甲生") == "placement_eligible"
    right = scored({"mathematics": 66}) | {"reason": "申訴有理由，重新計分"}
    done(stage.examine("甲生", "subject-score-imported", right))
    done(stage.examine("甲生", "subject-decision-made", who=county.council))
    done(stage.publish_second())
    first, second = (
        one["data"]["results"]
        for one in stage.told("甲生")["steps"]
        if one["step"] == "second-stage-result-published"
    )
    for results, outcome in ((first, "failed"), (second, "passed")):
        [told] = [one for one in results if one["subject"] == "mathematics"]
        assert told["outcome"] == outcome
    refused(stage.fill("甲生", "數學", "skip", 6, 5), "reason-required", 422)
    stage.filled("甲生", "數學", "skip", 6, 5, reason="申訴有理由，更正後通過")
    [flag] = stage.row_of("甲生", "數學")["flags"]
    assert flag == "公告後更正始通過、逾書面審查才填寫的學科，由承辦學校另行審查"
    # What was passed from the start is late, and nobody needs to look at it for that.
    stage.filled("甲生", "英語", "skip", 6, 5, reason="漏填")
    assert stage.row_of("甲生", "英語")["flags"] == []
    case = county.a_office.made(CASES, {"student_id": stage.students["甲生"]})

    def take(who: Caller, step: str, said: Any = None) -> Any:
        part = "/igp" if step.startswith("igp/") else ""
        now = county.eb.get(f"{CASES}/{case}{part}").json()["version"]
        return who.post(f"{CASES}/{case}/{step}", said or {}, version=now)

    met = {"committee_result": "passed", "committee_met_on": "114.5.5"}
    done(take(county.a_office, "committee-reviewed", met))
    done(take(county.a_office, "submitted"))
    # The desk review of its day is over, and the organiser can still look at it.
    steps = {one["step"] for one in county.org.get(f"{CASES}/{case}").json()["open"]}
    assert "desk-review-cleared" in steps
    done(take(county.a_office, "learning-performance-entered", ADAPTATION))
    done(take(county.org, "desk-review-cleared"))
    _placed_in_august(stage, take)


def _placed_in_august(stage: PlacementStage, take: Any) -> None:
    """A case that came after the day of the placement meeting goes on to the start of the
    placement: the council may meet until the end of June (W52)."""
    county, office = stage.county, stage.county.a_office
    case = f"{CASES}/" + str(county.eb.get(CASES).json()["items"][0]["id"])

    def newest() -> Any:
        return county.eb.get(case).json()["steps"][-1]

    stage.at("2025-05-13T09:00")
    met = {"result": "passed", "meeting_on": "114.5.12"}
    refused(take(office, "placement-deliberated", met), "step-not-open")
    done(take(county.council, "placement-deliberated", met))
    refused(take(office, "placement-started"), "step-not-open")
    done(take(county.eb, "placement-approved", {"decided_on": "114.5.13"}))
    done(take(county.eb, "notified", LETTER | {"letter_date": "114.5.13"}))
    letters = county.a_office.get(f"{PROGRAMME}/rosters/letters").json()["items"]
    assert [one["student"]["id"] for one in letters[0]["students"]] == [stage.students["甲生"]]
    stage.at("2025-06-16T09:00")
    done(take(office, "igp/drafted", IGP))
    reviewed = {"committee_result": "passed", "committee_met_on": "114.6.16"}
    done(take(office, "igp/committee-reviewed", reviewed))
    stage.at("2025-08-01T09:00")
    done(take(office, "placement-started"))
    told = county.eb.get(case).json()
    assert told["state"] == "in_force"
    assert newest()["data"]["effective_on"] == "2025-08-01"
    # The subject of the complaint stands beside the one that was passed from the start.
    for area in ("英語", "數學"):
        row = stage.row_of("甲生", area)
        assert (row["status"], row["placement_grade"]) == ("in_force", 6)
