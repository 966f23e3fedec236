"""Reads a book event by event, in its order: positions, times, bodies; then what SQL can tell."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from replay.verify.bodies import Bodies, Row
from replay.verify.report import Finding, Progress

Connection = psycopg.Connection[Any]

#: Events fetched at a time.
BATCH = 2_000


def read_book(
    connection: Connection,
    book: str,
    bodies: Bodies,
    found: list[Finding],
    progress: Progress | None,
) -> int:
    """Adds to `found` what is wrong with events and their order; returns how many it read."""
    whose = "owner" if book == "notes" else "NULL::uuid"
    row = connection.execute(f"SELECT count(*) FROM books.{book}".encode()).fetchone()
    total, done = (int(row[0]) if row else 0), 0
    if progress is not None:
        progress(book, 0, total)
    order = _Order(book)
    with connection.cursor(name=f"verify_{book}", binary=True) as cursor:
        cursor.execute(
            f"SELECT {whose}, position, stream_id, stream_version, subject::text, topic, body,"
            f" recorded_at FROM books.{book} ORDER BY 1, 2".encode()
        )
        while batch := cursor.fetchmany(BATCH):
            for *columns, recorded_at in batch:
                event = Row(book, *columns)
                found.extend(order.findings(event, recorded_at))
                for kind, message in bodies.complaints(event):
                    found.append(Finding(book, event.owner, event.position, kind, message))
            done += len(batch)
            if progress is not None:
                progress(book, done, total)
    return done


class _Order:
    """Positions run from 1 without a gap, per owner; time runs with them."""

    def __init__(self, book: str) -> None:
        self._book = book
        self._owner: UUID | None = None
        self._last = 0
        self._last_at: datetime | None = None

    def findings(self, row: Row, recorded_at: datetime) -> Iterator[Finding]:
        if row.owner != self._owner:
            self._owner, self._last, self._last_at = row.owner, 0, None
        due = self._last + 1
        if row.position > due:
            missing = f"{due}" if row.position == due + 1 else f"{due} 至 {row.position - 1}"
            yield Finding(self._book, row.owner, due, "position", f"缺少第 {missing} 筆")
        elif row.position < due:
            yield Finding(self._book, row.owner, row.position, "position", "位置重複或小於 1")
        if self._last_at is not None and recorded_at <= self._last_at:
            message = "記錄時間不晚於前一筆"
            yield Finding(self._book, row.owner, row.position, "time", message)
        self._last, self._last_at = row.position, recorded_at


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
