"""From the events of sections to the records of a plan. Pure: the same for a view and a replay.

The row of a record: `data`, the fields and groups of rows as the events said them with ciphertext
as `Fact.ciphertext` gives it, and `sources` where the record began with other data. Of a course
also, where there are any, `shares`, `{account: {"relation", "granted_at"}}`, and
`imported_template_id`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

from domain.course_goal import CourseTemplateImported
from domain.course_share import CourseGoalShared, CourseGoalShareEnded
from domain.section import BESIDE, HEADER, SectionEvent
from domain.section_record import TEACHER
from domain.sections import SECTIONS
from projections.view import Fact

LIVE, WITHDRAWN = "live", "withdrawn"

#: Rows that come by a deed of their own, such as an upload: the record keeps when and by whom.
_ADDED_APART = frozenset(
    group.added for section in SECTIONS.values() for group in section.groups if group.managed
)

Row = dict[str, Any]


@dataclass(frozen=True)
class PlanRecord:
    """A record of a section as it is after an event; `status` is `live` or `withdrawn`."""

    record_id: UUID
    section: str
    student: UUID
    school_year: int | None
    stage: str | None
    status: str
    version: int
    recorded_at: datetime
    recorded_by: UUID
    updated_at: datetime
    updated_by: UUID
    row: Row


def is_section(fact: Fact) -> bool:
    return issubclass(fact.event_class, SectionEvent)


def after(record: PlanRecord | None, fact: Fact) -> PlanRecord:
    """The record after an event of it. Raises `LookupError` where there is none to change."""
    event = cast("type[SectionEvent]", fact.event_class)
    begins = event.HAPPENING in ("opened", "recorded")
    at, by = fact.recorded_at, fact.by
    if begins and (record is None or record.status == WITHDRAWN):
        row: Row = {"data": {}}
        since, first = at, by
    elif record is None:
        raise LookupError(f"{event.TOPIC} of {fact.stream_id}, which nobody recorded")
    else:
        row, since, first = record.row, record.recorded_at, record.recorded_by
    assert fact.student is not None
    assert event.SECTION is not None
    if record is not None and event.HAPPENING in BESIDE:
        # Nothing of its fields changed: who saved them last, and when, stays.
        return replace(record, version=fact.stream_version, row=_row_beside(row, fact))
    return PlanRecord(
        fact.stream_id,
        event.SECTION,
        fact.student,
        fact.fields.get("school_year"),
        fact.fields.get("education_stage"),
        WITHDRAWN if event.HAPPENING == "withdrawn" else LIVE,
        fact.stream_version,
        since,
        first,
        at,
        by,
        _row_after(row, event, fact),
    )


def _row_after(row: Row, event: type[SectionEvent], fact: Fact) -> Row:
    if event.HAPPENING == "withdrawn":
        return {name: value for name, value in row.items() if name != "shares"}
    said = {name: value for name, value in fact.said().items() if name not in HEADER}
    data, sources = row["data"], row.get("sources")
    if event.ROWS is not None:
        rows = data.get(event.ROWS, ())
        row = row | {"data": data | {event.ROWS: list(_rows_after(rows, event, said))}}
        if event in _ADDED_APART:
            added = {said["row_id"]: [_instant(fact), str(fact.by)]}
            row["added"] = row.get("added", {}) | added
        return row
    if event.HAPPENING == "opened":
        sources = said.pop("field_sources", None)
        said.pop("copied_from_year", None)
    elif sources:
        sources = {name: TEACHER if name in said else one for name, one in sources.items()}
    return row | {"data": data | said} | ({"sources": sources} if sources else {})


def _row_beside(row: Row, fact: Fact) -> Row:
    shares = dict(row.get("shares", {}))
    if fact.event_class is CourseTemplateImported:
        return row | {"imported_template_id": fact.fields["imported_template_id"]}
    if fact.event_class is CourseGoalShared:
        granted = {"relation": fact.fields["relation"], "granted_at": _instant(fact)}
        shares[fact.fields["account_id"]] = granted
    elif fact.event_class is CourseGoalShareEnded:
        del shares[fact.fields["account_id"]]
    return row | {"shares": shares}


def _instant(fact: Fact) -> str:
    return fact.recorded_at.astimezone(UTC).isoformat()


def _rows_after(rows: list[Row], event: type[SectionEvent], said: Row) -> Iterator[Row]:
    for row in rows:
        if row["row_id"] != said["row_id"]:
            yield row
        elif event.HAPPENING == "row-corrected":
            yield row | said
    if event.HAPPENING == "row-added":
        yield said
