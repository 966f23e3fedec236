"""`igp replay verify`: what the books say, from their start. It writes no book."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from igp.parts import NotReady, server
from igp.settings import Settings, SettingsError, make_data_dir
from igp.terminal import NO, Failed, progress, say, tell
from ledger.disk_errors import why
from replay.verify import KeyFiles, KeysUnusable, Outside, verify

_NO_LEDGER = "這裡還沒有紀錄簿。"
#: Of the authors' own notes no number is shown to anybody else (design D7).
_COUNTED = ("records", "access")


@dataclass(frozen=True)
class Brought:
    """Files that somebody brings to a verification: published keys, kept checkpoints, witnesses."""

    keys: Sequence[Path] = ()
    checkpoints: Sequence[Path] = ()
    witnesses: Sequence[Path] = ()

    def read(self) -> Outside:
        """Raises `Failed` where a file cannot be read or is not in its form."""
        try:
            return Outside(
                keys=tuple(key for path in self.keys for key in _lines(path)),
                checkpoints=tuple(path.read_bytes() for path in self.checkpoints),
                witnesses=tuple(key for path in self.witnesses for key in _lines(path)),
            )
        except OSError as error:
            raise Failed(f"無法讀取檔案 {error.filename}（{why(error)}）。") from None
        except ValueError:
            raise Failed("提供的公開金鑰或檢查點不符格式，請確認檔案。") from None


def _lines(path: Path) -> list[str]:
    lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines() if line.strip()]
    if not lines:
        raise ValueError("nothing to check with")
    return lines


def verify_books(settings: Settings, brought: Brought | None = None) -> None:
    """Checks the books from their start. Raises `Failed` with status 1 where they are not sound."""
    outside = (brought or Brought()).read()
    make_data_dir(settings)
    files = _key_files(settings)
    with server(settings) as (_, _, database), progress("查核") as step:

        def told(book: str, done: int, total: int) -> None:
            if book in _COUNTED:
                step(done, total, book)

        try:
            report = verify(database.conninfo("owner"), files, told, outside)
        except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
            raise NotReady(_NO_LEDGER) from None
    for book in _COUNTED:
        say(f"{book}：已查核 {report.read[book]} 筆")
    if report.erased:
        say(f"已依法刪除：{report.erased} 位學生，其加密內容無法再開啟，其餘仍已查核。")
    say(f"已簽署的檢查點：{report.checkpoints} 個")
    for left_open in report.unchecked:
        say(f"未查核：{left_open}")
    for finding in report.findings:
        whose = "" if finding.owner is None else f"（{finding.owner}）"
        where = "" if finding.position is None else f"第 {finding.position} 筆"
        say(f"{finding.book}{whose}{where}：{finding.message}（{finding.kind}）")
    if not report.sound:
        raise Failed(
            f"查核未通過，共 {len(report.findings)} 項。請停止使用，並保留這份輸出與資料庫的備份。",
            NO,
        )
    say("查核通過：紀錄簿自始完整，沒有發現竄改。")


def _key_files(settings: Settings) -> KeyFiles | None:
    """The keys to open what is encrypted; without them its form alone is checked."""
    try:
        if settings.keys.is_dir() and settings.master_key.exists():
            return KeyFiles(settings.keys, settings.master_key)
    except SettingsError:
        # Somebody may check the books without holding the master key.
        pass
    except OSError as error:
        raise Failed(f"無法讀取主金鑰檔 {settings.master_key}（{why(error)}）。") from None
    except KeysUnusable as error:
        raise Failed(str(error)) from None
    tell("沒有主金鑰或金鑰資料夾，只查核加密內容的形式，不開啟內容。")
    return None
