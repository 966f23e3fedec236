"""複查 and 申訴 of the Kaohsiung handbook, and what other plans count or do not count."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from domain.programme import shipped, shipped_text
from tests.api.serving import County


@pytest.fixture
def spring(county: County) -> County:
    """The county on 114.6.2, with every programme that comes along published."""
    clock = {"now": "2025-06-02T10:00:00+08:00"}
    assert county.eb.post("/simulation/clock", clock).status_code == 200
    for code in shipped():
        county.eb.made("/programmes", {"text": shipped_text(code)})
    return county


def opened(county: County, student: str, kind: str, notice: str, filed: str, **given: Any) -> Any:
    """The answer to an opening in `kaohsiung-114`, unless said otherwise."""
    body = {
        "student_id": student,
        "programme": "kaohsiung-114",
        "kind": kind,
        "subject": "測驗結果",
        "grounds": "對結果有疑義",
        "notice_received_on": notice,
        "filed_on": filed,
    }
    return county.eb.post("/disputes", body | given)


def decided(county: County, dispute: str, outcome: str) -> dict[str, Any]:
    """The decision, as it is shown afterwards."""
    version = county.eb.get(f"/disputes/{dispute}").json()["version"]
    body = {"outcome": outcome, "decided_on": "114.6.2", "reasons": "依計畫辦理"}
    answer = county.eb.post(f"/disputes/{dispute}/decisions", body, version=version)
    assert answer.status_code == 201, answer.text
    decision: dict[str, Any] = county.eb.get(f"/disputes/{dispute}").json()["decision"]
    return decision


@pytest.mark.accepts("KAO-55")
def test_a_recheck_is_timely_by_its_postmark_whenever_it_comes_in(spring: County) -> None:
    student, other = spring.student(), spring.student(number=1)
    in_time = opened(spring, student, "recheck", "114.3.17", "114.3.19", arrived_on="114.3.24")
    assert (in_time.json()["timely"], in_time.json()["last_day"]) == (True, "2025-03-19")
    late = opened(spring, other, "recheck", "114.3.17", "114.3.20", arrived_on="114.3.21").json()
    assert late["timely"] is False
    assert "逾期恕不受理" in late["counting"]["text"]
    decision = decided(spring, late["id"], "not_accepted")
    assert (decision["outcome"], decision["effect"]) == ("not_accepted", "recheck_not_accepted")


@pytest.mark.accepts("KAO-57")
def test_a_stage_has_one_recheck(spring: County) -> None:
    student = spring.student()
    assert opened(spring, student, "recheck", "114.3.17", "114.3.18").status_code == 201
    again = opened(spring, student, "recheck", "114.3.17", "114.3.19")
    assert (again.status_code, again.json()["code"]) == (409, "already-disputed")
    assert opened(spring, student, "recheck", "114.4.21", "114.4.22").status_code == 201


@pytest.mark.accepts("KAO-58")
@pytest.mark.accepts("KAO-61")
@pytest.mark.parametrize("missing", ["fee_slip", "return_envelope"])
def test_a_recheck_without_a_right_slip_or_the_envelope_is_incomplete(
    spring: County, missing: str
) -> None:
    there = [one for one in ("form", "fee_slip", "return_envelope") if one != missing]
    answer = opened(spring, spring.student(), "recheck", "114.3.17", "114.3.18", conditions=there)
    assert answer.status_code == 201
    told = spring.eb.get(f"/disputes/{answer.json()['id']}").json()
    assert told["missing"] == [missing]
    rules = spring.eb.get("/programmes/kaohsiung-114").json()["rules"]["disputes"]["recheck"]
    effects = {one["code"]: one["missing"]["code"] for one in rules["conditions"]}
    assert effects[missing] == "incomplete"


@pytest.mark.accepts("KAO-62")
@pytest.mark.parametrize(
    ("filed", "timely"), [("114.4.6", True), ("114.4.7", True), ("114.4.8", False)]
)
def test_a_complaint_has_twenty_days_and_the_working_day_after_a_sunday(
    spring: County, filed: str, timely: bool
) -> None:
    told = opened(spring, spring.student(), "complaint", "114.3.17", filed).json()
    assert (told["last_day"], told["also_accepted_until"]) == ("2025-04-06", "2025-04-07")
    assert told["timely"] is timely


@pytest.mark.accepts("KAO-63")
def test_a_complaint_is_in_writing_and_goes_to_the_bureau(spring: County) -> None:
    student = spring.student()
    spoken = opened(spring, student, "complaint", "114.3.17", "114.4.6", conditions=[])
    assert (spoken.status_code, spoken.json()["code"]) == (409, "condition-not-met")
    written = opened(spring, student, "complaint", "114.3.17", "114.4.6", conditions=["in_writing"])
    assert written.status_code == 201
    rule = spring.eb.get("/programmes/kaohsiung-114").json()["rules"]["disputes"]["complaint"]
    assert rule["receiver"] == {"code": "education_bureau", "name": "教育局"}


def test_a_grievance_in_new_taipei_stands_on_a_decided_review(spring: County) -> None:
    student = spring.student()
    in_new_taipei = {"programme": "new-taipei-113"}
    grievance = ("complaint", "113.10.15")
    early = opened(spring, student, *grievance, "113.11.14", **in_new_taipei)
    assert (early.status_code, early.json()["code"]) == (409, "earlier-instance-required")
    assert "申復" in early.json()["detail"]
    review = opened(spring, student, "appeal", "113.8.30", "113.9.20", **in_new_taipei).json()
    assert (review["last_day"], review["timely"]) == ("2024-09-19", False)
    assert opened(spring, student, *grievance, "113.11.14", **in_new_taipei).status_code == 409
    decision = decided(spring, review["id"], "not_accepted")
    assert decision["effect"] == "appeal_not_accepted"
    timely = opened(spring, student, *grievance, "113.11.14", **in_new_taipei).json()
    assert (timely["timely"], timely["last_day"]) == (True, "2024-11-14")
    told = spring.eb.get(f"/disputes/{timely['id']}").json()
    assert told["previous_dispute_id"] == review["id"]
    late = opened(spring, student, *grievance, "113.11.15", **in_new_taipei).json()
    assert late["timely"] is False


def test_a_holiday_moves_no_last_day_where_the_plan_counts_holidays(spring: County) -> None:
    told = opened(
        spring, spring.student(), "appeal", "113.8.28", "113.9.18", programme="new-taipei-113"
    ).json()
    assert (told["last_day"], told["also_accepted_until"]) == ("2024-09-17", None)
    assert told["timely"] is False
    assert any("一般法律的展延規定未套用" in one for one in told["counting"]["remarks"])


@pytest.mark.parametrize(
    ("programme", "kind"), [("miaoli-103", "placement_review"), ("taipei-99", "appeal")]
)
def test_where_the_plan_sets_no_window_there_is_no_date(
    spring: County, programme: str, kind: str
) -> None:
    student = spring.student()
    told = opened(spring, student, kind, "104.1.5", "105.1.5", programme=programme).json()
    assert (told["last_day"], told["timely"]) == (None, None)
    assert "沒有規定期限" in told["counting"]["text"]


def test_a_placement_review_in_miaoli_needs_the_guardians_wish(spring: County) -> None:
    student = spring.student()
    in_miaoli: dict[str, Any] = {"programme": "miaoli-103", "conditions": []}
    review = ("placement_review", "104.1.5", "105.1.5")
    without = opened(spring, student, *review, **in_miaoli)
    assert (without.status_code, without.json()["code"]) == (409, "condition-not-met")
    in_miaoli["conditions"] = ["guardian_wish"]
    assert opened(spring, student, *review, **in_miaoli).status_code == 201


def test_of_simultaneous_rechecks_of_one_stage_one_is_opened(spring: County) -> None:
    student = spring.student()
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda _: opened(spring, student, "recheck", "114.3.17", "114.3.18"), range(4))
        )
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 3]
    assert len(spring.eb.get("/disputes").json()["items"]) == 1
