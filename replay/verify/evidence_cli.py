"""What a person is told of an evidence bundle, and the command line of the single file.

python verify_evidence.py BUNDLE.zip [--key FILE] [--checkpoint FILE] [--witness KEY]...
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from replay.verify.bundle import LARGEST, Refused, instant
from replay.verify.evidence import Answer, Given, check_bundle

GOOD, REFUSED, UNREADABLE = 0, 1, 2
_TAIPEI = timedelta(hours=8)
#: Why a file could not be read, in the reader's words.
_WHY: tuple[tuple[type[OSError], str], ...] = (
    (FileNotFoundError, "沒有這個檔案"),
    (IsADirectoryError, "這是資料夾"),
    (NotADirectoryError, "路徑中有一段不是資料夾"),
    (PermissionError, "沒有讀取的權限"),
)
_VERIFIER_KEY = re.compile(r"[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}")


def check_file(
    bundle: Path, key: Path | None, checkpoint: Path | None, witnesses: Sequence[str]
) -> Answer:
    """Reads the files and checks the bundle; a witness is a key or the file with it.

    Raises `Refused`, and `OSError` where a file cannot be read.
    """
    if bundle.stat().st_size > LARGEST:
        raise Refused("container", "證據檔超過格式容許的大小。")
    given = Given(
        key=None if key is None else _text(key),
        checkpoint=None if checkpoint is None else checkpoint.read_bytes(),
        witnesses=[_key(witness) for witness in witnesses],
    )
    return check_bundle(bundle.read_bytes(), given)


def _text(file: Path) -> str:
    try:
        # What was saved with the Windows editor begins with a mark of its own.
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("form", f"{file.name} 不是公開金鑰的文字檔。") from None


def _key(text: str) -> str:
    """A key itself, or what stands in the file of that name, which may hold a `+` as well."""
    return text if _VERIFIER_KEY.fullmatch(text) else _text(Path(text)).strip()


def why(error: OSError) -> str:
    """Why a file could not be read (zh-TW); the system's number where that is rare."""
    rare = "系統錯誤" if error.errno is None else f"系統錯誤 {error.errno}"
    return next((text for kind, text in _WHY if isinstance(error, kind)), rare)


def lines_of(answer: Answer) -> Iterator[str]:
    """The answer for a person (zh-TW), a line at a time."""
    manifest = answer.manifest
    yield "查核通過：檔案完整，所列區段沒有缺少任何一筆紀錄。"
    yield f"紀錄簿：{manifest['origin']}"
    yield f"爭議：{manifest['dispute']}"
    yield f"學生：{manifest['student']}"
    yield (
        f"計入至第 {manifest['covers']} 筆，檢查點在第 {manifest['size']} 筆"
        f"（{_when(manifest['recorded_at'])}）；之後的紀錄不在這份證據檔內。"
    )
    for one in manifest["scopes"]:
        said = f"{one['count']} 筆，全部在內" if one["count"] else "沒有任何紀錄"
        yield f"區段 {one['noun']}：{said}"
    yield f"列出事件 {answer.events} 筆，其中 {len(manifest['closed'])} 筆的加密內容未開啟。"
    for name in answer.cosigned:
        yield f"見證者 {name} 的副署有效。"
    for warning in answer.warnings:
        yield f"注意：{warning}"
    yield "PDF、報表與歷程中「stated」的說明以簽章保證未遭變更，不由本程式重算。"


def _when(text: str) -> str:
    """An instant as a date of the Republic and a time in Taipei."""
    at = instant(text) + _TAIPEI
    return f"民國 {at.year - 1911} 年 {at.month} 月 {at.day} 日 {at:%H:%M:%S}"


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where the bundle proves itself, 1 where it is refused, 2 where it could not be read."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that knows no Chinese shows the rest all the same.
            stream.reconfigure(errors="backslashreplace")
    parser = argparse.ArgumentParser(description="查核證據檔，不需要網路與資料庫")
    parser.add_argument("bundle", type=Path, metavar="證據檔")
    parser.add_argument("--key", type=Path, metavar="檔案", help="主管機關公布的公開金鑰")
    parser.add_argument("--checkpoint", type=Path, metavar="檔案", help="您自己留存的檢查點")
    parser.add_argument(
        "--witness",
        action="append",
        default=[],
        metavar="金鑰",
        help="見證者的公開金鑰或其檔案，可重複",
    )
    given = parser.parse_args(arguments)
    try:
        answer = check_file(given.bundle, given.key, given.checkpoint, given.witness)
    except Refused as refused:
        print(f"查核未通過：{refused}（{refused.code}）", file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(f"無法讀取 {error.filename}（{why(error)}）。", file=sys.stderr)
        return UNREADABLE
    for line in lines_of(answer):
        print(line)
    return GOOD
