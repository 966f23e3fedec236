"""What the events of a bundle say, and whether its timeline says the same.

docs/formats/evidence.md and encrypted-field.md. Part of the single file in every evidence bundle.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from replay.verify.bundle import (
    EVENTS,
    TIMELINE,
    canonical,
    members,
    not_a_number,
    read_json,
    reading,
    refuse,
)
from replay.verify.proofs import unb64

#: The members of a body that no field of the timeline tells: who acted, when, why and on which row.
_ENVELOPE = frozenset(
    {
        *("event_id", "by", "capacity", "policy", "commit", "occurred_on"),
        *("correlation_id", "reason", "row_id"),
    }
)
#: The value of an encrypted field whose key is not in the bundle.
HIDDEN = {"#": None}


@dataclass
class Event:
    """A line of events.jsonl, its body parsed; `opened` holds what encrypted fields open to."""

    line: dict[str, Any]
    said: dict[str, Any]
    leaf: bytes
    opened: dict[str, Any] = field(default_factory=dict)

    @property
    def position(self) -> int:
        return int(self.line["position"])

    @property
    def noun(self) -> str:
        return str(self.line["topic"]).partition(".")[0]

    def value(self, name: str) -> Any:
        """What a field says; `HIDDEN` where it is encrypted and its key is not here."""
        value = self.said.get(name)
        return self.opened.get(name, HIDDEN) if _is_encrypted(value) else value


def open_event(event: Event) -> bool:
    """Opens the encrypted fields of an event; whether there are any that stay closed.

    Raises `Refused` where the key is not this event's or a field does not open with it.
    """
    encrypted = {name: one for name, one in event.said.items() if _is_encrypted(one)}
    if event.line["key"] is None:
        return bool(encrypted)
    where = f"第 {event.position} 筆"
    key = reading(EVENTS, unb64, event.line["key"], 32)
    commit = base64.b64encode(hashlib.sha256(b"igp-commit" + key).digest()).rstrip(b"=").decode()
    if not encrypted or event.said.get("commit") != commit:
        refuse("key", f"{where}的金鑰不是這筆事件的金鑰。")
    for name, value in encrypted.items():
        try:
            event.opened[name] = _open(event.line, name, key, value["#"])
        except (InvalidTag, ValueError, TypeError, RecursionError, zlib.error):
            refuse("ciphertext", f"{where}的欄位 {name} 無法以其金鑰開啟。")
    return False


def _open(line: Mapping[str, Any], name: str, key: bytes, text: str) -> Any:
    raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    where = (line["stream_id"], line["stream_version"], line["topic"], name)
    data = "".join(f"{one}\n" for one in ("igp-field/1", "records", *where)).encode()
    plain = AESGCM(key).decrypt(raw[:12], raw[12:], data)
    form, plain = plain[:1], plain[1:]
    if form == b"\1":
        squeezed = zlib.decompressobj(wbits=-15)
        plain = squeezed.decompress(plain, 2**26)
        if not squeezed.eof:
            raise ValueError("the stream has no end, or is larger than any field")
    elif form != b"\0":
        raise ValueError("an unknown form")
    value = json.loads(plain, parse_constant=not_a_number)
    canonical(value)
    return value


def _is_encrypted(value: Any) -> bool:
    return isinstance(value, dict) and "#" in value


# -- the timeline


def check_timeline(files: Mapping[str, bytes], events: Sequence[Event]) -> None:
    """Every item says of its event what the event says, and no event of the student lacks one."""
    given = members(read_json(files[TIMELINE], TIMELINE), TIMELINE, format=str, items=list)
    if given["format"] != "igp-timeline/1":
        refuse("form", "這不是本程式認得的歷程版本。")
    told = _Told(events)
    last = 0
    for item in given["items"]:
        position = members(
            item,
            TIMELINE,
            position=int,
            topic=str,
            recorded_at=str,
            by=str,
            capacity=str,
            occurred_on=(str, type(None)),
            reason=object,
            fields=list,
            stated=dict,
        )["position"]
        if position not in told.events or position <= last:
            refuse("timeline", f"歷程的第 {position} 筆沒有對應的事件，或沒有依序排列。")
        last = position
        _item(item, told)
    items = {item["position"] for item in given["items"]}
    for event in events:
        if event.line["subject"] is not None and event.position not in items:
            refuse("timeline", f"歷程缺少第 {event.position} 筆。")


class _Told:
    """The events by position, and where each field of a record or a row of it was said."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events = {event.position: event for event in events}
        self._said: dict[tuple[Any, ...], list[int]] = {}
        for event in events:
            for name in event.said:
                self._said.setdefault(self._place(event, name), []).append(event.position)

    @staticmethod
    def _place(event: Event, name: str) -> tuple[Any, ...]:
        return event.line["stream_id"], canonical(event.said.get("row_id")), name

    def latest(self, earlier: int, name: str, until: int) -> bool:
        """Whether that event says the field and none after it does, before `until`."""
        event = self.events.get(earlier)
        if event is None or name not in event.said or earlier >= until:
            return False
        said = self._said[self._place(event, name)]
        return said[bisect_left(said, until) - 1] == earlier


def _item(item: Mapping[str, Any], told: _Told) -> None:
    event = told.events[item["position"]]
    due: dict[str, Any] = {name: event.line[name] for name in ("topic", "recorded_at")}
    due |= {name: event.said.get(name) for name in ("by", "capacity", "occurred_on")}
    due["reason"] = event.value("reason")
    for name, value in due.items():
        if not _same(item[name], value):
            refuse("timeline", f"歷程第 {event.position} 筆的 {name} 與事件不符。")
    source = (int, type(None))
    for one in item["fields"]:
        members(one, TIMELINE, field=str, before=object, after=object, before_from=source)
    names = [one["field"] for one in item["fields"]]
    if len(names) != len(set(names)) or event.said.keys() - _ENVELOPE - set(names):
        refuse("timeline", f"歷程第 {event.position} 筆沒有列出全部欄位，或重複。")
    for one in item["fields"]:
        name, earlier, before = one["field"], one["before_from"], None
        where = f"歷程第 {event.position} 筆的欄位 {name}"
        if not _same(one["after"], event.value(name)):
            refuse("timeline", f"{where} 變更後的值與事件不符。")
        if earlier is not None:
            if not told.latest(earlier, name, event.position):
                refuse("timeline", f"{where} 變更前的值沒有出處，或不是最近一次的值。")
            before = told.events[earlier].value(name)
        if not _same(one["before"], before):
            refuse("timeline", f"{where} 變更前的值與所指的事件不符。")


def _same(one: Any, other: Any) -> bool:
    """By their canonical JSON, for `True` is not 1."""
    return canonical(one) == canonical(other)
