"""Which keys were destroyed by order: the events of the book that say so (design D11).

`student.erased.v1` names the student in its column, and in its body the accounts that were the
student's own; `document.erased.v1` and `school-document.erased.v1` are in the stream of one scan. A
key that is missing because of them is no finding; one that is still there is.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID

import psycopg

from replay.verify.keyfiles import DamagedKey, KeyFiles, name_of
from replay.verify.report import Finding

Connection = psycopg.Connection[Any]

TOPIC = "student.erased.v1"
#: An order that takes one scan; its stream is the scan's.
OF_SCANS = ("document.erased.v1", "school-document.erased.v1")


class Erasure(NamedTuple):
    """One order: its event, the names of the key files that had to go, and whether they were a
    student's or those of one scan."""

    position: int
    files: tuple[str, ...]
    of_student: bool


def erasures(connection: Connection) -> list[Erasure]:
    """Every order in the book, in its order. A body that cannot be read is a finding elsewhere."""
    rows = connection.execute(
        "SELECT position, subject, body FROM books.records"
        " WHERE topic = %s AND subject IS NOT NULL ORDER BY position",
        (TOPIC,),
    ).fetchall()
    found = []
    for position, student, body in rows:
        names = [name_of("student", student, which) for which in ("record", "note")]
        for account in _accounts(bytes(body)):
            names += [name_of("account", account, which) for which in ("record", "author")]
        found.append(Erasure(position, tuple(names), of_student=True))
    scans = connection.execute(
        "SELECT position, stream_id FROM books.records WHERE topic = ANY(%s) ORDER BY position",
        (list(OF_SCANS),),
    ).fetchall()
    for position, scan in scans:
        found.append(Erasure(position, (name_of("document", scan, "record"),), of_student=False))
    return sorted(found)


def unfinished(orders: list[Erasure], keys: KeyFiles | None) -> Iterator[Finding]:
    """Orders after which a key still lies in the folder: a crash, or keys from a backup."""
    for order in orders if keys is not None else ():
        for name in order.files:
            try:
                there = keys is not None and keys.extracted(name) is not None
            except DamagedKey:
                there = True
            if there:
                message = f"已依法刪除，但金鑰檔 {name} 仍在，請再執行一次 igp erase"
                yield Finding("records", None, order.position, "key-not-destroyed", message)


def _accounts(body: bytes) -> list[UUID]:
    try:
        return [UUID(text) for text in json.loads(body)["account_ids"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return []
