"""Kaohsiung's second test, its results and what follows (KAO-81 to KAO-85, 107, 108, 166)."""

from typing import Any

import pytest

from tests.acceptance.initial_stage import done, refused
from tests.acceptance.second_stage import PUBLISHED, SUBJECTS, SecondStage, row, rows, scored
from tests.api.serving import County

#: By pupil: the rows as registered, and the scores of the test.
TESTED: dict[str, tuple[list[dict[str, Any]], dict[str, float]]] = {
    "部分": (rows(4, "skip_part", ("mathematics", "science")), {"mathematics": 65, "science": 64}),
    "合成": (
        rows(4, "skip_part_to_full", SUBJECTS[:4]),
        dict.fromkeys(SUBJECTS[:4], 66),
    ),
    "全科": (rows(6, "skip_full"), dict.fromkeys(SUBJECTS, 65.5)),
    "四科": (rows(5, "skip_full"), dict.fromkeys(SUBJECTS, 66) | {"english": 64}),
    "未過": ([row("english", 5)], {"english": 50}),
}


@pytest.fixture
def tested(county: County) -> SecondStage:
    """114.4.15: five pupils have sat the test, their scores are in, the council has decided."""
    stage = SecondStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    stage.exempted("部分", 3)
    stage.exempted("合成", 3, {"英語": 4})
    stage.exempted("全科", 5)
    stage.exempted("四科", 4)
    stage.exempted("未過", 4)
    stage.at("2025-03-20T09:00")
    for name, (given, _) in TESTED.items():
        stage.registered(name, given)
    stage.at("2025-04-08T09:00")
    for number, name in enumerate(TESTED):
        stage.second_ticket(name, f"1140{number}")
    stage.at("2025-04-14T09:00")
    for name, (_, scores) in TESTED.items():
        done(stage.examine(name, "subject-score-imported", scored(scores)))
    return stage


@pytest.mark.accepts("KAO-81", "KAO-83", "KAO-84", "KAO-85", "KAO-107", "KAO-108", "KAO-166")
def test_results_lead_to_subjects_that_a_recheck_may_add_to(tested: SecondStage) -> None:
    county = tested.county
    path = tested.path("部分")
    assert county.a_office.get(f"{path}/examination").status_code == 404
    assert tested.told("部分")["state"] == "ticketed_second"
    # What is entered of a test is the organiser's, never a school's.
    own = county.a_office.post(f"{path}/subject-score-imported", scored({"science": 70}), version=0)
    assert own.status_code in (403, 404)

    tested.at("2025-04-15T10:00")
    for name in TESTED:
        if name != "未過":
            done(tested.examine(name, "subject-decision-made", who=county.council))
    refused(tested.publish_second(), "window-not-open")
    tested.at("2025-04-18T15:00")
    # A result that nobody decided yet keeps the whole publication back.
    assert "1 位" in refused(tested.publish_second(), "results-not-complete")
    done(tested.examine("未過", "subject-decision-made", who=county.council))
    assert county.a_office.get(tested.path("部分")).json()["state"] == "ticketed_second"
    done(tested.publish_second())
    told = tested.told("部分")
    assert told["state"] == "placement_eligible"
    said = told["steps"][-1]["data"]
    assert [(one["subject"], one["t_score"], one["outcome"]) for one in said["results"]] == [
        ("mathematics", "65", "passed"),
        ("science", "64", "failed"),
    ]
    assert {one["pass_line"] for one in said["results"]} == {"65"}
    assert [one["subject"] for one in said["eligible"]] == ["mathematics"]
    assert tested.told("未過")["state"] == "not_placement_eligible"
    assert tested.last("未過", PUBLISHED)["eligible"] == []

    request = {
        "recheck_subjects": ["science"],
        "postmark_on": "114.4.23",
        "fee_slip_original": True,
        "depositor_is_examinee": True,
        "return_envelope": True,
    }
    tested.at("2025-04-25T09:00")
    step = "second-recheck-requested"
    late = tested.take("未過", step, request | {"recheck_subjects": ["english"],
                                               "postmark_on": "114.4.24"}, county.org)  # fmt: skip
    refused(late, "step-too-late")
    assert tested.told("未過")["steps"][-1]["step"] == "step-refused"
    # From the publication on: a notice may be there, and the request posted, before 4.21.
    early = tested.take("部分", step, request | {"postmark_on": "114.4.17"}, county.org)
    refused(early, "not-valid", 422)
    lacking = {"postmark_on": "114.4.18", "fee_slip_original": False, "return_envelope": False}
    done(tested.take("部分", step, request | lacking, county.org))
    incomplete = tested.told("部分")["steps"][-1]
    assert incomplete["outcome"] == "incomplete"
    assert incomplete["data"]["missing"] == ["fee_slip", "return_envelope"]
    both = request | {"recheck_subjects": ["science", "mathematics"]}
    done(tested.take("部分", step, both, county.org))
    assert tested.last("部分", step)["fee_due"] == 60
    again = tested.take("部分", step, request, county.org)
    refused(again, "already-rechecked")
    rechecked = scored({"science": 65, "mathematics": 65})
    done(tested.take("部分", "second-recheck-completed", rechecked, county.org))
    assert tested.told("部分")["steps"][-1]["outcome"] == "changed"
    done(tested.take("部分", "second-decision-revised", who=county.council))
    revised = tested.told("部分")["steps"][-1]["data"]
    assert [one["subject"] for one in revised["eligible"]] == ["mathematics", "science"]
    # The subject can be entered on the placement page; what failed cannot.
    page = {"school_year": 114, "category": "skip", "target_year_grade": 4, "placement_grade": 5}
    path = f"/students/{tested.students['部分']}/placements"
    assert county.a_office.post(path, page | {"area": "自然"}).status_code == 201
    assert county.a_office.post(path, page | {"area": "社會"}).status_code in (409, 422)
    # The failure stays in what was published before.
    assert tested.last("部分", PUBLISHED) == said

    _in_part(tested)
    _other_areas(tested)
    _after_the_review(tested)


def _in_part(tested: SecondStage) -> None:
    """Of a full skip in which one subject failed the others stand as partial ones, with the
    guardian's consent (Q-13)."""
    assert tested.last("四科", PUBLISHED)["full_skip"] == "incomplete"
    path = f"/students/{tested.students['四科']}/placements"
    page = {"school_year": 114, "category": "skip", "target_year_grade": 5, "placement_grade": 6}
    refused(tested.county.a_office.post(path, page | {"area": "數學"}), "reason-required", 422)
    consented = page | {"area": "數學", "reason": "英語未通過，監護人同意改為部分學科跳級"}
    made = tested.county.a_office.made(path, consented)
    [flag] = tested.county.a_office.get(f"{path}/{made}").json()["flags"]
    assert "部分學科跳級" in flag


def _other_areas(tested: SecondStage) -> None:
    assert tested.last("合成", PUBLISHED)["full_skip"] == "complete"
    assert tested.last("全科", PUBLISHED)["full_skip"] == "complete"
    step = "other-areas-assessed"

    def areas(grade: int, *scores: int) -> dict[str, Any]:
        named = ("藝術", "健康與體育", "綜合活動")
        return {
            "areas": [
                {
                    "area": area,
                    "assessed_grade": grade,
                    "score": score,
                    "qualitative": "能獨立完成作品並說明想法",
                    "assessor": "陳老師",
                    "assessed_on": "114.4.24",
                }
                for area, score in zip(named, scores, strict=True)
            ]
        }

    # It is due with the placement page, and taken until the end of the assessment.
    [stands] = [one for one in tested.told("全科")["open"] if one["step"] == step]
    assert (stands["recorded_in"], stands["due_by"]) == ("w31", "w32")
    refused(tested.take("部分", step, areas(4, 90, 90, 90)), "not-a-full-skip")
    for name, grade in (("合成", 4), ("全科", 6)):
        refused(tested.take(name, step, areas(grade + 1, 90, 90, 90)), "not-valid", 422)
        done(tested.take(name, step, areas(grade, 90, 89, 69)))
    # Grade 6 is assessed by the own school with the junior high's help: both are on record.
    helped = "selection.full_skip.assessors"
    for more, outcome in (({}, "next-school-not-there"), ({"with_next_school": True}, "as_ruled")):
        done(tested.take("全科", step, areas(6, 90, 89, 69) | more))
        computed = tested.last("全科", step)["computed"]
        assert [one["outcome"] for one in computed if one["rule"] == helped] == [outcome]
    levels = [one["level"] for one in tested.last("全科", step)["areas"]]
    assert levels == ["優", "甲", "丙"]
    assert tested.told("全科")["state"] == "placement_eligible"
    # Who fell ill was replaced: the assessor of the newer record is the one who did assess.
    replaced = areas(4, 79, 80, 100)
    replaced["areas"][0] |= {"assessor": "林老師", "assessed_on": "114.4.25"}
    done(tested.take("合成", step, replaced))
    by = [one["assessor"] for one in tested.last("合成", step)["areas"]]
    assert by == ["林老師", "陳老師", "陳老師"]
    levels = [one["level"] for one in tested.last("合成", step)["areas"]]
    assert levels == ["乙", "甲", "優"]
    # Due by the end of the placement page, and not taken after the days of the assessment.
    assert tested.last("合成", step).get("late") is None
    tested.at("2025-04-28T17:00")
    done(tested.take("合成", step, areas(4, 79, 80, 99)))
    assert tested.told("合成")["steps"][-1]["late"] == "late"
    tested.at("2025-04-29T09:00")
    refused(tested.take("合成", step, areas(4, 79, 80, 98)), "step-too-late")
    assert tested.told("合成")["steps"][-1]["step"] == "step-refused"


def _after_the_review(tested: SecondStage) -> None:
    """What a recheck alone raised is filled in after the desk review with a flag (Q-08)."""
    path = f"/students/{tested.students['部分']}/placements"
    row = tested.county.a_office.get(path).json()["items"][0]
    deleted = tested.county.a_office.post(
        f"{path}/{row['id']}/withdrawal", {"reason": "年級有誤"}, version=row["version"]
    )
    assert deleted.status_code == 200, deleted.text
    page = {"school_year": 114, "category": "skip", "target_year_grade": 4, "placement_grade": 5}
    late = {"area": "自然", "reason": "複查後通過"}
    refused(tested.county.a_office.post(path, page | {"area": "自然"}), "reason-required", 422)
    made = tested.county.a_office.made(path, page | late)
    told = tested.county.a_office.get(f"{path}/{made}").json()
    assert told["flags"] == ["複查後始通過、逾書面審查才填寫的學科，由承辦學校另行審查"]
    first = tested.county.a_office.made(path, page | late | {"area": "數學"})
    assert tested.county.a_office.get(f"{path}/{first}").json()["flags"] == []
