"""Which bodies, beside the student's own school, may know whose case it is, and from when on."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from domain.access import (
    ORGANISED,
    PROCESS,
    PROCESS_SECTIONS,
    PROGRAMME_SECTIONS,
    of_school,
)
from ledger.database import Connection
from projections.view import Fact, audience_ids


def shown_by(fact: Fact) -> frozenset[str]:
    """To whom an event shows, from then on, whose case it is: the county's bodies with the first
    placement, who runs a programme with the first step of it, the council with the first that
    comes before it, a school of the next stage with the one that names it."""
    section = fact.event_class.SECTION
    if section in PROCESS_SECTIONS:
        return frozenset({PROCESS})
    if section not in PROGRAMME_SECTIONS:
        return frozenset()
    named = fact.fields.get("next_school_id")
    more = set() if named is None else {of_school(UUID(named))}
    return frozenset({PROCESS if fact.fields.get("before_council") else ORGANISED} | more)


def show(connection: Connection, names: Iterable[str], students: Sequence[UUID]) -> None:
    """Lets these audiences see the cards of the students from now on."""
    connection.execute(
        "UPDATE student SET audiences = ("
        "  SELECT array_agg(DISTINCT a ORDER BY a) FROM unnest(audiences || %(more)s::uuid[]) a)"
        " WHERE student_id = ANY(%(students)s) AND NOT audiences @> %(more)s::uuid[]",
        {"more": audience_ids(names), "students": list(students)},
    )
