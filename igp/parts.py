"""What the composition is made of below the house: keys, server, database, projector."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from api.openid import OpenId, Provider
from igp import embedded
from igp.metrics import heads
from igp.settings import Settings, SettingsError, make_data_dir
from ledger.database import Database, migrate, passwords_in
from ledger.disk_errors import why
from ledger.entropy import Entropy, SeededEntropy
from ledger.keys import Keyring, KeysError, master_key
from ledger.ledger import Ledger
from ledger.mapper import LedgerMapper
from projections.all_views import all_views
from projections.runner import Runner

#: The database on the embedded server.
DATABASE = "igp"

#: A master key drawn at random has more different bytes than this; one made up by hand has not.
_FEWEST_BYTES = 12


class NotReady(Exception):
    """The ledger cannot be opened as things are; the message (zh-TW) says what to do first."""


def projector(settings: Settings) -> tuple[Runner, Keyring]:
    """The runner of the projector's process, for the views that people wait for, and its keys."""
    entropy, keyring = keys(settings, create=False)
    database = Database(_admin(settings)[0], passwords_in(settings.roles_file))
    return Runner(database, all_views(keyring), LedgerMapper(keyring, entropy)), keyring


def projecting_ledger(settings: Settings) -> Ledger:
    """The ledger as the projector's process needs it, to record the roots of the map; the caller
    closes it."""
    database = Database(_admin(settings)[0], passwords_in(settings.roles_file))
    # With a seed it draws other ids than the process that serves, and than its own predecessors.
    with database.connect("projector") as connection:
        at = heads(connection)
    entropy, keyring = keys(settings, create=False, after=f"{at['records']}/{at['access']}/sealer")
    return Ledger(database, keyring, entropy, size=1)


@contextmanager
def reached(settings: Settings) -> Iterator[Database]:
    """The migrated database without keys or ledger, for what looks on (`status`, `verify`)."""
    make_data_dir(settings)
    with server(settings) as (_, _, database):
        migrate(database)
        yield database


def keys(settings: Settings, *, create: bool, after: str = "") -> tuple[Entropy, Keyring]:
    """The keys of the ledger. With `create` a production master key is made where none is.

    With a seed, `after` says where the books end, so that a process draws other ids than those
    before it. Raises `KeysError`, `SettingsError`.
    """
    _check_whole(settings)
    file = settings.master_key
    # A new master key beside old keys would be a key to nothing.
    if not file.exists() and (settings.keys / "house").is_dir():
        raise KeysError(
            f"找不到主金鑰檔 {file}，但 {settings.keys} 中已有金鑰。"
            "請由備份還原主金鑰檔；沒有它就無法讀取任何資料。"
        )
    if not file.exists() and not settings.simulated and not create:
        raise KeysError(
            f"找不到主金鑰檔 {file}（IGP_MASTER_KEY_FILE）。"
            "請由備份還原；新的紀錄簿請先執行 igp init，由它建立這個檔案。"
        )
    try:
        key = master_key(file, create=settings.simulated or create)
    except OSError as error:
        raise KeysError(f"無法讀取主金鑰檔 {file}（{why(error)}），請確認路徑與權限。") from None
    if not settings.simulated and len(set(key)) < _FEWEST_BYTES:
        raise KeysError(
            f"主金鑰檔 {file} 不是隨機產生的金鑰，正式模式不能使用。"
            "請刪除這個檔案，由 igp init 建立新的。"
        )
    entropy = (
        SeededEntropy(f"{settings.test_seed.get_secret_value()}/{after}".encode())
        if settings.mode == "test" and settings.test_seed is not None
        else Entropy()
    )
    settings.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
    return entropy, Keyring(settings.keys, key, entropy)


def openid(settings: Settings) -> OpenId | None:
    """The provider that people may sign in by, None where none is set. Raises `SettingsError`."""
    if settings.openid_issuer is None:
        return None
    assert settings.openid_client_id is not None
    assert settings.openid_client_secret_file is not None
    # Imported here, for it takes a second that is lost where no provider is set.
    from api.openid_client import AuthlibOpenId

    return AuthlibOpenId(
        Provider(
            issuer=settings.openid_issuer,
            client_id=settings.openid_client_id,
            client_secret=_client_secret(settings.openid_client_secret_file),
            label=settings.openid_label,
            scopes=settings.openid_scopes,
        )
    )


def _client_secret(file: Path) -> SecretStr:
    try:
        if file.stat().st_mode & 0o077:
            raise SettingsError(
                f"其他帳號也能讀取密鑰檔 {file}（IGP_OPENID_CLIENT_SECRET_FILE）。"
                f"請執行 chmod 600 {file}；如果已有別人讀過，請向身分提供者換發密鑰。"
            )
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        secret = ""
    if not secret:
        raise SettingsError(
            f"無法由 {file}（IGP_OPENID_CLIENT_SECRET_FILE）讀取密鑰。請確認路徑、權限與內容。"
        )
    return SecretStr(secret)


@contextmanager
def server(
    settings: Settings, *, restoring: bool = False
) -> Iterator[tuple[bool, str | None, Database]]:
    """Whether we are the first to use the data folder, a note for the person, the database.

    The embedded server is stopped by the last process that used it. Raises `NotReady` where a
    restore has not come to its end, but for the restore itself.
    """
    if not restoring:
        _check_whole(settings)
    users = os.open(settings.users_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        first = _alone(users)
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            admin, note = _admin(settings)
            yield first, note, Database(admin, passwords_in(settings.roles_file))
        finally:
            if settings.database_url is None and _alone(users):
                embedded.stop(settings.server_dir)
    finally:
        os.close(users)


def _check_whole(settings: Settings) -> None:
    if settings.restoring.exists():
        raise NotReady(
            f"{settings.data_dir} 的還原沒有完成，或還原的資料沒有通過查核，不能使用。"
            "請再執行一次同樣的 igp restore，或改用空的資料夾還原另一份備份。"
        )


def _alone(lock: int) -> bool:
    """Takes the lock for us alone if nobody else holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _admin(settings: Settings) -> tuple[str, str | None]:
    """The administrator's conninfo of our database, made if missing, and a note."""
    given = settings.dsn_given()
    if given is not None:
        try:
            psycopg.connect(given, connect_timeout=10).close()
        except psycopg.OperationalError as error:
            reason = "認證失敗" if error.sqlstate else "連不上伺服器，或資料庫不存在"
            raise NotReady(
                f"無法使用 DATABASE_URL 指定的資料庫（{reason}）。"
                "請確認主機、連接埠、帳號、密碼與資料庫名稱，並先建立資料庫。"
            ) from None
        return given, None
    embedded_server = embedded.start(settings.server_dir)
    with psycopg.connect(embedded_server.dsn, autocommit=True) as connection:
        row = connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)
        ).fetchone()
        if row is None:
            # Another process of ours may be quicker.
            with suppress(psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(
                        sql.Identifier(DATABASE)
                    )
                )
    return make_conninfo(embedded_server.dsn, dbname=DATABASE), embedded_server.note
