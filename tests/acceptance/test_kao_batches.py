"""What a school hands in for all its pupils: signed rosters, money, receipts, letters, minutes."""

import pytest

from tests.acceptance.initial_stage import refused
from tests.acceptance.school_batches import SIGNED, Batches
from tests.api.serving import County


@pytest.fixture
def story(county: County) -> Batches:
    made = Batches(county)
    made.at("2025-02-17T09:00")
    made.publish_programme()
    return made


@pytest.mark.accepts("KAO-86", "KAO-90", "KAO-91", "KAO-92", "KAO-110")
def test_a_school_hands_in_its_roster_with_the_money_and_gets_one_receipt(story: Batches) -> None:
    for number, grade in enumerate((1, 3, 2, 4, 5)):
        story.registers(f"學生{number}", grade)
    roster = story.roster("initial")
    assert [row["remit_amount"] for row in roster["rows"]] == [770] * 5
    totals = roster["totals"]
    assert [totals[name] for name in ("collected", "passed_on", "kept")] == [4000, 3850, 150]
    words = "".join(value for _, value in roster["lines"])
    assert "肆仟元整" in words
    assert "叁仟捌佰伍拾元整" in words

    # Nothing is handed in before it was exported and signed.
    refused(story.step("initial", "roster-signed", SIGNED), "step-not-open")
    exported = story.stepped("initial", "roster-exported")
    assert (exported["state"], exported["remit_amount"]) == ("exported", 3850)
    story.stepped("initial", "roster-signed", SIGNED)
    paid = {"payer_name": "陳大文", "amount": 3850, "remitted_on": "114.2.18"}
    refused(story.step("initial", "remittance-recorded", paid), "payer-not-school", 422)
    slip = story.scan("remittance_slip", school="ks-a")
    paid |= {"payer_name": "高雄市苓雅區苓雅示範國民小學", "remittance_slip_document": slip}
    short = paid | {"amount": 3080}
    assert story.stepped("initial", "remittance-recorded", short)["remitted"] == 3080
    # Paid, but the roster is not there: the school is shown as incomplete.
    listed = story.county.org.get("/programmes/kaohsiung-114/batches", stage="initial").json()
    [line] = listed["items"]
    assert (line["complete"], line["roster"]) == (False, "none")
    assert [one["kind"] for one in line["missing"]] == ["initial_roster"]

    scan = {"roster_document": story.scan("initial_roster", school="ks-a")}
    refused(story.step("initial", "roster-uploaded", scan), "totals-differ")
    story.stepped("initial", "remittance-recorded", paid)
    wrong = {"roster_document": slip}
    refused(story.step("initial", "roster-uploaded", wrong), "document-not-known", 422)
    done = story.stepped("initial", "roster-uploaded", scan)
    assert (done["roster"], done["complete"], done["missing"]) == ("current", True, [])

    # A row that changes after makes the paper out of date: flagged, and not to be uploaded again.
    student = story.students["學生0"]
    change = {"name": "學生改名", "reason": "更名"}
    version = story.county.a_office.get(f"/students/{student}").json()["version"]
    renamed = story.county.a_office.patch(f"/directory/students/{student}", change, version=version)
    assert renamed.status_code == 200, renamed.text
    stale = story.batch("initial", story.county.org)
    assert (stale["roster"], stale["complete"]) == ("stale", False)
    org = story.county.org
    refused(story.step("initial", "batch-checked", who=org), "roster-stale")
    story.stepped("initial", "roster-exported")
    assert story.batch("initial")["roster"] == "stale"
    story.stepped("initial", "roster-signed", SIGNED)
    assert story.stepped("initial", "roster-uploaded", scan)["roster"] == "current"

    # One receipt for the school, over what it remitted.
    receipt = {"receipt_number": "收字第1號", "amount": 3850, "issued_on": "114.3.3"}
    refused(story.step("initial", "receipt-issued", receipt, org), "step-not-open")
    story.stepped("initial", "batch-checked", who=org)
    less = receipt | {"amount": 770}
    refused(story.step("initial", "receipt-issued", less, org), "totals-differ")
    refused(story.step("initial", "receipt-issued", receipt), "not-allowed", 403)
    received = story.stepped("initial", "receipt-issued", receipt, org)
    assert received["state"] == "receipted"
    refused(story.step("initial", "receipt-issued", receipt, org), "step-not-open")
    assert sum(one["step"] == "receipt-issued" for one in received["steps"]) == 1
