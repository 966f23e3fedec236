"""What the views hold of a plan, and who may know that there is one."""

from uuid import UUID

from api.viewer import Viewer
from domain.access import allows
from domain.capacity import Capacity
from domain.plan import SECTION
from domain.refusal import NotFound
from ledger.database import Connection
from projections import directory, plan_records
from projections.cards import newest_cards
from projections.directory import StudentCard
from replay.plan_at import CARD, PlanSource, accounts_in


def seen(
    connection: Connection, viewer: Viewer, student_id: UUID
) -> tuple[StudentCard, frozenset[Capacity]]:
    """The student and the capacities held, for who may see that there is a plan.

    Raises `NotFound`.
    """
    card = directory.student(connection, student_id)
    if card is None:
        raise NotFound
    held = viewer.held_for(student_id, card.organisation)
    if not any(allows(SECTION, capacity, "view") for capacity in held):
        raise NotFound
    return card, held


def source_of(connection: Connection, card: StudentCard) -> PlanSource:
    """What the views hold of the plan, as far as the viewer of the connection may see it."""
    records = plan_records.records_of(connection, card.student_id)
    named = accounts_in(records)
    cards = newest_cards(connection, {"account": named, "organisation": [card.organisation]})
    school = cards.pop(card.organisation)
    return PlanSource(
        card.student_id,
        {name: card.row.get(name) for name in CARD},
        tuple(card.plan_years),
        {name: school[name] for name in ("code", "name")},
        tuple(records),
        {one: row["name"] for one, row in cards.items()},
    )
