"""Which relations to a student held at an instant, as they were known at a position.

What ended later is not ended yet, and what was known to end (a school year) says so. The rules are
those of the view `reach`, over the facts that it keeps with their positions.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.access import Relation, audiences_of
from domain.capacity import Capacity
from ledger.database import Connection
from projections.reach import Related
from projections.reach_rows import (
    SHARE,
    ReachFact,
    Row,
    of_account,
    of_student,
    rows_of_account,
    rows_of_pair,
)
from replay.student_book import StudentBook

# The accounts are those that a fact names together with the student, those that led a class in
# which the student was, and the administrators of the schools (`reach` finds them by its target).
_FACTS = b"""
WITH mine AS MATERIALIZED (
    SELECT * FROM views.reach_fact WHERE student = %(student)s AND position <= %(position)s
), near AS MATERIALIZED (
    SELECT account FROM mine WHERE account IS NOT NULL
    UNION
    SELECT led.account FROM (
        SELECT DISTINCT organisation, class_name FROM mine
        WHERE account IS NULL AND class_name IS NOT NULL) c, LATERAL (
        SELECT account FROM views.reach_fact
        WHERE organisation = c.organisation AND class_name = c.class_name
            AND account IS NOT NULL AND position <= %(position)s OFFSET 0) led
    UNION
    SELECT office.account FROM (
        SELECT DISTINCT organisation FROM mine
        WHERE account IS NULL AND organisation IS NOT NULL) s, LATERAL (
        SELECT account FROM views.reach WHERE target = s.organisation OFFSET 0) office
)
SELECT * FROM mine
UNION ALL
SELECT f.* FROM near n, LATERAL (
    SELECT * FROM views.reach_fact
    WHERE account = n.account AND student IS NULL AND position <= %(position)s OFFSET 0) f
ORDER BY position
"""


@dataclass(frozen=True)
class Rights:
    """Every relation to a student that was known at a position, of whatever time.

    `offices` are those of the administrators of the schools where the student was.
    """

    relations: Sequence[Related]
    offices: Sequence[Related]

    def held(self, instant: datetime) -> list[Related]:
        """The relations to the student that held; those to single courses not among them."""
        return [
            one
            for one in self.relations
            if one.relation.course is None and one.relation.holds(instant)
        ]

    def of_school(self, school: UUID | None, instant: datetime) -> list[Related]:
        """The administrators of this school then."""
        return [
            one
            for one in self.offices
            if one.relation.target == school and one.relation.holds(instant)
        ]


def rights(connection: Connection, student: UUID, position: int) -> Rights:
    """What was known at a position. The connection reads every row of the views."""
    rows = connection.execute(
        _FACTS, {"student": student, "position": position}, binary=True
    ).fetchall()
    about: defaultdict[UUID | None, list[ReachFact]] = defaultdict(list)
    of_student_alone: list[ReachFact] = []
    of_both: defaultdict[UUID, list[ReachFact]] = defaultdict(list)
    for fact in (ReachFact(*row) for row in rows):
        if fact.student is None:
            about[fact.account].append(fact)
        elif fact.account is None:
            of_student_alone.append(fact)
        else:
            of_both[fact.account].append(fact)
    if not of_student_alone:
        # Nobody is related to a student who was not registered yet.
        return Rights((), ())
    known = of_student(student, of_student_alone)
    schools = {move.organisation for move in of_student_alone if move.organisation is not None}
    relations: list[Related] = []
    offices: list[Related] = []
    for account in sorted({*of_both, *(one for one in about if one is not None)}):
        itself = of_account(about[account])
        found = rows_of_pair(account, student, itself, known, of_both[account])
        relations += map(_related, found)
        offices += (
            _related(row) for row in rows_of_account(account, itself) if row.target in schools
        )
    return Rights(sorted(relations, key=_order), sorted(offices, key=_order))


def relation_seen_by(book: StudentBook, one: Related, upto: int) -> frozenset[str]:
    """Who could see at `upto` that a relation held, as in the view `reach`.

    It is stamped with the school of the time at which it began; a reviewer's with the dispute,
    which no school is handed.
    """
    relation = one.relation
    if relation.dispute is not None:
        return frozenset(audiences_of("dispute", book.student, None, relation.dispute))
    return book.stamped("relation", book.place_at(relation.since), upto)


def _related(row: Row) -> Related:
    relation = Relation(
        account_id=row.account,
        capacity=Capacity(row.capacity),
        target=row.target,
        since=row.since,
        until=row.until,
        course=row.course,
        shared=row.source_kind == SHARE,
        dispute=row.dispute,
        sections=tuple(row.sections or ()),
    )
    return Related(relation, row.source_kind)


def _order(one: Related) -> tuple[datetime, str, str]:
    return one.relation.since, str(one.relation.account_id), one.source_kind
