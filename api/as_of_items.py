"""How a record as it stood is shown: opened at the edge, in the words and forms of today."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from api.account_items import OfficeItem
from api.change_items import instant
from api.course_items import ShareItem
from api.house import House
from api.placement_items import (
    AskedPlacementItem,
    DecisionItem,
    PlacementItem,
    PlacementRequestItem,
    of_page,
    waiting_for,
)
from api.plan_content import readable
from api.plan_items import PlanStudent
from api.section_items import data_of
from api.student_items import Instant, Person
from domain import national_id, placement, placement_request
from domain.access import MATRIX, allows
from domain.capacity import LABELS, Capacity
from domain.event import Erased
from domain.labels import SECTIONS as TITLES
from domain.placement_request import Kind, NewPlacement
from domain.sections import SECTIONS
from projections.placements import Kept
from projections.plan_fold import PlanRecord
from projections.reach import Related
from replay.as_of import AsOf, Process, Shown
from replay.plan_at import accounts_in

#: The fields of each section that are instants, which are written with the offset of Taipei.
_INSTANTS = {
    code: [name for name, info in one.data.model_fields.items() if info.annotation is AwareDatetime]
    for code, one in SECTIONS.items()
}
_THEN = Field(description="查詢者本人當時是否看得到。")
_DEEDS = ("create", "edit", "withdraw", "view", "export")


class StoodStudent(PlanStudent):
    """The student as reported then; the national ID is masked."""

    could_see_then: bool = _THEN


class StoodRecord(BaseModel):
    """A record of a section as it stood."""

    record_id: UUID
    version: int
    school_year: int | None
    education_stage: str | None
    data: dict[str, Any] = Field(description="各欄位；重複的列帶有 row_id。")
    field_sources: dict[str, str] | None
    shares: list[ShareItem] = Field(description="課程目標當時的分享對象。")
    created_at: Instant
    created_by: Person
    updated_at: Instant
    updated_by: Person
    could_see_then: bool = _THEN


class StoodSection(BaseModel):
    """A section that the viewer may see, empty or not."""

    section: str
    title: str
    records: list[StoodRecord]


class StoodPlacement(PlacementItem):
    could_see_then: bool = _THEN


class StoodRequest(PlacementRequestItem):
    could_see_then: bool = _THEN


class StoodRelation(BaseModel):
    """Who was related to the student. `until` is what was known then: null while it lasts."""

    account: Person
    capacity: Capacity
    label: str
    kind: str
    since: Instant
    until: Instant | None
    sections: list[str] = Field(description="審議人員獲指派檢視的項目；其他人員為空。")
    could_see_then: bool = _THEN


class StoodOffice(BaseModel):
    """Who administered the school of the student then."""

    account: Person
    organisation: OfficeItem
    since: Instant


class Right(BaseModel):
    """What a capacity might do then, section by section."""

    capacity: Capacity
    label: str
    sections: dict[str, list[str]]


class Stood:
    """A record as it stood, with the names of its time."""

    def __init__(self, house: House, student: UUID, found: AsOf) -> None:
        self._house, self._student, self._found = house, student, found

    def person(self, account: UUID) -> Person:
        return person_of(self._house, self._found.names, account)

    def student(self) -> StoodStudent | None:
        card = self._found.card
        if card is None:
            return None
        row = self._house.opener.fields(self._student, card.what)
        number = row["national_id"]
        masked = str(number) if isinstance(number, Erased) else national_id.masked(number)
        return StoodStudent(
            id=str(self._student),
            national_id=masked,
            **{name: str(row[name]) for name in ("name", "sex", "birth_date")},
            organisation=self._organisation(UUID(row["organisation_id"])),
            **{name: row[name] for name in ("stage", "grade", "class_name")},
            school_years=list(self._found.school_years),
            could_see_then=card.could_see_then,
        )

    def sections(self, held: Iterable[Capacity], named: Iterable[str]) -> list[StoodSection]:
        """Those that the capacities of today may see, those named, and whatever else is shown."""
        records = self._found.records
        codes = {*readable(held), *named, *(one.what.section for one in records)}
        return [
            StoodSection(
                section=code,
                title=TITLES[code],
                records=[self._record(one) for one in records if one.what.section == code],
            )
            for code in SECTIONS
            if code in codes
        ]

    def _record(self, shown: Shown[PlanRecord]) -> StoodRecord:
        one = shown.what
        return StoodRecord(
            record_id=one.record_id,
            version=one.version,
            school_year=one.school_year,
            education_stage=one.stage,
            data=self._data(one),
            field_sources=one.row.get("sources"),
            shares=[
                ShareItem(account=self.person(UUID(account)), **said)
                for account, said in one.row.get("shares", {}).items()
            ],
            created_at=one.recorded_at,
            created_by=self.person(one.recorded_by),
            updated_at=one.updated_at,
            updated_by=self.person(one.updated_by),
            could_see_then=shown.could_see_then,
        )

    def _data(self, one: PlanRecord) -> dict[str, Any]:
        data = data_of(self._house, SECTIONS[one.section], one, one.stage)
        for name in _INSTANTS[one.section]:
            data[name] = data[name] and instant(datetime.fromisoformat(data[name]))
        return data

    def people(self) -> list[Person]:
        """The teachers whose ids stand in the data."""
        told = accounts_in(one.what for one in self._found.records)
        return [self.person(one) for one in sorted(told)]

    def placements(self) -> list[StoodPlacement]:
        return [self._placement(one) for one in self._found.placements]

    def _placement(self, shown: Shown[Process]) -> StoodPlacement:
        kept = shown.what.kept
        row = self._house.opener.fields(self._student, kept.row)
        return StoodPlacement(
            id=shown.what.record_id,
            version=kept.version,
            status=placement.Status(kept.status),
            student_id=self._student,
            **{name: row[name] for name in _PLACEMENT},
            arrangement=_text(row.get("arrangement")),
            **of_page(row),
            occurred_on=row.get("occurred_on"),
            created_at=kept.recorded_at,
            updated_at=kept.updated_at,
            updated_by=self.person(kept.updated_by),
            could_see_then=shown.could_see_then,
        )

    def requests(self) -> list[StoodRequest]:
        about = {one.what.record_id: one.what.kept for one in self._found.placements}
        return [self._request(one, about) for one in self._found.requests]

    def _request(self, shown: Shown[Process], about: Mapping[UUID, Kept]) -> StoodRequest:
        kept = shown.what.kept
        row = self._house.opener.fields(self._student, kept.row)
        placement_id = UUID(row["placement_id"])
        asked = None
        if row["kind"] == Kind.RE_PLACEMENT:
            wanted = {name: row.get(f"new_{name}") for name in NewPlacement.model_fields}
            arrangement = {"arrangement": _text(wanted["arrangement"])}
            asked = AskedPlacementItem(**wanted | arrangement)
        return StoodRequest(
            id=shown.what.record_id,
            version=kept.version,
            status=placement_request.Status(kept.status),
            student_id=self._student,
            kind=row["kind"],
            placement_id=placement_id,
            letter_number=row.get("letter_number"),
            letter_date=row.get("letter_date"),
            guardian_name=_text(row.get("guardian_name")),
            guardian_signed_on=row.get("guardian_signed_on"),
            reason=str(row["why"]),
            new_placement=asked,
            decisions=[
                DecisionItem(
                    body=one["body"],
                    outcome=one["outcome"],
                    document_number=one.get("document_number"),
                    decided_on=one["decided_on"],
                    recorded_at=one["recorded_at"],
                    recorded_by=self.person(UUID(one["by"])),
                )
                for one in row["decisions"]
            ],
            waiting_for=waiting_for(kept, about.get(placement_id)),
            occurred_on=row.get("occurred_on"),
            created_at=kept.recorded_at,
            updated_at=kept.updated_at,
            updated_by=self.person(kept.updated_by),
            could_see_then=shown.could_see_then,
        )

    def relations(self) -> list[StoodRelation]:
        return [
            StoodRelation(
                **relation_of(self._house, self._found.names, one.what),
                could_see_then=one.could_see_then,
            )
            for one in self._found.relations
        ]

    def offices(self) -> list[StoodOffice]:
        school = self._found.school
        return [
            StoodOffice(
                account=self.person(one.relation.account_id),
                organisation=self._organisation(school),
                since=one.relation.since,
            )
            for one in self._found.offices
            if school is not None
        ]

    def rights(self) -> list[Right]:
        """Of the capacities that were held for the student or over the school."""
        held = {one.what.relation.capacity for one in self._found.relations}
        held |= {one.relation.capacity for one in self._found.offices}
        return [
            Right(capacity=one, label=LABELS[one], sections=_letters(one))
            for one in Capacity
            if one in held
        ]

    def _organisation(self, school: UUID) -> OfficeItem:
        named = self._found.names.get(school, {})
        return OfficeItem(code=named.get("code", ""), name=named.get("name", ""))


_PLACEMENT = ("school_year", "area", "category", "target_year_grade", "placement_grade")


def person_of(house: House, names: Mapping[UUID, Mapping[str, Any]], account: UUID) -> Person:
    """An account by the name it had."""
    name = names.get(account, {}).get("name")
    opened = "" if name is None else str(house.opener.of_account(account, name))
    return Person(id=account, name=opened)


def relation_of(
    house: House, names: Mapping[UUID, Mapping[str, Any]], related: Related
) -> dict[str, Any]:
    relation = related.relation
    return {
        "account": person_of(house, names, relation.account_id),
        "capacity": relation.capacity,
        "label": LABELS[relation.capacity],
        "kind": related.source_kind,
        "since": relation.since,
        "until": relation.until,
        "sections": list(relation.sections),
    }


@cache
def _letters(capacity: Capacity) -> dict[str, list[str]]:
    found = {
        section: [deed for deed in _DEEDS if allows(section, capacity, deed)]  # type: ignore[arg-type]
        for section in MATRIX
        # Of a note every right is its author's own (IGP manual 2.4).
        if section != "counselling_note"
    }
    return {section: deeds for section, deeds in found.items() if deeds}


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
