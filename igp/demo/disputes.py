"""The open dispute of the demo county: published rules, a complaint, its reviewer, both sides.

The family of `a4` disputes the re-placement of the summer before. The last day is a Sunday, so that
the answer shows both the plan's day and the working day after it.
"""

from uuid import UUID

from api import dispute_acts, disputes, programmes
from api.acting import Asked
from domain.calendar import parse_date
from domain.dispute_events import Side
from domain.dispute_rules import DisputeKind
from domain.placement_request import Status
from domain.programme import shipped_text
from igp.demo.acts import Act, Desk
from projections import disputes as view
from projections import placements as placement_view


def publish(code: str) -> Act:
    """A programme that comes with the program."""

    def act(desk: Desk) -> None:
        body = programmes.ProgrammeText(text=shipped_text(code))
        programmes.publish(desk.house, desk.viewer, Asked(body=body))

    return act


def complain(key: str, programme: str, notice: str, filed: str, subject: str, grounds: str) -> Act:
    """A complaint about the student's completed re-placement."""

    def act(desk: Desk) -> None:
        student = desk.student(key)
        body = disputes.DisputeEntry(
            student_id=student,
            programme=programme,
            kind=DisputeKind.COMPLAINT,
            decision_id=_completed_request(desk, student),
            subject=subject,
            grounds=grounds,
            notice_received_on=parse_date(notice),
            filed_on=parse_date(filed),
            conditions=("in_writing",),
        )
        disputes.open_one(desk.house, desk.viewer, Asked(body=body))

    return act


def appoint(key: str, username: str, sections: tuple[str, ...], until: str) -> Act:
    """Somebody looks into the student's dispute."""

    def act(desk: Desk) -> None:
        body = dispute_acts.ReviewerEntry(
            account=username, sections=sections, until=parse_date(until)
        )
        dispute_acts.appoint(desk.house, desk.viewer, _dispute(desk, key), Asked(body=body))

    return act


def state(key: str, text: str, side: Side | None = None, day: str | None = None) -> Act:
    """A statement in the student's dispute."""

    def act(desk: Desk) -> None:
        body = dispute_acts.StatementEntry(
            text=text, side=side, given_on=parse_date(day) if day else None
        )
        dispute_acts.add_statement(desk.house, desk.viewer, _dispute(desk, key), Asked(body=body))

    return act


def _completed_request(desk: Desk, student: UUID) -> UUID:
    with desk.viewer.looking(desk.house) as connection:
        known = placement_view.requests_of(connection, student)
    return next(one.request_id for one in known if one.status == Status.COMPLETED)


def _dispute(desk: Desk, key: str) -> UUID:
    with desk.viewer.looking(desk.house) as connection:
        return view.disputes(connection, desk.student(key))[-1].dispute_id


#: `kaohsiung-114` is the county's own; the others show how counties differ.
PROGRAMMES: list[tuple[str, str, Act]] = [
    ("113.12.6 14:00", "eb", publish("kaohsiung-114")),
    ("113.12.6 14:10", "eb", publish("new-taipei-113")),
    ("113.12.6 14:20", "eb", publish("miaoli-103")),
    ("113.12.6 14:30", "eb", publish("taipei-99")),
]

DISPUTES: list[tuple[str, str, Act]] = [
    (
        "114.2.7 10:20",
        "eb",
        complain(
            "a4",
            "kaohsiung-114",
            "114.1.20",
            "114.2.6",
            "英語重新安置為免修的結果",
            "孩子原已通過跳級，重新安置為免修後課程銜接有落差，請求重新審議。",
        ),
    ),
    (
        "114.2.10 09:10",
        "eb",
        appoint(
            "a4",
            "reviewer",
            ("placement", "placement_request", "needs_assessment", "course_goal", "meeting"),
            "114.3.31",
        ),
    ),
    (
        "114.2.11 11:05",
        "eb",
        state("a4", "家長補充：上學期期末仍希望回到五年級上英語課。", Side.APPLICANT, "114.2.10"),
    ),
    (
        "114.2.12 15:40",
        "a-office",
        state("a4", "學校依特推會與鑑輔會的審議結果辦理，並已調整輔導課程。"),
    ),
]
