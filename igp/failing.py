"""What somebody is told when a command fails: the message and the remedy, never a traceback."""

from errno import EDQUOT, ENOSPC

import psycopg
from psycopg_pool import PoolTimeout

from igp import logs
from igp.backup_manifest import BadBackup
from igp.embedded import EmbeddedServerError
from igp.parts import NotReady
from igp.settings import SettingsError, load_settings
from ledger.database import DatabaseError
from ledger.disk_errors import why
from ledger.errors import ClockRefused, LedgerError
from ledger.keys import KeysError
from ledger.modes import WrongMode
from replay.rebuild import RebuildError

#: Errors whose message says what to do.
_REMEDIES = (
    SettingsError,
    NotReady,
    EmbeddedServerError,
    DatabaseError,
    KeysError,
    RebuildError,
    BadBackup,
)


def told(error: Exception) -> str:
    """The message (zh-TW). Of an error that nobody expected the place stands in the log."""
    match error:
        case _ if isinstance(error, _REMEDIES):
            return str(error)
        case WrongMode():
            return f"{error}請檢查 IGP_MODE，或以 IGP_DATA_DIR 指定另一個資料夾。"
        case ClockRefused():
            return (
                "伺服器的時鐘與紀錄簿的最後一筆紀錄不符，沒有儲存任何資料。請先校正伺服器時間；"
                "時間正確仍出現這項訊息時，請執行 igp ledger resume --reason 原因。"
            )
    logs.report(error)
    if _no_room(error):
        return (
            "磁碟空間不足，這項作業沒有完成；已保存的資料都在。請清出空間"
            f"（包括資料庫與暫存檔所在的磁碟）再執行一次。{_where_the_log_is()}"
        )
    if isinstance(error, OSError) and error.filename is not None:
        return f"無法使用 {error.filename}（{why(error)}）。{_where_the_log_is()}"
    if isinstance(error, LedgerError | PoolTimeout | psycopg.OperationalError):
        return f"資料庫目前無法使用，沒有儲存任何資料，請稍後再試。{_where_the_log_is()}"
    return f"發生未預期的錯誤（{type(error).__name__}）。{_where_the_log_is()}"


def _no_room(error: BaseException | None) -> bool:
    """Whether a full disk stands behind an error, the database's or this program's."""
    while error is not None:
        if isinstance(error, psycopg.errors.DiskFull):
            return True
        if isinstance(error, OSError) and error.errno in (ENOSPC, EDQUOT):
            return True
        error = error.__cause__ or error.__context__
    return False


def _where_the_log_is() -> str:
    try:
        path = load_settings().log_path
    except SettingsError:
        return ""
    return f"詳情請見 {path}。" if path is not None else "詳情請見上方的紀錄。"
