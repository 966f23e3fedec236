"""Whether who signs in is known to have had the account before (docs/decisions/holder-in-doubt.md).

A code for a new password comes from somebody else, who could use it as well. Whoever came in by one
is in doubt for `DAYS`, until the former password or a passkey registered before says more: the own
ledger (notes, lists of participants, reads of them), drafts and stored reports with notes are
opened only from there on, and every answer is the same whether or not there is anything older.
"""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain import account, password_reset
from domain.capacity import Capacity
from domain.command import Actor
from domain.password_reset import ConfirmHolder, password_reset_id
from domain.refusal import Refusal, StaleVersion
from ledger.database import Connection
from projections.viewer import viewing

if TYPE_CHECKING:
    from api.house import House

#: Longer than most holidays: who has the account finds out in between.
DAYS = 30


class HolderInDoubt(Refusal):
    CODE = "holder-in-doubt"
    STATUS = 403
    TITLE = "密碼是以代碼重設的，這項個人資料暫不開放"

    def __init__(self) -> None:
        super().__init__("請到「我的帳號」輸入重設之前的密碼，或等到該頁所寫的日期。")


class OwnPasswordNeeded(Refusal):
    CODE = "own-password-needed"
    STATUS = 403
    TITLE = "請先設定只有您知道的密碼"

    def __init__(self) -> None:
        super().__init__(
            "目前的密碼是建立帳號的人設定的，知道的人不只您一位。請到「我的帳號」變更密碼，"
            "再填寫只有您看得到的資料。"
        )


class NotInDoubt(Refusal):
    CODE = "holder-not-in-doubt"
    TITLE = "沒有暫不開放的個人資料"


def newest_own(house: "House", account_id: UUID) -> int:
    """Where the account's own ledger ends."""
    with viewing(house.reader, account_id, []) as connection:
        row = connection.execute(
            "SELECT position FROM books.notes_head WHERE owner = %s", (account_id,)
        ).fetchone()
    return int(row[0]) if row else 0


def begin(connection: Connection, account_id: UUID, own_after: int, password_hash: str) -> None:
    """A new password by a code. The former one stays the last that was set without a code."""
    connection.execute(
        "UPDATE desk.credential SET former_hash = CASE WHEN doubted_until > clock_timestamp()"
        " THEN former_hash ELSE password_hash END, password_hash = %(hash)s, chosen = true,"
        " changed_at = clock_timestamp(), own_after = %(after)s,"
        " doubted_until = clock_timestamp() + %(days)s * interval '1 day'"
        " WHERE account = %(account)s",
        {"hash": password_hash, "after": own_after, "days": DAYS, "account": account_id},
    )
    connection.execute(
        "UPDATE desk.draft SET behind ="
        " (SELECT max(behind) + 1 FROM desk.draft WHERE owner = %(account)s)"
        " WHERE owner = %(account)s AND behind = 0",
        {"account": account_id},
    )


def until(house: "House", account_id: UUID) -> datetime | None:
    """Until when the holder is in doubt, by the machine's clock; None where nobody doubts."""
    with house.ledger.pool.connection() as connection:
        row = connection.execute(
            "SELECT doubted_until FROM desk.credential WHERE account = %s"
            " AND doubted_until > clock_timestamp()",
            (account_id,),
        ).fetchone()
    return row[0] if row else None


def end(house: "House", account_id: UUID) -> None:
    """The holder has shown to be who had the account before; recorded. Nothing where nobody
    doubts."""
    person = house.ledger.state(account.evolve, account_id)
    if person is None or until(house, account_id) is None:
        return
    resets = house.ledger.state(password_reset.evolve, password_reset_id(account_id))
    command = ConfirmHolder(actor=Actor(account_id=account_id, capacity=Capacity.SYSTEM))
    event = password_reset.confirm(resets, person, command)

    def believe(connection: Connection) -> None:
        connection.execute(
            "UPDATE desk.credential SET doubted_until = NULL, former_hash = NULL"
            " WHERE account = %s",
            (account_id,),
        )

    try:
        house.ledger.record(event, beside=believe)
    except StaleVersion:
        # Shown on two devices at once, or a code was used meanwhile, after which it counts anew.
        return
