"""Is a stored body in its form, and does it open? (docs/formats/stored-event.md)

In `records` and `access` a body is an object with the envelope and the event's fields; a field
that is `{"#": text}` is encrypted. In `notes` it holds `event_id`, `head`, `rest`, `commit`.
"""

import base64
import hashlib
import hmac
import json
import re
import zlib
from collections.abc import Generator, Iterator
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from replay.verify.keyfiles import DamagedKey, KeyFiles, name_of

NOTE_TOPIC, NOTE_SUBJECT = "note/1", "-"
_TOPIC = re.compile(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*\.v[1-9][0-9]*")
_MARK = "#"
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: Only these can hold a ciphertext.
_HOLDING = (dict, list)
_NONCE, _TAG, _BLOCK = 12, 16, 32
#: What stands in a column is not written in the body, where it could say something else.
_COLUMNS = frozenset({"originator_id", "originator_version", "student_id"})
_NOTE_FIELDS = {"event_id", "head", "rest", "commit"}

Complaint = tuple[str, str]


class Row(NamedTuple):
    """An event as it lies in its book, ids as text. `owner` is None except in `notes`."""

    book: str
    owner: str | None
    position: int
    stream: str
    version: int
    subject: str | None
    topic: str
    body: bytes


class _Wrong(Exception):
    """A complaint: kind and message."""


class Bodies:
    """Checks bodies, with keys or without; a key that is missing is named once.

    `destroyed` are the files of keys that went by order: what they encrypt is erased.
    """

    def __init__(self, keys: KeyFiles | None, destroyed: frozenset[str] = frozenset()) -> None:
        self._keys = keys
        self._destroyed = destroyed
        self._named: set[tuple[str, ...]] = set()

    def complaints(self, row: Row) -> Iterator[Complaint]:
        """(kind, message) of everything about a row that its own bytes can tell."""
        try:
            fields = canonical_object(row.body)
            if row.book == "notes":
                yield from self._note(row, fields)
            else:
                yield from self._shared(row, fields)
        except _Wrong as wrong:
            yield wrong.args[0], wrong.args[1]
        except RecursionError:
            yield "canonical", "內容的層次過深"

    # -- records and access

    def _shared(self, row: Row, fields: dict[str, Any]) -> Iterator[Complaint]:
        if not _TOPIC.fullmatch(row.topic):
            yield "topic", "事件名稱的寫法不正確"
        if _COLUMNS & fields.keys():
            yield "envelope", "內容重複寫了欄位已有的資料"
        if row.book == "access" and row.subject is not None:
            yield "constants", "對象應為空值"
        event_id = _id(fields, "event_id")
        by = _id(fields, "by")
        if not isinstance(fields.get("capacity"), str) or type(fields.get("policy")) is not int:
            yield "envelope", "內容缺少身分或規則版本"
        encrypted = {}
        for name, value in fields.items():
            if type(value) in _HOLDING and (raw := _ciphertext(name, value)) is not None:
                encrypted[name] = raw
        committed = fields.get("commit")
        if bool(encrypted) != ("commit" in fields):
            raise _Wrong("commitment", "密文與金鑰承諾沒有同時存在")
        if not encrypted:
            return
        if self._keys is None:
            return
        if row.subject is not None:
            name = name_of("student", UUID(row.subject), "record")
        else:
            about = _id(fields, "account_id") if "account_id" in fields else by
            name = name_of("account", UUID(about), "record")
        key = yield from self._key(event_id, name)
        if key is None:
            return
        yield from _commitment(key, committed)
        for field, raw in encrypted.items():
            try:
                _open(row, field, key, raw)
            except _Wrong as wrong:
                yield wrong.args[0], wrong.args[1]

    # -- notes

    def _note(self, row: Row, fields: dict[str, Any]) -> Iterator[Complaint]:
        if row.topic != NOTE_TOPIC or row.subject != NOTE_SUBJECT:
            yield "constants", "事件名稱與對象應為固定值"
        if fields.keys() != _NOTE_FIELDS:
            raise _Wrong("envelope", "內容的欄位與格式不符")
        event_id = _id(fields, "event_id")
        head, rest = (_ciphertext(name, fields[name]) for name in ("head", "rest"))
        commits = fields["commit"]
        if head is None or rest is None:
            raise _Wrong("ciphertext", "內容應為密文")
        if not isinstance(commits, dict) or commits.keys() != {"head", "rest"}:
            raise _Wrong("commitment", "密文與金鑰承諾沒有同時存在")
        if self._keys is None:
            return
        assert row.owner is not None
        author = name_of("account", UUID(row.owner), "author")
        key = yield from self._key(event_id, author)
        if key is None:
            return
        yield from _commitment(key, commits["head"])
        opened = _open(row, "head", key, head)
        if not isinstance(opened, dict) or opened.keys() != {"topic", "student_id"}:
            raise _Wrong("plaintext", "密文的內容與格式不符")
        names: tuple[str, ...] = (author,)
        if opened["student_id"] is not None:
            names += (name_of("student", UUID(_id(opened, "student_id")), "note"),)
        key = yield from self._key(event_id, *names)
        if key is None:
            return
        yield from _commitment(key, commits["rest"])
        _open(row, "rest", key, rest)

    def _key(self, event_id: str, *names: str) -> Generator[Complaint, None, bytes | None]:
        """HKDF(keys of these names, "igp-event/1" ‖ event id); complains where there is none."""
        assert self._keys is not None
        try:
            extracted = self._keys.extracted(*names)
        except DamagedKey as damaged:
            names, complaint = damaged.args, ("key-damaged", f"金鑰檔 {damaged.args[0]} 無法開啟")
        else:
            if extracted is not None:
                info = b"igp-event/1" + UUID(event_id).bytes
                return hmac.digest(extracted, info + b"\x01", hashlib.sha256)
            if not self._destroyed.isdisjoint(names):
                return None
            complaint = ("key-missing", f"沒有金鑰檔 {'、'.join(names)}，自這一筆起無法開啟")
        if names not in self._named:
            self._named.add(names)
            yield complaint
        return None


def _refuse(_: str) -> NoReturn:
    raise ValueError


# Made once, for making them takes longer than a body.
_DECODER = json.JSONDecoder(parse_constant=_refuse)
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. It complains where its bytes are not the canonical ones.

    No event has a plain field that is a fraction, so the writing of those needs no rule.
    """
    try:
        value = _DECODER.decode(body.decode("utf-8"))
        same = _ENCODER.encode(value).encode("utf-8") == body
    except (ValueError, RecursionError):
        same = False
    if not same or not isinstance(value, dict):
        raise _Wrong("canonical", "內容不是標準寫法的 JSON")
    return value


def _id(fields: dict[str, Any], name: str) -> str:
    text = fields.get(name)
    if not isinstance(text, str) or not _ID.fullmatch(text):
        raise _Wrong("envelope", f"內容的 {name} 不是識別碼")
    return text


def _ciphertext(name: str, value: Any) -> bytes | None:
    """The bytes of an encrypted field, None where it is plain."""
    if not isinstance(value, dict) or _MARK not in value:
        if _marked(value):
            raise _Wrong("ciphertext", f"{name} 之內另有密文")
        return None
    text = value[_MARK]
    raw = b""
    if value.keys() == {_MARK} and isinstance(text, str):
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except ValueError:
            raw = b""
    size = len(raw) - _NONCE - _TAG
    if size < _BLOCK or size % _BLOCK or _text(raw) != text:
        raise _Wrong("ciphertext", f"{name} 的密文格式不正確")
    return raw


def _marked(value: Any) -> bool:
    """Whether an object further down looks encrypted: nothing would ever open it."""
    if isinstance(value, dict):
        return _MARK in value or any(_marked(inner) for inner in value.values())
    return isinstance(value, list) and any(_marked(inner) for inner in value)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()


def _commitment(key: bytes, committed: Any) -> Iterator[Complaint]:
    if committed != _text(hashlib.sha256(b"igp-commit" + key).digest()):
        yield "commitment", "金鑰承諾與金鑰不符"


def _open(row: Row, field: str, key: bytes, raw: bytes) -> Any:
    """The plaintext of a field, whose associated data says where it stands."""
    where = f"igp-field/1\n{row.book}\n{row.stream}\n{row.version}\n{row.topic}\n{field}\n"
    try:
        text = AESGCM(key).decrypt(raw[:_NONCE], raw[_NONCE:], where.encode())
    except InvalidTag:
        raise _Wrong("ciphertext", f"{field} 的密文遭變更，或不屬於這個位置") from None
    try:
        if text[:1] == b"\x01":
            squeezed = zlib.decompressobj(wbits=-15)
            plain = squeezed.decompress(text[1:])
            if not squeezed.eof or squeezed.unused_data.strip(b" "):
                raise ValueError
        elif text[:1] == b"\x00":
            plain = text[1:]
        else:
            raise ValueError
        return json.loads(plain)
    except (ValueError, RecursionError, zlib.error):
        raise _Wrong("plaintext", f"{field} 的密文內容與格式不符") from None
