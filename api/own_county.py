"""Which schools a programme is for: those of the authority's own county (Kaohsiung 3.10)."""

from uuid import UUID

from domain import organisation
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
