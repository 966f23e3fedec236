"""`/programmes/{pid}/calendar`: a programme's windows as they stand now, and what is due next."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from api.acting import Acting
from api.house import House
from api.http import shown
from api.processes import EVOLVE, Which
from api.viewer import SignedIn, TheHouse, Viewer
from domain import programme, programme_round, window_order
from domain.calendar import local_date, roc_short, weekday
from domain.capacity import Capacity
from domain.process import STEPS
from domain.programme import programme_id
from domain.programme_data import Source, Window
from domain.programme_rules import Programme
from domain.window import Postponed, Standing, days_of, only_days, standing

router = APIRouter(prefix="/programmes/{pid}/calendar", tags=["programmes"])

#: How a window stands now; `between` is a closed night or day of one that opens again.
State = Literal["early", "open", "between", "closed"]
_STATES: Mapping[Standing, State] = {
    "early": "early",
    "open": "open",
    "between": "between",
    "late": "closed",
}
LONGEST_AHEAD = 366


class CalendarDay(BaseModel):
    """A day in both calendars, with its weekday."""

    date: date
    roc: str
    weekday: str


class KeptReady(BaseModel):
    """The days printed for the case that an office is closed; nothing moves by itself."""

    opens: CalendarDay
    closes: CalendarDay
    days: list[CalendarDay]


class WindowItem(BaseModel):
    """A window as it stands now.

    `printed_opens` and `printed_closes` are what it was set anew from; `late` the effect's words
    for what comes after it, null where none is printed.
    """

    code: str
    name: str
    by: str
    opens: CalendarDay | None
    closes: CalendarDay | None
    opens_at: time | None
    closes_at: time | None
    daily: bool
    days: list[CalendarDay]
    state: State
    postponed: bool
    printed_opens: CalendarDay | None
    printed_closes: CalendarDay | None
    cause: str | None
    contingency: KeptReady | None
    follows: list[str]
    late: str | None
    remarks: list[str]
    source: Source


class CalendarWarning(BaseModel):
    """What a person must see to: `windows` are those concerned.

    `not-set` windows come after `window`, which was postponed, and were not set; `overlap` is a
    window that now begins before one is over which must be.
    """

    code: Literal["not-set", "overlap"]
    window: str
    windows: list[str]
    message: str


class DueStep(BaseModel):
    """A step of a process whose window closes."""

    process: str
    process_name: str
    step: str
    name: str
    by: list[Capacity]


class DueItem(BaseModel):
    """A window that closes soon, and the steps that it is for."""

    window: str
    name: str
    by: str
    closes: CalendarDay
    closes_at: time | None
    days_left: int
    state: State
    steps: list[DueStep]


class CalendarItem(BaseModel):
    """`version` is that of the round: each window that is set anew raises it. `rules` is the
    version of the programme's text."""

    version: int
    programme: str
    rules: int
    now: datetime
    today: CalendarDay
    windows: list[WindowItem]
    warnings: list[CalendarWarning]
    due: list[DueItem]


@router.get("", response_model=CalendarItem)
def get_calendar(
    house: TheHouse,
    viewer: SignedIn,
    pid: str,
    days: Annotated[
        int, Query(ge=0, le=LONGEST_AHEAD, description="列出幾天內截止的期間與步驟")
    ] = 14,
) -> Response:
    """計畫的日程：各期間的起訖、目前是否開放、延期與警示，以及近日截止的步驟。"""
    return shown(item(house, viewer, pid, days))


def item(house: House, viewer: Viewer, pid: str, days: int = 14) -> CalendarItem:
    """The calendar as it stands at the viewer's instant. Raises `NotFound`."""
    acting = Acting(house, viewer)
    edition = acting.known(programme.evolve, programme_id(pid)).newest
    rules, now = edition.programme, viewer.now
    process = programme_round.PROCESS
    round_ = acting.state(EVOLVE[process], Which(pid, process).record_id)
    moved = programme_round.postponed(round_)
    acts = [] if round_ is None else round_.all("window-postponed")
    causes = {one.window: str(one.cause) for one in acts}
    return CalendarItem(
        version=0 if round_ is None else round_.version,
        programme=pid,
        rules=edition.version,
        now=now,
        today=_day(local_date(now)),
        windows=[_window(one, moved, causes, now) for one in rules.windows],
        warnings=[*_warnings(rules, moved)],
        due=sorted(_due(rules, moved, now, days), key=lambda one: one.closes.date),
    )


def _day(day: date) -> CalendarDay:
    return CalendarDay(date=day, roc=roc_short(day), weekday=weekday(day))


def _day_or_none(day: date | None) -> CalendarDay | None:
    return None if day is None else _day(day)


def _window(
    window: Window, moved: Postponed, causes: Mapping[str, str], now: datetime
) -> WindowItem:
    opens, closes = days_of(window, moved)
    kept, anew = window.contingency, window.code in moved
    return WindowItem(
        code=window.code,
        name=window.name,
        by=window.by,
        opens=_day_or_none(opens),
        closes=_day_or_none(closes),
        opens_at=window.opens_at,
        closes_at=window.closes_at,
        daily=window.daily,
        days=[_day(one) for one in only_days(window, moved)],
        state=_STATES[standing(window, now, moved)],
        postponed=anew,
        printed_opens=_day_or_none(window.opens) if anew else None,
        printed_closes=_day_or_none(window.closes) if anew else None,
        cause=causes.get(window.code),
        contingency=None
        if kept is None
        else KeptReady(
            opens=_day(kept.opens),
            closes=_day(kept.closes),
            days=[_day(one) for one in kept.days],
        ),
        follows=list(window.follows),
        late=None if isinstance(window.late, str) else window.late.words,
        remarks=list(window.remarks),
        source=window.source,
    )


def _warnings(rules: Programme, moved: Postponed) -> Iterator[CalendarWarning]:
    """Nothing moves by itself (Q-03): what was not set, and what now begins too early."""
    for code, left in window_order.left_behind(rules.windows, moved).items():
        names = "、".join(rules.window(one).name for one in left)
        yield CalendarWarning(
            code="not-set",
            window=code,
            windows=list(left),
            message=f"「{rules.window(code).name}」已延期，其後各期間未重新設定，仍為原定日期，"
            f"請逐一確認：{names}。",
        )
    printed = {one.finding for one in window_order.overlaps(rules.windows)}
    for one in window_order.overlaps(rules.windows, moved):
        if one.finding not in printed:
            yield CalendarWarning(
                code="overlap",
                window=one.window.code,
                windows=[one.earlier.code],
                message=one.message,
            )


def _due(rules: Programme, moved: Postponed, now: datetime, days: int) -> Iterator[DueItem]:
    today = local_date(now)
    for window in rules.windows:
        _, closes = days_of(window, moved)
        stands = standing(window, now, moved)
        if closes is None or stands == "late" or closes > today + timedelta(days=days):
            continue
        yield DueItem(
            window=window.code,
            name=window.name,
            by=window.by,
            closes=_day(closes),
            closes_at=window.closes_at,
            days_left=(closes - today).days,
            state=_STATES[stands],
            steps=[*_steps(rules, window.code)],
        )


def _steps(rules: Programme, window: str) -> Iterator[DueStep]:
    for machine in rules.machines:
        found: dict[str, dict[str, None]] = {}
        for rule in machine.steps:
            if window in (rule.received_in, rule.recorded_in, rule.due_by):
                found.setdefault(rule.step, {}).update(dict.fromkeys(rule.by))
        for code, by in found.items():
            step = STEPS.get((machine.code, code))
            yield DueStep(
                process=machine.code,
                process_name=machine.name,
                step=code,
                name=code if step is None else step.name,
                by=[Capacity(one) for one in by],
            )
