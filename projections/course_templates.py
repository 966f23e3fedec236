"""The templates of courses that an account keeps, for that account alone (Q18).

The row of a template: the fields of `CourseTemplateSaved`, its texts and rows as
`Fact.ciphertext` gives them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from domain.course_template import (
    CourseTemplateRenamed,
    CourseTemplateSaved,
    CourseTemplateWithdrawn,
)
from ledger.database import Connection
from projections.plan_fold import LIVE, WITHDRAWN
from projections.reading import with_row
from projections.view import Fact, SqlView
from projections.writing import columns, replace_rows

_COLUMNS = columns(
    "template_id uuid, owner uuid, status text, version int8, recorded_at timestamptz, row bytea"
)
_EVENTS = (CourseTemplateSaved, CourseTemplateRenamed, CourseTemplateWithdrawn)
_READ = "SELECT template_id, owner, status, version, recorded_at, row FROM course_template "


@dataclass(frozen=True)
class StoredTemplate:
    """A row of the view; `status` is `live` or `withdrawn`, `recorded_at` when it was saved."""

    template_id: UUID
    owner: UUID
    status: str
    version: int
    recorded_at: datetime
    row: dict[str, Any]


class CourseTemplatesView(SqlView):
    """The view `course_templates`: see the module."""

    def __init__(self) -> None:
        super().__init__(name="course_templates", version=1, tables=("course_template",))

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        mine = [fact for fact in facts if fact.event_class in _EVENTS]
        if not mine:
            return
        changed = {fact.stream_id for fact in mine if fact.stream_version > 1}
        known = {
            one.template_id: one
            for one in _select(connection, "WHERE template_id = ANY(%s)", (list(changed),))
        }
        old = list(known)
        for fact in mine:
            known[fact.stream_id] = _after(known.get(fact.stream_id), fact)
        touched = {fact.stream_id for fact in mine}
        rows = [
            (
                one.template_id,
                one.owner,
                one.status,
                one.version,
                one.recorded_at,
                orjson.dumps(one.row),
            )
            for one in known.values()
            if one.template_id in touched
        ]
        replace_rows(connection, "course_template", _COLUMNS, rows, old=old)


def _after(known: StoredTemplate | None, fact: Fact) -> StoredTemplate:
    said = {name: value for name, value in fact.said().items() if name != "account_id"}
    if known is None:
        if fact.event_class is not CourseTemplateSaved:
            raise LookupError(f"{fact.topic} of {fact.stream_id}, which nobody saved")
        owner = UUID(fact.fields["account_id"])
        return StoredTemplate(
            fact.stream_id, owner, LIVE, fact.stream_version, fact.recorded_at, said
        )
    gone = fact.event_class is CourseTemplateWithdrawn
    return replace(
        known,
        status=WITHDRAWN if gone else known.status,
        version=fact.stream_version,
        row=known.row | said,
    )


# -- reading


def templates_of(connection: Connection) -> list[StoredTemplate]:
    """The templates that the viewer keeps, the oldest first."""
    return _select(connection, "WHERE status = %s ORDER BY recorded_at, template_id", (LIVE,))


def _select(connection: Connection, where: str, given: tuple[Any, ...]) -> list[StoredTemplate]:
    rows = connection.execute((_READ + where).encode(), given, binary=True)
    return with_row(StoredTemplate, rows)
