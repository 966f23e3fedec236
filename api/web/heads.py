"""The head of every page about one student: who it is, and which pages there are about them.

A page with a head records what it shows by its own reading; the head is no reading of its own, and
so the pages of own notes leave no line about the student (design D7).
"""

from dataclasses import dataclass, field
from uuid import UUID

from api.house import House
from api.plan_content import readable
from api.student_items import StudentItem, offices, opened
from api.viewer import Viewer
from domain.access import Deed as Letter
from domain.access import allows, capacity_for
from domain.capacity import Capacity
from domain.refusal import NotFound
from projections import directory


@dataclass(frozen=True)
class Tab:
    href: str
    label: str


@dataclass(frozen=True)
class Head:
    """A student, and in which capacities the viewer looks at the page."""

    student: StudentItem = field(repr=False)
    held: frozenset[Capacity]

    @property
    def id(self) -> UUID:
        return self.student.id

    def may(self, section: str, deed: Letter) -> bool:
        """Whether the matrix gives this right; the deed itself is decided when it is done."""
        return capacity_for(section, deed, self.held) is not None

    def sees(self, section: str) -> bool:
        return any(allows(section, capacity, "view") for capacity in self.held)

    @property
    def readable(self) -> list[str]:
        """The sections of the plan of which the viewer may see something."""
        return readable(self.held)

    @property
    def tabs(self) -> list[Tab]:
        of = f"/students/{self.id}"
        tabs = [Tab(of, "學生資料")]
        if self.readable:
            tabs.append(Tab(f"{of}/plan", "個別輔導計畫"))
        if self.sees("placement"):
            tabs.append(Tab(f"{of}/placements", "安置"))
        if self.may("counselling_note", "create"):
            tabs.append(Tab(f"{of}/notes", "晤談與輔導紀錄"))
        if self.may("relation", "create"):
            tabs.append(Tab(f"{of}/relations", "服務關係"))
        tabs.append(Tab(f"{of}/history", "歷程"))
        return tabs


def head_of(house: House, viewer: Viewer, student_id: UUID) -> Head:
    """The head of the pages of a student who may be seen. Raises `NotFound`."""
    with viewer.looking(house) as connection:
        card = directory.student(connection, student_id)
        if card is None:
            raise NotFound
        found = opened(house, card, offices(connection))
    return Head(found.item, viewer.held_for(student_id, card.organisation))
