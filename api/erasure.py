"""The order by which a student is erased: decided here, for `igp erase` (design D11).

It has no address: whoever carries it out destroys keys, which lie where the program runs.
"""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any
from uuid import UUID

from api.acting import Acting, Asked, Body, Decided, Deed, Done, office, perform
from api.house import House
from api.seeing import student_seen
from api.step_documents import document_of
from api.viewer import Viewer
from domain import account, erasure, legal_hold, programme_document, student, student_account
from domain.account import Role
from domain.capacity import Capacity
from domain.command import Actor
from domain.erasure import EraseStudent
from domain.legal_hold import hold_id
from domain.programme_document import NotErasableAlone
from domain.refusal import NotFound, StaleVersion
from domain.section import Line
from domain.student import Student
from domain.student_account import link_id
from ledger.database import Connection
from ledger.erasure import accounts_linked, open_disputes
from ledger.files import place_of
from ledger.recorder import Beside
from ledger.standing import together, unmoved

#: `Deed.ask`.
Ask = Callable[[], None]


class ErasureOrder(Body):
    """The number (文號) and the date of the document that orders it."""

    order_number: Line
    order_date: date | None = None


def erase(
    house: House, viewer: Viewer, student_id: UUID, asked: Asked, ask: Ask | None = None
) -> Done:
    """Records the order from an `ErasureOrder`; what it takes away is removed by the caller."""
    deed: Deed[Student, ErasureOrder] = Deed(
        what="student.erase",
        body=ErasureOrder,
        see=lambda acting: student_seen(acting, student_id),
        permit=office(Capacity.AUTHORITY_ADMINISTRATOR),
        decide=_decide,
        students=(student_id,),
        ask=ask,
    )
    return perform(house, viewer, asked, deed)


def erase_document(
    house: House, viewer: Viewer, document: UUID, asked: Asked, ask: Ask | None = None
) -> Done:
    """Records the order that takes one scan, from an `ErasureOrder`; its key is destroyed by the
    caller. What stands against the erasure of its student stands against this one.

    Raises `NotFound`, `NotAllowed`, `DocumentErased`, `NotErasableAlone`, `LegalHoldStands`,
    `DisputeOpen`, `NotValid`.
    """

    def see(acting: Acting) -> None:
        known = document_of(acting, document)
        of = None if known is None else known.student_id
        if known is None:
            with acting.looking() as connection:
                place = place_of(connection, document)
            if place is None:
                raise NotFound
            of = place.subject
        if of is not None:
            student_seen(acting, of)

    def decide(acting: Acting, _: None, actor: Actor, given: ErasureOrder) -> Decided:
        # As the books have it now: another order may have been quicker.
        seen = document_of(acting, document)
        if seen is None:
            raise NotErasableAlone(NotErasableAlone.PLAN_FILE)
        event = programme_document.erased(
            seen, actor, given.order_number, given.order_date, acting.today
        )
        if not house.ledger.keyring.stands("document.record", document):
            raise NotErasableAlone(NotErasableAlone.OLD_SCAN)
        after = None if seen.student_id is None else _nothing_against(acting, seen.student_id)
        return Decided((event,), document, event.originator_version, after=after)

    deed: Deed[None, ErasureOrder] = Deed(
        what="document.erase",
        body=ErasureOrder,
        see=see,
        permit=office(Capacity.AUTHORITY_ADMINISTRATOR),
        decide=decide,
        ask=ask,
    )
    return perform(house, viewer, asked, deed)


def _nothing_against(acting: Acting, of: UUID) -> Beside:
    """For `after`: that neither hold nor dispute stands against it, then as now. Raises
    `LegalHoldStands`, `DisputeOpen`."""
    ledger = acting.house.ledger
    hold = acting.state(legal_hold.evolve, hold_id(of))
    with ledger.database.connect("projector") as connection:
        disputes, linked = open_disputes(connection, of), accounts_linked(connection, of)
    erasure.check_free(hold, disputes)
    still = unmoved({hold_id(of): 0 if hold is None else hold.version})
    return together(still, _unchanged(acting, of, linked))


def _decide(acting: Acting, seen: Student, actor: Actor, given: ErasureOrder) -> Decided:
    ledger, of = acting.house.ledger, seen.student_id
    hold = acting.state(legal_hold.evolve, hold_id(of))
    with ledger.database.connect("projector") as connection:
        disputes, linked = open_disputes(connection, of), accounts_linked(connection, of)
    own, met = _own_of(acting, linked, of)
    command = EraseStudent(
        actor=actor,
        today=acting.today,
        order_number=given.order_number,
        order_date=given.order_date,
        account_ids=tuple(own),
    )
    known = acting.known(student.evolve, of)
    event = erasure.erase(known, command, hold=hold, open_disputes=disputes)
    still = unmoved({hold_id(of): 0 if hold is None else hold.version} | met)
    nothing_new = _unchanged(acting, of, linked)
    return Decided((event,), of, event.originator_version, after=together(still, nothing_new))


def _own_of(acting: Acting, linked: Iterable[UUID], of: UUID) -> tuple[list[UUID], dict[UUID, int]]:
    """The accounts that were last this student's and are nobody else's, and the versions of what
    says so of each that was linked."""
    own: list[UUID] = []
    met: dict[UUID, int] = {}
    for one in linked:
        link = acting.known(student_account.evolve, link_id(one))
        met[link_id(one)] = link.version
        person = acting.state(account.evolve, one)
        if person is not None:
            met[one] = person.version
            if link.student_id == of and set(person.roles) == {Role.STUDENT}:
                own.append(one)
    return own, met


def _unchanged(acting: Acting, of: UUID, linked: Any) -> Beside:
    """For `after`: that no dispute was opened and no account linked since it was decided."""

    def look(_: Connection) -> None:
        # A second connection, for this one may not read the books. It sees all there is: the lock
        # of the book is ours.
        with acting.house.ledger.database.connect("projector") as connection:
            if open_disputes(connection, of) or accounts_linked(connection, of) != linked:
                raise StaleVersion(0)

    return look
