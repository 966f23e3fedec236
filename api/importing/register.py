"""What the ledger holds as an import finds it and leaves it, before anything is recorded.

An import is decided as a whole in memory: every decision sees what earlier rows decided. The acts
are those of the offices that would do them by hand: the first authority administrator, and in
each school its first administrator (contract 5).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from api.house import House
from api.importing.rows import name_key
from api.register import number_mac, student_of_number
from api.sign_in import account_of_name, keep_credential
from api.viewer import Viewer
from domain import account, case_manager, dispatch, organisation, student, teaching_assignment
from domain.account import Account, AccountRegistered, Role
from domain.calendar import local_date
from domain.capacity import Capacity
from domain.command import Actor
from domain.event import Event
from domain.ledger_life import SYSTEM
from domain.organisation import Organisation, organisation_id
from domain.student import Student, StudentRegistered
from ledger.database import Connection
from ledger.ledger import Evolve
from ledger.recorder import Beside
from projections import directory
from projections.viewer import viewing

#: Stands with every act of an import, so that nobody takes it for one done by hand.
REASON = "資料匯入"

#: What becomes of a row: None nothing, () something new, else the columns that change.
Changed = tuple[str, ...] | None

State = TypeVar("State")


@dataclass(frozen=True)
class Officer:
    """Who acts, and for which school, if for one."""

    actor: Actor
    school: UUID | None = None


class Wrong(Exception):
    """A row cannot be imported; `cause` is the file and key of the row it refers to in vain."""

    def __init__(self, column: str, reason: str, cause: tuple[str, str] | None = None) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason
        self.cause = cause


@dataclass
class Register:
    """States by stream with the events decided so far; and who holds which office."""

    house: House
    #: What is decided, in the order in which it is to be recorded.
    events: list[Event] = field(default_factory=list)
    #: New accounts: id, username, password and who registers them.
    accounts: list[tuple[UUID, str, str, UUID]] = field(default_factory=list)
    #: New students: id, national ID and who registers them.
    students: list[tuple[UUID, str, UUID]] = field(default_factory=list)
    _states: dict[tuple[Any, UUID], Any] = field(default_factory=dict)
    _usernames: dict[str, UUID] = field(default_factory=dict)
    _numbers: dict[str, UUID] = field(default_factory=dict)
    _authority: Officer | None = None
    _schools: dict[UUID, Officer] = field(default_factory=dict)
    #: Who imports.
    by: UUID = SYSTEM

    def __post_init__(self) -> None:
        self.today: date = local_date(self.house.ledger.now())
        self.correlation_id = self.new_id(self.by)
        self._find_officers()

    # -- states

    def state(self, evolve: Evolve[State], stream: UUID) -> State | None:
        """The state of a stream with what this import has decided about it."""
        key = (evolve, stream)
        if key not in self._states:
            self._states[key] = self.house.ledger.state(evolve, stream)
        known: State | None = self._states[key]
        return known

    def decided(self, evolve: Evolve[State], stream: UUID, event: Event | None) -> bool:
        """Takes a decision's event in; says whether there is one."""
        if event is None:
            return False
        self._states[evolve, stream] = evolve(self.state(evolve, stream), event)
        self.events.append(event)
        return True

    def organisation(self, code: str) -> Organisation | None:
        return self.state(organisation.evolve, organisation_id(code))

    def known_organisation(self, code: str, column: str) -> Organisation:
        """The organisation that a row refers to. Raises `Wrong`."""
        known = self.organisation(code)
        if known is None:
            raise Wrong(column, "沒有這個單位代碼。", ("organisations.csv", code))
        return known

    def account(self, username: str) -> Account | None:
        key = name_key(username)
        if key not in self._usernames:
            known = account_of_name(self.house.ledger, username)
            if known is None:
                return None
            self._usernames[key] = known
        return self.state(account.evolve, self._usernames[key])

    def student(self, number: str) -> Student | None:
        if number not in self._numbers:
            known = student_of_number(self.house.ledger, number)
            if known is None:
                return None
            self._numbers[number] = known
        return self.state(student.evolve, self._numbers[number])

    def is_taken(self, number: str) -> bool:
        """Whether a number is one of a student whom the importer may not know."""
        return False

    def is_name_taken(self, username: str) -> bool:
        """Whether a username is one of an account whom the importer may not know."""
        return False

    def appointment(self, of: UUID, kind: case_manager.Kind) -> case_manager.Appointment | None:
        return self.state(case_manager.evolve, case_manager.appointment_id(of, kind))

    def dispatch(self, whom: UUID, to: UUID) -> dispatch.Dispatch | None:
        return self.state(dispatch.evolve, dispatch.dispatch_id(whom, to))

    def teaching(self, whom: UUID, by: UUID) -> teaching_assignment.Teaching | None:
        return self.state(teaching_assignment.evolve, teaching_assignment.teaching_id(whom, by))

    def new_id(self, by: UUID) -> UUID:
        return self.house.ledger.entropy.uuid(by, "record")

    # -- new people

    def add_account(self, event: AccountRegistered, username: str, password: str) -> None:
        self.decided(account.evolve, event.account_id, event)
        self._usernames[name_key(username)] = event.account_id
        self.accounts.append((event.account_id, username, password, event.by))
        self._take_office(event.account_id, event.organisation_id, event.roles)

    def add_student(self, event: StudentRegistered, number: str) -> None:
        assert event.student_id is not None
        self.decided(student.evolve, event.student_id, event)
        self._numbers[number] = event.student_id
        self.students.append((event.student_id, number, event.by))

    def beside(
        self, hashed: Callable[[str], str], step: Callable[[int, int], None] | None = None
    ) -> Beside:
        """Makes the keys of new people, and says what stands beside their events: their names and
        numbers, which are taken once. `hashed` makes the hash of a password."""
        ledger = self.house.ledger
        people = len(self.accounts) + len(self.students)
        told = step or (lambda *_: None)
        credentials = []
        for number, (account_id, username, password, by) in enumerate(self.accounts, start=1):
            ledger.keyring.create_account(account_id, by)
            credentials.append((account_id, username, hashed(password)))
            told(number, people)
        for number, (student_id, _, by) in enumerate(self.students, start=len(credentials) + 1):
            ledger.keyring.create_student(student_id, by)
            told(number, people)

        def keep(connection: Connection) -> None:
            for account_id, username, password_hash in credentials:
                keep_credential(connection, ledger, account_id, username, password_hash)
            with connection.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO desk.national_id_reservation (mac, student_id) VALUES (%s, %s)",
                    [
                        (number_mac(ledger, number), student_id)
                        for student_id, number, _ in self.students
                    ],
                )

        return keep

    # -- offices

    def authority(self) -> Officer:
        """The first authority administrator; the program itself until there is one, where the
        ledger is simulated. A real one has its first administrator from `igp init`.

        Raises `Wrong`.
        """
        if self._authority is not None:
            return self._authority
        if self.house.mode == "production":
            raise Wrong("", "還沒有主管機關學務的帳號，請先執行 igp init。")
        return Officer(Actor(account_id=SYSTEM, capacity=Capacity.SYSTEM))

    def school(self, school: UUID) -> Officer:
        """The first administrator of a school. Raises `Wrong`."""
        if school not in self._schools:
            told = "這所學校還沒有學校學務的帳號，請在 accounts.csv 加上。"
            raise Wrong("organisation", told)
        return self._schools[school]

    def has_office(self, school: UUID) -> bool:
        """Whether the school has an administrator."""
        return school in self._schools

    def about(self, officer: Officer) -> dict[str, Any]:
        """What every command of this import brings with it."""
        return {
            "actor": officer.actor,
            "reason": REASON,
            "correlation_id": self.correlation_id,
        }

    def _find_officers(self) -> None:
        ledger = self.house.ledger
        with viewing(self.house.reader, SYSTEM, []) as connection:
            known = directory.accounts_of(connection, None)
        offices = {Role.AUTHORITY_ADMINISTRATOR, Role.SCHOOL_ADMINISTRATOR}
        held = [one for one in known if not one.closed and offices.intersection(one.roles)]
        now = ledger.now()

        def since(card: directory.AccountCard) -> tuple[Any, ...]:
            relations = Viewer.of(self.house, card.account_id, now).relations
            return (min((one.since for one in relations), default=now), card.account_id)

        for card in sorted(held, key=since):
            self._take_office(card.account_id, card.organisation, tuple(map(Role, card.roles)))

    def _take_office(self, who: UUID, where: UUID, roles: tuple[Role, ...]) -> None:
        if Role.AUTHORITY_ADMINISTRATOR in roles and self._authority is None:
            actor = Actor(account_id=who, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
            self._authority = Officer(actor)
        if Role.SCHOOL_ADMINISTRATOR in roles:
            actor = Actor(account_id=who, capacity=Capacity.SCHOOL_ADMINISTRATOR)
            self._schools.setdefault(where, Officer(actor, where))


def changed_columns(event: Event | None, columns: Mapping[str, str]) -> Changed:
    """The columns that an event of a change is about, in the words of the file."""
    if event is None:
        return None
    return tuple(columns.get(name, name) for name, _ in event.changed() if name != "account_id")
