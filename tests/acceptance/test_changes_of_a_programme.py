"""The change report narrowed to a programme: what names it, and its school year's placements."""

import hashlib
from typing import Any

from domain.programme import shipped_text
from ledger.encryption import canonical
from tests.acceptance.placing import Cases
from tests.api.serving import Caller, County

EVER = {"from": "112.1.1", "to": "114.12.31"}
OURS, OTHER = "kaohsiung-114", "new-taipei-113"


def report(caller: Caller, **asked: Any) -> dict[str, Any]:
    answer = caller.get("/changes", **EVER, **asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_report_of_a_programme_holds_its_records_and_the_placements_of_its_year(
    county: County,
) -> None:
    cases = Cases(county)
    county.eb.made("/programmes", {"text": shipped_text(OTHER)})
    student = cases.pupil("甲", 4)
    placements = f"/students/{student}/placements"
    before = {"school_year": 112, "area": "數學", "category": "skip"}
    before |= {"target_year_grade": 3, "placement_grade": 4}
    county.a_office.made(placements, before)
    # Before the page opens the row names no programme; its year is the programme's.
    bare = cases.row("甲", "英語", "skip", 6)
    asked = {
        "kind": "abandonment",
        "placement_id": bare,
        "letter_number": "第1號",
        "reason": "不合",
    }
    county.a_office.made(f"/students/{student}/placement-requests", asked)
    cases.at("2025-04-18T09:00")
    cases.opened("甲")
    dispute = {"student_id": student, "kind": "appeal", "subject": "分班", "grounds": "不服"}
    dispute |= {"notice_received_on": "114.4.10", "programme": OTHER}
    county.eb.made("/disputes", dispute)

    for who in (county.a_office, county.eb):
        items = report(who, programme=OURS)["items"]
        assert [one["section"] for one in items] == [
            "placement",
            "placement_request",
            "placement_case",
        ]
        assert [one["section"] for one in report(who, programme=OTHER)["items"]] == ["dispute"]
        both = report(who, programme=[OURS, OTHER])["items"]
        assert [one["section"] for one in both[-2:]] == ["placement_case", "dispute"]
        assert report(who, programme=OURS, section="placement")["items"] == items[:1]

    # Pages, cursors and the digest are of this filter.
    whole = report(county.a_office, programme=OURS)
    paged, asked_for = [], {"limit": 1}
    page = report(county.a_office, programme=OURS, **asked_for)
    digest = _first(page["terms"])
    while True:
        paged += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = page["next_cursor"]
        page = report(county.a_office, programme=OURS, cursor=cursor, **asked_for)
    assert (len(paged), page["terms"]["rows"]) == (3, 3)
    for one in paged:
        digest = hashlib.sha256(digest + bytes.fromhex(one["row_hash"])).digest()
    assert digest.hex() == page["terms"]["digest"]
    assert [one["change_id"] for one in paged] == [one["change_id"] for one in whole["items"]]
    other = county.a_office.get("/changes", **EVER, programme=OTHER, cursor=cursor)
    assert (other.status_code, other.json()["code"]) == (409, "report-terms-changed")
    unknown = county.a_office.get("/changes", **EVER, programme="nowhere-1")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown-programme")


def _first(terms: dict[str, Any]) -> bytes:
    """d0 of contract 4."""
    kept = {name: value for name, value in terms.items() if name not in ("rows", "digest")}
    return hashlib.sha256(canonical(kept)).digest()
