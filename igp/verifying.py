"""`igp replay verify`: the books checked from their start, by a program that did not write them."""

from contextlib import ExitStack
from uuid import UUID

from igp.parts import reached
from igp.settings import Settings, SettingsError
from igp.terminal import NO, Failed, Step, progress, say, tell
from replay.verify import BOOKS, Finding, KeyFiles, KeysUnusable, Report, verify


def verify_books(settings: Settings) -> None:
    """Checks the books from their start and says every finding.

    Raises `Failed` with status 1 where there is one, with status 2 where the keys do not fit.
    """
    keys = _keys(settings)
    with reached(settings) as database:
        report = _verified(database.conninfo("owner"), keys)
    for finding in report.findings:
        say(_line(finding))
    if not report.sound:
        raise Failed(
            f"查核發現 {len(report.findings)} 處不符。請停止寫入、保留這份輸出，並與備份比對。", NO
        )
    # How many notes there are is nobody's business (design D7).
    say(f"已查核 records {report.read['records']} 筆、access {report.read['access']} 筆與 notes。")
    say("沒有發現不符之處。")


def _verified(conninfo: str, keys: KeyFiles | None) -> Report:
    with ExitStack() as stack:
        steps: dict[str, Step] = {}

        def step(book: str, done: int, total: int) -> None:
            if book not in steps:
                stack.close()
                steps[book] = stack.enter_context(progress(f"查核 {book}"))
            if book == "notes":
                done, total = (100 * done // total if total else 100), 100
            steps[book](done, total)

        return verify(conninfo, keys, step)


def _keys(settings: Settings) -> KeyFiles | None:
    try:
        file = settings.master_key
        if file.exists() and settings.keys.is_dir():
            return KeyFiles(settings.keys, file)
    except SettingsError:
        # Somebody may check the books without holding the master key.
        pass
    except (KeysUnusable, OSError) as error:
        message = str(error) if isinstance(error, KeysUnusable) else "無法讀取主金鑰檔或金鑰。"
        raise Failed(message) from None
    tell("沒有主金鑰或金鑰資料夾：密文只查核格式，不查核內容。")
    return None


def _line(finding: Finding) -> str:
    place = _PLACES.get(finding.book, finding.book) + _whose(finding.owner)
    if finding.position is not None:
        place += f" 第 {finding.position} 筆"
    return f"{place}：{finding.message}（{finding.kind}）"


def _whose(owner: UUID | None) -> str:
    return "" if owner is None else f" 帳號 {owner}"


_PLACES = {"books": "資料庫綱要 books"} | {book: f"紀錄簿 {book}" for book in BOOKS}
