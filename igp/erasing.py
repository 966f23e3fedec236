"""`igp erase`: a student, or one scan, is erased by a lawful order (design D11; see
docs/decisions/erasure.md).

First the event is in the book and the views are past it; then `igp.erasures` carries it out.
"""

from uuid import UUID

from api import erasure
from api.acting import Asked
from api.erasure import Ask, ErasureOrder
from api.viewer import Viewer
from domain.calendar import parse_date
from domain.erasure import DisputeOpen
from domain.legal_hold import LegalHoldStands
from domain.programme_document import DocumentErased, NotErasableAlone
from domain.student import StudentIsErased
from igp.composition import Running, build
from igp.erasures import carry_out, destroy_scan, orders, scans_ordered
from igp.identity import acting_as
from igp.settings import Settings
from igp.terminal import NO, Failed, confirm, say


def erase_student(
    settings: Settings,
    username: str | None,
    student: str,
    number: str,
    day: str | None,
    *,
    sure: bool,
) -> None:
    """Records the order of a document with this number and date, and carries it out.

    Raises `Failed`, with status 1 where something stands against it, and refusals.
    """
    student_id, order = _asked(student, number, day)
    ask = None if sure else _question("學生", student_id)
    with build(settings) as running, running.projecting():
        running.catch_up()
        with acting_as(running, username) as viewer:
            again = not _record(running, viewer, student_id, order, ask)
        # Nobody is shown a page of before by a view that had not come so far.
        running.catch_up()
        for one in orders(running.ledger, student_id):
            carry_out(running.ledger, one)
    if again:
        say("這位學生先前已依法刪除；已確認金鑰均已銷毀。")
    else:
        say(f"已依法刪除（文號 {order.order_number.strip()}）：金鑰已銷毀，內容無法再開啟。")
    say("已交付的文件、匯出的檔案與證據檔不會收回；金鑰的備份請依規定銷毀。")


def erase_scan(
    settings: Settings,
    username: str | None,
    scan: str,
    number: str,
    day: str | None,
    *,
    sure: bool,
) -> None:
    """The same of one scan that a programme asked for: its key goes, nothing else."""
    scan_id, order = _asked(scan, number, day)
    ask = None if sure else _question("上傳資料", scan_id)
    with build(settings) as running, running.projecting():
        running.catch_up()
        again = False
        with acting_as(running, username) as viewer:
            try:
                erasure.erase_document(running.house, viewer, scan_id, Asked(body=order), ask)
            except DocumentErased:
                again = True
            except (LegalHoldStands, DisputeOpen, NotErasableAlone) as refusal:
                raise Failed(refusal.detail or refusal.TITLE, NO) from None
        running.catch_up()
        if scan_id in scans_ordered(running.ledger):
            destroy_scan(running.ledger, scan_id)
    if again:
        say("這份資料先前已依法刪除；已確認金鑰已銷毀。")
    else:
        say(f"已依法刪除這份資料（文號 {order.order_number.strip()}）：金鑰已銷毀，無法再開啟。")
    say("已下載的檔案不會收回；金鑰的備份請依規定銷毀。")


def _asked(identity: str, number: str, day: str | None) -> tuple[UUID, ErasureOrder]:
    """What was typed. Raises `Failed`."""
    try:
        known = UUID(identity)
    except ValueError:
        raise Failed("請填學生或上傳資料的識別碼，例如網址中的那一段。") from None
    try:
        ordered = None if day is None else parse_date(day)
    except ValueError:
        raise Failed("--order-date 請填日期，例如 114.2.14。") from None
    return known, ErasureOrder(order_number=number, order_date=ordered)


def _question(whose: str, known: UUID) -> Ask:
    return lambda: confirm(f"刪除之後無法復原。請再輸入一次{whose}的識別碼", str(known))


def _record(
    running: Running, viewer: Viewer, student_id: UUID, order: ErasureOrder, ask: Ask | None
) -> bool:
    """Whether the order was recorded now; False where the student was erased before."""
    try:
        erasure.erase(running.house, viewer, student_id, Asked(body=order), ask)
    except StudentIsErased:
        return False
    except (LegalHoldStands, DisputeOpen) as refusal:
        raise Failed(refusal.detail, NO) from None
    return True
