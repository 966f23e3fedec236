"""How a record of a section is shown: opened at the edge, with every field of its form."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

from api.house import House
from api.student_items import Instant, Person, person
from domain.basic_family import FROM_DIRECTORY
from domain.event import Erased
from domain.section import HEADER, Section
from ledger.database import Connection
from projections import directory
from projections.directory import StudentCard
from projections.plan_fold import LIVE, PlanRecord


class SectionItem(BaseModel):
    """A record of a section; one never saved has version 0 and empty data."""

    section: str
    student_id: UUID
    school_year: int | None = Field(
        description="學年度（民國年）；依教育階段填寫者為查詢的學年度。"
    )
    education_stage: str | None
    version: int
    withdrawn: bool = Field(False, description="已刪除；歷程仍保留，可以重新填寫。")
    locked: bool = Field(description="其他教育階段的資料只能檢視。")
    data: dict[str, Any] = Field(description="各欄位；重複的列帶有 row_id。")
    field_sources: dict[str, str] | None = Field(
        None, description="欄位來源：directory 為通報資料，teacher 為教師填寫。"
    )
    directory: dict[str, Any] | None = Field(
        None, description="目前通報資料中與此不同的欄位與其值；沒有不同則為空。"
    )
    stages: list[str] = Field(default=[], description="已有資料的教育階段。")
    updated_at: Instant | None
    updated_by: Person | None


def section_item(
    house: House,
    connection: Connection,
    section: Section,
    student: UUID,
    known: PlanRecord | None,
    *,
    school_year: int | None,
    stage: str | None,
    locked: bool,
    stages: list[str],
) -> SectionItem:
    """The record for a viewer who may see the section; `known` is None where it was never saved."""
    live = known is not None and known.status == LIVE
    return SectionItem(
        section=section.code,
        student_id=student,
        school_year=school_year,
        education_stage=stage,
        version=0 if known is None else known.version,
        withdrawn=known is not None and not live,
        locked=locked,
        data=data_of(house, section, known if live else None, stage),
        field_sources=known.row.get("sources") if known is not None and live else None,
        stages=stages,
        updated_at=None if known is None else known.updated_at,
        updated_by=None if known is None else person(house, connection, known.updated_by),
    )


def differing(
    house: House, connection: Connection, card: StudentCard, data: Mapping[str, Any]
) -> dict[str, Any]:
    """The directory's values today that differ from those of a year's record (Q40)."""
    now = opened(house, card.student_id, card.row)
    school = next(
        (
            one.name
            for one in directory.organisations(connection)
            if one.organisation_id == card.organisation
        ),
        None,
    )
    values = {**now, "student_name": now["name"], "school_name": school}
    return {name: values[name] for name in FROM_DIRECTORY if values[name] != data.get(name)}


def data_of(
    house: House, section: Section, known: PlanRecord | None, stage: str | None = None
) -> dict[str, Any]:
    """Every field of the section's form, opened; what was never given is empty."""
    found = {} if known is None else opened(house, known.student, known.row["data"])
    groups = {group.field: group.model for group in section.groups}
    apart = {group.field for group in section.groups if group.managed}
    data: dict[str, Any] = {}
    for name, info in section.data.model_fields.items():
        if name in HEADER:
            data[name] = stage if known is not None else None
        elif name in groups:
            empty = {one: _unsaid(of) for one, of in groups[name].model_fields.items()}
            rows = [
                empty | {one: value for one, value in row.items() if value is not None}
                for row in found.get(name, ())
            ]
            # What is uploaded is shown the newest first.
            data[name] = rows[::-1] if name in apart else rows
        else:
            value = found.get(name)
            data[name] = value if value is not None else _unsaid(info)
    return data


def _unsaid(info: FieldInfo) -> Any:
    """What a field holds that was never filled in."""
    return None if info.is_required() else info.get_default(call_default_factory=True)


def opened(house: House, student: UUID, data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields and rows of a record with every ciphertext opened, as JSON."""
    opener = house.opener.one(student)
    return {
        name: [_plain(opener.fields(row)) for row in value]
        if _is_rows(value)
        else _word(opener.open(value))
        for name, value in data.items()
    }


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _word(value) for name, value in row.items()}


def _word(value: Any) -> Any:
    return str(value) if isinstance(value, Erased) else value
