"""`igp backup`: what cannot be built again goes into one folder, the keys into another."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from psycopg import IsolationLevel

from igp.backup_manifest import KEYS_MANIFEST, MANIFEST, KeysManifest, Manifest
from igp.composition import program_version
from igp.metrics import heads
from igp.parts import NotReady, reached
from igp.settings import Settings
from igp.terminal import Failed, progress, say, tell
from ledger.birth import clock_of
from ledger.checkpoints import last_checkpoint
from ledger.database import Connection
from ledger.disk_errors import why
from ledger.dump import dump
from ledger.durable import new_file, replace_file, sync_folder

#: What the key folder holds; a master key that somebody put there is not copied.
KEY_FOLDERS = ("student", "account", "document", "house")


def back_up(settings: Settings, folder: Path, keys: Path | None) -> None:
    """Writes the database's files into `folder` and, where asked, the keys into `keys`.

    Both must be new or empty, and neither may lie in the other. Raises `Failed`, `NotReady`.
    """
    try:
        _back_up(settings, folder.absolute(), None if keys is None else keys.absolute())
    except OSError as error:
        raise Failed(
            f"備份沒有完成（{why(error)}）。請確認磁碟空間與權限，再備份到新的資料夾。"
        ) from None


def _back_up(settings: Settings, folder: Path, keys: Path | None) -> None:
    if keys is not None:
        _apart(folder, keys)
    with reached(settings) as database:
        clock = clock_of(database)
        if clock is None:
            raise NotReady("這裡還沒有紀錄簿，沒有可以備份的資料。")
        for one in (folder, *([keys] if keys is not None else [])):
            _new(one)
        with (
            database.connect("owner", autocommit=False) as connection,
            progress("備份") as step,
        ):
            # One instant of everything, whoever writes meanwhile.
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            at = heads(connection)
            ledger, ends_at = _ends(connection)
            checkpoint = last_checkpoint(connection, "records")
            tables = dump(connection, folder, step)
            manifest = Manifest(
                ledger=ledger,
                clock=clock,
                program=program_version(),
                made_at=datetime.now(UTC),
                migrations=_migrations(connection),
                records=at["records"],
                access=at["access"],
                ends_at=ends_at,
                checkpoint=None if checkpoint is None else str(checkpoint.note),
                tables=tuple(tables),
            )
    # Last of all: a folder without it is no backup.
    replace_file(folder / MANIFEST, manifest.model_dump_json(indent=1).encode())
    sync_folder(folder.parent)
    say(f"已備份到 {folder}：records {manifest.records} 筆，access {manifest.access} 筆。")
    if keys is None:
        tell("金鑰不在其中。請另外以 --keys 備份到別處；沒有金鑰就無法讀取還原的資料。")
    else:
        _copy_keys(settings, keys, ledger)
        say(f"金鑰已備份到 {keys}。")
        tell("請把它與資料庫的備份放在不同的地方，並只保留最近一份：依法刪除的金鑰不可留在備份中。")
    tell("主金鑰不在備份中，請另外保存；沒有主金鑰，任何備份都無法讀取。")


def copy_key_files(source: Path, target: Path, leave_out: Collection[str] = ()) -> None:
    """Copies the files of a key folder that `target` does not have, durably.

    `leave_out` are names below the folder, with slashes.
    """
    target.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in KEY_FOLDERS:
        # Sorted, so that a folder comes before what lies in it.
        for path in (source / part, *sorted((source / part).rglob("*"))):
            name = path.relative_to(source)
            goal = target / name
            if path.is_dir():
                goal.mkdir(mode=0o700, exist_ok=True)
            elif path.suffix != ".part" and name.as_posix() not in leave_out:
                _copy_new(path, goal)
    for path in (target, *(one for one in target.glob("**/") if one != target)):
        sync_folder(path)


def _copy_new(path: Path, goal: Path) -> None:
    if goal.exists():
        return
    part = goal.with_name(goal.name + ".part")
    part.unlink(missing_ok=True)
    with new_file(part) as stream:
        stream.write(path.read_bytes())
    part.rename(goal)


def _copy_keys(settings: Settings, keys: Path, ledger: object) -> None:
    """After the database: the keys of what it holds were durable before."""
    copy_key_files(settings.keys, keys)
    manifest = KeysManifest.model_validate({"ledger": ledger, "made_at": datetime.now(UTC)})
    replace_file(keys / KEYS_MANIFEST, manifest.model_dump_json(indent=1).encode())
    sync_folder(keys.parent)


def _apart(folder: Path, keys: Path) -> None:
    one, other = folder.resolve(), keys.resolve()
    if one == other or one in other.parents or other in one.parents:
        raise Failed(
            "金鑰不可與資料庫的備份放在同一個資料夾：兩者在一起，等於沒有加密。"
            "請以 --keys 指定別處的資料夾。"
        )


def _new(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise Failed(f"{folder} 已有檔案，不會覆寫。請指定新的資料夾。")
        folder.chmod(0o700)
    except OSError as error:
        raise Failed(f"無法使用資料夾 {folder}（{why(error)}）。") from None


def _ends(connection: Connection) -> tuple[object, datetime]:
    """The id of the ledger, and when its last record was made."""
    row = connection.execute(
        "SELECT convert_from(body, 'UTF8')::jsonb->>'event_id', (SELECT recorded_at"
        " FROM books.records ORDER BY position DESC LIMIT 1) FROM books.records WHERE position = 1"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _migrations(connection: Connection) -> tuple[str, ...]:
    rows = connection.execute(
        "SELECT migration_id FROM migrations._yoyo_migration ORDER BY migration_id"
    ).fetchall()
    return tuple(str(row[0]) for row in rows)
