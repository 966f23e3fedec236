"""Is each declared section in the map with exactly these events, or proved to have none?

docs/formats/sealing.md and evidence.md. Part of the single file in every evidence bundle.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from replay.verify.bundle import NOUN, SCOPES, members, read_json, reading, refuse
from replay.verify.contents import Event
from replay.verify.proofs import NOTHING, H, entry_hash, map_root, unb64


def check_sections(
    files: Mapping[str, bytes],
    declared: Sequence[Mapping[str, Any]],
    events: Sequence[Event],
    root: str,
) -> None:
    """Checks the sections that the manifest declares against the map's root, in hex.

    Raises `Refused`.
    """
    given = members(read_json(files[SCOPES], SCOPES), SCOPES, scope_key=str, scopes=dict)
    scope_key = reading(SCOPES, unb64, given["scope_key"], 32)
    counts = {one["noun"]: one["count"] for one in declared}
    if [one["noun"] for one in declared] != sorted(counts) or given[
        "scopes"
    ].keys() != counts.keys():
        refuse("scopes", "宣告的區段與證明的區段不符。")
    # `student` is proved first: its leaves name the student, and so bind the scope key.
    for noun in sorted(counts, key=lambda noun: (noun != "student", noun)):
        if not NOUN.fullmatch(noun):
            refuse("form", f"{SCOPES} 的格式不正確。")
        mine = [e for e in events if e.noun == noun and e.line["subject"] is not None]
        _section(noun, counts[noun], mine, scope_key, given["scopes"][noun], root)
    if not counts.get("student"):
        refuse("scopes", "證據檔必須宣告學生資料（student）區段。")


def _section(
    noun: str, count: int, events: Sequence[Event], scope_key: bytes, given: Any, root: str
) -> None:
    proof = members(
        given,
        SCOPES,
        count=int,
        last=(str, type(None)),
        siblings=list,
        other=(dict, type(None)),
    )
    chain, found = NOTHING, len(events)
    for event in events:
        chain = H(b"igp-chain/1", chain, event.leaf)
    if not found == count == proof["count"]:
        refuse("incomplete", f"區段 {noun} 應有 {proof['count']} 筆，證據檔有 {found} 筆。")
    if (count == 0) != (proof["last"] is None):
        refuse("form", f"{SCOPES} 的格式不正確。")
    siblings = [reading(SCOPES, unb64, one, 32) for one in proof["siblings"]]
    key = hmac.digest(scope_key, noun.encode(), hashlib.sha256)
    if len(siblings) > 256 or (siblings and siblings[-1] == NOTHING):
        refuse("map", f"區段 {noun} 的對照表證明格式不正確。")
    if count:
        last = reading(SCOPES, unb64, proof["last"], 32)
        if last != chain or proof["other"] is not None:
            refuse("chain", f"區段 {noun} 的事件與對照表所記的不是同一串。")
        bottom = entry_hash(key, count, last)
    else:
        bottom = _absence(noun, key, proof["other"], len(siblings))
    if map_root(key, bottom, siblings).hex() != root:
        said = f"有 {count} 筆" if count else "沒有紀錄"
        refuse("map", f"對照表不能證明區段 {noun} {said}。")


def _absence(noun: str, key: bytes, other: Any, depth: int) -> bytes:
    """The hash at which a path ends that does not lead to the key's own entry."""
    if other is None:
        return NOTHING
    members(other, SCOPES, key=str, count=int, last=str)
    another = reading(SCOPES, unb64, other["key"], 32)
    shift = 256 - depth
    same = int.from_bytes(another, "big") >> shift == int.from_bytes(key, "big") >> shift
    if another == key or not same or not 0 < other["count"] < 2**64:
        refuse("map", f"對照表不能證明區段 {noun} 沒有紀錄。")
    return entry_hash(another, other["count"], reading(SCOPES, unb64, other["last"], 32))
