"""The orders of erasure that stand in the book are carried out, whatever came between.

The steps, each durable before the next: the event in the book, the drafts and what stands beside
the books, the keys. Whoever is killed between two of them leaves an order that the next start, the
next hour of a server or the next `igp erase` finishes.
"""

from uuid import UUID

import structlog

from api.drafts import drop_about
from domain.programme_document import ERASED
from domain.student import StudentErased
from ledger.erasure import Order, finish, is_finished
from ledger.ledger import Ledger

log = structlog.get_logger("igp.erasures")


def finish_erasures(ledger: Ledger) -> int:
    """Finishes the orders that were not: after a crash, or when keys came back with a backup.

    Returns how many.
    """
    left = [one for one in orders(ledger) if not is_finished(ledger, one)]
    for one in left:
        carry_out(ledger, one)
        log.warning("erasure.finished", student=str(one.student))
    stands = ledger.keyring.stands
    scans = [one for one in scans_ordered(ledger) if stands("document.record", one)]
    for scan in scans:
        destroy_scan(ledger, scan)
        log.warning("erasure.finished", document=str(scan))
    ledger.forget_erased()
    return len(left) + len(scans)


def destroy_scan(ledger: Ledger, scan: UUID) -> None:
    """What an order in the book takes away of one scan: its key; may be done again."""
    ledger.keyring.destroy_document(scan)
    ledger.forget_erased()


def scans_ordered(ledger: Ledger) -> list[UUID]:
    """The scans that orders in the book took."""
    with ledger.database.connect("projector") as connection:
        rows = connection.execute(_SCANS, {"topics": _SCAN_TOPICS}).fetchall()
    return [scan for (scan,) in rows]


def carry_out(ledger: Ledger, order: Order) -> None:
    """Everything that an order in the book takes away; may be done again."""
    drop_about(ledger, order.student, _known_by(ledger, order.student))
    finish(ledger, order)


def orders(ledger: Ledger, of: UUID | None = None) -> list[Order]:
    """The orders in the book, of one student or of all."""
    # The view knows all but the newest, so that a large book is not read at every start.
    with ledger.database.connect("projector") as connection:
        rows = connection.execute(_ORDERS, {"topic": StudentErased.TOPIC, "student": of}).fetchall()
    return [Order.of(subject, bytes(body)) for subject, body in rows]


_SCAN_TOPICS = [one.event.TOPIC for one in ERASED.values()]
_SCANS = b"""
SELECT scan FROM views.erasure_scan
UNION
SELECT b.stream_id FROM books.records b WHERE b.topic = ANY(%(topics)s)
  AND b.position > coalesce((SELECT position FROM views.checkpoint WHERE view = 'erasures'), 0)
"""

_ORDERS = b"""
SELECT b.subject, b.body FROM views.erasure e JOIN books.records b USING (position)
WHERE b.topic = %(topic)s AND (%(student)s::uuid IS NULL OR b.subject = %(student)s)
UNION
SELECT b.subject, b.body FROM books.records b
WHERE b.topic = %(topic)s AND (%(student)s::uuid IS NULL OR b.subject = %(student)s)
  AND b.position > coalesce((SELECT position FROM views.checkpoint WHERE view = 'erasures'), 0)
"""


def _known_by(ledger: Ledger, student_id: UUID) -> set[str]:
    """The id of the student, and every national ID that was theirs, while a key still opens it."""
    words = {str(student_id)}
    for event in ledger.events(student_id):
        number = getattr(event, "national_id", None)
        if isinstance(number, str):
            words.add(number)
    return words
