from datetime import date

import pytest

from domain.fee_rules import Fees
from domain.fees import (
    Candidate,
    Claim,
    NotAnItem,
    RosterFees,
    items_fee,
    proven,
    refund,
    roster,
    row,
)
from domain.programme import shipped_text
from domain.programme_rules import ProgrammeNotValid, lint, read

TEXT = shipped_text("kaohsiung-114")
REGISTRATION = date(2025, 2, 18)


def kaohsiung() -> Fees:
    fees = read(TEXT).fees
    assert not isinstance(fees, str)
    return fees


def initial(*candidates: set[str]) -> RosterFees:
    students = [Candidate(units=1, statuses=frozenset(one)) for one in candidates]
    return roster(kaohsiung(), "initial_test", students)


def second(*candidates: tuple[int, set[str]]) -> RosterFees:
    students = [
        Candidate(units=subjects, statuses=frozenset(statuses)) for subjects, statuses in candidates
    ]
    return roster(kaohsiung(), "second_test", students)


def money(found: RosterFees) -> tuple[int, int, int]:
    return found.totals.collected, found.totals.passed_on, found.totals.kept


def test_fee_1_five_students_pay_4000_and_not_what_the_handbook_misprints() -> None:
    found = initial(set(), set(), set(), set(), set())
    assert money(found) == (4_000, 3_850, 150)
    assert found.totals.collected_words == "肆仟元整"
    assert found.totals.passed_on_words == "叁仟捌佰伍拾元整"


def test_the_printed_misprint_is_shown_as_what_it_is_and_ruled_on() -> None:
    [found] = [one for one in lint(read(TEXT)) if one.finding.startswith("printed-total-differs")]
    assert found.finding == "printed-total-differs:fees.initial_roster_example"
    assert "收取印為叁仟元整，依收費標準應為肆仟元整" in found.message
    assert "繳交印為貳仟捌佰伍拾元整，依收費標準應為叁仟捌佰伍拾元整" in found.message
    assert found.ruling is not None


def test_fee_2_the_rows_are_what_the_school_passes_on_of_each_subject() -> None:
    found = second((2, set()), (1, set()), (2, set()), (5, set()))
    assert [one.passed_on for one in found.rows] == [1_140, 570, 1_140, 2_850]
    assert money(found) == (6_000, 5_700, 300)
    assert found.totals.units == 10
    assert found.totals.passed_on_words == "伍仟柒佰元整"
    assert found.totals.collected_words == "陸仟元整"
    # The family form, the page and what the school keeps: all three amounts.
    assert (found.totals.unit_charged, found.totals.unit_passed_on) == (600, 570)


def test_fee_3_each_kind_of_waiver_is_deducted() -> None:
    found = initial(
        {"low_income"}, {"mid_low_income"}, {"initial_exempt"}, {"dual_exam"}, set(), set(), set()
    )
    assert found.totals.paying_students == 3
    assert money(found) == (2_400, 2_310, 90)
    assert dict(found.totals.of_status) == {
        "low_income": 1,
        "mid_low_income": 1,
        "initial_exempt": 1,
        "dual_exam": 1,
    }


def test_fee_4_a_student_in_two_categories_is_counted_in_both_and_deducted_once() -> None:
    found = initial({"low_income", "initial_exempt"}, set(), set())
    assert found.totals.paying_students == 2
    assert money(found) == (1_600, 1_540, 60)
    assert found.rows[0].freed_by == ("initial_exempt", "low_income")
    assert (found.totals.of_status["low_income"], found.totals.of_status["initial_exempt"]) == (
        1,
        1,
    )


def test_fee_5_who_is_exempt_from_the_first_test_pays_the_second() -> None:
    found = second((4, {"initial_exempt"}), (5, {"mid_low_income"}))
    assert (found.totals.units, found.totals.paying_units) == (9, 4)
    assert [one.passed_on for one in found.rows] == [2_280, 0]
    assert money(found) == (2_400, 2_280, 120)
    assert "initial_exempt" not in found.totals.of_status


def test_fee_6_two_subtests_rechecked_cost_60() -> None:
    found = items_fee(kaohsiung(), "initial_recheck", ["1", "3"])
    assert (found.charged, found.passed_on, found.rule) == (60, 60, "fees.initial_recheck")


def test_neither_the_full_test_nor_an_item_twice_nor_nothing_can_be_rechecked() -> None:
    for items in (["full"], ["1", "1"], []):
        with pytest.raises(NotAnItem):
            items_fee(kaohsiung(), "initial_recheck", items)
    assert items_fee(kaohsiung(), "second_recheck", ["國語", "數學"]).charged == 60


def test_a_disability_alone_frees_from_no_fee() -> None:
    found = row(kaohsiung(), "initial_test", Candidate(units=1, statuses=frozenset({"disability"})))
    assert (found.charged, found.pays, found.statuses) == (800, True, ("disability",))


def test_a_standing_that_the_plan_does_not_know_is_never_guessed_at() -> None:
    with pytest.raises(LookupError):
        initial({"low-income"})
    with pytest.raises(LookupError):
        roster(kaohsiung(), "third_test", [])


def test_an_empty_roster_comes_to_nothing() -> None:
    found = initial()
    assert money(found) == (0, 0, 0)
    assert found.totals.collected_words == "零元整"


def test_a_proof_that_has_run_out_at_registration_does_not_count() -> None:
    fees = kaohsiung()
    claims = [
        Claim(status="low_income", valid_until=date(2025, 2, 17)),
        Claim(status="mid_low_income"),
        Claim(status="initial_exempt"),
    ]
    assert proven(fees, claims, REGISTRATION) == {"initial_exempt"}
    valid = Claim(status="low_income", valid_until=REGISTRATION)
    assert proven(fees, [valid], REGISTRATION) == {"low_income"}


def test_fees_come_back_for_what_the_plan_names_and_with_its_proof_alone() -> None:
    fees = kaohsiung()
    assert refund(fees, "second_test", "disaster", proven=False).allowed
    assert refund(fees, "initial_test", "hospitalised", proven=True).allowed
    without = refund(fees, "initial_test", "hospitalised", proven=False)
    assert (without.allowed, without.lacks_proof) == (False, True)
    other = refund(fees, "initial_test", "changed_mind", proven=True)
    assert (other.allowed, other.lacks_proof, other.words) == (False, False, "完成報名後概不退費")
    assert not refund(fees, "initial_recheck", "disaster", proven=True).allowed


def test_postage_is_paid_to_nobody() -> None:
    with pytest.raises(ValueError, match="nobody collects return_postage"):
        items_fee(kaohsiung(), "return_postage", ["envelope"])


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("kept = 30\npassed_on = 770", "kept = 30\npassed_on = 760", "fees.charges.initial_test"),
        ("kept = 0\npassed_on = 30", 'kept = "none"\npassed_on = 30', "fees.charges.initial_rec"),
        ('items = ["1", "2", "3"]', 'items = ["1", "1"]', "fees.charges.initial_recheck"),
        (
            'frees_from = ["initial_test"]',
            'frees_from = ["no_test"]',
            "fees.statuses.initial_exempt",
        ),
        ('code = "mid_low_income"', 'code = "low_income"', "fees.statuses"),
        ('charge = "initial_test"', 'charge = "return_postage"', "fees.printed.initial_roster"),
        ("closes = 2025-07-31", "opens = 2025-08-01\ncloses = 2025-07-31", "fees.accounts"),
    ],
)
def test_a_table_that_does_not_add_up_is_refused_and_its_item_named(
    old: str, new: str, place: str
) -> None:
    assert old in TEXT
    with pytest.raises(ProgrammeNotValid) as refused:
        read(TEXT.replace(old, new, 1))
    assert place in refused.value.detail


def test_what_has_no_fees_says_so() -> None:
    assert read(shipped_text("taipei-99")).fees == "none"
