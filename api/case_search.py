"""Cases by a word: disputes and applications of students whose name holds it, as far as one may
see the case. Who hears a dispute need not see the student anywhere else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Literal
from uuid import UUID

from api import programmes
from api.account_items import OfficeItem
from api.audit import record_list
from api.house import House
from api.process_items import rules_of
from api.programmes import ProgrammeLine
from api.student_items import offices
from api.students import matching
from api.viewer import Viewer
from domain import student
from domain.dispute_words import CODES
from domain.event import Erased
from ledger.database import Connection
from projections import directory, disputes, processes

#: More are not shown; a longer word finds fewer.
MOST = 50

_APPLICATION = "application"


@dataclass(frozen=True)
class Case:
    """A dispute, or an application in a programme."""

    kind: Literal["dispute", "application"]
    id: UUID
    student: UUID
    name: str = field(repr=False)
    organisation: OfficeItem
    what: str
    state: str
    programme: str | None = None

    @property
    def href(self) -> str:
        if self.kind == "dispute":
            return f"/disputes/{self.id}"
        return f"/programmes/{self.programme}/applications/{self.id}"


def cases(house: House, viewer: Viewer, q: str) -> list[Case]:
    """The cases that fit, the newest dispute first; recorded."""
    # Read before: who waits for a second connection with one in hand keeps it from the others.
    published = programmes.listed(house, viewer)
    with viewer.looking(house) as connection:
        fitting = chain(
            _disputes(house, connection, q), _applications(house, connection, published, q)
        )
        found = [*islice(fitting, MOST)]
    record_list(house, viewer, "cases", dict.fromkeys(one.student for one in found), searched=True)
    return found


def _disputes(house: House, connection: Connection, q: str) -> Iterator[Case]:
    fits, schools = matching(house, q), offices(connection)
    for one in reversed(disputes.disputes(connection)):
        name = _name(house, one.student)
        if name is not None and fits(one.student, name):
            yield Case(
                "dispute",
                one.dispute_id,
                one.student,
                name,
                schools.get(one.organisation, OfficeItem(code="", name="")),
                CODES["kind"][one.kind],
                CODES["status"][one.status],
            )


def _applications(
    house: House, connection: Connection, programmes: Iterable[ProgrammeLine], q: str
) -> Iterator[Case]:
    fits, schools = matching(house, q), offices(connection)
    for published in programmes:
        rules = rules_of(house, published.id)
        machine = rules.machine(_APPLICATION)
        found = processes.records(connection, published.id, _APPLICATION)
        cards = {
            one.student_id: one
            for one in directory.students(connection, ids=[one.student for one in found])
        }
        for one in found:
            name = _name_on(house, cards.get(one.student))
            if name is not None and fits(one.student, name):
                yield Case(
                    "application",
                    one.record_id,
                    one.student,
                    name,
                    schools.get(one.organisation, OfficeItem(code="", name="")),
                    published.name,
                    one.state if machine is None else machine.state_name(one.state),
                    published.id,
                )


def _name_on(house: House, card: directory.StudentCard | None) -> str | None:
    """The same from the register, as far as the viewer sees it."""
    name = None if card is None else house.opener.of_student(card.student_id, card.row["name"])
    return None if name is None or isinstance(name, Erased) else str(name)


def _name(house: House, student_id: UUID) -> str | None:
    """The name of a student; None of one who was erased: the word for it is nobody's name."""
    known = house.ledger.state(student.evolve, student_id)
    return None if known is None or known.erased else str(known.name)
