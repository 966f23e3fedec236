"""How students are shown: opened at the edge, the national ID masked."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, PlainSerializer

from api.account_items import OfficeItem
from api.house import House
from domain import dispatch, national_id, student_account, teaching_assignment
from domain.calendar import TAIPEI
from domain.capacity import Capacity
from domain.dispatch import dispatch_id
from domain.event import Erased
from domain.student_account import link_id
from domain.teaching_assignment import teaching_id
from ledger.database import Connection
from projections import directory
from projections.directory import StudentCard
from projections.reach import Related

#: An instant with the offset of Taipei, to the microsecond (contract 2).
Instant = Annotated[
    datetime,
    PlainSerializer(
        lambda value: value.astimezone(TAIPEI).isoformat(timespec="microseconds"),
        return_type=str,
        when_used="json",
    ),
]


class Person(BaseModel):
    """An account, in short."""

    id: UUID
    name: str


class StudentItem(BaseModel):
    """A student of the register. An erased value reads 已依法刪除."""

    id: UUID
    version: int
    national_id: str
    name: str
    sex: str
    birth_date: str
    organisation: OfficeItem
    stage: str
    grade: int
    class_name: str | None
    #: For which school years a plan was opened.
    school_years: list[int]


class RelationItem(BaseModel):
    """Who is related to the student. `version` is what `.../end` wants, where there is one."""

    account: Person
    capacity: Capacity
    kind: str
    since: Instant
    until: Instant | None
    version: int | None


class StudentPage(StudentItem):
    """A student, and the relations that hold."""

    relations: list[RelationItem]


class Students(BaseModel):
    items: list[StudentItem]
    next_cursor: str | None


@dataclass(frozen=True)
class Opened:
    """A card with what is needed to search it, sort it and show it."""

    card: StudentCard
    name: str
    item: StudentItem


def offices(connection: Connection) -> dict[UUID, OfficeItem]:
    """Every organisation by its id."""
    return {
        one.organisation_id: OfficeItem(code=one.code, name=one.name)
        for one in directory.organisations(connection)
    }


def opened(house: House, card: StudentCard, schools: Mapping[UUID, OfficeItem]) -> Opened:
    """A card of the register with its personal fields opened."""
    row = house.opener.fields(card.student_id, card.row)
    number = row["national_id"]
    item = StudentItem(
        id=card.student_id,
        version=card.version,
        national_id=str(number) if isinstance(number, Erased) else national_id.masked(number),
        name=str(row["name"]),
        sex=str(row["sex"]),
        birth_date=str(row["birth_date"]),
        organisation=schools.get(card.organisation, OfficeItem(code="", name="")),
        stage=card.stage,
        grade=card.grade,
        class_name=card.class_name,
        school_years=list(card.plan_years),
    )
    return Opened(card, item.name, item)


def person(house: House, connection: Connection, account_id: UUID) -> Person:
    """An account's name as it is today."""
    card = directory.account(connection, account_id)
    name = "" if card is None else str(house.opener.of_account(account_id, card.row["name"]))
    return Person(id=account_id, name=name)


def relation_item(house: House, connection: Connection, related: Related) -> RelationItem:
    relation = related.relation
    assert relation.target is not None
    return RelationItem(
        account=person(house, connection, relation.account_id),
        capacity=relation.capacity,
        kind=related.source_kind,
        since=relation.since,
        until=relation.until,
        version=_version(house, relation.capacity, relation.target, relation.account_id),
    )


def _version(house: House, capacity: Capacity, student: UUID, account: UUID) -> int | None:
    match capacity:
        case Capacity.CASE_MANAGER:
            made = house.ledger.state(dispatch.evolve, dispatch_id(student, account))
            return made.version if made else None
        case Capacity.SUBJECT_TEACHER:
            taught = house.ledger.state(teaching_assignment.evolve, teaching_id(student, account))
            return taught.version if taught else None
        case Capacity.STUDENT:
            linked = house.ledger.state(student_account.evolve, link_id(account))
            return linked.version if linked else None
    return None
