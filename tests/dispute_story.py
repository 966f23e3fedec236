"""Tells a ledger what happened in disputes, as the domain would have decided it."""

from datetime import date
from typing import Any
from uuid import UUID

from domain import dispute_events as disputes
from domain.programme import ProgrammePublished, programme_id
from ledger.ledger import Recorded
from tests.story import Story

UNTIL = date(2024, 6, 30)


def programme(story: Story, code: str = "example-114", text: str = "") -> Recorded:
    return story.record(
        ProgrammePublished,
        programme_id(code),
        code=code,
        name="示範計畫",
        school_year=114,
        text=text,
        digest="0" * 64,
    )


def opened(story: Story, student: UUID, school: UUID, **given: Any) -> UUID:
    """The id of a dispute of the student, opened at the school."""
    dispute = story.new_id()
    fields: dict[str, Any] = {
        "organisation_id": school,
        "kind": "complaint",
        "programme": "example-114",
        "programme_version": 1,
        "matter": "測驗結果",
        "grounds": "計分有疑義",
        "filed_on": date(2023, 8, 1),
        "missing": (),
    }
    story.record(disputes.DisputeOpened, dispute, student_id=student, **fields | given)
    return dispute


def appointed(
    story: Story,
    dispute: UUID,
    student: UUID,
    account: UUID,
    *sections: str,
    until: date = UNTIL,
) -> Recorded:
    return story.record(
        disputes.ReviewerAppointed,
        dispute,
        student_id=student,
        account_id=account,
        sections=sections,
        until=until,
    )


def ended(story: Story, dispute: UUID, student: UUID, account: UUID) -> Recorded:
    return story.record(
        disputes.ReviewerEnded, dispute, student_id=student, account_id=account, reason="迴避"
    )


def stated(story: Story, dispute: UUID, student: UUID, side: str = "school") -> Recorded:
    return story.record(
        disputes.StatementAdded,
        dispute,
        student_id=student,
        statement_id=story.new_id(),
        side=side,
        text="學校的說明",
        given_on=date(2023, 8, 2),
    )


def closed(story: Story, dispute: UUID, student: UUID) -> Recorded:
    return story.record(disputes.HearingClosed, dispute, student_id=student)


def decided(story: Story, dispute: UUID, student: UUID) -> Recorded:
    return story.record(
        disputes.DisputeDecided,
        dispute,
        student_id=student,
        outcome="dismissed",
        document_number="教特字第1120901號",
        decided_on=date(2023, 8, 3),
        reasons="計分無誤",
    )


def taken_back(story: Story, dispute: UUID, student: UUID) -> Recorded:
    return story.record(disputes.DisputeWithdrawn, dispute, student_id=student, reason="家長撤回")
