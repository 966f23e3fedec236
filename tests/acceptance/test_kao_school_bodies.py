"""A school's own bodies: who must sit in the gifted group, and what a school cannot write."""

from typing import Any

import pytest

from tests.acceptance.initial_stage import PROGRAMME
from tests.acceptance.second_stage import SecondStage, row
from tests.api.serving import County

COMPLETE = ["特教組長", "教學組長", "註冊組長", "導師代表", "資優班教師"]


@pytest.fixture
def stage(county: County) -> SecondStage:
    made = SecondStage(county)
    made.at("2025-01-20T09:00")
    made.publish_programme()
    return made


@pytest.mark.accepts("KAO-14")
def test_a_gifted_group_without_a_seat_is_warned_with_the_rule(stage: SecondStage) -> None:
    county = stage.county
    path = f"{PROGRAMME}/gifted-groups/ks-a"
    assert county.b_office.get(path).status_code == 404
    assert county.a_office.get(path).json()["version"] == 0
    group: dict[str, Any] = {
        "convenor": "輔導主任",
        "convenor_named_by_principal": True,
        "convenor_is_director": True,
        "members": [one for one in COMPLETE if one != "註冊組長"],
    }
    assert county.a_office.post(f"{path}/composed", group, version=0).status_code == 201
    told = county.a_office.get(path).json()
    assert (told["state"], told["missing"]) == ("incomplete", ["註冊組長"])
    assert told["source"]["section"].startswith("二")
    own = group | {"members": COMPLETE, "convenor": "教師", "convenor_is_director": False}
    assert county.a_office.post(f"{path}/composed", own, version=1).status_code == 201
    assert county.org.get(path).json()["missing"] == ["召集人（由校長指派處室主任）"]
    whole = group | {"members": COMPLETE}
    assert county.a_office.post(f"{path}/composed", whole, version=2).status_code == 201
    assert county.a_office.get(path).json()["state"] == "composed"


@pytest.mark.accepts("KAO-15", "KAO-167")
def test_an_own_test_that_crosses_stages_is_flagged_and_results_are_no_schools_to_write(
    stage: SecondStage,
) -> None:
    county = stage.county
    stage.at("2025-02-17T09:00")
    stage.exempted("畢業班", 6)
    stage.at("2025-03-20T09:00")
    own = row("english", 7, "exempt")
    stage.registered("畢業班", [own], achievement_test_mode="school")
    for step, body in (
        ("initial-score-imported", {"t_full": 70}),
        ("subject-score-imported", {"scores": [{"subject": "english", "t_score": 70}]}),
        ("initial-result-published", {}),
        ("second-stage-result-published", {}),
    ):
        path = f"{stage.path('畢業班')}/{step}"
        answer = county.a_office.post(path, body, version=stage.told("畢業班")["version"])
        assert answer.status_code in (403, 404), step
    stage.at("2025-05-20T09:00")
    outcome = {
        "outcomes": [
            {
                "subject": "english",
                "standard": "own_paper",
                "passed": True,
                "score": 92,
                "line": 90,
            }
        ],
        "committee_met_on": "114.5.19",
        "next_stage_represented": False,
    }
    answer = stage.take("畢業班", "school-outcome-recorded", outcome)
    assert answer.status_code == 201, answer.text
    computed = stage.last("畢業班", "school-outcome-recorded")["computed"]
    flagged = [one for one in computed if one["inputs"].get("next_stage_represented") is False]
    assert [one["outcome"] for one in flagged] == ["next-stage-not-represented"]
