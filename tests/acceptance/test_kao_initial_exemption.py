"""Kaohsiung's kept results: who need not sit the initial test, and who must (KAO-31 to KAO-43)."""

from typing import Any

import pytest

from tests.acceptance.initial_stage import VETTED, InitialStage, done, refused
from tests.api.serving import County

VERIFY, REJECT = "initial-exemption-verified", "initial-exemption-rejected"
ACCELERATION, ABILITY = "acceleration_initial", "general_ability_initial"

#: The year, the test, the grade tested, T, the total, and whether it is kept.
RESULTS: list[tuple[int, str, int, int | None, int | None, bool]] = [
    (112, ACCELERATION, 3, 75, None, True),
    (112, ACCELERATION, 3, 74, None, False),
    (112, ABILITY, 2, 70, 220, True),
    (112, ABILITY, 2, 70, 219, False),
    (112, ABILITY, 4, 70, 203, True),
    (112, ABILITY, 4, 70, 202, False),
    (113, ABILITY, 2, 70, 214, True),
    (113, ABILITY, 2, 70, 213, False),
    (113, ABILITY, 4, 70, 216, True),
    (113, ABILITY, 4, 70, 215, False),
    (113, ACCELERATION, 3, 75, None, True),
    (113, ACCELERATION, 3, 74, None, False),
    (111, ACCELERATION, 3, 90, None, False),
    (113, ACCELERATION, 3, 70, None, False),
    (113, ABILITY, 2, None, None, False),
]


def claim(year: int, test: str, grade: int, t: int | None, total: int | None) -> dict[str, Any]:
    body = {"result_year": year, "test": test, "grade_tested": grade, "proof": "original"}
    return body | {
        name: score for name, score in (("t_full", t), ("t_total", total)) if score is not None
    }


@pytest.mark.accepts("KAO-31", "KAO-32", "KAO-33", "KAO-34", "KAO-35", "KAO-36", "KAO-37")
@pytest.mark.accepts("KAO-38", "KAO-39", "KAO-40", "KAO-42", "KAO-43")
def test_a_kept_result_frees_by_the_years_table_and_its_proof(county: County) -> None:
    stage = InitialStage(county)
    stage.at("2025-02-17T09:00")
    stage.publish_programme()
    for number, (year, test, grade, t, total, kept) in enumerate(RESULTS):
        name = f"學生{number}"
        stage.pupil(name, 5 if number == 0 else 4)
        more = {"district_junior_high_id": stage.junior_high()} if number == 0 else {}
        done(stage.submit(name, initial_exempt_claim=True, initial_fee_paid=False, **more))
        body = claim(year, test, grade, t, total)
        if kept:
            done(stage.take(name, VERIFY, body))
            assert stage.last(name, VERIFY)["fee_due"] == 0
            assert stage.last(name, VERIFY)["fee_statuses"] == ["initial_exempt"]
        else:
            detail = refused(stage.take(name, VERIFY, body), "result-not-retained")
            assert detail
            done(stage.take(name, REJECT, body))
            assert stage.last(name, REJECT)["computed"][0]["outcome"] == "rejected"
        if t is None:
            assert "簡章" in detail

    # A copy counts when the school has stamped it as the same as the original.
    stage.pupil("影本")
    done(stage.submit("影本", initial_exempt_claim=True, initial_fee_paid=False))
    copy = claim(113, ACCELERATION, 3, 80, None)
    refused(stage.take("影本", VERIFY, copy | {"proof": "plain_copy"}), "result-not-retained")
    refused(stage.take("影本", REJECT, copy), "result-is-retained")
    done(stage.take("影本", VERIFY, copy | {"proof": "stamped_copy"}))

    # Exempt pupils are registered, too: entry, no ticket; others must pay before it is complete.
    for name in ("學生0", "學生1"):
        done(stage.take(name, "vetted", VETTED))
    done(stage.take("學生0", "initial-entry-confirmed"))
    assert stage.state("學生0") == "initial_exempt"
    assert "800" in refused(
        stage.take("學生1", "initial-entry-confirmed"), "registration-incomplete"
    )

    done(stage.take("學生1", "details-corrected", {"initial_fee_paid": True, "reason": "已補繳"}))
    done(stage.take("學生1", "initial-entry-confirmed"))
    assert stage.state("學生1") == "entered"
    settled = {"economic_status": "low_income", "reason": "補證明"}
    refused(stage.take("學生1", "details-corrected", settled), "standing-settled")

    # Found not to count after all: the test must be sat, and its fee is due.
    revoke = "initial-exemption-revoked"
    refused(stage.take("學生0", revoke), "reason-required", 422)
    done(stage.take("學生0", revoke, {"reason": "成績單與系統不符"}, county.org))
    assert (stage.state("學生0"), stage.last("學生0", revoke)["fee_due"]) == ("entered", 800)
