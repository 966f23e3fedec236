"""A student whose past is asked for: days that go by, and what somebody is shown of them."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from domain.calendar import TAIPEI, local_date, roc_short
from tests.acceptance.planning import YEAR, Planning, page

PLACEMENT = {
    "school_year": YEAR,
    "area": "英語",
    "category": "acceleration",
    "target_year_grade": 5,
    "placement_grade": 6,
    "arrangement": "抽離",
}


class Days:
    """A student, and days that go by; each name of a method is what somebody does or asks."""

    def __init__(self, plans: Planning) -> None:
        self.plans, self.county, self.story = plans, plans.county, plans.story
        self.student = plans.student()
        self.id = UUID(self.student)

    def passes(self) -> str:
        """A day ends; what it is called."""
        now = self.county.office.ledger.now().astimezone(TAIPEI)
        tomorrow = (now + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
        body = {"now": tomorrow.isoformat()}
        answer = self.county.call("eb", "POST", "/simulation/clock", body)
        assert answer.status_code == 200, answer.text
        return roc_short(now.date())

    def today(self) -> date:
        return local_date(self.county.office.ledger.now())

    def newest(self) -> datetime:
        self.county.settle()
        [(at,)] = self.county.rows(
            "SELECT recorded_at FROM books.records ORDER BY position DESC LIMIT 1"
        )
        assert isinstance(at, datetime)
        return at

    def asks(self, who: str, at: str, **more: str) -> Any:
        query = "&".join(f"{name}={quote(value)}" for name, value in {"at": at, **more}.items())
        self.county.settle()
        return self.county.call(who, "GET", f"/students/{self.student}/as-of?{query}")

    def stood(self, who: str, at: str) -> Any:
        answer = self.asks(who, at)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def compared(self, who: str, start: str, end: str) -> Any:
        self.county.settle()
        query = f"from={quote(start)}&to={quote(end)}"
        answer = self.county.call(who, "GET", f"/students/{self.student}/compare?{query}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def places(self, **fields: Any) -> str:
        path = f"/students/{self.student}/placements"
        return self.county.made("a-cm", path, PLACEMENT | fields)

    def corrects(self, placement: str, version: int = 1, **fields: Any) -> None:
        path = f"/students/{self.student}/placements/{placement}"
        body = {"reason": "學校更正"} | fields
        answer = self.county.call("a-cm", "PUT", path, body, version)
        assert answer.status_code == 200, answer.text

    def asks_for(self, kind: str, placement: str, **more: Any) -> str:
        """A request about a placement; returns its id."""
        body = {"kind": kind, "placement_id": placement, "letter_number": "字第1號"}
        path = f"/students/{self.student}/placement-requests"
        return self.county.made("a-cm", path, body | {"reason": "家長提出"} | more)

    def decides(self, request: str, *decisions: tuple[str, str, str]) -> None:
        """Who decides for which body, and how, one after the other."""
        for version, (who, of, outcome) in enumerate(decisions, 1):
            act = {"body": of, "outcome": outcome, "decided_on": "112.8.1"}
            path = f"/placement-requests/{request}/decisions"
            answer = self.county.call(who, "POST", path, act, version)
            assert answer.status_code == 201, answer.text

    def withdraws(self, placement: str, version: int = 1) -> None:
        path = f"/students/{self.student}/placements/{placement}/withdrawal"
        answer = self.county.call("a-cm", "POST", path, {"reason": "填錯學生"}, version)
        assert answer.status_code == 200, answer.text

    def saves(self, section: str, data: dict[str, Any], version: int, who: str = "a-cm") -> None:
        body = {"data": data, "reason": "更正"}
        answer = self.county.call(who, "PUT", page(self.student, section), body, version)
        assert answer.status_code == 200, answer.text

    def school(self, code: str) -> UUID:
        return self.county.county.schools[code]


def records(stood: Any, section: str) -> list[Any]:
    return [
        one
        for shown in stood["sections"]
        if shown["section"] == section
        for one in shown["records"]
    ]


def of(relation: Any) -> UUID:
    return UUID(relation["account"]["id"])


def accounts(relations: list[Any]) -> set[UUID]:
    return {of(one) for one in relations}
