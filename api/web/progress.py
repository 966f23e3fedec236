"""How far a plan is filled in: by section and main item, as far as the viewer may see it.

A section of a school year counts where that year has a record, one of a stage where the student's
own stage has. Counselling notes are in no count (design D7).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from domain.labels import MAIN_ITEMS, SECTIONS
from domain.sections import SECTIONS as PLAN_SECTIONS
from projections.fill_status import ITEMS
from projections.plan_records import Standing

State = Literal["done", "partial", "missing", "as-needed"]

STATES: dict[State, str] = {
    "done": "已填寫",
    "partial": "部分填寫",
    "missing": "尚未填寫",
    "as-needed": "視需要填寫",
}

#: Items that a plan has only where something happened: nobody misses them.
_AS_NEEDED = frozenset({7})

#: The paths of the sections with many records a student.
LISTS = {"course_goal": "courses", "meeting": "meetings", "replacement": "replacements"}


@dataclass(frozen=True)
class SectionProgress:
    code: str
    label: str
    done: bool

    @property
    def path(self) -> str:
        """Where the section is, below the address of the student."""
        return LISTS.get(self.code) or f"sections/{self.code}"


@dataclass(frozen=True)
class ItemProgress:
    """A main item with the sections of it that the viewer may see."""

    number: int
    label: str
    sections: tuple[SectionProgress, ...]

    @property
    def state(self) -> State:
        done = sum(section.done for section in self.sections)
        if done == len(self.sections):
            return "done"
        if done:
            return "partial"
        return "as-needed" if self.number in _AS_NEEDED else "missing"

    @property
    def state_name(self) -> str:
        return STATES[self.state]


def progress(
    standing: Iterable[Standing], visible: Collection[str], year: int, stage: str
) -> list[ItemProgress]:
    """The main items of one student's plan of a school year; items that the viewer may not see
    anything of are left out."""
    done = {one.section for one in standing if _counts(one, year, stage)}
    items = []
    for number, codes in ITEMS.items():
        sections = tuple(
            SectionProgress(code, SECTIONS[code], code in done) for code in codes if code in visible
        )
        if sections:
            items.append(ItemProgress(number, MAIN_ITEMS[number], sections))
    return items


def _counts(one: Standing, year: int, stage: str) -> bool:
    if PLAN_SECTIONS[one.section].per == "stage":
        return one.stage == stage
    return one.school_year == year
