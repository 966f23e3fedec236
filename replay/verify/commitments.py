"""Do the notes ledgers agree with what `records` says of them every day? (sealing.md)

A commitment counts what was recorded when it was made, a moment before its own event was. What an
author wrote within seconds of it may be counted or not, so every possibility is tried.
"""

import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import product
from math import prod
from typing import Any

from replay.verify.report import Finding
from replay.verify.tree import Tree

TOPIC = "ledger.notes-commitment.v1"
#: What was recorded this near may be on either side.
_NEAR = timedelta(seconds=10)
#: With more possibilities than this a commitment cannot be told right or wrong.
_MOST = 4096

#: A size of an author's ledger and the root at that size.
Sized = tuple[int, bytes]


@dataclass
class _Commitment:
    position: int
    day: str
    said: str
    #: Instants as text between which an author's events may be on either side.
    since: str
    until: str
    ledgers: dict[str, list[Sized]] = field(default_factory=dict)


class Commitments:
    """Takes the commitments while `records` is read, then the ledgers while `notes` is."""

    def __init__(self, extracted: bytes | None) -> None:
        """`extracted` is the house key `scope`; without it the order of days alone is told."""
        self._extracted = extracted
        self._all: list[_Commitment] = []
        #: How many could not be told right or wrong, for many were writing at that moment.
        self.undecided = 0

    def add(self, position: int, body: bytes, recorded_at: str) -> Iterator[Finding]:
        """An event of `records` with a commitment, without a subject."""
        said = _said(body)
        if said is None or (self._all and self._all[-1].day >= said[0]):
            yield _wrong(position, "每日承諾不符格式，或日期沒有往後")
            return
        try:
            at = datetime.fromisoformat(recorded_at)
            since, until = (_text(at - _NEAR), _text(at + _NEAR))
        except (ValueError, OverflowError):
            yield _wrong(position, "每日承諾的記錄時間不是可能的時間")
            return
        self._all.append(_Commitment(position, *said, since, until))

    @property
    def unchecked(self) -> bool:
        """Whether there are commitments that cannot be told right or wrong without the key."""
        return bool(self._all) and self._extracted is None

    def ledger(self, owner: str) -> "Ledger":
        return Ledger(owner, self._all if self._extracted else [])

    def findings(self) -> Iterator[Finding]:
        """Commitments that no reading of the ledgers makes."""
        if self._extracted is None:
            return
        for one in self._all:
            owners = sorted(one.ledgers)
            choices = [one.ledgers[owner] for owner in owners]
            if prod(map(len, choices)) > _MOST:
                self.undecided += 1
                continue
            if not any(
                self._made(one.day, zip(owners, chosen, strict=True)) == one.said
                for chosen in product(*choices)
            ):
                message = f"{one.day} 的每日承諾與各作者的紀錄簿不符"
                yield _wrong(one.position, message)

    def _made(self, day: str, ledgers: Iterator[tuple[str, Sized]]) -> str:
        assert self._extracted is not None
        info = b"igp-notes-salt/1" + day.encode()
        hashing = sha256(b"igp-notes-commitment/1")
        hashing.update(hmac.digest(self._extracted, info + b"\1", sha256))
        for owner, (size, root) in ledgers:
            if size:
                hashing.update(f"{owner} {size} {root.hex()}\n".encode())
        return hashing.hexdigest()


class Ledger:
    """One author's ledger while it is read: its sizes at the moments of the commitments."""

    def __init__(self, owner: str, commitments: list[_Commitment]) -> None:
        self._owner = owner
        self._all = commitments
        self._first = 0
        self._last_at = ""

    def asks(self, recorded_at: str) -> bool:
        """Whether the size before an event of this instant is one that a commitment may count."""
        self._go_on()
        self._last_at = recorded_at
        return self._first < len(self._all) and self._all[self._first].since <= recorded_at

    def keep(self, tree: Tree, recorded_at: str | None) -> None:
        """Keeps the size and root for every commitment that may count them.

        `recorded_at` is of the event that comes next, None at the ledger's end.
        """
        if recorded_at is None:
            self._go_on()
        sized = tree.size, tree.root()
        for one in self._all[self._first :]:
            if recorded_at is not None and one.since > recorded_at:
                break
            one.ledgers.setdefault(self._owner, []).append(sized)

    def _go_on(self) -> None:
        """Leaves the commitments behind that were made before the last event that was read."""
        while self._first < len(self._all) and self._all[self._first].until < self._last_at:
            self._first += 1


def _said(body: bytes) -> tuple[str, str] | None:
    try:
        fields: Any = json.loads(body)
        day, commitment = fields["day"], fields["commitment"]
        date.fromisoformat(day)
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return (day, commitment) if isinstance(commitment, str) else None


def _text(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")[:26] + "Z"


def _wrong(position: int, message: str) -> Finding:
    return Finding("records", None, position, "notes-commitment", message)
