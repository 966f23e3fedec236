"""How a view keeps rows that hold ciphertexts: smaller, and without what is said twice.

In memory a ciphertext is what `Fact.ciphertext` gives. In a row its base64 is raw bytes, the
event it comes from is named once for all its ciphertexts, the stream only where it is not the
row's own, and the field only where it is not the key that it stands under.

A packed value without ciphertexts is its JSON. With them it is the JSON of
`[value, [[version, topic] or [version, topic, stream], ...]]`, a zero byte, the ids of those
events (16 bytes each) and the ciphertexts one after another; in the value `{"#": [event, bytes]}`
or `{"#": [event, bytes, field]}` stands for each, in their order. Equal values pack to equal
bytes, so that a view built again equals the living one.
"""

from binascii import a2b_base64, b2a_base64
from typing import Any
from uuid import UUID

import orjson

from ledger.encryption import MARK

_ID_BYTES = 16
_DEEP = (dict, list)


def pack(stream: UUID, value: Any) -> bytes:
    """The value of a row about this stream as a view keeps it: what JSON can say."""
    return _Packing(str(stream)).pack(value)


def unpack(stream: UUID, body: bytes) -> Any:
    """What `pack` was given."""
    head, packed, raw = body.partition(b"\0")
    value = orjson.loads(head)
    if not packed:
        return value
    value, sources = value
    own = str(stream)
    places = []
    for number, (version, topic, *other) in enumerate(sources):
        event = UUID(bytes=raw[number * _ID_BYTES : (number + 1) * _ID_BYTES])
        places.append([str(event), other[0] if other else own, version, topic])
    return _Unpacking(places, raw, len(places) * _ID_BYTES).whole("", value)


class _Packing:
    def __init__(self, own: str) -> None:
        self._own = own
        self._sources: dict[tuple[str, str, int, str], int] = {}
        self._raw: list[bytes] = []

    def pack(self, value: Any) -> bytes:
        small = self._small("", value)
        if not self._sources:
            return orjson.dumps(small)
        sources = [
            [version, topic] if stream == self._own else [version, topic, stream]
            for _, stream, version, topic in self._sources
        ]
        ids = (UUID(event).bytes for event, _, _, _ in self._sources)
        return b"".join((orjson.dumps([small, sources]), b"\0", *ids, *self._raw))

    def _small(self, name: str, value: Any) -> Any:
        kind = type(value)
        if kind is list:
            return [self._small(name, inner) for inner in value]
        if kind is not dict:
            return value
        if MARK in value:
            return {MARK: self._of(name, value)}
        return {key: self._small(key, inner) for key, inner in value.items()}

    def _of(self, name: str, value: Any) -> list[Any]:
        event, stream, version, topic, field = value["of"]
        source = self._sources.setdefault((event, stream, version, topic), len(self._sources))
        raw = _raw(value[MARK])
        if raw is None:
            # Not the one way to write these bytes: kept as it is, for a row's hash is over it.
            held: list[Any] = [source, value[MARK]]
        else:
            self._raw.append(raw)
            held = [source, len(raw)]
        return held if field == name else [*held, field]


class _Unpacking:
    def __init__(self, places: list[list[Any]], raw: bytes, at: int) -> None:
        self._places, self._raw, self._at = places, raw, at

    def whole(self, name: str, value: Any) -> Any:
        kind = type(value)
        if kind is list:
            return [self.whole(name, inner) for inner in value]
        if kind is not dict:
            return value
        if MARK in value:
            return self._ciphertext(name, *value[MARK])
        # Most values are neither, and a call for each of them would be most of the cost.
        return {
            key: self.whole(key, inner) if type(inner) in _DEEP else inner
            for key, inner in value.items()
        }

    def _ciphertext(
        self, name: str, source: int, held: int | str, field: str | None = None
    ) -> dict[str, Any]:
        if isinstance(held, str):
            text = held
        else:
            text = _text(self._raw[self._at : self._at + held])
            self._at += held
        return {MARK: text, "of": [*self._places[source], field or name]}


def _raw(text: str) -> bytes | None:
    """The bytes of base64 without padding, or None where they would be written otherwise."""
    try:
        raw = a2b_base64(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    return raw if _text(raw) == text else None


def _text(raw: bytes) -> str:
    return b2a_base64(raw, newline=False).rstrip(b"=").decode()
