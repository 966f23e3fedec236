"""The placement cases of a programme that a viewer sees, for lists over them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from api.account_items import OfficeItem
from api.house import House
from api.student_items import Person, offices
from domain import placement_case
from domain.placement import Placement
from domain.programme_rules import Programme
from ledger.database import Connection
from projections import directory, placed
from projections import processes as view
from projections.processes import ProcessRecord


@dataclass(frozen=True)
class Listing:
    """The cases that the viewer sees, with the rows and names of their pupils; each stands with the
    school of now, which has letters, tasks and reports to it."""

    house: House
    connection: Connection
    cases: Sequence[ProcessRecord]
    in_force: Mapping[UUID, tuple[Placement, ...]]
    schools: Mapping[UUID, OfficeItem]

    @classmethod
    def of(cls, house: House, connection: Connection, rules: Programme) -> "Listing":
        cases = [
            replace(one, organisation=one.school_now)
            for one in view.records(connection, rules.code, placement_case.PROCESS)
            # Who left is no pupil of the school any more.
            if not one.moved_to or directory.student(connection, one.student) is not None
        ]
        in_force = placed.in_force(connection, rules.school_year)
        return cls(house, connection, cases, in_force, offices(connection))

    def rows(self, case: ProcessRecord) -> tuple[Placement, ...]:
        return self.in_force.get(case.student, ())

    def office(self, school: UUID) -> OfficeItem:
        return self.schools.get(school, OfficeItem(code="", name=""))

    def person(self, student: UUID) -> Person:
        card = directory.student(self.connection, student)
        name = "" if card is None else self.house.opener.of_student(student, card.row["name"])
        return Person(id=student, name=str(name))
