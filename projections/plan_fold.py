"""From the events of sections to the records of a plan. Pure: the same for a view and a replay.

The row of a record: `data`, the fields and groups of rows as the events said them with ciphertext
as `Fact.ciphertext` gives it, and `sources` where the record began with other data.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from domain.section import HEADER, SectionEvent
from domain.section_record import TEACHER
from projections.view import Fact

LIVE, WITHDRAWN = "live", "withdrawn"

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
        return row
    said = {name: value for name, value in fact.said().items() if name not in HEADER}
    data, sources = row["data"], row.get("sources")
    if event.ROWS is not None:
        rows = data.get(event.ROWS, ())
        return row | {"data": data | {event.ROWS: list(_rows_after(rows, event, said))}}
    if event.HAPPENING == "opened":
        sources = said.pop("field_sources", None)
        said.pop("copied_from_year", None)
    elif sources:
        sources = {name: TEACHER if name in said else one for name, one in sources.items()}
    return {"data": data | said} | ({"sources": sources} if sources else {})


def _rows_after(rows: list[Row], event: type[SectionEvent], said: Row) -> Iterator[Row]:
    for row in rows:
        if row["row_id"] != said["row_id"]:
            yield row
        elif event.HAPPENING == "row-corrected":
            yield row | said
    if event.HAPPENING == "row-added":
        yield said
