"""The verification of all three books, from their first event to their last."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import IsolationLevel

from replay.verify.bodies import Bodies
from replay.verify.checkpoints import Checkpoints, Outside
from replay.verify.commitments import Commitments
from replay.verify.erasures import erasures, unfinished
from replay.verify.events import (
    Following,
    broken_streams,
    read_book,
    wrong_beginning,
    wrong_heads,
    wrong_heartbeat,
)
from replay.verify.files import broken_files
from replay.verify.guards import open_guards
from replay.verify.keyfiles import DamagedKey, KeyFiles
from replay.verify.map_roots import MapRoots
from replay.verify.report import BOOKS, Finding, Progress, Report
from replay.verify.scopes import Scopes
from replay.verify.tree import Roots

#: What reading a value raises that is of no form of ours.
_NO_CONTENT = (
    *(psycopg.DataError, TypeError, AttributeError),
    *(ValueError, OverflowError, RecursionError),
)


def verify(
    conninfo: str,
    keys: KeyFiles | None = None,
    progress: Progress | None = None,
    outside: Outside | None = None,
) -> Report:
    """Reads everything in one snapshot, as a role that may read the books, and writes nothing.

    Without `keys` a ciphertext is checked in its form only. The role is the owner of the books, an
    administrator, or the projector. Raises `psycopg.Error` where the books cannot be read.

    1. What keeps the books append-only is in place: tables, triggers, functions, rights.
    2. The first event opens the ledger with the clock that it was born with.
    3. Positions run without a gap, time runs with them, every body is in its form and opens;
       a key is missing only where an order in the book says so. Every leaf is hashed, each tree
       and every scope's chain and map is made again, and what `records` says of them is compared.
    4. Every stream's versions run without a gap.
    5. What was noted about the ends of the books agrees with them.
    6. Every file that an event names lies there as it says, and no other does.
    7. Every signed checkpoint, kept here or brought in `outside`, is of a beginning of its book.

    Who holds the signing key as well can write a book anew and sign it: that is found by who kept
    a checkpoint elsewhere (docs/attacks.md). Without `keys` and without a published key signatures
    are not checked, without `keys` neither maps nor commitments; the report says so.
    """
    outside = outside or Outside()
    roots = Roots()
    found: list[Finding] = []
    read: dict[str, int] = {}
    with psycopg.connect(conninfo) as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        # Names without a schema mean the system's, whatever lies in the database.
        connection.execute("SET LOCAL search_path = pg_catalog")
        found += open_guards(connection)
        with _readable(connection, found):
            found += wrong_beginning(connection)
        orders = []
        with _readable(connection, found):
            orders = erasures(connection)
            found += unfinished(orders, keys)
        destroyed = frozenset(name for order in orders for name in order.files)
        scope, signing = (_house_key(keys, name, found) for name in ("scope", "signing"))
        checkpoints = Checkpoints(roots, signing, outside)
        with _readable(connection, found):
            checkpoints.ask(connection)
        maps = MapRoots(None if scope is None else Scopes(scope))
        commitments = Commitments(scope)
        following = Following(Bodies(keys, destroyed), roots, maps, commitments)
        for book in BOOKS:
            read[book] = 0
            with _readable(connection, found):
                read[book] = read_book(connection, book, following, found, progress)
                found += broken_streams(connection, book)
        if all(one.kind != "unreadable" for one in found):
            # Of a book that was not read to its end nothing can be said.
            found += commitments.findings()
            with _readable(connection, found):
                found += checkpoints.stored(connection, maps.positions)
            found += checkpoints.brought()
        with _readable(connection, found):
            found += wrong_heads(connection)
        with _readable(connection, found):
            found += wrong_heartbeat(connection)
        with _readable(connection, found):
            found += broken_files(connection, keys)
    erased = sum(order.of_student for order in orders)
    unchecked = tuple(_unchecked(checkpoints, maps, commitments))
    return Report(found, read, erased, checkpoints.count, unchecked)


def _unchecked(checkpoints: Checkpoints, maps: MapRoots, commitments: Commitments) -> Iterator[str]:
    """What could not be checked, and why (zh-TW)."""
    if checkpoints.count and not checkpoints.signed:
        yield "沒有簽章金鑰或公開金鑰，沒有查核檢查點的簽章。"
    for name in sorted(checkpoints.absent):
        yield f"沒有見證者 {name} 的任何副署，請向見證者索取其留存的檢查點。"
    if maps.unchecked:
        yield "沒有區段金鑰，沒有查核對照表。"
    if commitments.unchecked:
        yield "沒有區段金鑰，沒有查核每日承諾。"
    if commitments.undecided:
        yield "有每日承諾的當下正好有人寫入，無法判定是否相符。"


def _house_key(keys: KeyFiles | None, name: str, found: list[Finding]) -> bytes | None:
    """A key of the house, extracted; None where it is not at hand."""
    try:
        return None if keys is None else keys.extracted(f"house/{name}.key")
    except DamagedKey as damaged:
        message = f"金鑰檔 {damaged.args[0]} 無法開啟"
        found.append(Finding("books", None, None, "key-damaged", message))
        return None


@contextmanager
def _readable(connection: psycopg.Connection[Any], found: list[Finding]) -> Iterator[None]:
    """Goes on where a table or a column is gone, which was found in step 1, and names a file that
    the server itself finds broken, and what nobody can read: books of which a value is no time or
    nothing at all were never written by the program."""
    try:
        with connection.transaction():
            yield
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return
    except (psycopg.errors.DataCorrupted, psycopg.errors.IndexCorrupted):
        _unreadable(found, "資料庫的檔案損毀，無法讀取全部內容")
    except _NO_CONTENT:
        _unreadable(found, "資料庫中有不可能由本程式寫入的值，無法查核完畢")


def _unreadable(found: list[Finding], message: str) -> None:
    broken = Finding("books", None, None, "unreadable", message)
    if broken not in found:
        found.append(broken)
