"""A county in which a dispute is heard: a student, a placement, a note of the case manager's."""

from typing import Any

from domain.programme import shipped_text
from igp.sealing import seal_now
from tests.api.serving import NOTE, PASSWORD, PLACEMENT, Caller, County

PROGRAMME = "kaohsiung-114"
SECTIONS = ("placement", "needs_assessment")


class Hearing:
    """The dispute and who is in it: `eb` the authority, `reviewer`, `author` the case manager."""

    def __init__(self, county: County) -> None:
        self.county = county
        self.student = county.student()
        county.case_manager("a-cm", self.student)
        self.eb, self.author = county.eb, county.caller("a-cm")
        self.placement = county.a_office.made(f"/students/{self.student}/placements", PLACEMENT)
        self.note = self.author.made(f"/students/{self.student}/notes", NOTE)
        self.eb.made("/accounts", self._reviewer("reviewer"))
        self.eb.post("/programmes", {"text": shipped_text(PROGRAMME)})
        self.dispute = self.open()
        self.path = f"/disputes/{self.dispute}"
        self.appoint("reviewer")

    @property
    def reviewer(self) -> Caller:
        return self.county.caller("reviewer")

    def open(self, **more: Any) -> str:
        entry = {
            "student_id": self.student,
            "programme": PROGRAMME,
            "kind": "complaint",
            "subject": "對測驗結果有疑義",
            "grounds": "認為計分有誤",
            "notice_received_on": "112.7.20",
        }
        return self.eb.made("/disputes", entry | more)

    def appoint(self, username: str, until: str = "112.12.31") -> None:
        body = {"account": username, "sections": list(SECTIONS), "until": until}
        answer = self.eb.post(f"{self.path}/reviewers", body)
        assert answer.status_code == 201, answer.text

    def another_reviewer(self, username: str) -> Caller:
        self.eb.made("/accounts", self._reviewer(username))
        return self.county.caller(username)

    def release(self) -> None:
        answer = self.author.post(f"{self.path}/note-releases", {"note_id": self.note})
        assert answer.status_code == 201, answer.text

    def take_back(self) -> None:
        path = f"{self.path}/note-releases/{self.note}/withdrawal"
        answer = self.author.post(path, {"reason": "改以口頭說明"}, version=1)
        assert answer.status_code == 200, answer.text

    def close(self) -> None:
        version = self.eb.get(self.path).json()["version"]
        answer = self.eb.post(f"{self.path}/hearing-closing", {}, version=version)
        assert answer.status_code == 200, answer.text

    def seal(self) -> None:
        seal_now(self.county.house.ledger)

    @staticmethod
    def _reviewer(username: str) -> dict[str, Any]:
        return {
            "username": username,
            "name": f"{username} 委員",
            "organisation": "ks-council",
            "roles": ["reviewer"],
            "password": PASSWORD,
        }
