"""Who asks: the signed-in account with the relations it holds at this instant."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.security import OAuth2PasswordBearer

from api import sign_in
from api.doubt import HolderInDoubt, OwnPasswordNeeded
from api.house import House
from api.problems import SignInNeeded
from api.query import check_query
from api.sign_in import Session
from domain.access import PREFERENCE, Relation, about_section, audiences_held
from domain.calendar import local_date
from domain.capacity import Capacity
from domain.ledger_life import SYSTEM
from domain.purpose import Purpose, declared
from ledger.database import Connection
from projections import reach
from projections.view import audience_ids
from projections.viewer import viewing

_WITH_STUDENT = frozenset(
    {
        Capacity.CASE_MANAGER,
        Capacity.GIFTED_HOMEROOM,
        Capacity.HOMEROOM,
        Capacity.SUBJECT_TEACHER,
        Capacity.REVIEWER,
        Capacity.STUDENT,
    }
)
_COUNTY = frozenset({Capacity.AUTHORITY_ADMINISTRATOR, Capacity.ORGANISER, Capacity.COUNCIL})


@dataclass(frozen=True)
class Viewer:
    """An account, the ledger's time of its request and the relations that hold then."""

    account_id: UUID
    now: datetime
    relations: tuple[Relation, ...]
    audiences: frozenset[str]
    session_id: UUID | None = None
    #: What the person says it is for, where they said it.
    declared: Purpose | None = None
    #: Of a holder in doubt: the own ledger is opened after this position alone (`api.doubt`).
    own_after: int | None = None
    #: Whether the holder set the password.
    chosen: bool = True

    @classmethod
    def of(
        cls,
        house: House,
        account_id: UUID,
        now: datetime,
        session: Session | None = None,
        purpose: Purpose | None = None,
    ) -> "Viewer":
        with viewing(house.reader, account_id, []) as connection:
            relations = reach.relations_of(connection, account_id)
        instant = now + house.slack
        held = tuple(relation for relation in relations if relation.holds(instant))
        audiences = audiences_held(held, instant)
        if session is None:
            return cls(account_id, now, held, audiences, declared=purpose)
        return cls(
            account_id,
            now,
            held,
            audiences,
            session.session_id,
            purpose,
            session.own_after,
            session.chosen,
        )

    @property
    def is_system(self) -> bool:
        """Whether this is the program itself, which imports what was decided elsewhere."""
        return self.account_id == SYSTEM

    @property
    def today(self) -> date:
        """The local day in the ledger's time."""
        return local_date(self.now)

    @cached_property
    def audience_ids(self) -> list[UUID]:
        return audience_ids(self.audiences)

    def looking(self, house: House) -> AbstractContextManager[Connection]:
        """A transaction that sees what this viewer may see."""
        return viewing(house.reader, self.account_id, self.audience_ids, own_after=self.own_after)

    @property
    def in_doubt(self) -> bool:
        """Whether it is not known that who asks had the account before."""
        return self.own_after is not None

    def writes_alone(self, house: House) -> None:
        """Raises `OwnPasswordNeeded` where whoever made the account knows its password, for what
        nobody else may read; a ledger for practice has accounts with one password."""
        if not self.chosen and house.mode == "production":
            raise OwnPasswordNeeded

    def looking_at(self, house: House, section: str) -> AbstractContextManager[Connection]:
        """The same for rows of one section of students alone: fewer audiences to compare."""
        narrowed = audience_ids(about_section(self.audiences, section))
        return viewing(house.reader, self.account_id, narrowed, own_after=self.own_after)

    def held_for(self, student: UUID, school: UUID | None) -> frozenset[Capacity]:
        """The capacities held for this student of this school now."""
        return frozenset(
            relation.capacity
            for relation in self.relations
            if relation.capacity in _COUNTY
            or (
                relation.capacity in _WITH_STUDENT
                and relation.target == student
                and relation.course is None
            )
            or (
                relation.capacity is Capacity.SCHOOL_ADMINISTRATOR
                and school is not None
                and relation.target == school
            )
        )

    def reviews(self, section: str, student: UUID) -> bool:
        """Whether an appointment as reviewer names this section of this student."""
        return any(
            relation.dispute is not None
            and relation.target == student
            and section in relation.sections
            for relation in self.relations
        )

    def held_at(self, organisation: UUID | None) -> frozenset[Capacity]:
        """The capacities of an office held over this organisation, or over the county."""
        return frozenset(
            relation.capacity
            for relation in self.relations
            if relation.capacity in _COUNTY
            or (
                relation.capacity is Capacity.SCHOOL_ADMINISTRATOR
                and relation.target == organisation
            )
        )

    @property
    def schools(self) -> tuple[UUID, ...]:
        """The schools whose administrator this is."""
        return tuple(
            relation.target
            for relation in self.relations
            if relation.capacity is Capacity.SCHOOL_ADMINISTRATOR and relation.target is not None
        )

    def school_for(self, school: UUID) -> UUID | None:
        """This school where one administers it, else any other one, to be refused by the domain."""
        return school if school in self.schools else next(iter(self.schools), None)

    @property
    def is_authority(self) -> bool:
        return self.holds(Capacity.AUTHORITY_ADMINISTRATOR)

    def holds(self, *capacities: Capacity) -> bool:
        """Whether one of these is held for anybody."""
        return any(one.capacity in capacities and one.course is None for one in self.relations)

    def capacity(self, held: Iterable[Capacity] = ()) -> Capacity:
        """The capacity in which a reading is recorded: of these, else of any held."""
        for among in (frozenset(held), frozenset(one.capacity for one in self.relations)):
            for capacity in PREFERENCE:
                if capacity in among:
                    return capacity
        return Capacity.SYSTEM


def system_viewer(house: House) -> Viewer:
    """The program itself, for imports."""
    return Viewer(SYSTEM, house.ledger.now(), (), frozenset())


_bearer = OAuth2PasswordBearer(tokenUrl="/api/v1/token", auto_error=False)


async def house_of(request: Request) -> House:
    # What does not wait needs no thread.
    return cast(House, request.app.state.house)


TheHouse = Annotated[House, Depends(house_of)]


def signed_in(
    request: Request,
    house: TheHouse,
    token: Annotated[str | None, Depends(_bearer)],
    igp_receipt: Annotated[
        str | None,
        Header(description="一次寫入的收據：先等到檢視包含那次寫入，再回答。"),
    ] = None,
    igp_purpose: Annotated[
        str | None,
        Header(description="查閱的目的代碼；不填時依身分與查閱的項目記錄。"),
    ] = None,
) -> Viewer:
    """The viewer of a bearer token. Raises `SignInNeeded`, `BodyNotValid`, `PurposeNotValid`."""
    session = sign_in.session_of(house, token) if token else None
    if session is None:
        raise SignInNeeded
    request.state.account = session.account_id
    tell(request, house.complete.shared())
    check_query(request)
    if igp_receipt is not None:
        await_receipt(house, session.account_id, igp_receipt)
    purpose = None if igp_purpose is None else declared(igp_purpose)
    return Viewer.of(house, session.account_id, session.now, session, purpose)


def known_bearer(house: House, authorization: str) -> bool:
    """Whether a header brings the token of a living session."""
    scheme, _, token = authorization.partition(" ")
    return scheme.lower() == "bearer" and sign_in.session_of(house, token.strip()) is not None


def await_receipt(house: House, account_id: UUID, receipt: str) -> None:
    """Waits until the views have passed a receipt's position, two seconds at most."""
    content = house.tokens.open("receipt", receipt, account_id)
    house.waiting.passed(content["p"], account_id if content["b"] == "notes" else None)


def own_profile(
    request: Request, house: TheHouse, token: Annotated[str | None, Depends(_bearer)]
) -> Viewer:
    """As `signed_in`, and a teacher with the token for the own profile alone."""
    keeper = sign_in.profile_keeper(house, token) if token else None
    if keeper is None:
        return signed_in(request, house, token)
    request.state.account = keeper
    return Viewer(keeper, house.ledger.now(), (), frozenset())


def tell(request: Request, complete_until: datetime | None) -> None:
    """Lets the answer say until when what it shows is complete; the earliest is said."""
    earlier = getattr(request.state, "complete_until", None)
    known = [one for one in (earlier, complete_until) if one is not None]
    request.state.complete_until = min(known, default=None)


SignedIn = Annotated[Viewer, Depends(signed_in)]


def _tell_of_own(request: Request, house: TheHouse, viewer: SignedIn) -> None:
    tell(request, house.complete.own(viewer.account_id))


#: Of routes that show what only its author sees.
TELLS_OF_OWN = Depends(_tell_of_own)


def _not_in_doubt(viewer: SignedIn) -> None:
    if viewer.in_doubt:
        raise HolderInDoubt


#: Of routes on what the own ledger holds of its own, without a beginning in time.
NOT_IN_DOUBT = Depends(_not_in_doubt)
OwnProfile = Annotated[Viewer, Depends(own_profile)]
