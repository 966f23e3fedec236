"""A ledger in memory and its evidence bundles, written from docs/formats alone.

For tests of the verifier: it can make a bundle that is right, and, with the key in hand, sign one
that is not.
"""

import base64
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tests.replay.sealing_maker import (
    NOTHING,
    Entry,
    Signer,
    b64,
    canonical,
    inclusion,
    map_hash,
    map_proof,
    sha,
)

STUDENT, ANOTHER = str(UUID(int=1)), str(UUID(int=2))
DISPUTE, ACCOUNT = str(UUID(int=3)), str(UUID(int=4))

Files = dict[str, bytes]


# -- the ledger


@dataclass
class TinyLedger:
    """Events in memory. What `encrypted` gives is encrypted under a key made of the event's id."""

    number: int = 1
    simulated: bool = False
    seed: bytes = bytes([7]) * 32
    lines: list[dict[str, Any]] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)
    keys: dict[int, bytes] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        clock = "simulated" if self.simulated else "real"
        self.event("ledger.opened.v1", None, str(UUID(int=90)), {"clock": clock})

    @property
    def signer(self) -> Signer:
        kind = "igp-ledger-simulated" if self.simulated else "igp-ledger"
        return Signer(f"{kind}/{self.event_id(1)}/records", self.seed)

    def event_id(self, position: int) -> str:
        return str(UUID(int=self.number * 1_000_000 + position))

    def event(
        self,
        topic: str,
        subject: str | None,
        stream: str,
        plain: Mapping[str, Any] | None = None,
        encrypted: Mapping[str, Any] | None = None,
    ) -> int:
        """Appends; returns the position."""
        position = len(self.lines) + 1
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        said: dict[str, Any] = {
            "event_id": self.event_id(position),
            "by": ACCOUNT,
            "capacity": "CM",
            "policy": 1,
            **(plain or {}),
        }
        if encrypted:
            key = self.keys[position] = sha(b"key", said["event_id"].encode())
            said["commit"] = b64(sha(b"igp-commit", key)).rstrip("=")
            for name, value in encrypted.items():
                where = f"igp-field/1\nrecords\n{stream}\n{version}\n{topic}\n{name}\n".encode()
                text = b"\0" + canonical(value)
                text += b" " * (-len(text) % 32)
                nonce = sha(name.encode())[:12]
                sealed = nonce + AESGCM(key).encrypt(nonce, text, where)
                said[name] = {"#": b64(sealed).rstrip("=")}
        body = canonical(said)
        at = datetime(2024, 5, 13, tzinfo=UTC) + timedelta(seconds=position)
        line = {
            "position": position,
            "stream_id": stream,
            "stream_version": version,
            "topic": topic,
            "subject": subject,
            "recorded_at": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z",
            "body": b64(body),
        }
        self.lines.append(line)
        self.leaves.append(leaf_hash(line))
        return position

    def scope_key(self, student: str) -> bytes:
        return sha(b"scope key", self.seed, student.encode())

    def entries(self, covers: int) -> list[Entry]:
        """The map that counts the events up to `covers`."""
        chains: dict[bytes, Entry] = {}
        for line, leaf in list(zip(self.lines, self.leaves, strict=True))[:covers]:
            if line["subject"] is not None:
                noun = line["topic"].partition(".")[0]
                key = hmac.digest(self.scope_key(line["subject"]), noun.encode(), "sha256")
                was = chains.get(key, Entry(key, 0, NOTHING))
                chains[key] = Entry(key, was.count + 1, sha(b"igp-chain/1", was.last, leaf))
        return list(chains.values())

    def seal(self) -> int:
        """Records the map's root over everything so far; returns its position."""
        covers = len(self.lines)
        entries = self.entries(covers)
        said = {"covers": covers, "scopes": len(entries), "root": map_hash(entries).hex()}
        return self.event("ledger.map-root.v1", None, str(UUID(int=91)), said)


def leaf_hash(line: Mapping[str, Any]) -> bytes:
    where = [line[name] for name in ("position", "stream_id", "stream_version", "topic")]
    parts = ["igp-event/1", "records", "-", *where, line["subject"] or "-", line["recorded_at"]]
    text = "".join(f"{part}\n" for part in parts).encode()
    return sha(b"\0", text, base64.b64decode(line["body"]))


def tell(ledger: TinyLedger) -> int:
    """Two students, a dispute of the first, a section in between; returns the map's position."""
    for student in (STUDENT, ANOTHER):
        stream = str(UUID(int=UUID(student).int + 100))
        ledger.event("student.registered.v1", student, stream, {}, {"name": "林大同"})
        for grade in (5, 6):
            placement = str(UUID(int=UUID(student).int + 200))
            said = {"placement_grade": grade, "occurred_on": "2024-05-01"}
            topic = "placement.recorded.v1" if grade == 5 else "placement.corrected.v1"
            ledger.event(topic, student, placement, said, {"reason": f"原因{grade}"})
        ledger.event("award.recorded.v1", student, str(UUID(int=UUID(student).int + 300)))
    ledger.event("programme.published.v1", None, str(UUID(int=80)), {"year": 113})
    ledger.event("dispute.opened.v1", STUDENT, DISPUTE, {"kind": "複查"}, {"statement": "陳述"})
    ledger.event("organisation.corrected.v1", None, str(UUID(int=81)), {"stage": "JS"})
    return ledger.seal()


# -- the bundle


@dataclass
class Asked:
    """What a bundle declares and shows. `closed` are positions whose key is kept back."""

    nouns: Iterable[str] = ("dispute", "placement", "student", "transition")
    beside: Iterable[int] = ()
    closed: Iterable[int] = ()
    witnesses: Sequence[Signer] = ()


def make(ledger: TinyLedger, size: int, asked: Asked | None = None) -> Files:
    """The files of the bundle of `DISPUTE` at the map root in position `size`."""
    asked = asked or Asked()
    leaves = ledger.leaves[:size]
    root = json.loads(base64.b64decode(ledger.lines[size - 1]["body"]))
    covers, entries = root["covers"], ledger.entries(root["covers"])
    nouns = sorted(asked.nouns)
    shown = [
        line
        for line in ledger.lines[:size]
        if line["position"] in {1, size, *asked.beside}
        or (
            line["subject"] == STUDENT
            and line["topic"].partition(".")[0] in nouns
            and line["position"] <= covers
        )
    ]
    keys = {at: key for at, key in ledger.keys.items() if at not in set(asked.closed)}
    lines = [
        line | {"key": b64(keys[at]) if (at := line["position"]) in keys else None}
        for line in shown
    ]
    scopes, counts = {}, []
    for noun in nouns:
        key = hmac.digest(ledger.scope_key(STUDENT), noun.encode(), "sha256")
        siblings, end = map_proof(key, entries)
        mine = end if end is not None and end.key == key else None
        other = None if mine or end is None else end
        counts.append({"noun": noun, "count": mine.count if mine else 0})
        scopes[noun] = {
            "count": mine.count if mine else 0,
            "last": b64(mine.last) if mine else None,
            "siblings": [b64(one) for one in siblings],
            "other": other
            and {"key": b64(other.key), "count": other.count, "last": b64(other.last)},
        }
    files: Files = {
        "checkpoint.txt": ledger.signer.checkpoint(leaves, *asked.witnesses),
        "key.txt": f"{ledger.signer.key}\n".encode(),
        "events.jsonl": b"".join(canonical(line) + b"\n" for line in lines),
        "proofs.json": canonical(
            {
                str(line["position"]): [b64(one) for one in inclusion(line["position"] - 1, leaves)]
                for line in lines
            }
        ),
        "scopes.json": canonical({"scope_key": b64(ledger.scope_key(STUDENT)), "scopes": scopes}),
        "timeline.json": canonical({"format": "igp-timeline/1", "items": items(lines)}),
        "timeline.pdf": b"%PDF-1.7 timeline\n%%EOF\n",
        "how-to-check.txt": "如何查核\n".encode(),
        "verify_evidence.py": b"# the verifier\n",
        "reports/changes.pdf": b"%PDF-1.7 report\n%%EOF\n",
    }
    hidden = [one["position"] for one in lines if "commit" in said(one) and one["key"] is None]
    manifest = {
        "format": "igp-evidence/1",
        "origin": ledger.signer.name,
        "dispute": DISPUTE,
        "student": STUDENT,
        "programme": "示範縣 113 學年度",
        "size": size,
        "covers": covers,
        "recorded_at": ledger.lines[size - 1]["recorded_at"],
        "scopes": counts,
        "closed": [{"position": at, "rule": "not-visible"} for at in hidden],
        "left_out": [{"rule": "not-visible", "text": "委員不得檢視的區段"}],
        "visible": {"tree_size": size, "positions": len(lines), "scopes": root["scopes"]},
    }
    return signed(files, manifest, ledger.signer)


def signed(files: Mapping[str, bytes], manifest: Mapping[str, Any], signer: Signer) -> Files:
    """With the list of these files in the manifest, and the manifest's signature."""
    others = {
        name: raw for name, raw in files.items() if name not in ("manifest.json", "evidence.note")
    }
    listed = [
        {"name": name, "sha256": hashlib.sha256(raw).hexdigest(), "size": len(raw)}
        for name, raw in sorted(others.items())
    ]
    raw = canonical({**manifest, "files": listed})
    text = f"igp-evidence/1\n{manifest['dispute']}\n{b64(sha(raw))}\n"
    return {**others, "manifest.json": raw, "evidence.note": signer.note(text)}


def items(lines: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The timeline of these events: every field they say, with what it was before."""
    told: dict[tuple[str, str], tuple[int, Any]] = {}
    made = []
    for line in lines:
        if line["subject"] is None:
            continue
        fields = []
        mine = said(line)
        for name in sorted(mine.keys() - {"event_id", "by", "capacity", "policy", "commit"}):
            place, after = (line["stream_id"], name), value(line, name)
            earlier, before = told.get(place, (None, None))
            told[place] = (line["position"], after)
            if name not in ("reason", "occurred_on"):
                fields.append(
                    {"field": name, "before": before, "after": after, "before_from": earlier}
                )
        made.append(
            {
                **{name: line[name] for name in ("position", "topic", "recorded_at")},
                **{name: mine.get(name) for name in ("by", "capacity", "occurred_on")},
                "reason": value(line, "reason"),
                "fields": fields,
                "stated": {"by_name": "王小明"},
            }
        )
    return made


def said(line: Mapping[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(base64.b64decode(line["body"]))
    return fields


def value(line: Mapping[str, Any], name: str) -> Any:
    """What a field of an event says, opened with the key in its line."""
    stored = said(line).get(name)
    if not isinstance(stored, dict):
        return stored
    if line["key"] is None:
        return {"#": None}
    raw = base64.b64decode(stored["#"] + "==")
    where = [line[part] for part in ("stream_id", "stream_version", "topic")]
    data = "".join(f"{part}\n" for part in ("igp-field/1", "records", *where, name)).encode()
    plain = AESGCM(base64.b64decode(line["key"])).decrypt(raw[:12], raw[12:], data)
    return json.loads(plain[1:])


def zipped(files: Mapping[str, bytes], *, order: Sequence[str] | None = None) -> bytes:
    """The container, by the standard library's writer."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in order or sorted(files):
            info = zipfile.ZipInfo(name)
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, files[name])
    return out.getvalue()
