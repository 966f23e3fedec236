"""The rosters of both stages: rows, counts that overlap, and the money, from registrations."""

from io import BytesIO
from time import sleep
from typing import Any
from zipfile import ZipFile

import pytest

from tests.acceptance.initial_stage import DUAL_SCHOOL, PROGRAMME, VETTED, done
from tests.acceptance.school_batches import Batches
from tests.acceptance.second_stage import SUBJECTS, rows
from tests.api.serving import County

LOW = {"economic_status": "low_income", "income_proof_valid_until": "114.12.31"}
FREE = {"initial_exempt_claim": True, "initial_fee_paid": False}
DUAL = {
    "dual_exam": True,
    "dual_exam_school_id": DUAL_SCHOOL,
    "initial_fee_paid": False,
}


@pytest.fixture
def story(county: County) -> Batches:
    made = Batches(county)
    made.at("2025-02-17T09:00")
    made.publish_programme()
    return made


def money(totals: dict[str, Any]) -> tuple[int, int, int]:
    return totals["collected"], totals["passed_on"], totals["kept"]


@pytest.mark.accepts("KAO-28", "KAO-79", "KAO-87", "KAO-88", "KAO-89", "KAO-95", "KAO-159")
def test_rosters_follow_from_what_was_registered(story: Batches) -> None:
    # FEE-3: seven pupils, one low income, one mid-low, one exempt, one dual, three ordinary.
    story.registers("低收", 4, **LOW, initial_fee_paid=False)
    mid_low = LOW | {"economic_status": "mid_low_income", "initial_fee_paid": False}
    story.registers("中低收", 3, **mid_low, initial_exempt_claim=True)
    story.registers("免初選", 4, **FREE)
    story.verified("免初選")
    story.registers("同時報考", 2, **DUAL)
    for number in range(3):
        story.registers(f"一般{number}", 4)
    roster = story.roster("initial")
    totals = roster["totals"]
    assert (totals["students"], totals["paying_students"]) == (7, 3)
    assert money(totals) == (2400, 2310, 90)
    counts = {"low_income": 1, "mid_low_income": 1, "initial_exempt": 1, "dual_exam": 1}
    assert totals["of_status"] == counts
    first = roster["rows"][0]
    assert (first["pupil_name"], first["economic_status"]) == ("低收", "低收入戶")
    assert (first["remit_amount"], first["national_id"][1:7].count("*") > 0) == (0, True)

    # FEE-4: one pupil in two categories is counted in both and deducted once; then a proof that
    # ran out, and a disability without a proof of income, free from nothing.
    story.school = "ks-b"
    story.registers("兩者", 5, **LOW, **FREE)
    story.verified("兩者")
    story.registers("乙一", 3)
    story.registers("乙二", 3)
    totals = story.roster("initial")["totals"]
    assert money(totals) == (1600, 1540, 60)
    assert totals["of_status"] == counts | {"mid_low_income": 0, "dual_exam": 0}
    expired = {"economic_status": "low_income", "income_proof_valid_until": "114.2.16"}
    story.registers("過期", 4, **expired)
    assert story.last("過期", "initial-application-submitted")["fee_due"] == 800
    story.registers("身障", 4, has_disability=True)
    roster = story.roster("initial")
    assert money(roster["totals"]) == (3200, 3080, 120)
    assert [one["remit_amount"] for one in roster["rows"][-2:]] == [770, 770]
    assert roster["rows"][-1]["has_disability"] == "是"

    # What stays on paper at the school is never asked for; the scans that are needed are.
    needed = story.roster("uploads-initial")["rows"]
    of = {(one["pupil_name"], one["document"]) for one in needed}
    assert ("兩者", "低收入戶或中低收入戶證明") in of
    assert ("兩者", "成績單（免初選）") in of
    assert not any("申請表" in one["document"] for one in needed if one["pupil_name"] == "乙一")
    for kind in ("income_proof", "score_sheet"):
        story.scan(kind, student="兩者")
    left = {one["pupil_name"] for one in story.roster("uploads-initial")["rows"]}
    assert "兩者" not in left

    # A school has its own rows alone; who runs the programme has all, or those of one school.
    county = story.county
    path = f"{PROGRAMME}/rosters/initial"
    assert county.b_office.get(path, organisation="ks-a").status_code == 404
    assert county.b_office.get(f"{PROGRAMME}/rosters/nothing").status_code == 404
    assert county.b_office.get(f"{PROGRAMME}/rosters/rooms-initial").status_code == 404
    everybody = story.roster("initial", county.org)
    assert len(everybody["rows"]) == 12
    assert {one["school"] for one in everybody["rows"]} == {"苓雅示範國小", "前金示範國小"}
    assert len(story.roster("initial", county.eb, organisation="ks-b")["rows"]) == 5
    assert len(county.last_listed()["subjects"]) == 5
    for format, begins in (
        ("csv", b"\xef\xbb\xbf"),
        ("pdf", b"%PDF"),
        ("xlsx", b"PK"),
        ("ods", b"PK"),
    ):
        answer = county.b_office.get(path, format=format)
        assert answer.status_code == 200, answer.text
        assert answer.content.startswith(begins)
        if format == "ods":
            with ZipFile(BytesIO(answer.content)) as parts:
                text = parts.read("content.xml").decode()
            assert "叁仟貳佰元整" in text
            assert "輔導主任" in text

    _in_pages(story, story.roster("initial", county.org))

    # FEE-2 in the second stage: 2 + 1 + 2 + 5 subjects, nobody waived.
    four = {"丙一": 2, "丙二": 1, "丙三": 2, "丙四": 5}
    for name in four:
        story.exempted(name, 4)
    story.school = "ks-a"
    story.verified("中低收")
    for name in ("中低收", "免初選"):
        done(story.take(name, "vetted", VETTED))
        done(story.take(name, "initial-entry-confirmed"))
    story.scan("income_proof", student="中低收")
    story.at("2025-03-20T09:00")
    story.school = "ks-b"
    for name, count in four.items():
        done(story.register(name, rows(5, subjects=SUBJECTS[:count])))
    roster = story.roster("second")
    assert [one["remit_amount"] for one in roster["rows"]] == [1140, 570, 1140, 2850]
    assert (roster["totals"]["units"], money(roster["totals"])) == (10, (6000, 5700, 300))
    assert "陸仟元整" in str(roster["lines"])
    assert "伍仟柒佰元整" in str(roster["lines"])

    # A waived pupil of two subjects and a payer of three; then FEE-5: four paid, five waived.
    story.school = "ks-a"
    done(story.register("中低收", rows(4, subjects=SUBJECTS[:2]), second_fee_paid=False))
    done(story.register("免初選", rows(5, subjects=SUBJECTS[:3])))
    totals = story.roster("second")["totals"]
    assert (totals["units"], totals["passed_on"]) == (5, 1710)
    done(story.register("中低收", rows(4), second_fee_paid=False, reason="加考"))
    done(story.register("免初選", rows(5, subjects=SUBJECTS[:4]), reason="加考"))
    roster = story.roster("second")
    assert sorted(one["remit_amount"] for one in roster["rows"]) == [0, 2280]
    totals = roster["totals"]
    assert (totals["units"], totals["paying_units"]) == (9, 4)
    assert money(totals) == (2400, 2280, 120)
    # The proof of income given at the first stage is not asked for again.
    missing = story.roster("uploads-second")["rows"]
    assert {one["document"] for one in missing} == {
        "複選報考名冊暨匯款證明（核章後掃描）",
        "匯款存單",
    }
    fees = story.roster("fees", county.eb)["rows"]
    assert [(one["stage"], one["remit_amount"]) for one in fees if one["stage"] == "複選"] == [
        ("複選", 2280),
        ("複選", 5700),
    ]


def _in_pages(story: Batches, whole: dict[str, Any]) -> None:
    """A roster's pages are those of one digest, for their reader and their school alone."""
    org, path = story.county.org, f"{PROGRAMME}/rosters/initial"
    size = len(whole["rows"]) // 2 + 1
    first = story.roster("initial", org, limit=size)
    rest = story.roster("initial", org, limit=size, cursor=first["next_cursor"])
    assert first["rows"] + rest["rows"] == whole["rows"]
    assert whole["next_cursor"] is rest["next_cursor"] is None
    for name in ("digest", "totals", "lines"):
        assert first[name] == rest[name] == whole[name]
    cursor = first["next_cursor"]
    for wrong in (
        story.county.eb.get(path, cursor=cursor),
        org.get(path, cursor=cursor, organisation="ks-a"),
        org.get(f"{PROGRAMME}/rosters/fees", cursor=cursor),
    ):
        assert (wrong.status_code, wrong.json()["code"]) == (422, "cursor-not-valid")
    story.registers("後到", 3)
    later = org.get(path, limit=size, cursor=cursor)
    assert (later.status_code, later.json()["code"]) == (422, "cursor-not-valid")


def test_a_page_of_a_roster_tells_of_whom_it_shows_and_a_file_of_all(story: Batches) -> None:
    for number in range(3):
        story.registers(f"報名{number}", 4)
    story.pupil("未報名")
    org, path = story.county.org, f"{PROGRAMME}/rosters/initial"
    shown = [one for one in story.students if one != "未報名"]

    def seen(roster: str = "initial") -> dict[str, int]:
        """How often each pupil was seen on the roster, as the school is told."""
        while story.county.client.get("/readyz").status_code != 200:
            sleep(0.01)
        counted = {}
        for name, student in story.students.items():
            answer = story.county.a_office.get(f"/students/{student}/access-log")
            assert answer.status_code == 200, answer.text
            codes = [one["what"]["code"] for one in answer.json()["items"]]
            counted[name] = codes.count(f"rosters/{roster}")
        return counted

    nobody = dict.fromkeys(story.students, 0)
    assert seen() == nobody
    first = org.get(path, limit=1).json()
    assert [one["pupil_name"] for one in first["rows"]] == shown[:1]
    assert seen() == nobody | {shown[0]: 1}
    org.get(path, limit=1, cursor=first["next_cursor"])
    assert seen() == nobody | dict.fromkeys(shown[:2], 1)
    assert org.get(path, format="xlsx").status_code == 200
    assert seen() == nobody | dict.fromkeys(shown[:2], 2) | {shown[2]: 1}
    # Counts of schools tell of no pupil.
    assert org.get(f"{PROGRAMME}/rosters/fees").json()["rows"]
    assert seen("fees") == nobody
