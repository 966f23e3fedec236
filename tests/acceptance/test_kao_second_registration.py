"""Kaohsiung's second-stage registration: subjects, grades, types, fees (KAO-64 to KAO-80)."""

import pytest

from tests.acceptance.initial_stage import done, refused
from tests.acceptance.second_stage import SUBJECTS, SUBMITTED, SecondStage, row, rows
from tests.api.serving import County


@pytest.fixture
def stage(county: County) -> SecondStage:
    """The county on 114.2.17 at nine, with the programme published."""
    stage = SecondStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    return stage


@pytest.mark.accepts("KAO-65", "KAO-66", "KAO-67", "KAO-68", "KAO-69", "KAO-70", "KAO-71")
@pytest.mark.accepts("KAO-72", "KAO-73", "KAO-76", "KAO-77", "KAO-78", "KAO-80", "KAO-158")
def test_subjects_are_registered_in_the_grade_and_way_the_plan_offers(stage: SecondStage) -> None:
    for name, grade, placed in (
        ("一年級", 1, {}),
        ("二年級", 2, {"英語": 3}),
        ("三年級", 3, {"數學": 4}),
        ("四年級", 4, {}),
        ("六年級", 6, {}),
    ):
        stage.exempted(name, grade, placed)
    stage.at("2025-03-20T09:00")

    first = rows(2, "skip_part", ("chinese", "mathematics", "life_curriculum"))
    foreign = stage.register("一年級", [*first, row("english", 2)])
    assert "英語" in refused(foreign, "subjects-not-valid", 422)
    done(stage.register("一年級", first))

    # Placed in grade 3 already in English, the pupil sits 4 there and 3 elsewhere.
    second = [row("english", 4), row("mathematics", 3)]
    refused(stage.register("二年級", [row("english", 3)]), "subjects-not-valid", 422)
    refused(stage.register("二年級", [row("life_curriculum", 3)]), "subjects-not-valid", 422)
    done(stage.register("二年級", second))
    taken = stage.last("二年級", SUBMITTED)["rows"]
    assert [(one["subject"], one["medium"]) for one in taken] == [
        ("english", "computer"),
        ("mathematics", "paper"),
    ]

    done(stage.register("三年級", [row("mathematics", 5)]))
    said = stage.last("三年級", SUBMITTED)
    assert said["placed"] == [{"subject": "mathematics", "category": "skip", "placement_grade": 4}]

    for wrong in (
        [row("mathematics", 6)],
        [row("mathematics", 5), row("mathematics", 6)],
        [row("english", 5), row("english", 6)],
        [row("mathematics", 5, test="school")],
        rows(5, "skip_full", SUBJECTS[:4]),
        rows(5, "accel_all", SUBJECTS[:3]),
    ):
        refused(
            stage.register("四年級", wrong, achievement_test_mode="joint"),
            "subjects-not-valid",
            422,
        )
    by_school = stage.register("四年級", [row("mathematics", 5)], achievement_test_mode="school")
    assert "跳級" in refused(by_school, "subjects-not-valid", 422)
    refused(stage.register("四年級", [row("science", 5, "exempt")]), "test-mode-required", 422)
    three = rows(5, "skip_part", SUBJECTS[:3])
    no_photo = stage.register("四年級", three, second_photo_received=False)
    assert "照片" in refused(no_photo, "registration-incomplete")
    no_fee = stage.register("四年級", three, second_fee_paid=False)
    assert "報名費" in refused(no_fee, "registration-incomplete")
    assert stage.state("四年級") == "initial_exempt"
    done(stage.register("四年級", three))
    said = stage.last("四年級", SUBMITTED)
    assert [said[one] for one in ("subject_count", "second_fee", "remit_amount")] == [3, 1800, 1710]
    assert said["kept_by_school"] == 90
    assert {one["rule"] for one in said["computed"]} == {"selection.subjects", "fees.second_test"}

    refused(stage.register("六年級", [row("chinese", 8)]), "subjects-not-valid", 422)
    done(stage.register("六年級", [row("chinese", 7), row("english", 7)]))
    named = [one["subject_name"] for one in stage.last("六年級", SUBMITTED)["rows"]]
    assert named == ["國文", "英語"]


@pytest.mark.accepts("KAO-153", "KAO-154", "KAO-169")
def test_whole_grades_and_awards_are_registered_as_far_as_the_council_allows(
    stage: SecondStage,
) -> None:
    stage.exempted("合成", 3, {"英語": 4})
    stage.exempted("無安置", 3)
    stage.exempted("再跳", 4, dict.fromkeys(("國語", "數學", "社會", "自然", "英語"), 5))
    stage.exempted("一年級", 1)
    stage.exempted("獲獎", 4)
    stage.at("2025-03-20T09:00")

    # English, placed in grade 4, goes on to grade 5, where the other four land, too.
    four = rows(4, "skip_part_to_full", SUBJECTS[:4])
    lacking = stage.register("無安置", four)
    assert "英語" in refused(lacking, "part-to-full-incomplete", 422)
    done(stage.register("合成", four))

    again = rows(6, "skip_full")
    refused(stage.register("再跳", again), "full-skip-blocked")
    allowed = {
        "exception": "another_full_skip",
        "decided_on": "114.3.11",
        "meeting": "114 年 3 月 11 日鑑輔會第 2 案決議同意",
    }
    step = "council-exception-recorded"
    assert stage.take("再跳", step, allowed).status_code == 403
    done(stage.take("再跳", step, allowed, stage.county.eb))
    done(stage.register("再跳", again))

    three = rows(2, "skip_full", ("chinese", "mathematics", "life_curriculum"))
    refused(stage.register("一年級", three), "subjects-not-valid", 422)
    allowed["exception"] = "grade_without_all_subjects"
    done(stage.take("一年級", step, allowed, stage.county.eb))
    refused(stage.register("一年級", three[:2]), "subjects-not-valid", 422)
    done(stage.register("一年級", three))

    award = {
        "subject": "mathematics",
        "standard": "olympiad",
        "award": "國際數學競賽銀牌",
        "school_year": 113,
    }
    without_test = [row("mathematics", 5, "exempt", test="award")]
    refused(stage.register("獲獎", without_test), "award-does-not-count", 422)
    old = stage.register("獲獎", without_test, awards=[award | {"school_year": 111}])
    refused(old, "award-does-not-count", 422)
    skip = [row("mathematics", 5, "skip_part", test="award")]
    refused(stage.register("獲獎", skip, awards=[award]), "subjects-not-valid", 422)
    done(stage.register("獲獎", without_test, second_fee_paid=False, awards=[award]))
    assert stage.last("獲獎", SUBMITTED)["second_fee"] == 0
    done(stage.take("獲獎", "second-stage-entry-confirmed"))
    assert stage.told("獲獎")["state"] == "school_test_second"
    outcome = {"subject": "mathematics", "standard": "olympiad", "passed": True}
    decided = {"outcomes": [outcome], "committee_met_on": "114.3.24"}
    done(stage.take("獲獎", "school-outcome-recorded", decided))
    told = stage.told("獲獎")
    assert told["state"] == "placement_eligible"
    assert told["steps"][-1]["data"]["eligible"] == [
        {
            "subject": "mathematics",
            "exam_grade": 5,
            "registration_type": "exempt",
            "test": "award",
        }
    ]
