"""Scans of a programme: checked, encrypted, seen by who sees the case or runs the programme."""

from pathlib import Path
from uuid import uuid4

import pytest

from replay.verify.files import broken_files
from replay.verify.keyfiles import KeyFiles
from tests.acceptance.initial_stage import EMERGENCY, PROGRAMME, done, refused
from tests.acceptance.placing import ADAPTATION, Cases
from tests.acceptance.school_batches import Batches
from tests.api.serving import County
from tests.database import MASTER
from tests.uploads import GOOD, PDF


@pytest.fixture
def story(county: County) -> Batches:
    made = Batches(county)
    made.at("2025-02-17T09:00")
    made.publish_programme()
    made.registers("學生")
    return made


def test_a_scan_is_checked_and_seen_by_who_may_see_the_case(story: Batches) -> None:
    county = story.county
    refused(story.upload("nothing", student="學生"), "document-kind-not-valid", 422)
    refused(story.upload("initial_roster", student="學生"), "document-kind-not-valid", 422)
    refused(story.upload("income_proof", school="ks-a"), "document-kind-not-valid", 422)
    wrong = story.upload("income_proof", student="學生", content=PDF, name="掃描.exe")
    refused(wrong, "file-type-not-allowed", 422)
    assert story.upload("income_proof", student="學生", who=county.b_office).status_code == 404
    assert story.upload("initial_roster", school="ks-a", who=county.b_office).status_code == 404
    assert story.upload("initial_roster", school="ks-a", who=county.council).status_code == 404

    # What the handbook names and does not print is kept by its kind, too.
    story.scan("plan_summary", student="學生")
    story.scan("group_organisation", school="ks-a")

    content = GOOD["png"][0]
    proof = story.scan("income_proof", student="學生", content=content, name="陳小明.png")
    path = f"{PROGRAMME}/documents/{proof}"
    told = county.org.get(path)
    assert (told.status_code, told.content) == (200, content)
    assert told.headers["content-disposition"] == 'attachment; filename="income_proof.png"'
    assert county.a_office.get(path).content == content
    for who in (county.b_office, county.council):
        assert who.get(path).status_code == 404
    # With the case before the council, its scans are, too.
    asked = {
        "stage": "initial",
        "condition": "視覺功能不佳",
        "proof": "disability_certificate",
        "extra_minutes": 20,
        "teacher_statement": "評量時延長作答時間",
        "emergency": EMERGENCY,
    }
    done(story.take("學生", "accommodation-requested", asked))
    assert county.council.get(path).content == content


def test_a_school_s_own_scan_has_a_key_of_its_own_and_verifies(
    story: Batches, tmp_path: Path
) -> None:
    county = story.county
    own = story.scan("initial_roster", school="ks-a")
    assert county.b_office.get(f"{PROGRAMME}/documents/{own}").status_code == 404
    assert county.org.get(f"{PROGRAMME}/documents/{own}").status_code == 200
    story.scan("income_proof", student="學生")
    said = county.said("school-document.added.v1")
    assert said["document_kind"] == "initial_roster"
    assert "掃描" not in str(said)

    # Another school's scan is as one that is not there.
    story.school = "ks-b"
    story.registers("乙生")
    story.stepped("initial", "roster-exported")
    body = {"payer_name": "前金示範國小", "amount": 770, "remitted_on": "114.2.18"}
    foreign = body | {"remittance_slip_document": own}
    answer = story.step("initial", "remittance-recorded", foreign)
    refused(answer, "document-not-known", 422)
    assert answer.json()["errors"][0]["field"] == "remittance_slip_document"

    ledger = county.house.ledger
    master = tmp_path / "master.key"
    master.write_bytes(MASTER)
    keys = KeyFiles(ledger.keyring._folder, master)
    with ledger.database.connect("projector") as connection:
        assert list(broken_files(connection, keys)) == []


def test_the_council_sees_of_a_school_what_a_case_before_it_names(county: County) -> None:
    """Kaohsiung 1.3: a roster names pupils who are no cases of the council."""
    cases = Cases(county)
    cases.at("2025-04-21T09:00")
    cases.pupil("詠晴", 4)
    cases.row("詠晴", "英語", "promotion", 6)
    cases.opened("詠晴")
    minutes, others = (cases.paper("committee_minutes", "詠晴") for _ in range(2))
    roster = county.client.post(
        f"/api/v1{PROGRAMME}/documents",
        headers=county.a_office.headers,
        data={"kind": "placement_roster", "organisation": "ks-a"},
        files={"file": ("名冊.pdf", PDF)},
    ).json()["id"]
    path = f"{PROGRAMME}/documents"
    nobodys = county.council.get(f"{path}/{uuid4()}")
    office = cases.office("詠晴")
    reviewed = {"committee_result": "passed", "committee_met_on": "114.4.21"}
    reviewed["minutes_document"] = minutes
    cases.does(office, "詠晴", "committee-reviewed", reviewed)
    assert county.council.get(f"{path}/{minutes}").status_code == 404
    cases.does(office, "詠晴", "learning-performance-entered", ADAPTATION)
    cases.does(office, "詠晴", "submitted")
    cases.does("org", "詠晴", "desk-review-cleared")
    assert county.council.get(f"{path}/{minutes}").status_code == 200
    for one in (others, roster):
        hidden = county.council.get(f"{path}/{one}")
        assert (hidden.status_code, hidden.json()) == (404, nobodys.json())
        assert county.org.get(f"{path}/{one}").status_code == 200
