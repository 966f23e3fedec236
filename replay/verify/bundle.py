"""The container of an evidence bundle and the forms of its files (docs/formats/evidence.md).

Part of the single file in every evidence bundle.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

FORMAT = "igp-evidence/1"
MANIFEST, NOTE, CHECKPOINT, KEY = "manifest.json", "evidence.note", "checkpoint.txt", "key.txt"
EVENTS, PROOFS, SCOPES, TIMELINE = "events.jsonl", "proofs.json", "scopes.json", "timeline.json"
PAPERS = ("timeline.pdf", "how-to-check.txt", "verify_evidence.py")
NAMED = (MANIFEST, NOTE, CHECKPOINT, KEY, EVENTS, PROOFS, SCOPES, TIMELINE, *PAPERS)
ORIGIN = re.compile(r"igp-ledger(-simulated)?/([0-9a-f-]{36})/records")
LARGEST, MOST_FILES = 2**31 - 1, 10_000
NAME = re.compile(r"(reports/)?[a-z0-9][a-z0-9._-]*")
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TOPIC = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*")
NOUN = re.compile(r"[a-z]+(-[a-z]+)*")
_INSTANT = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


class Refused(Exception):
    """The bundle does not prove what it says: `code` is stable English, the text zh-TW."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# -- forms


def canonical(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def refuse(code: str, message: str) -> NoReturn:
    raise Refused(code, message)


def not_a_number(_: str) -> NoReturn:
    raise ValueError


def read_json(raw: bytes, what: str) -> Any:
    try:
        value = json.loads(raw.decode("utf-8"), parse_constant=not_a_number)
        same = canonical(value) == raw
    except (ValueError, RecursionError):
        same = False
    return value if same else refuse("form", f"{what} 不是標準寫法的 JSON。")


def members(value: Any, what: str, **types: Any) -> dict[str, Any]:
    """An object with exactly these members, each of a type, or of one of several; `object` is any.

    Raises `Refused`. A number is no truth value here, nor the reverse.
    """
    if isinstance(value, dict) and value.keys() == types.keys():
        given = {name: one if isinstance(one, tuple) else (one,) for name, one in types.items()}
        if all(object in given[name] or type(value[name]) in given[name] for name in types):
            return value
    refuse("form", f"{what} 的欄位與格式不符。")


def reading(what: str, read: Callable[..., T], *given: Any) -> T:
    try:
        return read(*given)
    except (ValueError, TypeError):
        refuse("form", f"{what}{' ' if what.isascii() else ''}的格式不正確。")


def instant(text: str) -> datetime:
    """The instant that a text of the format names. Raises `ValueError`."""
    if not _INSTANT.fullmatch(text):
        raise ValueError("not an instant of the format")
    return datetime.fromisoformat(text)


# -- 1. the container


def pack(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """The parts of the container of these files."""
    directory, at = [], 0
    for name in sorted(files, key=str.encode):
        body, raw = files[name], name.encode()
        sizes = (zlib.crc32(body), len(body), len(body), len(raw))
        local = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 0, 0, 33, *sizes, 0) + raw
        head = struct.pack("<4s6H3I", b"PK\1\2", 0x0314, 20, 0, 0, 0, 33, *sizes[:3])
        tail = struct.pack("<5H2I", len(raw), 0, 0, 0, 0, 0o100644 << 16, at)
        directory.append(head + tail + raw)
        yield local
        yield body
        at += len(local) + len(body)
    size, count = sum(map(len, directory)), len(directory)
    yield from directory
    yield struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, at, 0)


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of a container. Raises `Refused`."""
    if data[:4] != b"PK\3\4":
        refuse("container", "這不是證據檔。")
    files: dict[str, bytes] = {}
    at = 0
    while data[at : at + 4] == b"PK\3\4" and at + 30 <= len(data):
        _, _, _, method, _, _, crc, size, _, length, _ = struct.unpack_from("<4s5H3I2H", data, at)
        name = data[at + 30 : at + 30 + length].decode("latin-1")
        at += 30 + length + size
        if not NAME.fullmatch(name) or (name not in NAMED and not name.startswith("reports/")):
            refuse("container", "證據檔內有不明的檔案。")
        if name in files:
            refuse("container", f"證據檔內有兩個 {name}。")
        if len(files) >= MOST_FILES or method or at > len(data):
            refuse("container", "證據檔的 zip 結構不符格式，可能不完整或遭變更。")
        files[name] = data[at - size : at]
        if zlib.crc32(files[name]) != crc:
            refuse("altered", f"{name} 的內容遭變更，與 zip 的檢查碼不符。")
    for name in NAMED:
        if name not in files:
            refuse("container", f"證據檔缺少 {name}。")
    at = 0
    for part in pack(files):
        if data[at : at + len(part)] != part:
            at = -1
            break
        at += len(part)
    if at != len(data):
        refuse("container", "證據檔的 zip 結構不符格式，可能不完整或遭變更。")
    return files
