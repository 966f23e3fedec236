"""What an order takes away once its event is in the book: what stands beside it, and the keys.

The event comes first (`domain.student.StudentErased`), so that a process killed anywhere leaves
either nothing or an order that the next one finishes: every step here may be done again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from domain import dispute
from domain.student_account import StudentAccountLinked
from ledger.database import Connection
from ledger.ledger import Ledger


@dataclass(frozen=True)
class Order:
    """An order in the book: whom it erases, and the accounts that were the student's own."""

    student: UUID
    accounts: tuple[UUID, ...]

    @classmethod
    def of(cls, student: UUID, body: bytes) -> "Order":
        """The order of a stored `student.erased.v1`."""
        return cls(student, tuple(UUID(one) for one in orjson.loads(body)["account_ids"]))


def open_disputes(connection: Connection, student: UUID) -> Sequence[UUID]:
    """The disputes about a student that are neither decided nor withdrawn, as the book says.

    `connection` reads the books.
    """
    rows = connection.execute(
        "SELECT topic, stream_id FROM books.records"
        " WHERE subject = %s AND topic LIKE 'dispute.%%' ORDER BY position",
        (student,),
    )
    return sorted(dispute.open_disputes(rows))


def accounts_linked(connection: Connection, student: UUID) -> Sequence[UUID]:
    """The accounts that were ever linked as the student's own. `connection` reads the books."""
    rows = connection.execute(
        "SELECT body FROM books.records WHERE subject = %s AND topic = %s",
        (student, StudentAccountLinked.TOPIC),
    )
    return sorted({UUID(orjson.loads(body)["account_id"]) for (body,) in rows})


def is_finished(ledger: Ledger, order: Order) -> bool:
    """Whether none of the keys is there any more, which are the last to go."""
    stands = ledger.keyring.stands
    return not (
        stands("student.record", order.student)
        or stands("student.note", order.student)
        or any(stands("account.record", one) for one in order.accounts)
        or any(stands("account.author", one) for one in order.accounts)
    )


def finish(ledger: Ledger, order: Order) -> None:
    """Removes what stands beside the books, then the keys; returns when that is durable."""
    accounts = list(order.accounts)
    with ledger.pool.connection() as connection:
        connection.execute(
            "DELETE FROM desk.national_id_reservation WHERE student_id = %s", (order.student,)
        )
        connection.execute("DELETE FROM desk.session WHERE account = ANY(%s)", (accounts,))
        connection.execute("DELETE FROM desk.credential WHERE account = ANY(%s)", (accounts,))
        connection.execute("DELETE FROM desk.password_reset WHERE account = ANY(%s)", (accounts,))
        connection.execute("DELETE FROM desk.openid_link WHERE account = ANY(%s)", (accounts,))
        connection.execute("DELETE FROM desk.passkey WHERE account = ANY(%s)", (accounts,))
        connection.execute("DELETE FROM desk.passkey_step WHERE account = ANY(%s)", (accounts,))
        connection.execute("DELETE FROM desk.draft WHERE owner = ANY(%s)", (accounts,))
        connection.execute("DELETE FROM desk.report WHERE owner = ANY(%s)", (accounts,))
    for account in accounts:
        ledger.keyring.destroy_account(account)
    ledger.keyring.destroy_student(order.student)
    ledger.forget_erased()
