"""What was restored is held against checkpoints that were kept, and verified from its start."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from domain.calendar import roc_instant
from igp.settings import Settings, SettingsError
from igp.terminal import progress, tell
from ledger.checkpoints import SealedBook
from ledger.database import Connection, Database
from ledger.growing import Growing
from ledger.leaf import leaf_hash, leaf_of
from ledger.signed_note import BadNote, Note, VerifierKey, parse_checkpoint, signing_key
from replay.verify import KeyFiles, KeysUnusable, verify

_SIGNING = "house/signing.key"
_ROWS = 2000
#: Where the time of an event stands among the columns that are read.
_TIME = 5


@dataclass(frozen=True)
class Compared:
    """`same` where the book holds what was signed, `older` where it ends before that, `other`
    where it holds something else, `unsigned` where the checkpoint is not of this ledger's key."""

    kind: Literal["same", "older", "other", "unsigned"]
    message: str


def book_of(note: Note, prefix: str) -> SealedBook | None:
    """The book that a checkpoint is about; None where it is of another ledger. Raises `BadNote`."""
    origin = parse_checkpoint(note).origin
    books: tuple[SealedBook, ...] = ("records", "access")
    return next((book for book in books if origin == f"{prefix}/{book}"), None)


def compare(database: Database, note: Note, book: SealedBook, files: KeyFiles | None) -> Compared:
    """Holds a book against a checkpoint. The time is linear in the events that it counts."""
    said = parse_checkpoint(note)
    if files is not None and not _signed(note, said.origin, files):
        return Compared("unsigned", "檢查點不是由這個紀錄簿的金鑰簽署，無法據以比對。")
    tree = Growing()
    ends_at = None
    with database.connect("owner", autocommit=False) as connection:
        for row in _rows(connection, book, said.size):
            tree.add(leaf_hash(leaf_of(book, None, *row)))
            ends_at = row[_TIME]
    if tree.size < said.size:
        ends = "" if ends_at is None else f"，最後一筆在{roc_instant(ends_at)}"
        return Compared(
            "older",
            f"還原的紀錄簿比保存的檢查點舊：檢查點涵蓋 {book} {said.size} 筆，"
            f"還原的只有 {tree.size} 筆{ends}，缺少之後的 {said.size - tree.size} 筆。",
        )
    if tree.root() != said.root:
        return Compared(
            "other", f"還原的 {book} 前 {said.size} 筆與保存的檢查點不符：內容被更動過。"
        )
    return Compared("same", f"還原的 {book} 與保存的檢查點（{said.size} 筆）相符。")


def key_files(settings: Settings) -> KeyFiles | None:
    """The keys at hand; without them signatures and ciphertexts are not looked into."""
    try:
        if settings.keys.is_dir() and settings.master_key.exists():
            return KeyFiles(settings.keys, settings.master_key)
    except (SettingsError, OSError):
        pass
    except KeysUnusable as error:
        tell(str(error))
    tell("沒有主金鑰或金鑰資料夾，只查核加密內容的形式，也不核對檢查點的簽章。")
    return None


def prove(database: Database, files: KeyFiles | None) -> list[str]:
    """What a verification of all books found, a line each."""
    with progress("查核") as step:

        def told(book: str, done: int, total: int) -> None:
            # Of the authors' own notes no number is shown (design D7).
            if book != "notes":
                step(done, total, book)

        report = verify(database.conninfo("owner"), files, told)
    lines = []
    for finding in report.findings:
        whose = "" if finding.owner is None else f"（{finding.owner}）"
        where = "" if finding.position is None else f"第 {finding.position} 筆"
        lines.append(f"{finding.book}{whose}{where}：{finding.message}（{finding.kind}）")
    return lines


def _signed(note: Note, origin: str, files: KeyFiles) -> bool:
    """Whether the ledger's key signed it; true where there is no key to ask."""
    extracted = files.extracted(_SIGNING)
    if extracted is None:
        return True
    public = signing_key(extracted).public_key().public_bytes_raw()
    try:
        VerifierKey(origin, public).check(note)
    except BadNote:
        return False
    return True


def _rows(connection: Connection, book: SealedBook, size: int) -> Iterator[tuple[Any, ...]]:
    """The columns of `ledger.leaf.leaf_of` after the owner."""
    with connection.cursor("leaves", binary=True) as cursor:
        cursor.itersize = _ROWS
        cursor.execute(
            "SELECT position, stream_id, stream_version, topic, subject, recorded_at, body"
            f" FROM books.{book} WHERE position <= %s ORDER BY position".encode(),
            (size,),
        )
        yield from cursor
