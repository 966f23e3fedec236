"""Reads a book event by event in its order: places, times, leaves, bodies; then what SQL tells."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg

from replay.verify import commitments, map_roots
from replay.verify.bodies import Bodies, Row
from replay.verify.commitments import Commitments, Ledger
from replay.verify.map_roots import MapRoots
from replay.verify.report import Finding, Progress
from replay.verify.tree import Roots, Tree

Connection = psycopg.Connection[Any]

#: Events fetched at a time.
BATCH = 2_000

#: Events that say something of the ledger itself; what they say is followed.
_OF_THE_PROGRAM = frozenset({map_roots.TOPIC, commitments.TOPIC})

#: An event as `read_rows` gives it: owner, position, stream, version, subject, topic, body, time.
#: Ids are text; the time is text in UTC with six digits of the second, as in the leaf.
Read = tuple[str | None, int, str, int, str | None, str, bytes, str]


@dataclass
class Following:
    """What is made of the events on the way. Without `bodies` their content is only hashed."""

    bodies: Bodies | None
    roots: Roots = field(default_factory=Roots)
    map_roots: MapRoots | None = None
    commitments: Commitments | None = None


def read_rows(connection: Connection, book: str) -> Iterator[list[Read]]:
    """The events of a book in batches, each author's in `notes` together."""
    whose, order = ("owner::text", "owner, position") if book == "notes" else ("NULL", "position")
    with connection.cursor(name=f"verify_{book}", binary=True) as cursor:
        # An instant that cannot be written so is no instant of ours, and its leaf is another.
        cursor.execute(
            f"SELECT {whose}, position, stream_id::text, stream_version, subject::text, topic,"
            " body, coalesce(to_char(recorded_at AT TIME ZONE 'UTC',"
            """ 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')"""
            f" FROM books.{book} ORDER BY {order}".encode()
        )
        while batch := cursor.fetchmany(BATCH):
            yield batch


def read_book(
    connection: Connection,
    book: str,
    following: Following,
    found: list[Finding],
    progress: Progress | None,
) -> int:
    """Adds to `found` what is wrong with events and their order; returns how many it read."""
    row = connection.execute(f"SELECT count(*) FROM books.{book}".encode()).fetchone()
    total, done = (int(row[0]) if row else 0), 0
    if progress is not None:
        progress(book, 0, total)
    reader = _Reader(book, following, found)
    for batch in read_rows(connection, book):
        reader.take(batch)
        done += len(batch)
        if progress is not None:
            progress(book, done, total)
    reader.end()
    return done


class _Reader:
    """The ledgers of a book one after another: `records`, `access`, each author's in `notes`."""

    def __init__(self, book: str, following: Following, found: list[Finding]) -> None:
        self._book = book
        self._following = following
        self._found = found
        self._owner: str | None = None
        self._ledger: Ledger | None = None
        self._leaves: list[bytes] = []
        self._last, self._last_at = 0, ""
        self._asked: list[int] = []
        self._begin(None)

    def take(self, batch: list[Read]) -> None:
        book, bodies = self._book, self._following.bodies
        maps = self._following.map_roots if book == "records" else None
        scopes = maps.scopes if maps is not None else None
        for owner, position, stream, version, subject, topic, body, at in batch:
            if owner != self._owner:
                self.end()
                self._begin(owner)
            if position != self._last + 1 or at <= self._last_at:
                self._disorder(position, at)
            if self._ledger is not None and self._ledger.asks(at):
                self._grow()
                self._ledger.keep(self._tree, at)
            self._last, self._last_at = position, at
            head = (
                f"\0igp-event/1\n{book}\n{owner or '-'}\n{position}\n{stream}\n{version}\n"
                f"{topic}\n{subject or '-'}\n{at}\n"
            )
            leaf = sha256(head.encode() + body).digest()
            self._leaves.append(leaf)
            if subject is None:
                if topic in _OF_THE_PROGRAM:
                    self._programs_own(position, topic, body, at)
            elif scopes is not None:
                scopes.add(position, subject, topic.partition(".")[0], leaf)
            if bodies is not None:
                row = Row(book, owner, position, stream, version, subject, topic, body)
                for kind, message in bodies.complaints(row):
                    self._find(position, kind, message)
            if self._tree.size + len(self._leaves) == self._asked[-1]:
                self._asked.pop()
                self._grow()
                self._following.roots.keep(book, owner, self._tree)
        self._grow()

    def end(self) -> None:
        """The last event of a ledger was read."""
        self._grow()
        if self._ledger is not None:
            self._ledger.keep(self._tree, None)
        self._following.roots.sizes[self._book, self._owner] = self._tree.size

    def _begin(self, owner: str | None) -> None:
        following = self._following
        self._owner = owner
        self._tree = Tree()
        self._leaves = []
        self._last, self._last_at = 0, ""
        self._asked = [0, *reversed(following.roots.asked(self._book, owner))]
        if following.commitments is not None and owner is not None:
            self._ledger = following.commitments.ledger(owner)

    def _grow(self) -> None:
        self._tree.extend(self._leaves)
        self._leaves = []

    def _disorder(self, position: int, at: str) -> None:
        """Positions run from 1 without a gap, per ledger; time runs with them."""
        due = self._last + 1
        if position > due:
            missing = f"{due}" if position == due + 1 else f"{due} 至 {position - 1}"
            self._find(due, "position", f"缺少第 {missing} 筆")
        elif position < due:
            self._find(position, "position", "位置重複或小於 1")
        if at <= self._last_at:
            self._find(position, "time", "記錄時間不晚於前一筆")

    def _programs_own(self, position: int, topic: str, body: bytes, at: str) -> None:
        following = self._following
        if self._book != "records":
            return
        if topic == map_roots.TOPIC and following.map_roots is not None:
            self._found.extend(following.map_roots.findings(position, body))
        if topic == commitments.TOPIC and following.commitments is not None:
            self._found.extend(following.commitments.add(position, body, at))

    def _find(self, position: int, kind: str, message: str) -> None:
        owner = None if self._owner is None else UUID(self._owner)
        self._found.append(Finding(self._book, owner, position, kind, message))


def broken_streams(connection: Connection, book: str) -> Iterator[Finding]:
    """Each stream's versions run from 1 without a gap, in the order of positions."""
    # In SQL, for a book has as many streams as it has rows and a process has less memory.
    whose = "owner" if book == "notes" else "NULL::uuid"
    rows = connection.execute(
        f"""
        SELECT DISTINCT ON (v.owner, v.stream_id) v.owner, v.position, v.stream_id, v.due
        FROM (SELECT {whose} AS owner, b.position, b.stream_id, b.stream_version,
                     row_number() OVER w AS due, lag(b.position) OVER w AS before
              FROM books.{book} b
              WINDOW w AS (PARTITION BY {whose}, b.stream_id
                           ORDER BY b.stream_version, b.position)) v
        WHERE v.stream_version <> v.due OR v.position < v.before
        ORDER BY v.owner, v.stream_id, v.position
        """.encode()
    ).fetchall()
    for owner, position, stream, due in rows:
        message = f"串流 {stream} 的第 {due} 版不在應有的位置"
        yield Finding(book, owner, position, "stream-version", message)


def wrong_heads(connection: Connection) -> Iterator[Finding]:
    """Where an author's ledger ends and where `notes_head` says it ends, looked at both ways."""
    rows = connection.execute(
        """
        SELECT coalesce(n.owner, h.owner), n.last, h.position
        FROM (SELECT owner, max(position) AS last FROM books.notes GROUP BY owner) n
        FULL JOIN books.notes_head h ON h.owner = n.owner
        WHERE n.last IS DISTINCT FROM h.position
        ORDER BY 1
        """
    ).fetchall()
    for owner, last, head in rows:
        message = f"記下的最後位置是 {head or '無'}，實際是 {last or '無'}"
        yield Finding("notes", owner, last, "head", message)


def wrong_beginning(connection: Connection) -> Iterator[Finding]:
    """The first event opens the ledger with the clock it was born with."""
    born = [clock for (clock,) in connection.execute("SELECT clock FROM books.birth")]
    if len(born) != 1:
        yield Finding("birth", None, None, "birth", "沒有記下紀錄簿的時鐘，或不只一個")
    first = connection.execute(
        "SELECT position, topic, position(%s::bytea IN body) > 0 FROM books.records"
        " ORDER BY position LIMIT 1",
        (f'"clock":"{born[0] if born else ""}"'.encode(),),
    ).fetchone()
    if first is None:
        yield Finding("records", None, None, "empty", "紀錄簿沒有任何紀錄")
    elif first[1] != "ledger.opened.v1":
        yield Finding("records", None, first[0], "opening", "第一筆不是紀錄簿的建立")
    elif not first[2]:
        yield Finding("records", None, first[0], "opening", "建立時的時鐘與記下的不同")


def wrong_heartbeat(connection: Connection) -> Iterator[Finding]:
    """No event up to a heartbeat is later than it, none after it earlier, and it is in the book."""
    for position, at in connection.execute("SELECT position, at FROM books.heartbeat").fetchall():
        row = connection.execute("SELECT max(position) FROM books.records").fetchone()
        last = (row[0] if row else None) or 0
        if position > last:
            message = f"曾確認完整至第 {position} 筆，現在只到第 {last} 筆"
            yield Finding("records", None, position, "heartbeat", message)
        rows = connection.execute(
            "SELECT min(position) FROM books.records"
            " WHERE (position <= %(position)s) <> (recorded_at < %(at)s)",
            {"position": position, "at": at},
        ).fetchall()
        for (wrong,) in rows:
            if wrong is not None:
                message = "記錄時間與已確認完整的時刻矛盾"
                yield Finding("records", None, wrong, "heartbeat", message)
