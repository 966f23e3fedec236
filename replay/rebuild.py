"""Builds views again from the books, compares them with the living ones, and exchanges them.

1. A view is built in the schema `views_next`, from the first event to where the living one is.
2. The living one is brought to a standstill: its checkpoint is locked.
3. The rebuilt one catches up to that position, and the two are compared row by row.
4. Where they are equal, or somebody answers for the difference (`replay.certificate`), the rebuilt
   one takes the living one's place, in the transaction that stores the certificate. Else the
   living one stays, and the certificate says so.

A runner may go on meanwhile, and so may readers: between 2 and 4 the views are only not written.
The books are never written.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from uuid import UUID

import psycopg

from ledger.database import Connection, Database
from ledger.mapper import LedgerMapper
from projections.facts import fact_of, note_fact_of
from projections.runner import BATCH, SCHEMA, Runner
from projections.view import Fact, View
from replay.certificate import Approval, Certificate, approved, store
from replay.comparison import Comparison, compare
from replay.standstill import Busy, lock, wait_for_older

NEXT = "views_next"

#: Called with the name of a view, how many events it has, and how many it will have.
Progress = Callable[[str, int, int], None]

#: Where a view stands: at a position, or over `notes` at one of each author's ledger.
Stand = Mapping[UUID | None, int]


class RebuildError(Exception):
    """The living views are as they were; the message says what to do (zh-TW)."""


def rebuild(
    database: Database,
    views: Sequence[View],
    mapper: LedgerMapper,
    names: Sequence[str] = (),
    progress: Progress = lambda view, done, total: None,
    *,
    approval: Approval | None = None,
    check: bool = False,
    program: str = "",
) -> list[Certificate]:
    """Builds the named views again, all where none is named; one certificate each.

    With an `approval` a rebuilt view takes the place of one that differs from it. With `check`
    none does, and a certificate is kept only of what would be refused. `program` is the version
    of the program. Raises `RebuildError` and leaves the living view.
    """
    unknown = sorted(set(names) - {view.name for view in views})
    if unknown:
        known = "、".join(view.name for view in views)
        raise RebuildError(f"沒有名為 {'、'.join(unknown)} 的檢視。可重建的檢視：{known}。")
    chosen = [view for view in views if not names or view.name in names]
    with _alone(database):
        _bring_up_to_date(database, views, chosen, mapper)
        certificates = []
        for view in chosen:
            with _Rebuild(database, view, mapper, progress) as one:
                certificates.append(one.run(approval, program, check=check))
        # One that was stopped, or of an older version, has events to read that it did not have.
        _bring_up_to_date(database, views, chosen, mapper)
    return certificates


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """One rebuild at a time, whatever the program. Raises `RebuildError`."""
    with database.connect("projector") as connection:
        row = connection.execute("SELECT pg_try_advisory_lock(1, 10)").fetchone()
        if row is None or not row[0]:
            raise RebuildError("另一個程式正在重建檢視。請等它完成後再執行一次。")
        yield
        # The server may take a while to notice that a connection was closed.
        connection.execute("SELECT pg_advisory_unlock(1, 10)")


def _bring_up_to_date(
    database: Database, views: Sequence[View], chosen: Sequence[View], mapper: LedgerMapper
) -> None:
    """Makes missing tables, and lets the chosen views come to where the books are at this moment.

    A view that was stopped by an event, or that another version left, stays where it is.
    """
    Runner(database, views, mapper).prepare()
    with database.connect("projector") as connection:
        living = dict(
            connection.execute(f"SELECT view, version FROM {SCHEMA}.checkpoint".encode()).fetchall()
        )
        readable = [view for view in chosen if living[view.name] == view.version]
        goals = {view.name: _heads(connection, view) for view in readable}
        runner = Runner(database, readable, mapper)
        try:
            while any(_behind(connection, view, goals[view.name]) for view in readable):
                runner.step()
        finally:
            runner.close()


def _heads(connection: Connection, view: View) -> Stand:
    """Where the book of a view ends, or each author's ledger."""
    if view.book == "notes":
        return dict(connection.execute("SELECT owner, position FROM books.notes_head").fetchall())
    return dict(
        connection.execute(
            f"SELECT NULL::uuid, coalesce(max(position), 0) FROM books.{view.book}".encode()
        ).fetchall()
    )


def _behind(connection: Connection, view: View, goal: Stand) -> bool:
    """Whether a view that no event stopped has not come to the goal."""
    if view.book == "notes":
        statement = "SELECT owner, position, poison FROM {}.owner_checkpoint WHERE view = %s"
    else:
        statement = "SELECT NULL::uuid, position, poison FROM {}.checkpoint WHERE view = %s"
    rows = connection.execute(statement.format(SCHEMA).encode(), (view.name,)).fetchall()
    stopped = {owner for owner, _, poison in rows if poison is not None}
    stands = {owner: position for owner, position, _ in rows}
    return any(
        stands.get(owner, 0) < position for owner, position in goal.items() if owner not in stopped
    )


class _Rebuild:
    """One view's way through the four steps. `_own` holds the standstill, `_work` builds."""

    def __init__(
        self,
        database: Database,
        view: View,
        mapper: LedgerMapper,
        progress: Progress,
    ) -> None:
        self._view, self._mapper, self._progress = view, mapper, progress
        self._notes = view.book == "notes"
        self._work = database.connect("projector")
        self._own = database.connect("projector")
        self._stand: dict[UUID | None, int] = {}

    def __enter__(self) -> "_Rebuild":
        return self

    def __exit__(self, *_: object) -> None:
        self._own.close()
        # What cannot be removed now is removed by the next rebuild.
        with suppress(psycopg.OperationalError), self._work as connection:
            connection.execute(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE".encode())

    def run(self, approval: Approval | None, program: str, *, check: bool) -> Certificate:
        """Raises `RebuildError`."""
        try:
            self._begin()
            # The living one goes on meanwhile; each round leaves less to do.
            while self._build(self._living()) > BATCH:
                pass
            with self._own.transaction():
                version = self._stop()
                self._build(self._living())
                newer = self._view.comparable if version != self._view.version else None
                found = compare(self._own, SCHEMA, NEXT, self._view.tables, newer)
                answer = approved(self._view, version, found, approval)
                switched = answer is not None and not check
                certificate = self._certificate(version, found, answer, program, switched)
                if switched:
                    self._switch()
                if switched or answer is None:
                    store(self._own, certificate)
            return certificate
        except Busy:
            raise RebuildError(
                f"檢視 {self._view.name} 正被一項很久未結束的作業讀取，沒有更換。請稍後再執行一次。"
            ) from None

    # -- 1. building

    def _begin(self) -> None:
        with self._work.transaction():
            self._work.execute(f"DROP SCHEMA IF EXISTS {NEXT} CASCADE".encode())
            self._work.execute(f"CREATE SCHEMA {NEXT}".encode())
            self._enter()
            self._view.create(self._work)

    def _enter(self) -> None:
        self._work.execute(f"SET LOCAL search_path = {NEXT}".encode())

    def _living(self) -> Stand:
        """Where the living view is; over `notes`, where it is in each author's ledger."""
        if self._notes:
            statement = f"SELECT owner, position FROM {SCHEMA}.owner_checkpoint WHERE view = %s"
        else:
            statement = f"SELECT NULL::uuid, position FROM {SCHEMA}.checkpoint WHERE view = %s"
        return dict(self._own.execute(statement.encode(), (self._view.name,)).fetchall())

    def _build(self, goal: Stand) -> int:
        """Applies the events up to the goal; returns how many. Raises `RebuildError`."""
        applied = 0
        for owner, end in goal.items():
            while (position := self._stand.get(owner, 0)) < end:
                facts = self._facts(owner, position, end)
                try:
                    with self._work.transaction():
                        self._enter()
                        self._view.apply(self._work, facts)
                except psycopg.OperationalError:
                    raise
                except Exception as error:
                    raise self._stopped(type(error).__name__, facts) from None
                self._stand[owner] = facts[-1].position
                applied += len(facts)
                if not self._notes:
                    self._progress(self._view.name, facts[-1].position, end)
        if self._notes:
            self._progress(self._view.name, 1, 1)
        return applied

    def _facts(self, owner: UUID | None, after: int, end: int) -> list[Fact]:
        whose, subject = ("owner = %(owner)s AND", "") if owner else ("", "subject,")
        rows = self._work.execute(
            f"SELECT position, recorded_at, stream_id, stream_version, topic, {subject} body"
            f" FROM books.{self._view.book} WHERE {whose} position > %(after)s"
            " AND position <= %(end)s ORDER BY position LIMIT %(batch)s".encode(),
            {"owner": owner, "after": after, "end": end, "batch": BATCH},
            binary=True,
        ).fetchall()
        if not rows:
            raise RebuildError(
                f"紀錄簿 {self._view.book} 在檢視 {self._view.name} 已處理的位置之前缺少紀錄。"
                "請停止寫入，執行 igp replay verify 並保留輸出。"
            )
        try:
            return [
                note_fact_of(self._mapper, owner, row) if owner else fact_of(row) for row in rows
            ]
        except psycopg.OperationalError:
            raise
        except Exception as error:
            raise self._stopped(type(error).__name__, []) from None

    def _stopped(self, reason: str, facts: Sequence[Fact]) -> RebuildError:
        """Names where, and the class of the error; its text may hold what the event says."""
        where = ""
        if facts and not self._notes:
            where = f"位置 {facts[0].position} 至 {facts[-1].position} 之間"
        return RebuildError(
            f"檢視 {self._view.name} 無法處理{where}的紀錄（{reason}），沒有更換。"
            "請更新程式後再執行一次。"
        )

    # -- 2. the standstill

    def _stop(self) -> int:
        """Until the transaction ends nobody writes the living view. Returns its version.

        A runner moves the checkpoint before it touches a table, so it waits there.
        """
        row = self._own.execute(
            f"SELECT version FROM {SCHEMA}.checkpoint WHERE view = %s FOR UPDATE".encode(),
            (self._view.name,),
        ).fetchone()
        if self._notes:
            lock(self._own, SCHEMA, ["owner_checkpoint"], "SHARE ROW EXCLUSIVE")
        assert row is not None
        return int(row[0])

    # -- 4. the exchange

    def _certificate(
        self,
        version: int,
        found: Comparison,
        answer: tuple[str | None, str] | None,
        program: str,
        switched: bool,
    ) -> Certificate:
        shared = not self._notes
        reason, by = (None, None) if found.equal or answer is None else answer
        return Certificate(
            view=self._view.name,
            version=self._view.version,
            living_version=version,
            position=self._stand.get(None, 0) if shared else None,
            rows=found.rows if shared else None,
            digest=found.digest if shared else None,
            living_rows=found.living_rows if shared else None,
            living_digest=found.living_digest if shared else None,
            equal=found.equal,
            differing=found.differing if shared else None,
            named=found.named if shared else (),
            form=found.form,
            reason=reason,
            approved_by=by,
            program=program,
            switched=switched,
        )

    def _switch(self) -> None:
        # The rows were committed by `_work`; who looks from before that must not meet the tables.
        wait_for_older(self._own, [self._own.info.backend_pid, self._work.info.backend_pid])
        living = [
            table
            for (table,) in self._own.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename = ANY (%s)",
                (SCHEMA, list(self._view.tables)),
            )
        ]
        lock(self._own, SCHEMA, living, "ACCESS EXCLUSIVE")
        if living:
            names = ", ".join(f"{SCHEMA}.{table}" for table in living)
            self._own.execute(f"DROP TABLE {names}".encode())
        for table in self._view.tables:
            self._own.execute(f"ALTER TABLE {NEXT}.{table} SET SCHEMA {SCHEMA}".encode())
        # Without CASCADE: what a view made beside its tables and left behind would be lost.
        self._own.execute(f"DROP SCHEMA {NEXT}".encode())
        self._own.execute(
            f"UPDATE {SCHEMA}.checkpoint SET version = %s, poison = NULL, poison_reason = NULL"
            " WHERE view = %s".encode(),
            (self._view.version, self._view.name),
        )
        # Whoever was stopped at the first event has no place yet, as one who never wrote.
        self._own.execute(
            f"DELETE FROM {SCHEMA}.owner_checkpoint WHERE view = %s AND position = 0".encode(),
            (self._view.name,),
        )
        self._own.execute(
            f"UPDATE {SCHEMA}.owner_checkpoint SET poison = NULL, poison_reason = NULL"
            " WHERE view = %s".encode(),
            (self._view.name,),
        )
