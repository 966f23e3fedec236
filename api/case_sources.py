"""What the papers and pages of a placement case are filled from: the pupil's application, results,
placements, and what was told of learning."""

from collections.abc import Iterator
from typing import Any

from api.house import House
from api.opened_records import opened_record
from api.processes import record_id
from domain import application
from domain.application_facts import selection_of
from domain.placement import Status
from domain.placement_history import PlacedOnce, assessed_before, assessed_now, placed_before
from domain.process import Record
from domain.programme_rules import Programme
from ledger.database import Connection
from projections import processes as view
from projections.placements import Placement, placements_of
from projections.processes import ProcessRecord


def application_of(house: House, connection: Connection, case: ProcessRecord) -> Record | None:
    """The pupil's application in the case's programme, where the viewer sees it."""
    known = view.record(connection, record_id(application.PROCESS, case.programme, case.student))
    return None if known is None else opened_record(known, house.opener.one(case.student))


def results(rules: Programme, applied: Record | None) -> list[dict[str, Any]]:
    """This programme's results as they stand."""
    found = () if applied is None else assessed_now(rules, applied)
    return [one.model_dump(mode="json") for one in found]


def assessments_before(rules: Programme, applied: Record | None) -> list[dict[str, Any]]:
    """The history of assessments (F03)."""
    found = () if applied is None else assessed_before(rules, applied)
    return [one.model_dump(mode="json") for one in found]


def placements(
    house: House,
    connection: Connection,
    rules: Programme,
    case: ProcessRecord,
    applied: Record | None,
) -> list[dict[str, Any]]:
    """The pupil's placements of every year, but for mistakes and what no body let pass."""
    recorded = _recorded(house, placements_of(connection, case.student))
    found = placed_before(selection_of(rules), applied, recorded)
    return [one.model_dump(mode="json") for one in found]


def placements_asked(
    house: House, connection: Connection, rules: Programme, case: ProcessRecord
) -> list[dict[str, Any]]:
    """What is asked for in the programme's year: the placements in force."""
    known = (
        one
        for one in placements_of(connection, case.student)
        if one.status == Status.IN_FORCE and one.school_year == rules.school_year
    )
    return [one.model_dump(mode="json") for one in _recorded(house, known)]


def _recorded(house: House, known: Iterator[Placement] | list[Placement]) -> Iterator[PlacedOnce]:
    for one in known:
        if one.status in (Status.WITHDRAWN, Status.REFUSED, Status.AWAITING):
            continue
        row = house.opener.fields(one.student, one.row)
        note = row.get("arrangement")
        yield PlacedOnce(
            school_year=one.school_year,
            target_year_grade=row["target_year_grade"],
            area=row["area"],
            category=row["category"],
            placement_grade=row["placement_grade"],
            placement_note=None if note is None else str(note),
        )
