"""Fewer audiences are compared for a row of one section, and nobody sees less for it."""

from datetime import UTC, datetime
from uuid import UUID

from domain.access import MATRIX, Relation, about_section, audiences_held, audiences_of
from domain.capacity import Capacity

NOW = datetime(2025, 2, 17, tzinfo=UTC)
STUDENT, SCHOOL, DISPUTE = (UUID(int=number) for number in range(1, 4))
BODIES = (Capacity.AUTHORITY_ADMINISTRATOR, Capacity.ORGANISER, Capacity.COUNCIL)


def relation(capacity: Capacity) -> Relation:
    """A relation of this capacity: to the county, to a school or to a student."""
    if capacity in BODIES:
        target = None
    else:
        target = SCHOOL if capacity is Capacity.SCHOOL_ADMINISTRATOR else STUDENT
    dispute = DISPUTE if capacity is Capacity.REVIEWER else None
    return Relation(
        account_id=UUID(int=9),
        capacity=capacity,
        target=target,
        since=NOW,
        dispute=dispute,
        sections=tuple(MATRIX) if dispute else (),
    )


def test_what_can_see_a_row_of_the_section_is_left_and_of_other_sections_nothing() -> None:
    for capacity in Capacity:
        held = audiences_held([relation(capacity)], NOW)
        for section in MATRIX:
            left = about_section(held, section)
            seeing = {*audiences_of(section, STUDENT, SCHOOL, DISPUTE)}
            assert left & seeing == held & seeing
            assert {one for one in left if one.startswith("student:")} <= {
                f"student:{STUDENT}:{section}"
            }
