"""Until when a dispute may be filed by a programme's rule, and how that was counted.

The program computes, a person decides: what is late is opened all the same and shown as late; that
it is not accepted is a recorded decision.
"""

from datetime import date
from typing import Literal, NamedTuple

from pydantic import BaseModel

from domain.calendar import roc_short
from domain.deadline import last_day, working_day
from domain.dispute_rules import DisputeKind, DisputeRule, Period
from domain.programme_data import NONE
from domain.programme_rules import Programme
from domain.refusal import NotValid

#: What the last day was counted from: the day of the notice, or the day that the plan prints.
CountedFrom = Literal["notice", "closing_date"]


class Window(BaseModel, frozen=True):
    """What one rule came to for one notice and one day of filing.

    `last_day` and `timely` are None where the plan sets no window, and where the notice that it
    runs from was not received yet. `also_accepted_until` is the working day after a last day that
    is none, where the programme accepts it.
    """

    rule: DisputeKind | None = None
    counted_from: CountedFrom | None = None
    days: int | None = None
    last_day: date | None = None
    also_accepted_until: date | None = None
    timely: bool | None = None


class StageRequired(NotValid):
    CODE = "stage-required"
    TITLE = "這種程序分階段截止，請指明階段，或填寫收到通知的日期"


class StageUnknown(NotValid):
    CODE = "stage-unknown"
    TITLE = "這份計畫沒有這個階段"


class FiledBeforeNotice(NotValid):
    CODE = "filed-before-notice"
    TITLE = "提出日期不可早於收到通知的日期"


def stage_of(
    programme: Programme, rule: DisputeRule | None, named: str | None, notice: date | None
) -> str | None:
    """The stage that a dispute is about: the one named, else the one whose results were out last
    when the notice was received.

    Raises `StageUnknown`, and `StageRequired` where the rule needs one and nothing says which.
    """
    if named is not None:
        if named not in {one.code for one in programme.stages}:
            raise StageUnknown(field="stage")
        return named
    if rule is None or not (isinstance(rule.window, tuple) or rule.once_per == "stage"):
        return None
    if notice is None or not programme.stages:
        raise StageRequired(field="stage")
    begun = [one for one in programme.stages if one.results_on and one.results_on <= notice]
    newest = max(begun, key=lambda one: one.results_on or date.min, default=programme.stages[0])
    return newest.code


def window_of(
    programme: Programme, kind: DisputeKind, stage: str | None, notice: date | None, filed: date
) -> Window:
    """Raises `FiledBeforeNotice`. `stage` is what `stage_of` said."""
    if notice is not None and filed < notice:
        raise FiledBeforeNotice(field="filed_on")
    rule = programme.rule(kind)
    if rule is None:
        return Window()
    if isinstance(rule.window, tuple):
        closing = next(one for one in rule.window if one.stage == stage)
        return Window(
            rule=kind,
            counted_from="closing_date",
            last_day=closing.on,
            timely=filed <= closing.on,
        )
    if rule.window == NONE:
        return Window(rule=kind)
    return _counted(programme, kind, rule.window, notice, filed)


def _counted(
    programme: Programme, kind: DisputeKind, period: Period, notice: date | None, filed: date
) -> Window:
    if notice is None:
        return Window(rule=kind, counted_from="notice", days=period.days)
    closed = frozenset(programme.closed_days)
    last = last_day(
        notice, period.days, period.count, period.start, roll=period.roll_last_day, closed=closed
    )
    next_working = working_day(last, closed)
    also = next_working if period.next_working_day_accepted and next_working > last else None
    return Window(
        rule=kind,
        counted_from="notice",
        days=period.days,
        last_day=last,
        also_accepted_until=also,
        timely=filed <= (also or last),
    )


class Counting(NamedTuple):
    """How it was counted, in words, and what the plan says beside."""

    text: str
    remarks: tuple[str, ...]


def in_words(
    programme: Programme,
    kind: DisputeKind,
    stage: str | None,
    window: Window,
    notice: date | None,
    filed: date,
) -> Counting:
    """The count as a person reads it (zh-TW). It says nothing but the dates and the rule."""
    rule = programme.rule(kind)
    if rule is None or window.rule is None:
        return Counting("這份計畫沒有這種救濟程序，也沒有規定期限。", ())
    if rule.window == NONE:
        return Counting("這份計畫沒有規定期限。", rule.remarks)
    if window.last_day is None:
        days = f"次日起 {window.days} 日內" if window.days else "期限內"
        return Counting(
            f"尚未登載收到通知的日期，期限（收到通知之{days}）還沒有起算。", rule.remarks
        )
    parts = [_how(programme, rule, stage, window, notice)]
    if window.also_accepted_until is not None:
        parts.append(f"末日不是上班日，次一上班日 {_day(window.also_accepted_until)}提出者也接受。")
    by = "以郵戳為憑，" if rule.date_by == "postmark" else ""
    timely = "在期限內" if window.timely else "已逾期"
    parts.append(f"{by}{_day(filed)}提出，{timely}。")
    if not window.timely and rule.late != NONE:
        parts.append(f"計畫規定「{rule.late.words}」；是否受理由承辦人員決定。")
    return Counting("".join(parts), rule.remarks)


def _how(
    programme: Programme,
    rule: DisputeRule,
    stage: str | None,
    window: Window,
    notice: date | None,
) -> str:
    assert window.last_day is not None
    if window.counted_from == "closing_date" or notice is None:
        name = next((one.name for one in programme.stages if one.code == stage), "")
        return f"{name}{rule.name}印定的截止日為 {_day(window.last_day)}。"
    first = (
        "次日" if isinstance(rule.window, Period) and rule.window.start == "next_day" else "當日"
    )
    return (
        f"{_day(notice)}收到通知，自{first}起算 {window.days} 日（含例假日），"
        f"末日為 {_day(window.last_day)}。"
    )


def _day(day: date) -> str:
    return f"{roc_short(day)}（星期{'一二三四五六日'[day.weekday()]}）"
