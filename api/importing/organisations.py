"""A row of `organisations.csv` against the ledger."""

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from api.importing.register import Changed, Register, Wrong, changed_columns
from api.importing.rows import OrganisationRow
from domain import organisation
from domain.organisation import organisation_id

COLUMNS = {"parent_id": "parent"}

#: By id of every row of a file: the id of its parent, None where none is given.
Parents = Mapping[UUID, UUID | None]


def decide_organisation(register: Register, row: OrganisationRow, parents: Parents) -> Changed:
    """`parents` are those of the file, whose rows may stand in any order."""
    given: dict[str, Any] = {"name": row.name, "county": row.county}
    if row.stage is not None:
        given["stage"] = row.stage
    if row.parent is not None:
        given["parent_id"] = _parent(register, row.parent, parents)
    stream = organisation_id(row.code)
    if row.district is not None:
        given["district"] = row.district
    known = register.organisation(row.code)
    about = register.about(register.authority())
    above = _superiors(register, given.get("parent_id"), parents)
    if known is None:
        new = organisation.RegisterOrganisation(code=row.code, kind=row.kind, **about, **given)
        register.decided(organisation.evolve, stream, organisation.register(None, new, above))
        return ()
    if known.kind is not row.kind:
        raise Wrong("kind", "單位類別建立後不能變更。")
    event = organisation.correct(known, organisation.CorrectOrganisation(**about, **given), above)
    register.decided(organisation.evolve, stream, event)
    return changed_columns(event, COLUMNS)


def parents_of(rows: Iterable[OrganisationRow]) -> Parents:
    """What the rows of a file say of their parents."""
    return {
        organisation_id(row.code): None if row.parent is None else organisation_id(row.parent)
        for row in rows
    }


def _parent(register: Register, code: str, parents: Parents) -> UUID:
    found = organisation_id(code)
    if found not in parents:
        register.known_organisation(code, "parent")
    return found


def _superiors(register: Register, first: UUID | None, parents: Parents) -> tuple[UUID, ...]:
    """As they will be once the whole file is in."""

    def above(one: UUID) -> UUID | None:
        known = register.state(organisation.evolve, one)
        return parents.get(one) or (None if known is None else known.parent_id)

    return organisation.superiors(first, above)
