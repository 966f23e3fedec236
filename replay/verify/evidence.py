"""Checks an evidence bundle (docs/formats/evidence.md), with no network and no database.

The bundle holds this verifier as one file (`single_file.py`), which needs the standard library
and `cryptography` alone.

1. The container is byte by byte the one that the format makes of its files.
2. The manifest is in its form and names every file, its size and its hash.
3. The manifest is signed by the key in the bundle, which is the published one where that is given.
4. The checkpoint is signed by it too; what somebody kept, and the witnesses named, agree with it.
5. Every event is in the tree at its position.
6. The book's first event makes the origin, the last is the map's root.
7. Each declared section is in the map with exactly these events, or is proved to have none.
8. Keys fit, contents open, what stays closed is named.
9. Dispute, student and timeline agree with the events.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from replay.verify.bundle import (
    CHECKPOINT,
    EVENTS,
    FORMAT,
    KEY,
    MANIFEST,
    NOTE,
    ORIGIN,
    PROOFS,
    TOPIC,
    UUID_TEXT,
    instant,
    members,
    read_json,
    reading,
    refuse,
    unpack,
)
from replay.verify.contents import Event, check_timeline, open_event
from replay.verify.proofs import (
    Checkpoint,
    H,
    SignedNote,
    VerifierKey,
    b64,
    leaf_text,
    root_by_inclusion,
    unb64,
)
from replay.verify.sections import check_sections

MAP_ROOT, OPENED = "ledger.map-root.v1", "ledger.opened.v1"


@dataclass(frozen=True)
class Given:
    """What the reader brings: published keys, a line each; a checkpoint kept; keys of witnesses."""

    key: str | None = None
    checkpoint: bytes | None = None
    witnesses: Sequence[str] = ()


@dataclass
class Answer:
    """What a bundle proves. `warnings` (zh-TW) say what the reader has to do or to know."""

    manifest: dict[str, Any]
    key: VerifierKey
    events: int
    cosigned: list[str]
    warnings: list[str] = field(default_factory=list)


def check_bundle(data: bytes, given: Given | None = None) -> Answer:
    """Checks the bytes of a bundle. Raises `Refused`, which names the first thing that is wrong."""
    return _Check(given or Given()).run(data)


class _Check:
    """The steps of the module's docstring, each after those before it."""

    files: dict[str, bytes]
    manifest: dict[str, Any]
    key: VerifierKey
    checkpoint: Checkpoint
    events: list[Event]

    def __init__(self, given: Given) -> None:
        self._given = given
        self._cosigned: list[str] = []
        self._warnings: list[str] = []

    def run(self, data: bytes) -> Answer:
        self.files = unpack(data)  # 1
        self._manifest()  # 2
        self._signature()  # 3
        self._checkpoint()  # 4
        self._events()  # 5
        self._ends()  # 6
        # 7
        check_sections(
            self.files, self.manifest["scopes"], self.events, self.events[-1].said["root"]
        )
        self._contents()  # 8
        self._dispute()  # 9
        return Answer(self.manifest, self.key, len(self.events), self._cosigned, self._warnings)

    def _manifest(self) -> None:
        self.manifest = manifest = members(
            read_json(self.files[MANIFEST], MANIFEST),
            MANIFEST,
            format=str,
            origin=str,
            dispute=str,
            student=str,
            programme=(str, type(None)),
            size=int,
            covers=int,
            recorded_at=str,
            scopes=list,
            closed=list,
            left_out=list,
            visible=dict,
            files=list,
        )
        if manifest["format"] != FORMAT:
            refuse("form", "這不是本程式認得的證據檔版本。")
        if not all(UUID_TEXT.fullmatch(manifest[name]) for name in ("dispute", "student")):
            refuse("form", f"{MANIFEST} 的識別碼格式不正確。")
        for one in manifest["scopes"]:
            members(one, MANIFEST, noun=str, count=int)
        for one in manifest["closed"]:
            members(one, MANIFEST, position=int, rule=str)
        for one in manifest["left_out"]:
            members(one, MANIFEST, rule=str, text=str)
        members(manifest["visible"], MANIFEST, tree_size=int, positions=int, scopes=int)
        for one in manifest["files"]:
            members(one, MANIFEST, name=str, sha256=str, size=int)
        listed = {one["name"]: one for one in manifest["files"]}
        names = sorted(self.files.keys() - {MANIFEST, NOTE})
        for name in names:
            if name not in listed:
                refuse("manifest", f"清單沒有列出 {name}。")
            raw, one = self.files[name], listed[name]
            if (len(raw), hashlib.sha256(raw).hexdigest()) != (one["size"], one["sha256"]):
                refuse("altered", f"{name} 的內容與清單不符，可能遭變更。")
        if [one["name"] for one in manifest["files"]] != names:
            refuse("manifest", "清單列出的檔案與證據檔內的不符。")

    def _signature(self) -> None:
        text = self.files[KEY].decode("utf-8", "replace").removesuffix("\n")
        self.key = reading(KEY, VerifierKey.read, text)
        if self.files[KEY] != f"{self.key}\n".encode() or self.key.algorithm != 1:
            refuse("form", f"{KEY} 的格式不正確。")
        if self.key.name != self.manifest["origin"] or not ORIGIN.fullmatch(self.key.name):
            refuse("signer", "金鑰的名稱與清單所列的紀錄簿不符。")
        published = self._given.key
        # What was published may name the keys of several books, a line each.
        if published is not None and text not in published.split():
            if not any(map(_is_key, published.split())):
                refuse("form", "您以 --key 提供的檔案裡沒有公開金鑰。")
            refuse("signer", "證據檔的簽章金鑰與您提供的公開金鑰不同，不是同一個紀錄簿所簽發。")
        note = reading(NOTE, SignedNote.read, self.files[NOTE])
        digest = hashlib.sha256(self.files[MANIFEST]).digest()
        # One signature, so that not a byte of this file is free.
        if len(note.signatures) != 1 or not self.key.signed(note):
            refuse("signature", "清單的簽章無效，或不是這把金鑰所簽。")
        lines = note.text.split("\n")
        due = [FORMAT, self.manifest["dispute"], b64(digest), ""]
        if lines != due:
            refuse("signature", "簽章所簽的不是這份清單。")
        if published is None:
            self._warnings.append(
                f"與金鑰 {text} 相符。請與主管機關公布的公開金鑰比對，一致才能採信。"
            )

    def _checkpoint(self) -> None:
        self.checkpoint = point = reading(CHECKPOINT, Checkpoint.read, self.files[CHECKPOINT])
        if point.origin != self.key.name or not self.key.signed(point.note):
            refuse("checkpoint", "檢查點的簽章無效，或屬於另一個紀錄簿。")
        if point.size != self.manifest["size"]:
            refuse("checkpoint", "檢查點的大小與清單不符。")
        self._kept(point)
        for text in self._given.witnesses:
            witness = reading("見證者的公開金鑰", VerifierKey.read, text)
            # Whoever signed the checkpoint has seen nothing that the ledger did not show.
            if witness.public == self.key.public:
                refuse(
                    "witness",
                    "您提供的見證者金鑰就是紀錄簿自己的金鑰，不能證明有別的機關看過。",
                )
            if not witness.signed(point.note):
                refuse("witness", f"檢查點沒有見證者 {witness.name} 的有效副署。")
            self._cosigned.append(witness.name)
        others = len({one[:2] for one in point.note.signatures}) - 1 - len(set(self._cosigned))
        if others > 0:
            self._warnings.append(
                f"檢查點另有 {others} 個副署未查核；提供見證者的公開金鑰即可查核。"
            )

    def _kept(self, point: Checkpoint) -> None:
        """What somebody kept: another root at the same size means that there are two histories."""
        if self._given.checkpoint is None:
            return
        kept = reading("您留存的檢查點", Checkpoint.read, self._given.checkpoint)
        if kept.origin != self.key.name or not self.key.signed(kept.note):
            refuse("kept", "您留存的檢查點屬於另一個紀錄簿，或簽章無效。")
        if kept.size == point.size and kept.root != point.root:
            refuse("two-histories", f"與您留存的第 {kept.size} 筆檢查點矛盾：簽發了兩種歷史。")
        if kept.size > point.size:
            refuse(
                "older",
                f"證據檔只到第 {point.size} 筆，缺少較新的紀錄："
                f"您留存的檢查點已到第 {kept.size} 筆。",
            )
        if kept.size < point.size:
            self._warnings.append(
                f"您留存的檢查點（第 {kept.size} 筆）比證據檔（第 {point.size} 筆）舊，"
                "證據檔本身不能證明前者是後者的開頭，請向主管機關索取一致性證明。"
            )

    def _events(self) -> None:
        raw = self.files[EVENTS]
        if not raw.endswith(b"\n"):
            refuse("form", f"{EVENTS} 不完整。")
        self.events = [_event(line) for line in raw[:-1].split(b"\n")]
        places = [event.position for event in self.events]
        if any(one >= other for one, other in pairwise(places)):
            refuse("order", "事件沒有依位置排列，或重複。")
        proofs = read_json(self.files[PROOFS], PROOFS)
        if not isinstance(proofs, dict) or proofs.keys() != {str(one) for one in places}:
            refuse("proofs", f"{PROOFS} 的證明與事件不是一一對應。")
        size, root = self.checkpoint.size, self.checkpoint.root
        for event in self.events:
            path = proofs[str(event.position)]
            if not isinstance(path, list):
                refuse("form", f"{PROOFS} 的格式不正確。")
            hashes = [reading(PROOFS, unb64, one, 32) for one in path]
            if root_by_inclusion(event.position - 1, size, event.leaf, hashes) != root:
                refuse(
                    "inclusion",
                    f"第 {event.position} 筆事件不在檢查點所簽的紀錄簿中：內容、位置或證明不符。",
                )

    def _ends(self) -> None:
        first, last = self.events[0], self.events[-1]
        simulated, ledger = (ORIGIN.fullmatch(self.key.name) or refuse("form", "")).groups()
        opened = (first.position, first.line["topic"], first.said.get("event_id"))
        if opened != (1, OPENED, ledger):
            refuse("opening", "第一筆不是這個紀錄簿的建立。")
        if (first.said.get("clock") == "simulated") != (simulated is not None):
            refuse("opening", "紀錄簿的時鐘與金鑰的名稱不符。")
        if simulated is not None:
            self._warnings.append("這個紀錄簿使用模擬時鐘，僅供示範或測試，不能作為證據。")
        if (last.position, last.line["topic"]) != (self.checkpoint.size, MAP_ROOT):
            refuse("map-root", "最後一筆不是檢查點所在的對照表紀錄。")
        if last.line["subject"] is not None or not _says(
            last.said, covers=int, scopes=int, root=str
        ):
            refuse("map-root", "對照表紀錄的格式不正確。")
        manifest, visible = self.manifest, self.manifest["visible"]
        if (manifest["covers"], manifest["recorded_at"]) != (
            last.said["covers"],
            last.line["recorded_at"],
        ):
            refuse("manifest", "清單所列的計入位置或時間與紀錄不符。")
        shown = {
            "tree_size": self.checkpoint.size,
            "positions": len(self.events),
            "scopes": last.said["scopes"],
        }
        if visible != shown:
            refuse("manifest", "清單所列的證明可見範圍與內容不符。")
        student = manifest["student"]
        for event in self.events[:-1]:
            if event.position > last.said["covers"]:
                refuse("covers", f"第 {event.position} 筆在計入位置之後，不應列入。")
            if event.line["subject"] not in (None, student):
                refuse("student", f"第 {event.position} 筆屬於另一名學生。")

    def _contents(self) -> None:
        closed = []
        for event in self.events:
            if open_event(event):
                closed.append(event.position)
        if [one["position"] for one in self.manifest["closed"]] != closed:
            refuse("closed", "清單所列未開啟的事件與實際不符。")

    def _dispute(self) -> None:
        dispute, student = self.manifest["dispute"], self.manifest["student"]
        opening = [
            event
            for event in self.events
            if event.noun == "dispute"
            and (event.line["stream_id"], event.line["stream_version"]) == (dispute, 1)
        ]
        if not opening or opening[0].line["subject"] != student:
            refuse("dispute", "證據檔沒有這件爭議的提出紀錄，或屬於另一名學生。")
        check_timeline(self.files, self.events)


def _event(raw: bytes) -> Event:
    """A line of events.jsonl in its form."""
    line = members(
        read_json(raw, EVENTS),
        EVENTS,
        position=int,
        stream_id=str,
        stream_version=int,
        topic=str,
        subject=(str, type(None)),
        recorded_at=str,
        body=str,
        key=(str, type(None)),
    )
    ids = [line["stream_id"]] + ([line["subject"]] if line["subject"] is not None else [])
    if not all(UUID_TEXT.fullmatch(one) for one in ids) or not TOPIC.fullmatch(line["topic"]):
        refuse("form", f"{EVENTS} 的格式不正確。")
    reading(EVENTS, instant, line["recorded_at"])
    body = reading(EVENTS, unb64, line["body"])
    leaf = H(b"\0", leaf_text("records", "-", line), body)
    said = read_json(body, f"第 {line['position']} 筆的內容")
    if not isinstance(said, dict):
        refuse("form", f"第 {line['position']} 筆的內容不是物件。")
    return Event(line, said, leaf)


def _is_key(text: str) -> bool:
    try:
        return bool(VerifierKey.read(text))
    except ValueError:
        return False


def _says(said: Mapping[str, Any], **types: type) -> bool:
    return all(type(said.get(name)) is one for name, one in types.items())
