"""Reads a folder, decides it against the ledger, records it, and says what changed.

Everything is read, then decided against the ledger as it is, then recorded in one transaction.
An import of what is there already records nothing.
"""

from collections import Counter
from functools import cache
from pathlib import Path

from api.importing.decisions import Decisions, Line
from api.importing.files import HEADERS, FolderMissing, read_folder
from api.importing.register import Register
from api.importing.rows import Mistake
from domain.refusal import StaleVersion
from igp.composition import Running, build
from igp.ending import status_of, undisturbed
from igp.settings import Settings
from igp.terminal import BAD_INPUT, NO, Failed, Step, progress, say, tell
from ledger.errors import Taken

#: How long an import waits until the views show it, in seconds.
PATIENCE_SECONDS = 120.0
_MISTAKES_SHOWN = 200
#: What became of an import that was asked to end.
_NOTHING = "沒有匯入任何資料。"
_IN_DOUBT = "寫入時中止，資料或已全部匯入，或完全沒有；請再執行一次，已匯入的不會重複。"
_EVERYTHING = "資料已全部匯入，檢視稍後更新。"


class BadFolder(Exception):
    """The files hold mistakes; nothing was imported."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__(f"{len(mistakes)} mistakes")
        self.mistakes = sorted(mistakes)


def run(settings: Settings, folder: Path, *, dry_run: bool) -> None:
    """Imports the folder and says what changed. Raises `Failed`."""
    writing = False
    try:
        with build(settings) as running, running.projecting():
            running.catch_up()
            decisions = _checked(running, folder)
            if dry_run:
                for line in sorted(decisions.lines, key=_place):
                    say(str(line))
                _summary(decisions, "試算結果，沒有寫入任何資料：")
                return
            writing = True
            with progress("寫入") as step:
                recorded(running, decisions.register, step)
            _summary(decisions, "匯入完成：")
    except KeyboardInterrupt as asked:
        if writing:
            raise
        raise _ended(asked, _NOTHING) from None


def _checked(running: Running, folder: Path) -> Decisions:
    try:
        with progress("檢查") as step:
            return decided(running, folder, step)
    except FolderMissing as error:
        raise Failed(str(error)) from None
    except BadFolder as error:
        for mistake in error.mistakes[:_MISTAKES_SHOWN]:
            tell(str(mistake))
        raise Failed(f"共有 {len(error.mistakes)} 個錯誤，沒有匯入任何資料。") from None


def _ended(asked: KeyboardInterrupt, said: str) -> Failed:
    return Failed(f"已中止。{said}", status_of(asked))


def decided(running: Running, folder: Path, step: Step | None = None) -> Decisions:
    """What importing the folder would record. Raises `FolderMissing`, `BadFolder`."""
    found = read_folder(folder)
    for name in found.others:
        tell(f"{name} 不是匯入檔，沒有讀取。")
    decisions = Decisions(Register(running.house))
    # Rows that could be read are judged too, so that one round shows every mistake.
    decisions.take(found, step or (lambda *_: None))
    mistakes = found.mistakes + decisions.mistakes
    if mistakes:
        raise BadFolder(mistakes)
    return decisions


def recorded(running: Running, register: Register, step: Step | None = None) -> int:
    """Records what was decided, in one transaction, and waits until the views show it.

    Returns the number of events. Raises `Failed` where somebody else changed the same meanwhile,
    and where a signal asked to end, which says what became of the data.
    """
    if not register.events:
        return 0
    house = running.house
    # In a real ledger every account has a salt of its own; the accounts of a demo share a password
    # that everybody knows, and a hash takes long on purpose.
    once = cache(house.passwords.hash) if running.settings.simulated else house.passwords.hash
    said = _NOTHING
    try:
        beside = register.beside(once, step)
        with undisturbed():
            said = _IN_DOUBT
            done = house.ledger.record(*register.events, beside=beside)
            said = _EVERYTHING
        house.notifier.hint()
        shown = house.waiting.passed(done.position, patience=PATIENCE_SECONDS)
    except KeyboardInterrupt as asked:
        raise _ended(asked, said) from None
    except (StaleVersion, Taken):
        raise Failed(
            "匯入時資料被其他人修改，沒有匯入任何資料，請再執行一次。", BAD_INPUT
        ) from None
    if not shown:
        raise Failed("資料已寫入，但檢視尚未更新，請稍後以 igp status 查看。", NO)
    return len(register.events)


def _summary(decisions: Decisions, title: str) -> None:
    added = Counter(line.file for line in decisions.lines if not line.changed)
    changed = Counter(line.file for line in decisions.lines if line.changed)
    say(title)
    for file in HEADERS:
        if added[file] or changed[file] or decisions.unchanged[file]:
            say(
                f"  {file}：新增 {added[file]}、修改 {changed[file]}、"
                f"不變 {decisions.unchanged[file]}"
            )


def _place(line: Line) -> tuple[int, int]:
    return list(HEADERS).index(line.file), line.line
