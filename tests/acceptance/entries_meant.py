"""What the entries of a plan should say after each act, in a plain dictionary."""

from typing import Any, NamedTuple

from tests.acceptance.plan_acts import ENTRY_WRITERS, Change, Enter, Strike
from tests.acceptance.planning import YEAR, Planning, entries, entry


class Known(NamedTuple):
    section: str
    by: str
    data: dict[str, Any]


class Entries:
    """The entries that stand, by id, as they should be."""

    def __init__(self, plans: Planning, student: str) -> None:
        self._plans, self._student = plans, student
        self.standing: dict[str, Known] = {}

    def enters(self, act: Enter, *, may: bool) -> None:
        """`may`: what the entry hangs under stands."""
        body = {"school_year": YEAR} | act.fields
        answer = self._call(act.who, "POST", entries(self._student, act.section), body)
        assert answer.status_code == (201 if may else 409), (act, answer.text)
        if may:
            self.standing[answer.json()["id"]] = Known(act.section, act.who, act.fields)

    def changes(self, act: Change) -> None:
        found = self._numbered(act.number)
        if found is None:
            return
        known, shown = self.standing[found], self.shown(found)
        fields = act.fields[known.section]
        body = fields | ({"reason": "更正"} if act.reason else {})
        version = shown["version"] + act.behind
        path = entry(self._student, known.section, shown)
        answer = self._call(act.who, "PUT", path, body, version)
        assert answer.status_code == self._expected(act, known, fields), (act, answer.text)
        if answer.status_code == 200:
            self.standing[found] = known._replace(data=fields)

    def strikes(self, act: Strike) -> None:
        found = self._numbered(act.number)
        if found is None:
            return
        known, shown = self.standing[found], self.shown(found)
        path = f"{entry(self._student, known.section, shown)}/withdrawal"
        body = {"reason": "誤植"} if act.reason else {}
        answer = self._call(act.who, "POST", path, body, shown["version"])
        status = self._right(act.who, known)
        if status == 200 and known.section == "replacement":
            status = 403
        if status == 200 and not act.reason:
            status = 422
        assert answer.status_code == status, (act, answer.text)
        if status == 200:
            del self.standing[found]

    def courses_go(self) -> None:
        """With the annual goal that its only teacher withdrew."""
        for one in [one for one in self.standing if self.standing[one].section == "course_goal"]:
            del self.standing[one]

    def shown(self, found: str) -> Any:
        """As the case manager is shown it."""
        section = self.standing[found].section
        answer = self._plans.look("a-cm", self._student, section, {"id": found})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def listed(self) -> set[str]:
        """The ids that the case manager is shown."""
        return {
            one
            for section in ENTRY_WRITERS
            for one in self._plans.listed("a-cm", self._student, section)
        }

    def _call(self, *asked: Any) -> Any:
        return self._plans.county.call(*asked)

    def _numbered(self, number: int) -> str | None:
        return list(self.standing)[number % len(self.standing)] if self.standing else None

    def _right(self, who: str, known: Known) -> int:
        """Of a course only its teacher knows, of those who teach."""
        if known.section == "course_goal" and who in ENTRY_WRITERS["course_goal"]:
            return 200 if who == known.by else 404
        return 200 if who in ENTRY_WRITERS[known.section] else 403

    def _expected(self, act: Change, known: Known, fields: dict[str, Any]) -> int:
        if (status := self._right(act.who, known)) != 200:
            return status
        if act.behind:
            return 412
        # Rows come without their ids here: those that stand are replaced.
        mends = bool(known.data.get("rows")) or any(
            value and fields.get(name) != value for name, value in known.data.items()
        )
        return 422 if mends and not act.reason else 200
