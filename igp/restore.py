"""`igp restore`: a backup becomes a ledger again, in an empty place, and is proved.

1. The backup is read: its form, its version, every file by its digest.
2. The place is empty, or an earlier attempt with this very backup stopped there.
3. From now on a file says that a restore is under way, and nothing else serves from here.
4. The tables are made as they were then, filled in one transaction, and brought up to date.
5. The keys come back, but none that an order in the book had destroyed.
6. The book is compared with the checkpoints at hand, and read and hashed from its start.
7. Only now the file of step 3 goes.
"""

import hashlib
from pathlib import Path

from domain.calendar import roc_instant
from igp.backup import copy_key_files
from igp.backup_manifest import (
    MANIFEST,
    BadBackup,
    Manifest,
    read_keys_manifest,
    read_manifest,
)
from igp.parts import server
from igp.restore_proof import book_of, compare, key_files, prove
from igp.settings import Settings, make_data_dir
from igp.terminal import NO, Failed, say, tell
from ledger.database import MIGRATIONS, Database, migrate
from ledger.disk_errors import why
from ledger.dump import DumpError, check_files, is_empty, load
from ledger.durable import replace_file, sync_folder
from ledger.signed_note import BadNote, Note, parse_note
from replay.verify.erasures import erasures


def restore(
    settings: Settings, folder: Path, keys: Path | None, checkpoint: Path | None, *, verify: bool
) -> None:
    """Restores `folder` and, where given, the keys of `keys`.

    Raises `Failed`: with status 2 where nothing was restored, with 1 where what was restored is
    not sound, or older than a checkpoint that somebody kept.
    """
    folder = folder.absolute()
    manifest, digest = _read(folder)
    kept = None if checkpoint is None else _kept(checkpoint, manifest)
    if keys is not None and read_keys_manifest(keys).ledger != manifest.ledger:
        raise BadBackup(f"{keys} 的金鑰屬於另一個紀錄簿。請指定同一個紀錄簿的金鑰備份。")
    make_data_dir(settings)
    with server(settings, restoring=True) as (first, _, database):
        if not first:
            raise Failed(f"{settings.data_dir} 正在使用中。請先停止程式，再執行還原。")
        begun = _begun(settings, digest)
        if begun is None:
            _check_place(settings, database, keys)
            replace_file(settings.restoring, digest.encode())
        if begun is None or is_empty(database):
            migrate(database, only=manifest.migrations)
            try:
                load(database, manifest.clock, folder, manifest.tables)
            except DumpError as error:
                raise Failed(str(error)) from None
        migrate(database)
        if keys is not None:
            copy_key_files(keys, settings.keys, leave_out=_destroyed(database))
        say(
            f"已還原：records {manifest.records} 筆，access {manifest.access} 筆，"
            f"最後一筆紀錄在{roc_instant(manifest.ends_at)}。"
        )
        sentence = _proved(settings, database, manifest, kept, verify=verify)
        settings.restoring.unlink()
        sync_folder(settings.data_dir)
    if not (settings.keys / "house").is_dir():
        tell(f"{settings.keys} 中還沒有金鑰。啟動前請以備份的金鑰還原這個資料夾。")
    say("所有人都要重新登入。檢視會在啟動時由紀錄簿重建。")
    tell(
        "備份之後才有的刪除命令不在還原的紀錄簿中：請依保存的公文，"
        "對每位依法刪除的學生再執行一次 igp erase。"
    )
    if sentence is not None:
        raise Failed(sentence, NO)


def _read(folder: Path) -> tuple[Manifest, str]:
    """The manifest of a backup whose files are as they were written, and its digest."""
    manifest = read_manifest(folder)
    unknown = set(manifest.migrations) - {path.stem for path in MIGRATIONS.glob("*.sql")}
    if unknown:
        raise BadBackup(
            f"這份備份來自較新的版本（{manifest.program}），這個版本的程式不認得"
            f" {'、'.join(sorted(unknown))}。請先更新程式。"
        )
    try:
        check_files(folder, manifest.tables)
    except DumpError as error:
        raise BadBackup(str(error)) from None
    return manifest, hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def _kept(file: Path, manifest: Manifest) -> Note:
    """The checkpoint that somebody kept. Raises `Failed` where it is none of this ledger."""
    try:
        note = parse_note(file.read_text(encoding="utf-8"))
        book = book_of(note, manifest.prefix)
    except OSError as error:
        raise Failed(f"無法讀取檢查點 {file}（{why(error)}）。") from None
    except (BadNote, UnicodeDecodeError):
        raise Failed(f"{file} 不是檢查點。請指定當時保存的檢查點檔案。") from None
    if book is None:
        raise Failed(f"{file} 是另一個紀錄簿的檢查點。請指定這個紀錄簿的檢查點檔案。")
    return note


def _begun(settings: Settings, digest: str) -> str | None:
    """What an earlier attempt left, where it was with the same backup. Raises `Failed`."""
    if not settings.restoring.exists():
        return None
    begun = settings.restoring.read_text()
    if begun != digest:
        raise Failed(
            f"{settings.data_dir} 中另一份備份的還原沒有完成。"
            "請改用空的資料夾（與空的資料庫）再還原。"
        )
    return begun


def _check_place(settings: Settings, database: Database, keys: Path | None) -> None:
    if not is_empty(database):
        raise Failed(
            "這裡已有紀錄簿，不會覆寫。請以 IGP_DATA_DIR 指定空的資料夾，"
            "或以 DATABASE_URL 指定空的資料庫。"
        )
    if keys is not None and any(settings.keys.glob("*/**/*")):
        raise Failed(f"{settings.keys} 中已有金鑰，不會覆寫。請指定空的資料夾，或不要加上 --keys。")


def _destroyed(database: Database) -> frozenset[str]:
    """The files that orders in the book have destroyed: an old backup must not bring them back."""
    with database.connect("owner") as connection:
        return frozenset(name for order in erasures(connection) for name in order.files)


def _proved(
    settings: Settings, database: Database, manifest: Manifest, kept: Note | None, *, verify: bool
) -> str | None:
    """What to say where the book is older than a kept checkpoint. Raises `Failed` where it is not
    the book that was signed, or not sound; then nothing serves from here."""
    files = key_files(settings)
    sentence = None
    for note in (_own(manifest), kept):
        if note is None:
            continue
        book = book_of(note, manifest.prefix)
        # A manifest that names another ledger was changed, and the file was looked at before.
        outcome = None if book is None else compare(database, note, book, files)
        if outcome is None or (outcome.kind != "same" and note is not kept):
            raise Failed("備份中的檢查點與還原的資料不符。" + _held(settings), NO)
        if outcome.kind == "other":
            raise Failed(outcome.message + _held(settings), NO)
        if outcome.kind != "same":
            sentence = outcome.message
        elif note is kept:
            say(outcome.message)
    if verify:
        findings = prove(database, files)
        for finding in findings:
            say(finding)
        if findings:
            raise Failed(f"查核未通過，共 {len(findings)} 項。" + _held(settings), NO)
        say("查核通過：還原的紀錄簿自始完整，沒有發現竄改。")
    return sentence


def _own(manifest: Manifest) -> Note | None:
    if manifest.checkpoint is None:
        return None
    try:
        return parse_note(manifest.checkpoint)
    except BadNote:
        raise BadBackup("備份中的檢查點不正確。請改用另一份備份。") from None


def _held(settings: Settings) -> str:
    return (
        "還原的資料不會啟動。請保留這份輸出，並改用另一份備份；"
        f"確定仍要使用時，請刪除 {settings.restoring}。"
    )
