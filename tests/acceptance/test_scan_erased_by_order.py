"""A scan that was uploaded to the wrong pupil is taken by order, alone; and the books stand."""

from pathlib import Path
from uuid import UUID

import pytest

from api.acting import Asked
from api.erasure import ErasureOrder, erase_document
from api.legal_holds import LegalHoldEntry, lift, place
from domain.legal_hold import LegalHoldStands
from domain.programme_document import DocumentErased, NotErasableAlone
from domain.refusal import NotAllowed, NotFound
from igp.erasures import finish_erasures
from igp.sealing import seal_now
from ledger import files
from projections.all_views import sealing_views
from projections.runner import Runner
from replay.verify.keyfiles import KeyFiles
from replay.verify.verifying import verify
from tests.acceptance.placing import PROGRAMME, Cases
from tests.api.serving import County
from tests.database import MASTER
from tests.erasing import NUMBER

ORDER = Asked(body=ErasureOrder(order_number=NUMBER))


def test_one_scan_goes_by_order_and_nothing_else_of_the_pupil(
    county: County, tmp_path: Path
) -> None:
    ledger, cases = county.house.ledger, Cases(county)
    cases.at("2025-04-21T09:00")
    student = cases.pupil("甲", 4)
    cases.row("甲", "英語", "skip", 6)
    cases.opened("甲")
    wrong, right = cases.paper("igp", "甲"), cases.paper("tracking_report", "甲")
    minutes = cases.paper("committee_minutes", "甲")
    runner = Runner(ledger.database, sealing_views(ledger.keyring), ledger.mapper)
    runner.prepare()
    runner.close()
    seal_now(ledger)

    def read(scan: str) -> tuple[int, str]:
        answer = county.a_office.get(f"{PROGRAMME}/documents/{scan}")
        return answer.status_code, "" if answer.is_success else answer.json()["code"]

    assert [read(one) for one in (wrong, right, minutes)] == [(200, "")] * 3

    # A scan from before each had a key of its own ends with the pupil alone, and the refusal says
    # so. What is no scan is not found.
    old = _with_the_pupils_key(cases)
    house, eb = county.house, county.viewer("eb")
    assert read(old) == (200, "")
    with pytest.raises(NotErasableAlone, match="還沒有自己的金鑰") as refused:
        erase_document(house, eb, UUID(old), ORDER)
    assert refused.value.CODE == "document-not-erasable"
    with pytest.raises(NotFound):
        erase_document(house, eb, UUID(student), ORDER)

    # The authority alone orders it, and not while the pupil's record is kept for a purpose.
    with pytest.raises(NotAllowed):
        erase_document(house, county.viewer("a-office"), UUID(wrong), ORDER)
    held = LegalHoldEntry(order_number="保全第1號", reason="訴願")
    place(house, eb, UUID(student), Asked(body=held))
    with pytest.raises(LegalHoldStands):
        erase_document(house, eb, UUID(wrong), ORDER)
    lift(house, eb, UUID(student), Asked(body=held, if_match='"1"', method="POST"))

    erase_document(house, eb, UUID(wrong), ORDER)
    erase_document(house, eb, UUID(minutes), ORDER)
    # The order alone shuts it; verify says that the keys are still to go.
    assert [read(one) for one in (wrong, minutes)] == [(409, "document-erased")] * 2
    keys, master = tmp_path / "keys", tmp_path / "master.key"
    master.write_bytes(MASTER)
    owner = ledger.database.conninfo("owner")
    left = verify(owner, KeyFiles(keys, master)).findings
    assert [one.kind for one in left] == ["key-not-destroyed"] * 2
    assert finish_erasures(ledger) == 2
    assert finish_erasures(ledger) == 0
    with pytest.raises(DocumentErased):
        erase_document(house, eb, UUID(wrong), ORDER)
    assert [read(one) for one in (wrong, right, minutes)] == [
        (409, "document-erased"),
        (200, ""),
        (409, "document-erased"),
    ]
    assert county.a_office.get(f"/students/{student}").json()["name"] == "學生甲"
    # What was taken is not named by any step.
    named = cases.tries("a-office", "甲", "committee-reviewed", _reviewed(minutes))
    assert (named.status_code, named.json()["code"]) == (422, "document-not-known")

    # The books are as they were: every event proves itself, and the order is one of them.
    seal_now(ledger)
    assert verify(owner, KeyFiles(keys, master)).findings == []
    assert county.topics().count("document.erased.v1") == 1
    assert county.topics().count("school-document.erased.v1") == 1


def _with_the_pupils_key(cases: Cases) -> str:
    """A scan as they were kept before each had a key of its own: under the pupil's alone."""
    keyring, encrypt = cases.county.house.ledger.keyring, files.encrypt_file
    with pytest.MonkeyPatch.context() as before:
        before.setattr(keyring, "create_document", lambda *_: None)
        before.setattr(keyring, "scan_key", lambda of, _: keyring.key("student.record", of))
        before.setattr(files, "encrypt_file", lambda *given, of_both: encrypt(*given))
        return cases.paper("igp", "甲")


def _reviewed(minutes: str) -> dict[str, str]:
    return {
        "committee_result": "passed",
        "committee_met_on": "114.4.20",
        "minutes_document": minutes,
    }
