"""What the published programmes say of a student's placement of a school year: its page, its days.

Asked of the books, as every decision is: a view may be late. Only which programmes there are is
asked of a view, which everybody sees.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from api.acting import Acting
from api.house import House
from api.turns import begun_about
from domain import application, placement, placement_case, programme, programme_round
from domain.capacity import ORIGINS
from domain.command import Actor
from domain.event import Event
from domain.placement import (
    CONTENT,
    OF_PAGE,
    CorrectPlacement,
    Placement,
    PlacementCorrected,
    PlacementRecorded,
    Status,
)
from domain.placement_addition import REVIEWED, passed_at
from domain.placement_judging import LessonsAt, NotOnAPage, Page, Row
from domain.placement_known import page_of
from domain.placement_path import SETTLED
from domain.placement_request import NewPlacement
from domain.placement_row import PlacementRowFilled, added, fill, revise
from domain.process import Record
from domain.process_step import WindowNotOpen
from domain.programme import programme_id
from domain.programme_data import NONE, Window
from domain.programme_rules import Programme
from domain.refusal import ReasonRequired, Refusal
from domain.rules import says_nothing
from domain.stream_ids import natural_id
from domain.versioning import changes
from domain.window import Postponed, Standing, standing
from projections import programmes as view

#: What a body judges of a row.
_JUDGED = frozenset(CONTENT) - {"arrangement"}


class PlacementSettled(Refusal):
    """A body has judged the row: it is placed anew or given up by a request (Kaohsiung 8.3)."""

    CODE = "placement-settled"
    TITLE = "這筆安置已經審議，請以重新安置或放棄安置申請變更"


class AdditionReviewed(Refusal):
    """The committee let an addition pass as it stood; another one is another row."""

    CODE = "addition-reviewed"
    TITLE = "這筆增列的安置已送審議，請刪除後重新填寫"


class NoAddition(Refusal):
    """No step of the programme has a body judge what is filled in now (Kaohsiung 2.3)."""

    CODE = "no-addition-now"
    TITLE = "這位學生的安置案已經審議，目前的進度不能增列科目"


@dataclass(frozen=True)
class Dated:
    """A programme's page: its window, and how now stands to it."""

    window: Window
    standing: Standing


@dataclass(frozen=True)
class Over:
    """`dated` are the pages of the programmes that cover the year; `page` is that of the one in
    which the student has an application. `settled`: by which programme and version a body has
    judged the rows of the case; `adds`: what is filled in now is judged by steps of its own, and
    `reviewed` are the placements of which the committee has done so."""

    dated: tuple[Dated, ...] = ()
    page: Page | None = None
    settled: tuple[str, int] | None = None
    adds: bool = False
    reviewed: frozenset[UUID] = frozenset()

    def check(self, actor: Actor, reason: str | None) -> None:
        """What a school fills in late needs a reason (Kaohsiung M16); before the page opens no row
        of an application is filled.

        Raises `WindowNotOpen`, `ReasonRequired`.
        """
        if self.page is not None:
            for one in self.dated:
                if one.standing == "early":
                    raise WindowNotOpen(f"「{one.window.name}」尚未開放。")
        late = bool(self.dated) and all(one.standing == "late" for one in self.dated)
        if late and ORIGINS[actor.capacity] == "school" and says_nothing(reason or ""):
            raise ReasonRequired

    def check_undecided(self, known: Placement) -> None:
        """What a body judged is ended by a request alone (Kaohsiung 8.3). Raises
        `PlacementSettled`."""
        if self.settled is not None and known.status is Status.IN_FORCE:
            raise PlacementSettled

    def check_open(self, known: Placement, changed: Iterable[str]) -> None:
        """What a body judged changes by a request alone; where lessons are may still be corrected
        (Kaohsiung 8.3). Raises `PlacementSettled`, `AdditionReviewed`."""
        if not _JUDGED & {*changed}:
            return
        self.check_undecided(known)
        if known.status is Status.AWAITING and known.placement_id in self.reviewed:
            raise AdditionReviewed

    def row(
        self,
        recorded: PlacementRecorded,
        *,
        lessons_at: LessonsAt | None = None,
        free_time: str | None = None,
        reason: str | None = None,
    ) -> PlacementRecorded:
        """The event as it is recorded: a row of the page where there is one.

        Raises `NotOnAPage`, `NoAddition`, `ReasonRequired`, and what `Page.judge` raises.
        """
        if self.settled is not None and not self.adds:
            raise NoAddition
        if self.page is None:
            if lessons_at is not None or free_time is not None:
                raise NotOnAPage(field="lessons_at" if lessons_at is not None else "free_time")
            return recorded if self.settled is None else added(recorded, *self.settled, reason)
        return fill(recorded, self.page, lessons_at=lessons_at, free_time=free_time, reason=reason)


def correction(
    known: Placement, command: CorrectPlacement, pages: Over
) -> PlacementCorrected | None:
    """The event that corrects a placement, as a row of the page where there is one.

    Raises as `domain.placement.correct`, `PlacementSettled`, `NotOnAPage`, and what `Page.judge`
    raises.
    """
    changed = changes(command, known, CONTENT)
    pages.check_open(known, changed)
    if pages.page is not None:
        return revise(known, command, pages.page)
    for name in OF_PAGE:
        if getattr(command, name) not in (None, getattr(known, name)):
            raise NotOnAPage(field=name)
    return placement.correct(known, command)


def check_again(acting: Acting, about: Placement, asked: NewPlacement) -> None:
    """Judges what a re-placement asks for, where the placement is a row of a page. Raises what
    `Page.judge` raises."""
    page = over(acting, about.student_id, about.school_year).page
    if page is not None:
        page.judge(
            Row(
                asked.area,
                asked.category,
                asked.target_year_grade,
                asked.placement_grade,
                asked.arrangement,
            ),
            again=True,
        )


def placed_again(acting: Acting, events: Sequence[Event]) -> tuple[Event, ...]:
    """The events of a decision, the new placement as a row of its page. What a body decided stands
    also where the rules would not carry it any more."""
    return tuple(_placed(acting, one) for one in events)


def _placed(acting: Acting, event: Event) -> Event:
    if not isinstance(event, PlacementRecorded):
        return event
    page = over(acting, event.student_id, event.school_year).page
    if page is None:
        return event
    try:
        return fill(event, page, again=True)
    except Refusal:
        return event


def over(
    acting: Acting, student_id: UUID, school_year: int, correcting: UUID | None = None
) -> Over:
    """What is said of a student's placement of a school year. What the program itself imports was
    decided elsewhere."""
    if acting.viewer.is_system:
        return Over()
    with acting.looking() as connection:
        codes = [one.code for one in view.programmes(connection) if one.school_year == school_year]
    dated, found = [], Over()
    for code in codes:
        known = acting.known(programme.evolve, programme_id(code))
        rules = known.newest.programme
        if rules.school_year != school_year or isinstance(rules.placement, str):
            continue
        window = rules.window(rules.placement.window)
        round_ = acting.state(programme_round.evolve, natural_id("round", code))
        anew = programme_round.postponed(round_)
        dated.append(Dated(window, standing(window, acting.viewer.now, anew)))
        case = acting.state(placement_case.evolve, natural_id("placement_case", code, student_id))
        judged = case is not None and case.state in SETTLED
        if found.settled is None and case is not None and judged:
            machine = rules.machine(placement_case.PROCESS)
            opens = machine is not None and machine.rule(REVIEWED, case.state) is not None
            found = replace(
                found,
                settled=(code, known.newest.version),
                adds=opens,
                reviewed=frozenset(passed_at(case, REVIEWED)),
            )
        page = found.page or page_for(
            acting.house,
            rules,
            known.newest.version,
            student_id,
            correcting,
            settled=judged,
            reviewed=_reviewed(rules, acting.viewer.now, anew),
        )
        found = replace(found, page=page)
    return replace(found, dated=tuple(dated))


def _reviewed(rules: Programme, now: datetime, anew: Postponed) -> bool:
    """Whether the page is over for new cases that passed by a recheck, too (Q-08)."""
    if isinstance(rules.selection, str) or isinstance(rules.placement, str):
        return False
    return any(
        standing(rules.window(one.after_recheck_until), now, anew) == "late"
        for one in rules.selection.openings
        if one.window == rules.placement.window and one.after_recheck_until != NONE
    )


def page_for(
    house: House,
    rules: Programme,
    version: int,
    student_id: UUID,
    correcting: UUID | None = None,
    **more: bool,
) -> Page | None:
    """A programme's page for a student; None without an application, or without a page."""
    known = application_of(house, rules.code, student_id)
    if known is None:
        return None
    placements = placements_about(house, student_id)
    return page_of(rules, version, known, placements, correcting, **more)


def application_of(house: House, code: str, student_id: UUID) -> Record | None:
    stream = natural_id("application", code, student_id)
    return house.ledger.state(application.evolve, stream)


def placements_about(house: House, student_id: UUID) -> tuple[Placement, ...]:
    """A student's placements of any year, ended ones too, the oldest first."""
    streams = begun_about(house, student_id, PlacementRecorded, PlacementRowFilled)
    known = house.ledger.states(placement.evolve, streams)
    return tuple(known[one] for one in streams if one in known)
