"""Which school a student was at when an event was recorded: the piece that several views share.

A view does not read another view's tables, for each is built again alone; so each keeps a table
of its own with the columns `student` (primary key) and `organisation`.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from domain.student import StudentRegistered, StudentTransferred
from ledger.database import Connection
from projections.view import Fact

#: The school of the student of a fact of the batch, or None where nobody registered the student.
SchoolOf = Callable[[Fact], UUID | None]

MOVES = (StudentRegistered, StudentTransferred)


class Schools:
    """The table `table` of a view, kept from its facts."""

    def __init__(self, table: str) -> None:
        self._known = f"SELECT student, organisation FROM {table} WHERE student = ANY(%s)"
        self._keep = (
            f"INSERT INTO {table} (student, organisation)"
            " SELECT * FROM unnest(%s::uuid[], %s::uuid[])"
            " ON CONFLICT (student) DO UPDATE SET organisation = excluded.organisation"
        )

    def apply_and_get(self, connection: Connection, facts: Sequence[Fact]) -> SchoolOf:
        """Reads and moves the table on; `facts` are those that the view will ask about.

        What is returned answers with the school right after the fact: of a transfer, the new one.
        """
        begun = {fact.student for fact in facts if fact.event_class is StudentRegistered}
        asked = {fact.student for fact in facts if fact.student is not None} - begun
        now: dict[UUID | None, UUID] = {}
        if asked:
            rows = connection.execute(self._known.encode(), (list(asked),), binary=True)
            now.update(rows.fetchall())
        moved: set[UUID] = set()
        after: dict[int, UUID | None] = {}
        for fact in facts:
            if fact.student is not None and fact.event_class in MOVES:
                now[fact.student] = UUID(fact.fields["organisation_id"])
                moved.add(fact.student)
            after[fact.position] = now.get(fact.student)
        if moved:
            students = sorted(moved)
            connection.execute(
                self._keep.encode(), (students, [now[student] for student in students])
            )
        return lambda fact: after.get(fact.position)
