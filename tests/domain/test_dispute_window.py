"""What the programmes' rules come to (KAO-55, KAO-62, NTP-49 to NTP-54, MIA-58, TPE-52)."""

from datetime import date

import pytest

from domain.dispute_rules import DisputeKind
from domain.dispute_window import (
    FiledBeforeNotice,
    StageRequired,
    StageUnknown,
    Window,
    in_words,
    stage_of,
    window_of,
)
from domain.programme import shipped_text
from domain.programme_rules import Programme, read

KAOHSIUNG = read(shipped_text("kaohsiung-114"))
NEW_TAIPEI = read(shipped_text("new-taipei-113"))
MIAOLI = read(shipped_text("miaoli-103"))
TAIPEI = read(shipped_text("taipei-99"))
RECHECK, APPEAL, COMPLAINT, REVIEW = DisputeKind


def day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def counted(programme: Programme, kind: DisputeKind, notice: str | None, filed: str) -> Window:
    received = day(notice)
    stage = stage_of(programme, programme.rule(kind), None, received)
    return window_of(programme, kind, stage, received, date.fromisoformat(filed))


@pytest.mark.parametrize(
    ("programme", "kind", "notice", "filed", "last", "also", "timely"),
    [
        (KAOHSIUNG, RECHECK, "2025-03-17", "2025-03-19", "2025-03-19", None, True),
        (KAOHSIUNG, RECHECK, "2025-03-17", "2025-03-20", "2025-03-19", None, False),
        (KAOHSIUNG, RECHECK, "2025-04-21", "2025-04-23", "2025-04-23", None, True),
        (KAOHSIUNG, RECHECK, "2025-04-21", "2025-04-24", "2025-04-23", None, False),
        # A last day on a Sunday: the Monday is accepted as well.
        (KAOHSIUNG, COMPLAINT, "2025-03-17", "2025-04-06", "2025-04-06", "2025-04-07", True),
        (KAOHSIUNG, COMPLAINT, "2025-03-17", "2025-04-07", "2025-04-06", "2025-04-07", True),
        (KAOHSIUNG, COMPLAINT, "2025-03-17", "2025-04-08", "2025-04-06", "2025-04-07", False),
        (KAOHSIUNG, COMPLAINT, "2025-03-18", "2025-04-07", "2025-04-07", None, True),
        (NEW_TAIPEI, APPEAL, "2024-08-30", "2024-09-19", "2024-09-19", None, True),
        (NEW_TAIPEI, APPEAL, "2024-08-30", "2024-09-20", "2024-09-19", None, False),
        (NEW_TAIPEI, APPEAL, "2024-08-28", "2024-09-18", "2024-09-17", None, False),
        (NEW_TAIPEI, APPEAL, "2024-08-26", "2024-09-16", "2024-09-15", None, False),
        (NEW_TAIPEI, COMPLAINT, "2024-10-15", "2024-11-14", "2024-11-14", None, True),
        (NEW_TAIPEI, COMPLAINT, "2024-10-15", "2024-11-15", "2024-11-14", None, False),
        (NEW_TAIPEI, COMPLAINT, "2025-01-31", "2025-03-02", "2025-03-02", None, True),
        (MIAOLI, REVIEW, "2014-12-20", "2016-01-01", None, None, None),
        (MIAOLI, COMPLAINT, "2014-12-20", "2016-01-01", None, None, None),
        (TAIPEI, APPEAL, "2010-06-20", "2010-07-01", None, None, None),
        (KAOHSIUNG, APPEAL, "2025-03-17", "2025-03-18", None, None, None),
        (NEW_TAIPEI, APPEAL, None, "2024-09-19", None, None, None),
    ],
)
def test_the_window_is_the_plans_own(
    programme: Programme,
    kind: DisputeKind,
    notice: str | None,
    filed: str,
    last: str | None,
    also: str | None,
    timely: bool | None,
) -> None:
    window = counted(programme, kind, notice, filed)
    assert (window.last_day, window.also_accepted_until, window.timely) == (
        day(last),
        day(also),
        timely,
    )


def test_the_stage_is_the_one_whose_results_were_out_when_the_notice_came() -> None:
    rule = KAOHSIUNG.rule(RECHECK)
    assert stage_of(KAOHSIUNG, rule, None, date(2025, 3, 17)) == "initial"
    assert stage_of(KAOHSIUNG, rule, None, date(2025, 4, 17)) == "initial"
    assert stage_of(KAOHSIUNG, rule, None, date(2025, 4, 18)) == "second"
    assert stage_of(KAOHSIUNG, rule, None, date(2025, 3, 1)) == "initial"
    assert stage_of(KAOHSIUNG, rule, "second", date(2025, 3, 17)) == "second"
    assert stage_of(KAOHSIUNG, KAOHSIUNG.rule(COMPLAINT), None, date(2025, 3, 17)) is None
    with pytest.raises(StageRequired):
        stage_of(KAOHSIUNG, rule, None, None)
    with pytest.raises(StageUnknown):
        stage_of(KAOHSIUNG, rule, "third", None)


def test_nobody_files_before_the_notice() -> None:
    with pytest.raises(FiledBeforeNotice):
        counted(NEW_TAIPEI, APPEAL, "2024-08-30", "2024-08-29")


def words(programme: Programme, kind: DisputeKind, notice: str | None, filed: str) -> str:
    window = counted(programme, kind, notice, filed)
    stage = stage_of(programme, programme.rule(kind), None, day(notice))
    said = in_words(programme, kind, stage, window, day(notice), date.fromisoformat(filed))
    return said.text + "".join(said.remarks)


def test_the_count_is_told_in_words() -> None:
    late = words(NEW_TAIPEI, APPEAL, "2024-08-28", "2024-09-18")
    assert (
        "113.8.28（星期三）收到通知，自次日起算 20 日（含例假日），末日為 113.9.17（星期二）。"
        in late
    )
    assert "以郵戳為憑，113.9.18（星期三）提出，已逾期。" in late
    assert "「逾期不予受理」；是否受理由承辦人員決定。" in late
    assert "一般法律的展延規定未套用" in late
    both = words(KAOHSIUNG, COMPLAINT, "2025-03-17", "2025-04-07")
    assert "末日為 114.4.6（星期日）" in both
    assert "次一上班日 114.4.7（星期一）提出者也接受" in both
    assert "在期限內" in both
    printed = words(KAOHSIUNG, RECHECK, "2025-03-17", "2025-03-20")
    assert "初選複查印定的截止日為 114.3.19（星期三）。" in printed
    assert "逾期恕不受理" in printed


def test_a_plan_without_a_window_says_so_and_names_no_date() -> None:
    assert words(MIAOLI, REVIEW, "2014-12-20", "2016-01-01").startswith("這份計畫沒有規定期限。")
    assert words(TAIPEI, COMPLAINT, "2010-06-20", "2010-07-01") == (
        "這份計畫沒有這種救濟程序，也沒有規定期限。"
    )
    assert "還沒有起算" in words(NEW_TAIPEI, APPEAL, None, "2024-09-19")
