"""A score that turns out wrong after its publication: what followed does not go on unseen."""

from typing import Any

from tests.acceptance.initial_stage import done, refused
from tests.acceptance.placing import PROGRAMME
from tests.acceptance.second_stage import SecondStage, row, scored
from tests.api.serving import County

WRONG = {"item": "t_full", "new_score": 60, "reason": "成績登載錯誤"}


def test_a_score_corrected_after_its_publication_reaches_what_followed_from_it(
    county: County,
) -> None:
    stage = SecondStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    stage.entered("誤登")
    stage.exempted("複選", 4)
    stage.at("2025-03-03T09:00")
    stage.ticket("誤登", "114001")
    stage.at("2025-03-09T13:00")
    stage.scored("誤登", 70)
    stage.at("2025-03-11T11:00")
    done(stage.decide("誤登", "passed"))
    stage.at("2025-03-14T15:00")
    done(stage.publish())
    stage.at("2025-03-20T09:00")
    for name in ("誤登", "複選"):
        stage.registered(name, [row("english", 5)])
    # The pupil is registered for the second stage when the slip is found.
    done(stage.examine("誤登", "score-corrected", WRONG))
    done(stage.decide("誤登", "failed"))
    done(stage.publish())
    assert stage.state("誤登") == "initial_failed"
    assert stage.last("誤登", "initial-result-published")["t_full"] == "60"
    again = {"rows": [row("english", 5)], "reason": "再次報名"}
    refused(stage.take("誤登", "second-stage-application-submitted", again), "step-not-open")

    stage.at("2025-04-08T09:00")
    stage.second_ticket("複選", "114002")
    stage.at("2025-04-14T09:00")
    done(stage.examine("複選", "subject-score-imported", scored({"english": 66})))
    stage.at("2025-04-15T11:00")
    done(stage.examine("複選", "subject-decision-made", who=county.council))
    stage.at("2025-04-18T15:00")
    done(stage.publish_second())
    placements = f"/students/{stage.students['複選']}/placements"
    page = {"school_year": 114, "target_year_grade": 5, "area": "英語"}
    placed = page | {"category": "skip", "placement_grade": 6}
    made = county.a_office.made(placements, placed)
    cases = f"{PROGRAMME}/placement-cases"
    case = county.a_office.made(cases, {"student_id": stage.students["複選"]})

    def take(step: str, body: Any = None) -> Any:
        version = county.eb.get(f"{cases}/{case}").json()["version"]
        return county.a_office.post(f"{cases}/{case}/{step}", body or {}, version=version)

    done(take("committee-reviewed", {"committee_result": "passed", "committee_met_on": "114.4.18"}))
    stage.at("2025-04-22T09:00")
    slip = scored({"english": 56}) | {"reason": "卷別誤植"}
    done(stage.examine("複選", "subject-score-imported", slip))
    done(stage.examine("複選", "subject-decision-made", who=county.council))
    done(stage.publish_second())
    assert stage.state("複選") == "not_placement_eligible"
    # The row stays as it was filled in, but it goes no further, and the school is told what to do.
    assert county.a_office.get(f"{placements}/{made}").json()["status"] == "in_force"
    said = refused(take("submitted"), "placement-row-not-carried")
    assert "「英語」的測驗結果或歷年安置已變更" in said
