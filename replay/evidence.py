"""The evidence bundle: one zip that proves itself (docs/formats/evidence.md).

Pure: from what was read of the books to the bytes of the bundle. The same things read make the same
bytes.
"""

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from domain.access import MATRIX, audiences_of
from domain.catalogue import stored_events
from domain.event import ERASED, Erased, Event
from ledger.encryption import MARK, decrypt, place
from ledger.scopes import Entry as ScopeEntry
from ledger.scopes import MapProof
from replay.steps import Entry, Step, has_ciphertext, is_encrypted

FORMAT = "igp-evidence/1"
TIMELINE = "igp-timeline/1"

#: Sections that are never declared: a note is its author's, and how many disputes a student has is
#: for each of them to know.
UNDECLARED = frozenset({"counselling_note", "dispute", "note_release"})
#: The noun that binds the scope key to the student, always declared.
STUDENT_NOUN = "student"

#: Why an event is here without its content.
CLOSED = {
    "not-visible": "調閱者看不到這一筆的內容。",
    "release-withdrawn": "填寫者已收回釋出的紀錄。",
    "erased": "這位學生的個人資料已依法刪除。",
    "national-id": "含完整的身分證統一編號，頁面上只顯示部分。",
}


@dataclass(frozen=True)
class Sealed:
    """The checkpoint that the bundle stands on, and the event of the map's root at its end."""

    origin: str
    size: int
    covers: int
    scopes: int
    recorded_at: datetime
    checkpoint: str
    key: str


@dataclass(frozen=True)
class Evidence:
    """All that a bundle is made of. `sign` makes a signed note of a text with the ledger's key."""

    dispute: UUID
    student: UUID
    programme: str | None
    sealed: Sealed
    nouns: Sequence[str]
    #: In the order of positions: the first event of the book, those about the student and those
    #: beside, and the event of the map's root.
    entries: Sequence[Entry]
    steps: Sequence[Step]
    #: Why an event is closed, by its position.
    closed: Mapping[int, str]
    event_key: Callable[[Entry], bytes | None] = field(repr=False)
    proofs: Mapping[int, Sequence[bytes]] = field(repr=False)
    scope_key: bytes = field(repr=False)
    scopes: Mapping[str, MapProof] = field(repr=False)
    stated: Callable[[Step], dict[str, Any]] = field(repr=False)
    left_out: Sequence[tuple[str, str]]
    sign: Callable[[str], str] = field(repr=False)
    #: `how-to-check.txt`, `verify_evidence.py`, `reports/...`
    files: Mapping[str, bytes] = field(repr=False)
    #: The paper that is made of the items of the timeline.
    pdf: Callable[[Sequence[Mapping[str, Any]]], bytes] = field(repr=False)


def visible_sections(student: UUID, school: UUID, held: Iterable[str]) -> list[str]:
    """The sections of a student that somebody of these audiences may see, those aside that are
    never declared."""
    audiences = frozenset(held)
    return [
        section
        for section in MATRIX
        if section not in UNDECLARED
        and not audiences.isdisjoint(audiences_of(section, student, school))
    ]


def nouns_of(sections: Iterable[str]) -> list[str]:
    """The nouns whose events belong to these sections, `student` among them, in order."""
    wanted = set(sections)
    found = {
        event.TOPIC.split(".", 1)[0]
        for event in stored_events()
        if event.SECTION in wanted and event.BOOK == "records" and is_of_student(event)
    }
    return sorted(found | {STUDENT_NOUN})


def is_of_student(event: type[Event]) -> bool:
    """Whether every event of this class is about one student, a step of a process too."""
    return event.model_fields["student_id"].is_required()


def bundle(evidence: Evidence) -> bytes:
    """The bytes of the zip. Raises `NotAuthentic` where a ciphertext does not open."""
    by_position = {step.entry.position: step for step in evidence.steps}
    items = [_item(evidence, step, by_position) for step in evidence.steps]
    files = {
        "checkpoint.txt": evidence.sealed.checkpoint.encode(),
        "key.txt": f"{evidence.sealed.key}\n".encode(),
        "events.jsonl": b"".join(_line(evidence, entry) for entry in evidence.entries),
        "proofs.json": _canonical(
            {str(one): [_base64(h) for h in path] for one, path in evidence.proofs.items()}
        ),
        "scopes.json": _canonical(
            {
                "scope_key": _base64(evidence.scope_key),
                "scopes": {noun: _scope(proof) for noun, proof in evidence.scopes.items()},
            }
        ),
        "timeline.json": _canonical({"format": TIMELINE, "items": items}),
        "timeline.pdf": evidence.pdf(items),
        **evidence.files,
    }
    manifest = _canonical(_manifest(evidence, files))
    digest = _base64(hashlib.sha256(manifest).digest())
    files["manifest.json"] = manifest
    files["evidence.note"] = evidence.sign(f"{FORMAT}\n{evidence.dispute}\n{digest}\n").encode()
    return _zip(files)


def _manifest(evidence: Evidence, files: Mapping[str, bytes]) -> dict[str, Any]:
    sealed = evidence.sealed
    counts = {noun: _scope(evidence.scopes[noun])["count"] for noun in evidence.nouns}
    return {
        "format": FORMAT,
        "origin": sealed.origin,
        "dispute": str(evidence.dispute),
        "student": str(evidence.student),
        "programme": evidence.programme,
        "size": sealed.size,
        "covers": sealed.covers,
        "recorded_at": instant(sealed.recorded_at),
        "scopes": [{"noun": noun, "count": counts[noun]} for noun in sorted(counts)],
        "closed": [
            {"position": position, "rule": rule}
            for position, rule in sorted(evidence.closed.items())
        ],
        "left_out": [{"rule": rule, "text": text} for rule, text in evidence.left_out],
        "visible": {
            "tree_size": sealed.size,
            "positions": len(evidence.entries),
            "scopes": sealed.scopes,
        },
        "files": [
            {"name": name, "sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
            for name, data in sorted(files.items())
        ],
    }


def _line(evidence: Evidence, entry: Entry) -> bytes:
    key = None
    if entry.position not in evidence.closed and has_ciphertext(orjson.loads(entry.body)):
        key = evidence.event_key(entry)
    line = {
        "position": entry.position,
        "stream_version": entry.stream_version,
        "stream_id": str(entry.stream_id),
        "topic": entry.topic,
        "recorded_at": instant(entry.recorded_at),
        "subject": None if entry.subject is None else str(entry.subject),
        "body": _base64(entry.body),
        "key": None if key is None else _base64(key),
    }
    return _canonical(line) + b"\n"


def value_of(step: Step, name: str, key: bytes | None) -> Any:
    """The plain value of a member of a body, `ERASED` where there is no key to open it."""
    value = step.body.get(name)
    if not is_encrypted(value):
        return value
    if key is None:
        return ERASED
    assert isinstance(value, dict)
    entry = step.entry
    where = place("records", entry.stream_id, entry.stream_version, entry.topic, name)
    return decrypt(key, where, value[MARK])


def _item(evidence: Evidence, step: Step, by_position: Mapping[int, Step]) -> dict[str, Any]:
    def value(of: Step, name: str) -> Any:
        position = of.entry.position
        key = None if position in evidence.closed else evidence.event_key(of.entry)
        found = value_of(of, name, key)
        return {MARK: None} if isinstance(found, Erased) else found

    return {
        "position": step.entry.position,
        "topic": step.entry.topic,
        "recorded_at": instant(step.entry.recorded_at),
        "by": step.body["by"],
        "capacity": step.body["capacity"],
        "occurred_on": step.body.get("occurred_on"),
        "reason": value(step, "reason"),
        "fields": [
            {
                "field": one.name,
                "before": (
                    None
                    if one.before_from is None
                    else value(by_position[one.before_from], one.name)
                ),
                "after": value(step, one.name) if one.here else None,
                "before_from": one.before_from,
            }
            for one in step.said
        ],
        "stated": evidence.stated(step),
    }


def _scope(proof: MapProof) -> dict[str, Any]:
    found = proof.found
    other = None if found is not None else proof.entry
    return {
        "count": 0 if found is None else found.count,
        "last": None if found is None else _base64(found.last),
        "siblings": [_base64(one) for one in proof.siblings],
        "other": None if other is None else _entry(other),
    }


def _entry(entry: ScopeEntry) -> dict[str, Any]:
    return {"key": _base64(entry.key), "count": entry.count, "last": _base64(entry.last)}


def instant(value: datetime) -> str:
    """An instant as the bundle writes it: UTC with six digits of the second."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _canonical(value: Any) -> bytes:
    # Not the ledger's orjson: the page says this form, and it differs in how fractions are written.
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def _zip(files: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files, key=str.encode):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.create_system = 3
            info.external_attr = 0o100644 << 16
            archive.writestr(info, files[name])
    return out.getvalue()
