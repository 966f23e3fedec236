"""A row of `organisations.csv` against the ledger."""

from collections.abc import Set
from typing import Any

from api.importing.register import Changed, Register, Wrong, changed_columns
from api.importing.rows import OrganisationRow
from domain import organisation
from domain.organisation import organisation_id

COLUMNS = {"parent_id": "parent"}


def decide_organisation(register: Register, row: OrganisationRow, codes: Set[str]) -> Changed:
    """`codes` are those of the file, whose rows may stand in any order."""
    given: dict[str, Any] = {"name": row.name, "county": row.county}
    if row.stage is not None:
        given["stage"] = row.stage
    if row.parent is not None:
        given["parent_id"] = _parent(register, row, codes)
    stream = organisation_id(row.code)
    if row.district is not None:
        given["district"] = row.district
    known = register.organisation(row.code)
    about = register.about(register.authority())
    if known is None:
        new = organisation.RegisterOrganisation(code=row.code, kind=row.kind, **about, **given)
        register.decided(organisation.evolve, stream, organisation.register(None, new))
        return ()
    if known.kind is not row.kind:
        raise Wrong("kind", "單位類別建立後不能變更。")
    event = organisation.correct(known, organisation.CorrectOrganisation(**about, **given))
    register.decided(organisation.evolve, stream, event)
    return changed_columns(event, COLUMNS)


def _parent(register: Register, row: OrganisationRow, codes: Set[str]) -> Any:
    assert row.parent is not None
    if row.parent not in codes:
        register.known_organisation(row.parent, "parent")
    return organisation_id(row.parent)
