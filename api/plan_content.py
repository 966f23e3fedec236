"""A whole plan as data: every section that may be seen, opened at the edge (IGP manual 0.3, 4.11).

Nothing here ever speaks of counselling notes (IGP-59).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from api.change_items import instant
from api.house import House
from api.section_items import data_of
from domain import national_id
from domain.access import allows
from domain.basic_family import BASIC_FAMILY
from domain.capacity import Capacity
from domain.event import Erased
from domain.labels import SECTIONS as NAMES
from domain.organisation import Stage
from domain.sections import SECTIONS
from projections.plan_fold import LIVE, PlanRecord
from replay.plan_at import PlanSource

#: Shown over all stages; of the other sections, the records of the chosen year (IGP manual 4.11).
ALL_STAGES = frozenset(code for code, section in SECTIONS.items() if section.per == "stage")

_STAGES = [stage.value for stage in Stage]

Content = dict[str, Any]


def readable(held: Iterable[Capacity]) -> list[str]:
    """The sections of which these capacities may see something, in the order of the plan.

    A subject teacher of a course has letters without V: which courses those are, the audiences
    of the records say.
    """
    deeds = ("view", "create", "edit")
    capacities = list(held)
    return [
        code
        for code in SECTIONS
        if any(allows(code, capacity, deed) for capacity in capacities for deed in deeds)  # type: ignore[arg-type]
    ]


def exportable(held: Iterable[Capacity]) -> list[str]:
    """The sections that these capacities may take out of the house, in the order of the plan."""
    capacities = list(held)
    return [
        code
        for code in SECTIONS
        if any(allows(code, capacity, "export") for capacity in capacities)
    ]


def has_year(source: PlanSource, year: int) -> bool:
    """Whether the plan has a record of the school year."""
    return any(
        one.section == BASIC_FAMILY.code and one.school_year == year and one.status == LIVE
        for one in source.records
    )


def content(house: House, source: PlanSource, year: int, sections: Sequence[str]) -> Content:
    """The plan of a school year as JSON: the student, and the records of these sections.

    `version` counts what was recorded of the plan so far, of any year.
    """
    names = {one: str(house.opener.of_account(one, name)) for one, name in source.names.items()}
    seen = [one for one in source.records if one.section in sections]
    shown = {
        code: sorted((one for one in seen if _belongs(one, code, year)), key=_order)
        for code in sections
    }
    of_year = next(iter(shown.get(BASIC_FAMILY.code, ())), None)
    card = house.opener.fields(source.student, source.card)
    told = {one for records in shown.values() for one in _teachers(records)}
    return {
        "student": _student(source, card),
        "school_year": year,
        "education_stage": None if of_year is None else of_year.stage,
        "version": sum(one.version for one in seen),
        "sections": [
            {
                "section": code,
                "title": NAMES[code],
                "records": [_record(house, one, card["stage"], names) for one in records],
            }
            for code, records in shown.items()
        ],
        "people": [{"id": str(one), "name": names.get(one, "")} for one in sorted(told)],
    }


def _belongs(record: PlanRecord, code: str, year: int) -> bool:
    if record.section != code or record.status != LIVE:
        return False
    # A record that is of no year is of every year's plan, rather than of none.
    return code in ALL_STAGES or record.school_year in (year, None)


def _student(source: PlanSource, card: Mapping[str, Any]) -> Content:
    number = card["national_id"]
    return {
        "id": str(source.student),
        "national_id": str(number) if isinstance(number, Erased) else national_id.masked(number),
        "name": str(card["name"]),
        "sex": str(card["sex"]),
        "birth_date": str(card["birth_date"]),
        "organisation": {name: source.school[name] for name in ("code", "name")},
        "stage": card["stage"],
        "grade": card["grade"],
        "class_name": card["class_name"],
        "school_years": list(source.school_years),
    }


def _record(
    house: House, record: PlanRecord, stage: str | None, names: Mapping[UUID, str]
) -> Content:
    return {
        "record_id": str(record.record_id),
        "version": record.version,
        "school_year": record.school_year,
        "education_stage": record.stage,
        "locked": record.stage is not None and record.stage != stage,
        "data": data_of(house, SECTIONS[record.section], record, record.stage),
        "field_sources": record.row.get("sources"),
        "updated_at": instant(record.updated_at),
        "updated_by": {
            "id": str(record.updated_by),
            "name": names.get(record.updated_by, ""),
        },
    }


def _teachers(records: Iterable[PlanRecord]) -> Iterable[UUID]:
    for record in records:
        yield from map(UUID, record.row["data"].get("teachers") or ())


def _order(record: PlanRecord) -> tuple[Any, ...]:
    stage = _STAGES.index(record.stage) if record.stage in _STAGES else len(_STAGES)
    return stage, str(record.row["data"].get("held_at") or ""), record.recorded_at
