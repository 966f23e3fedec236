"""Rows of the placement page under Kaohsiung's rules (KAO-96 to 101, 103, 109, 146 to 155, 164)."""

import pytest

from tests.acceptance.initial_stage import PROGRAMME, done, refused
from tests.acceptance.placement_stage import ROSTERS, PlacementStage
from tests.api.serving import County

WHERE = "至六年二班上英語課程"
JUNIOR = "就讀五年級，至示範國中上英語課程"


@pytest.fixture
def page(county: County) -> PlacementStage:
    return PlacementStage(county)


@pytest.mark.accepts(
    *("KAO-96", "KAO-97", "KAO-103", "KAO-109", "KAO-146", "KAO-147"),
    *("KAO-149", "KAO-150", "KAO-153", "KAO-155", "KAO-164"),
)
def test_rows_follow_from_what_was_passed_and_every_change_of_them_stands(
    page: PlacementStage,
) -> None:
    page.walk()
    early = {"area": "英語", "category": "skip", "grade": 6, "target": 5}
    # A skip lands one above the exam grade, at the own school, in the subject that was passed.
    refused(page.fill("甲生", "英語", "skip", 7, 5), "placement-grade-wrong")
    refused(page.fill("甲生", "英語", "skip", 6, 4), "target-year-grade-differs")
    refused(page.fill("甲生", "數學", "skip", 6, 5), "category-not-offered")
    refused(page.fill("甲生", "烹飪", "skip", 6, 5), "area-not-of-programme", 422)
    refused(page.fill("甲生", **early, lessons_at="elsewhere"), "lessons-off-campus")
    refused(page.fill("甲生", **early, arrangement=JUNIOR), "lessons-off-campus")
    page.filled("甲生", **early, arrangement=WHERE, lessons_at="own_school")
    refused(page.fill("甲生", "英文", "skip", 6, 5), "placement-area-taken")
    told = page.row_of("甲生", "英語")
    assert (told["programme"], told["rules"], told["version"]) == ("kaohsiung-114", 1, 1)
    assert (told["lessons_at"], told["flags"]) == ("own_school", [])
    assert told["computed"][0]["inputs"]["passed"] == ["english", 5, "skip_part", True]

    _what_is_offered(page)
    _exempt(page)
    _part_to_full(page)

    # What stood at noon of 4.20 is what is shown of it later.
    page.at("2025-04-20T12:00")
    then = page.county.house.ledger.now().isoformat()
    page.at("2025-04-22T09:00")
    corrected = page.correct("甲生", "英語", arrangement="至六年三班上英語課程")
    assert corrected.status_code == 200, corrected.text
    refused(page.correct("甲生", "英語", placement_grade=7), "placement-grade-wrong")
    history = page.county.a_office.get(f"/students/{page.students['甲生']}/as-of", at=then).json()
    stood = [one for one in history["placements"] if one["area"] == "英語"]
    assert [one["arrangement"] for one in stood] == [WHERE]

    _roster_and_deletion(page)
    _late(page)


def _what_is_offered(page: PlacementStage) -> None:
    """A pupil of grade 3 who passed English 4: exempt in 4, or skipped to 5 (KAO-164)."""
    offers = [
        (one["area"], one["category"], one["placement_grade"], one["needs_council"])
        for one in page.offers("乙生")["items"]
    ]
    assert {("英語", "exemption", 4, False), ("英語", "skip", 5, True)} <= {*offers}
    # Registered as exempt: a skip needs a reason, and is flagged for the council.
    refused(page.fill("乙生", "英語", "skip", 5, 4), "reason-required", 422)
    page.filled("乙生", "英語", "skip", 5, 4, reason="家長改為申請跳級")
    assert page.row_of("乙生", "英語")["flags"] == ["安置類別與報考類型不同，須經鑑輔會審議"]
    page.delete("乙生", "英語")


def _exempt(page: PlacementStage) -> None:
    """Exempt in the own grade; not all of the time in the gifted class, nor away from school."""
    refused(page.fill("乙生", "英語", "exemption", 5, 4), "placement-grade-wrong")
    for spent in ("gifted_class_wholly", "off_campus"):
        refused(
            page.fill("乙生", "英語", "exemption", 4, 4, free_time=spent), "free-time-not-allowed"
        )
    page.filled("乙生", "英語", "exemption", 4, 4, free_time="self_study")
    assert page.row_of("乙生", "英語")["free_time"] == "self_study"


def _part_to_full(page: PlacementStage) -> None:
    """All five subjects land on grade 5: English goes on, the others skip (KAO-153)."""
    full = page.offers("丙生")["full_skip"]
    assert full == {"outcome": "complete", "placement_grade": 5, "assessed_grade": 4}
    refused(page.fill("丙生", "英語", "skip", 5, 4), "category-not-offered")
    page.filled("丙生", "英語", "promotion", 5, 4)
    for area in ("國語", "數學", "社會", "自然"):
        page.filled("丙生", area, "skip", 5, 4)


def _roster_and_deletion(page: PlacementStage) -> None:
    roster = page.roster()
    assert roster["甲生"]["this_year_passes"] == "英語成就測驗(五年級)通過"
    assert roster["甲生"]["requested"] == "英語跳級六年級"
    assert roster["甲生"]["target_year_grade"] == "五年級"
    assert roster["丙生"]["past_placements"] == "113三年級英語跳級四年級"
    assert "英語升級五年級" in roster["丙生"]["requested"]
    assert roster["乙生"]["requested"] == "英語免修四年級"
    page.delete("乙生", "英語")
    assert "乙生" not in page.roster()
    path = f"/students/{page.students['乙生']}/history"
    kinds = [
        one["kind"]
        for one in page.county.a_office.get(path).json()["items"]
        if one["section"] == "placement"
    ]
    assert kinds == ["recorded", "withdrawn", "recorded", "withdrawn"]
    lines = [one for one in page.modified()["items"] if one["pupil_name"] == "乙生"]
    assert [one["change_kind"] for one in lines] == ["recorded", "withdrawn"] * 2
    assert lines[-1]["before"]["category"] == "exemption"
    assert lines[-1]["after"] is None


def _late(page: PlacementStage) -> None:
    """After 4.25 the page takes corrections, as late, with a reason (KAO-155)."""
    page.at("2025-05-20T10:00")
    corrected = page.correct("甲生", "英語", arrangement="至六年四班上英語課程", reason="換班")
    assert corrected.status_code == 200, corrected.text
    refused(page.fill("乙生", "英語", "exemption", 4, 4), "reason-required", 422)
    page.filled("乙生", "英語", "exemption", 4, 4, reason="漏填")
    asked = {"from": "114.4.18", "to": "114.5.31", "student": page.students["甲生"]}
    items = page.county.org.get("/changes", section="placement", **asked).json()["items"]
    assert [(one["recorded_at"][:10], one["late"]) for one in items] == [
        ("2025-04-18", False),
        ("2025-04-22", False),
        ("2025-05-20", True),
    ]
    newest = items[-1]
    assert (newest["reason"], newest["author"]["name"]) == ("換班", "a-office 承辦人")
    assert [(one["label"], one["before"], one["after"]) for one in newest["fields"]] == [
        ("安置情形", "至六年三班上英語課程", "至六年四班上英語課程")
    ]


@pytest.mark.accepts("KAO-29", "KAO-98", "KAO-99", "KAO-100", "KAO-101")
def test_a_placement_of_the_year_before_goes_on_by_its_own_rule(page: PlacementStage) -> None:
    page.at("2025-02-17T09:00")
    page.publish_programme()
    page.pupil("丁生", 6, participates=False)
    page.history_row("丁生", area="英語", category="skip", target_year_grade=6, placement_grade=7)
    # Who takes no part in the tests owes no fee, gets no ticket, and is there at the placement.
    ticket = {"ticket_no": "1", "room_no": "1"}
    refused(page.take("丁生", "ticket-issued", ticket, page.county.org), "step-not-open")
    initial = page.county.a_office.get(f"{ROSTERS}/initial").json()
    assert (initial["rows"], initial["totals"]["collected"]) == ([], 0)
    passed = [
        {"school_year": 112, "test": "english", "exam_grade": grade, "t_score": 70}
        | {"outcome": "passed"}
        for grade in (4, 5)
    ]
    page.exempted("戊生", 4, past_assessments=passed)
    for area in ("英語", "數學"):
        page.history_row(
            "戊生", area=area, category="exemption", target_year_grade=4, placement_grade=4
        )
    refused(
        page.fill("丁生", "英語", "promotion", 8, 7, arrangement="至示範國中八年級上課"),
        "window-not-open",
    )
    page.at("2025-04-18T09:00")
    # The skip of 113 goes on, without a test, to a junior high that is named.
    refused(page.fill("丁生", "英語", "promotion", 8, 7), "next-stage-school-required")
    refused(page.fill("丁生", "英語", "promotion", 7, 7), "placement-grade-wrong")
    page.filled("丁生", "英語", "promotion", 8, 7, arrangement="至示範國中八年級上課")
    refused(
        page.fill("丁生", "數學", "promotion", 8, 7, arrangement="示範國中"), "category-not-offered"
    )
    assert page.roster()["丁生"]["placement_note"] == "至示範國中八年級上課"
    assert page.roster()["丁生"]["past_placements"] == "113六年級英語跳級七年級"
    # Exempt again only with a pass of this year, or of several grades at once in earlier years.
    refused(page.fill("戊生", "數學", "exemption", 5, 5), "category-not-offered")
    page.filled("戊生", "英語", "exemption", 5, 5)
    assert page.row_of("戊生", "英語")["flags"] == ["沿用早年一次通過多個年級的紀錄，免再施測"]
    _postponed(page)
    # A placement of another year, and a pupil without an application, are history.
    done(page.fill("丁生", "自然", "skip", 9, 7, school_year=112))


def _postponed(page: PlacementStage) -> None:
    """A window set anew counts for what comes after it."""
    body = {"window": "w32", "closes": "114.4.28", "cause": "停止上班上課"}
    version = page.county.org.get(f"{PROGRAMME}/round").json()["version"]
    done(page.county.eb.post(f"{PROGRAMME}/round/window-postponed", body, version=version))
    page.at("2025-04-28T09:00")
    page.delete("戊生", "英語")
    page.filled("戊生", "英語", "exemption", 5, 5)
    page.at("2025-04-29T00:00:00")
    page.delete("戊生", "英語")
    refused(page.fill("戊生", "英語", "exemption", 5, 5), "reason-required", 422)
    asked = {"from": "114.4.18", "to": "114.4.30", "student": page.students["戊生"]}
    items = page.county.org.get("/changes", section="placement", **asked).json()["items"]
    assert [one["late"] for one in items] == [False, False, False, True]
