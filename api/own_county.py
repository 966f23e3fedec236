"""Which schools a programme is for: those of the authority's own county (Kaohsiung 3.10)."""

from collections.abc import Container
from uuid import UUID

from api.house import House
from api.viewer import Viewer
from domain import organisation
from domain.capacity import Capacity
from domain.organisation import Kind
from ledger.database import Connection
from projections import directory


def schools(connection: Connection) -> frozenset[UUID]:
    """The organisations of the authority's county; where no authority is known yet, all. Where a
    pupil moved away to, the school may stand in the register, too."""
    known = directory.organisations(connection)
    counties = {one.county for one in known if one.kind == Kind.AUTHORITY}
    return frozenset(
        one.organisation_id
        for one in known
        if not counties or any(organisation.same_county(one.county, each) for each in counties)
    )


def begins(house: House, viewer: Viewer, named: Container[str]) -> bool:
    """Whether the viewer may begin records in one of the capacities named (their codes): an office
    of a school only where a school of its own is of the county."""
    held = [one for one in Capacity if one.value in named and viewer.holds(one)]
    if held != [Capacity.SCHOOL_ADMINISTRATOR]:
        return bool(held)
    with viewer.looking(house) as connection:
        return not schools(connection).isdisjoint(viewer.schools)
