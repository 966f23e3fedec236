"""The data of a section as it comes in: JSON that its model takes, with ids for new rows."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from api.acting import Acting
from api.problems import BodyNotValid, errors_of
from domain.section import Row, Section, SectionData


def checked(
    acting: Acting, section: Section, value: Mapping[str, Any], place: str = "data."
) -> tuple[SectionData, frozenset[UUID]]:
    """The data of a section from JSON, with ids for the rows that came without; and those ids.

    Raises `BodyNotValid`.
    """
    try:
        data = section.data.model_validate(dict(value))
    except ValidationError as error:
        errors = errors_of(error)
    else:
        return _with_row_ids(acting, section, data)
    # Raised out here, so that no earlier error with what was typed hangs on it.
    raise BodyNotValid(
        [one.model_copy(update={"field": (place + one.field).rstrip(".")}) for one in errors]
    )


def _with_row_ids(
    acting: Acting, section: Section, data: SectionData
) -> tuple[SectionData, frozenset[UUID]]:
    made: set[UUID] = set()
    changed: dict[str, tuple[Row, ...]] = {}
    for group in section.groups:
        rows = []
        for row in getattr(data, group.field):
            if row.row_id is None:
                made.add(new := acting.new_id())
                row = row.model_copy(update={"row_id": new})
            rows.append(row)
        changed[group.field] = tuple(rows)
    return data.model_copy(update=changed), frozenset(made)
