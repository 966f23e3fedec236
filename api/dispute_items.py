"""How a dispute is shown: opened at the edge, with how its last day was counted."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from api.account_items import OfficeItem
from api.house import House
from api.http import Written
from api.student_items import Instant, Person, offices, person
from domain import dispute, programme, student
from domain.dispute_events import Outcome, Side
from domain.dispute_rules import DisputeKind
from domain.dispute_window import CountedFrom, Window, in_words
from domain.programme import programme_id
from domain.programme_data import Source
from domain.programme_rules import Programme
from domain.refusal import NotFound
from ledger.database import Connection
from projections.disputes import Dispute, disputes


class Counting(BaseModel):
    """How the last day was counted: in words, by which rule of which version, from what."""

    text: str
    remarks: list[str]
    programme: str
    programme_version: int
    rule: DisputeKind | None
    source: Source | None
    counted_from: CountedFrom | None
    days: int | None
    stage: str | None
    notice_received_on: date | None
    filed_on: date


class Counted(BaseModel):
    """Until when it could be filed; all null where the plan sets no window."""

    last_day: date | None
    also_accepted_until: date | None
    timely: bool | None


class OpenedDispute(Written, Counted):
    """The answer to an opening."""

    counting: Counting


class DisputeLine(Counted):
    """A dispute in a list. `organisation` is the student's school when it was opened."""

    id: UUID
    version: int
    status: dispute.Status
    student: Person
    organisation: OfficeItem
    programme: str
    kind: DisputeKind
    stage: str | None
    filed_on: date
    created_at: Instant
    updated_at: Instant


class Disputes(BaseModel):
    items: list[DisputeLine]
    next_cursor: str | None


class ReviewerItem(BaseModel):
    """Who was appointed, for which sections, until the end of which day; or when it ended."""

    account: Person
    sections: list[str]
    until: date
    appointed_at: Instant
    ended_at: Instant | None


class StatementItem(BaseModel):
    id: UUID
    side: Side
    text: str
    given_on: date
    recorded_at: Instant
    recorded_by: Person


class DisputeDecisionItem(BaseModel):
    """`effect` is the plan's word for a late filing where it was not accepted as late."""

    outcome: Outcome
    effect: str | None
    document_number: str | None
    decided_on: date
    reasons: str
    notified_on: date | None
    recorded_at: Instant
    recorded_by: Person


class DisputeItem(DisputeLine):
    """A dispute with everything that was said in it."""

    programme_version: int
    subject: str
    grounds: str
    decision_id: UUID | None
    previous_dispute_id: UUID | None
    #: The next instances that the viewer may see, in the order of their opening.
    next_dispute_ids: list[UUID]
    notice_received_on: date | None
    arrived_on: date | None
    #: The conditions of the plan that were not met, by their codes; and in the plan's words.
    missing: list[str]
    missing_names: list[str]
    counting: Counting
    reviewers: list[ReviewerItem]
    statements: list[StatementItem]
    hearing_closed_at: Instant | None
    decision: DisputeDecisionItem | None
    opened_by: Person
    updated_by: Person


class Names:
    """Students, offices and people by id, each looked up once."""

    def __init__(self, house: House, connection: Connection) -> None:
        self._house, self._connection = house, connection
        self._offices = offices(connection)
        self._people: dict[UUID, Person] = {}

    def student(self, student_id: UUID) -> Person:
        # A school sees its dispute also after the student left it.
        known = self._house.ledger.state(student.evolve, student_id)
        return Person(id=student_id, name="" if known is None else str(known.name))

    def office(self, organisation: UUID) -> OfficeItem:
        return self._offices.get(organisation, OfficeItem(code="", name=""))

    def person(self, account: UUID | str) -> Person:
        one = UUID(str(account))
        if one not in self._people:
            self._people[one] = person(self._house, self._connection, one)
        return self._people[one]


def line(known: Dispute, names: Names) -> DisputeLine:
    return DisputeLine(**_line(known, names))


def item(house: House, connection: Connection, known: Dispute) -> DisputeItem:
    names = Names(house, connection)
    key = house.opener.one(known.student)
    row = key.fields(known.row)
    decision = row.get("decision")
    return DisputeItem(
        **_line(known, names),
        programme_version=row["programme_version"],
        subject=str(row["matter"]),
        grounds=str(row["grounds"]),
        decision_id=row.get("decision_id"),
        previous_dispute_id=row.get("previous_dispute_id"),
        next_dispute_ids=[
            one.dispute_id
            for one in disputes(connection, known.student)
            if one.row.get("previous_dispute_id") == str(known.dispute_id)
        ],
        notice_received_on=row.get("notice_received_on"),
        arrived_on=row.get("arrived_on"),
        missing=row["missing"],
        missing_names=_missing(house, row),
        counting=counting(house, row),
        reviewers=[
            ReviewerItem(account=names.person(one["account_id"]), **_but(one, "account_id"))
            for one in row["reviewers"]
        ],
        statements=[_statement(key.fields(one), names) for one in row["statements"]],
        hearing_closed_at=row.get("hearing_closed_at"),
        decision=None if decision is None else _decision(key.fields(decision), names),
        opened_by=names.person(row["by"]),
        updated_by=names.person(known.updated_by),
    )


def counting(house: House, row: Mapping[str, Any]) -> Counting:
    """How it was counted, by the version of the programme that was in force then."""
    rules = _rules(house, row)
    kind = DisputeKind(row["kind"])
    notice, filed = _day(row.get("notice_received_on")), _day(row["filed_on"])
    assert filed is not None
    window = Window.model_validate({name: row.get(name) for name in Window.model_fields})
    rule = rules.rule(kind)
    said = in_words(rules, kind, row.get("stage"), window, notice, filed)
    return Counting(
        text=said.text,
        remarks=list(said.remarks),
        programme=row["programme"],
        programme_version=row["programme_version"],
        rule=window.rule,
        source=None if rule is None else rule.source,
        counted_from=window.counted_from,
        days=window.days,
        stage=row.get("stage"),
        notice_received_on=notice,
        filed_on=filed,
    )


def _rules(house: House, row: Mapping[str, Any]) -> Programme:
    """The version of the programme that was in force when a dispute was opened."""
    published = house.ledger.state(programme.evolve, programme_id(row["programme"]))
    if published is None:
        raise NotFound
    return published.edition(row["programme_version"]).programme


def _missing(house: House, row: Mapping[str, Any]) -> list[str]:
    """What was not met when it was opened, in the words of the plan."""
    rule = _rules(house, row).rule(DisputeKind(row["kind"]))
    conditions = () if rule is None else rule.conditions
    return [one.name for one in conditions if one.code in row["missing"]]


def opened_answer(house: House, known: dispute.Dispute, version: int | None) -> OpenedDispute:
    """What an opening answers, from the dispute as the books have it."""
    row = known.model_dump(mode="json") | known.window.model_dump(mode="json")
    return OpenedDispute(
        id=known.dispute_id,
        version=version,
        last_day=known.window.last_day,
        also_accepted_until=known.window.also_accepted_until,
        timely=known.window.timely,
        counting=counting(house, row),
    )


def _line(known: Dispute, names: Names) -> dict[str, Any]:
    row = known.row
    return {
        "id": known.dispute_id,
        "version": known.version,
        "status": dispute.Status(known.status),
        "student": names.student(known.student),
        "organisation": names.office(known.organisation),
        "programme": known.programme,
        "kind": DisputeKind(known.kind),
        "stage": row.get("stage"),
        "filed_on": row["filed_on"],
        "last_day": row.get("last_day"),
        "also_accepted_until": row.get("also_accepted_until"),
        "timely": row.get("timely"),
        "created_at": known.recorded_at,
        "updated_at": known.updated_at,
    }


def _statement(said: Mapping[str, Any], names: Names) -> StatementItem:
    return StatementItem(
        id=said["statement_id"],
        side=said["side"],
        text=str(said["text"]),
        given_on=said["given_on"],
        recorded_at=said["recorded_at"],
        recorded_by=names.person(said["by"]),
    )


def _decision(said: Mapping[str, Any], names: Names) -> DisputeDecisionItem:
    return DisputeDecisionItem(
        outcome=said["outcome"],
        effect=said.get("effect"),
        document_number=said.get("document_number"),
        decided_on=said["decided_on"],
        reasons=str(said["reasons"]),
        notified_on=said.get("notified_on"),
        recorded_at=said["recorded_at"],
        recorded_by=names.person(said["by"]),
    )


def _but(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != name}


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value
