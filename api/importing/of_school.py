"""An import as a school's administrator may do it: what the API allows the school, and no more.

Whom the school may not know is found no better here than by a single entry: a number or a name
that is somebody's is taken, and a relation to a student of another school is one to nobody.
"""

from dataclasses import dataclass, field
from uuid import UUID

from api.importing.register import Officer, Register, Wrong
from api.importing.rows import name_key
from api.viewer import Viewer
from domain.account import Account
from domain.capacity import Capacity
from domain.command import Actor
from domain.student import Student


@dataclass
class SchoolRegister(Register):
    """What the ledger holds, as far as the administrator of these schools may know it."""

    viewer: Viewer = field(kw_only=True)
    #: The students whose numbers were tried, those of other schools among them.
    tried: set[UUID] = field(default_factory=set)
    #: Those of them who are the own schools'.
    own: set[UUID] = field(default_factory=set)
    _taken: set[str] = field(default_factory=set)

    def student(self, number: str) -> Student | None:
        known = super().student(number)
        if known is None:
            return None
        self.tried.add(known.student_id)
        if known.organisation_id in self.viewer.schools and not known.erased:
            self.own.add(known.student_id)
            return known
        self._taken.add(number)
        return None

    def is_taken(self, number: str) -> bool:
        return number in self._taken

    def account(self, username: str) -> Account | None:
        known = super().account(username)
        if known is None or known.organisation_id in self.viewer.schools:
            return known
        self._taken.add(name_key(username))
        return None

    def is_name_taken(self, username: str) -> bool:
        return name_key(username) in self._taken

    def authority(self) -> Officer:
        raise Wrong("", "這項作業由主管機關辦理，請洽主管機關。")

    def school(self, school: UUID) -> Officer:
        if school not in self._schools:
            raise Wrong("organisation", "只能匯入貴校的資料，請確認單位代碼。")
        return self._schools[school]

    def _find_officers(self) -> None:
        actor = Actor(account_id=self.by, capacity=Capacity.SCHOOL_ADMINISTRATOR)
        self._schools.update({one: Officer(actor, one) for one in self.viewer.schools})
