"""Until when the placement page of a programme's year was filled: whether a change came late.

Said of each position by the text of the programme and the postponements that stood there, so that a
change once late is late for ever and one in time stays in time, whatever is published afterwards.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple

from domain.access import PROCESS_SECTIONS
from domain.calendar import TAIPEI
from domain.process import STEPS
from domain.programme import ProgrammePublished
from domain.programme_round import PROCESS as ROUND
from domain.programme_rules import read_again
from ledger.database import Connection
from projections.view import Fact
from projections.writing import columns, copy_rows

POSTPONED = STEPS[ROUND, "window-postponed"].event

_COLUMNS = columns(
    "position int8, programme text, school_year int2, page text, closes date, closes_at time"
)


class Page(NamedTuple):
    """What one event says: a text that was published, or a window set anew (no school year)."""

    position: int
    programme: str
    school_year: int | None
    page: str | None
    closes: date | None
    closes_at: time | None


def keep(connection: Connection, facts: Iterable[Fact]) -> None:
    """Writes down what these facts say of placement pages."""
    pages = [_page(fact) for fact in facts if fact.event_class in (ProgrammePublished, POSTPONED)]
    if pages:
        copy_rows(connection, "change_page", _COLUMNS, pages)


def _page(fact: Fact) -> Page:
    if fact.event_class is POSTPONED:
        said = fact.fields
        closes = date.fromisoformat(said["closes"])
        return Page(fact.position, said["programme"], None, said["window"], closes, None)
    rules = read_again(fact.fields["text"])
    if isinstance(rules.placement, str):
        return Page(fact.position, rules.code, rules.school_year, None, None, None)
    window = rules.window(rules.placement.window)
    return Page(
        fact.position,
        rules.code,
        rules.school_year,
        window.code,
        window.closes,
        window.closes_at,
    )


@dataclass(frozen=True)
class Pages:
    """Every act of every programme about its placement page, the oldest first."""

    acts: Sequence[Page]

    def late(
        self, section: str, origin: str, school_year: int | None, position: int, at: datetime
    ) -> bool | None:
        """Whether what was recorded at a position came after the page's last day.

        None where no programme covered the year, and for other sections. Only what schools change
        can be late (Kaohsiung M16).
        """
        if section not in PROCESS_SECTIONS or school_year is None:
            return None
        ends = [end for year, end in self._ends(position) if year == school_year]
        if not ends:
            return None
        return origin == "school" and all(end is not None and at > end for end in ends)

    def _ends(self, position: int) -> Iterable[tuple[int, datetime | None]]:
        """Of each programme with a page at a position: its year, and the page's last instant."""
        published: dict[str, Page] = {}
        anew: dict[tuple[str, str | None], date | None] = {}
        for act in self.acts:
            if act.position > position:
                break
            if act.school_year is None:
                anew[act.programme, act.page] = act.closes
            else:
                published[act.programme] = act
        for act in published.values():
            if act.page is not None and act.school_year is not None:
                closes = anew.get((act.programme, act.page), act.closes)
                last = act.closes_at or time.max
                end = None if closes is None else datetime.combine(closes, last, TAIPEI)
                yield act.school_year, end


def editions(connection: Connection, position: int) -> dict[str, int]:
    """Of each programme published up to a position, the version of its newest text there."""
    rows = connection.execute(
        b"SELECT programme, count(*) FROM views.change_page"
        b" WHERE school_year IS NOT NULL AND position <= %s GROUP BY programme",
        (position,),
        binary=True,
    )
    return dict(rows.fetchall())


def pages(connection: Connection) -> Pages:
    """What was said of placement pages so far."""
    rows: Any = connection.execute(
        b"SELECT position, programme, school_year, page, closes, closes_at FROM views.change_page"
        b" ORDER BY position",
        binary=True,
    )
    return Pages([Page(*row) for row in rows])
