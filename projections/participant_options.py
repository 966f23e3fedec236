"""The names an account keeps to tick as participants, for that account alone (design D7, D11).

An account has one row whatever it did: the position it was made at and the ids of the options
that stand, filled up to full blocks and encrypted under the author's key, deterministically, so
that a view built again has equal rows. Every event of the account makes it another one. The names
are read from the account's own ledger, where they lie once.
"""

import struct
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from domain.participant_option import (
    ParticipantOption,
    ParticipantOptionAdded,
    ParticipantOptionRemoved,
    evolve,
)
from ledger.database import Connection
from ledger.encryption import expand
from ledger.keys import Keyring
from ledger.mapper import LedgerMapper
from projections.facts import note_fact_of
from projections.view import Fact, SqlView
from projections.writing import put_rows

#: The ids of a row are filled up to a multiple of so many bytes: 64 options.
_BLOCK = 64 * 16
#: How many lists a process keeps in memory, opened.
_LISTS_KEPT = 1000
_AT = struct.Struct(">q")

#: The position a row was made at, and the options that stand, in the order of their adding.
_List = tuple[int, list[UUID]]


def option_id(keyring: Keyring, owner: UUID, name: str) -> UUID:
    """The stream of a name in an account's list: one name, one stream, whoever is quicker.

    It looks drawn at random to everybody without the author's key. Raises `LookupError` where
    that was destroyed.
    """
    key = keyring.key("account.author", owner)
    if key is None:
        raise LookupError(f"no author key of account {owner}")
    plain = unicodedata.normalize("NFC", name.strip())
    made = expand(key, b"igp-participant-option/1" + plain.encode())
    return UUID(bytes=made[:16], version=4)


class ParticipantOptionsView(SqlView):
    """The view `participant_options`: see the module."""

    def __init__(self, keyring: Keyring) -> None:
        super().__init__(
            name="participant_options", version=1, tables=("participant_list",), book="notes"
        )
        self._keyring = keyring
        self._kept: dict[UUID, _List] = {}

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        by_owner: defaultdict[UUID, list[Fact]] = defaultdict(list)
        for fact in facts:
            assert fact.owner is not None
            by_owner[fact.owner].append(fact)
        known = self._known(connection, by_owner)
        rows = []
        for owner, of_owner in by_owner.items():
            cipher = _cipher(self._keyring, owner)
            if cipher is None:
                # The author's key was destroyed: nobody can be shown this row any more.
                continue
            stand = known[owner]
            if isinstance(stand, bytes):
                stand = _opened(cipher, owner, stand)
            stand = _changed(stand, of_owner)
            self._keep(owner, stand)
            rows.append((owner, _closed(cipher, owner, stand)))
        put_rows(connection, "participant_list", "owner uuid, body bytea", 1, rows)

    def _known(
        self, connection: Connection, by_owner: Mapping[UUID, Sequence[Fact]]
    ) -> dict[UUID, _List | bytes]:
        """The list of each owner before these facts, or the row it stands in."""
        known: dict[UUID, _List | bytes] = {}
        for owner, facts in by_owner.items():
            stand = self._kept.get(owner)
            # What the list is at a position never changes, so it need not be read again there.
            if stand is not None and stand[0] == facts[0].position - 1:
                known[owner] = stand
        unknown = [owner for owner in by_owner if owner not in known]
        if unknown:
            known |= dict.fromkeys(unknown, (0, []))
            rows = connection.execute(
                "SELECT owner, body FROM participant_list WHERE owner = ANY(%s)",
                (unknown,),
                binary=True,
            )
            known |= {owner: bytes(body) for owner, body in rows}
        return known

    def _keep(self, owner: UUID, stand: _List) -> None:
        self._kept.pop(owner, None)
        self._kept[owner] = stand
        if len(self._kept) > _LISTS_KEPT:
            # Another thread may have dropped it already.
            self._kept.pop(next(iter(self._kept), owner), None)


def options_of(
    connection: Connection, mapper: LedgerMapper, keyring: Keyring, owner: UUID
) -> list[ParticipantOption]:
    """The names that an account offers itself, in the order of their adding.

    The connection is in a transaction of `viewing` as the account.
    """
    cipher = _cipher(keyring, owner)
    row = connection.execute(
        "SELECT body FROM participant_list WHERE owner = %s", (owner,), prepare=True, binary=True
    ).fetchone()
    if cipher is None or row is None:
        return []
    position, offered = _opened(cipher, owner, row[0])
    states: dict[UUID, ParticipantOption] = {}
    for stored in connection.execute(
        "SELECT position, recorded_at, stream_id, stream_version, topic, body FROM books.notes"
        " WHERE owner = %s AND stream_id = ANY(%s) AND position <= %s ORDER BY position",
        (owner, offered, position),
        prepare=True,
        binary=True,
    ):
        fact = note_fact_of(mapper, owner, stored)
        assert fact.event is not None
        states[fact.stream_id] = evolve(states.get(fact.stream_id), fact.event)
    return [states[option] for option in offered]


def _changed(stand: _List, facts: Iterable[Fact]) -> _List:
    position, offered = stand
    kept = dict.fromkeys(offered)
    for fact in facts:
        position = fact.position
        if fact.event_class is ParticipantOptionAdded:
            kept[fact.stream_id] = None
        elif fact.event_class is ParticipantOptionRemoved:
            kept.pop(fact.stream_id, None)
    return position, list(kept)


def _cipher(keyring: Keyring, owner: UUID) -> AESSIV | None:
    key = keyring.key("account.author", owner)
    return None if key is None else _siv(key)


@lru_cache(maxsize=1000)
def _siv(author_key: bytes) -> AESSIV:
    return AESSIV(
        expand(author_key, b"igp-view/participant-options/1")
        + expand(author_key, b"igp-view/participant-options/2")
    )


def _closed(cipher: AESSIV, owner: UUID, stand: _List) -> bytes:
    position, offered = stand
    ids = b"".join(option.bytes for option in offered)
    # At least one block, so that an empty list and a short one look alike.
    blocks = max(1, -(-len(ids) // _BLOCK))
    return cipher.encrypt(_AT.pack(position) + ids.ljust(blocks * _BLOCK, b"\0"), [owner.bytes])


def _opened(cipher: AESSIV, owner: UUID, body: bytes) -> _List:
    plain = cipher.decrypt(bytes(body), [owner.bytes])
    ids = (plain[at : at + 16] for at in range(_AT.size, len(plain), 16))
    return _AT.unpack_from(plain)[0], [UUID(bytes=one) for one in ids if any(one)]
