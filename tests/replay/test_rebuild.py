"""A view built again from the books equals the living one, and takes its place unnoticed."""

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import psycopg
import pytest
from psycopg import sql

import replay.rebuild
import replay.standstill
from domain.event import TOPICS
from domain.ledger_life import SYSTEM
from ledger.database import Connection
from ledger.keys import Keyring
from ledger.ledger import Ledger
from projections.all_views import all_views
from projections.changes import ChangesView
from projections.own_notes import OwnNotesView
from projections.runner import Runner
from projections.view import Fact, Revision, View
from replay.certificate import Approval, Certificate
from replay.rebuild import RebuildError, rebuild
from tests.replay.county import County, county

#: The topics that the view `changes` has a row of.
TOPICS_OF_CHANGES = [
    topic for topic, event in TOPICS.items() if event.SECTION and event.BOOK == "records"
]

POSITION = "SELECT position FROM views.checkpoint WHERE view = 'changes'"
ROWS = "SELECT count(*) FROM views.change WHERE position <= %s"
EVENTS = "SELECT count(*) FROM books.records WHERE position <= %s AND topic = ANY (%s)"

APPROVAL = Approval("與紀錄簿核對過", SYSTEM)
SECRETS = ("學生", "林大同", "談話內容")


@pytest.fixture
def told(ledger: Ledger, runner: Runner) -> County:
    """The county, with every view up to date."""
    told = county(ledger)
    runner.catch_up()
    return told


def again(
    ledger: Ledger, *names: str, views: Sequence[View] = (), **options: Any
) -> list[Certificate]:
    return rebuild(
        ledger.database, views or all_views(ledger.keyring), ledger.mapper, names, **options
    )


def contents(ledger: Ledger) -> dict[str, list[str]]:
    """Every row of every view, and where each view stands."""
    tables = [table for view in all_views(ledger.keyring) for table in view.tables]
    with ledger.database.connect("projector") as connection:
        return {
            table: [
                row
                for (row,) in connection.execute(
                    sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(
                        sql.Identifier("views", table)
                    )
                )
            ]
            for table in [*tables, "checkpoint", "owner_checkpoint"]
        }


def tables_of(ledger: Ledger) -> dict[str, int]:
    """The identity of each table, which changes when another takes its place."""
    with ledger.database.connect("projector") as connection:
        return dict(
            connection.execute(
                "SELECT relname, oid::int FROM pg_class"
                " WHERE relnamespace = 'views'::regnamespace AND relkind = 'r'"
            ).fetchall()
        )


def tamper(ledger: Ledger, statement: str) -> None:
    with psycopg.connect(ledger.database.admin, autocommit=True) as connection:
        assert connection.execute(statement.encode()).rowcount > 0


@pytest.mark.accepts("IGP-144")
def test_every_rebuilt_view_equals_the_living_one_and_takes_its_place(told: County) -> None:
    before, tables = contents(told.ledger), tables_of(told.ledger)
    certificates = again(told.ledger)
    assert [one.view for one in certificates] == [
        view.name for view in all_views(told.ledger.keyring)
    ]
    assert all(one.equal and one.switched for one in certificates)
    assert contents(told.ledger) == before
    exchanged = tables_of(told.ledger)
    for view in all_views(told.ledger.keyring):
        assert all(exchanged[table] != tables[table] for table in view.tables)


@pytest.mark.accepts("IGP-144")
def test_views_that_were_dropped_are_the_same_after_a_rebuild(told: County) -> None:
    before = contents(told.ledger)
    with told.ledger.database.connect("projector") as connection:
        connection.execute("DROP SCHEMA views CASCADE")
        connection.execute("CREATE SCHEMA views")
        reader = sql.Identifier(told.ledger.database.role("reader"))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA views TO {}").format(reader))
    assert all(one.equal for one in again(told.ledger))
    assert contents(told.ledger) == before


def test_what_a_reader_may_see_is_the_same_in_the_rebuilt_view(told: County) -> None:
    """Policies and grants come along with the tables."""

    def seen() -> list[tuple[Any, ...]]:
        with told.ledger.database.connect("reader") as connection:
            connection.execute(
                "SELECT set_config('igp.viewer', %s, false)", (str(told.authors[0]),)
            )
            notes = connection.execute("SELECT * FROM views.own_note ORDER BY 2").fetchall()
            assert connection.execute("SELECT * FROM views.change").fetchall() == []
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT * FROM views.change_state")
            return notes

    before = seen()
    assert before
    again(told.ledger)
    assert seen() == before


def test_after_the_exchange_a_runner_goes_on_where_the_view_stood(
    told: County, runner: Runner
) -> None:
    again(told.ledger)
    told.correct(1, placement_grade=6)
    told.note(told.authors[1], told.students[1])
    runner.catch_up()
    assert all(one.equal for one in again(told.ledger))


def test_only_the_named_views_are_rebuilt(told: County) -> None:
    tables = tables_of(told.ledger)
    [certificate] = again(told.ledger, "changes")
    assert certificate.view == "changes"
    exchanged = {table for table, oid in tables_of(told.ledger).items() if oid != tables[table]}
    assert exchanged == set(ChangesView().tables)


def test_an_unknown_name_is_refused_and_the_known_ones_are_told(told: County) -> None:
    with pytest.raises(RebuildError, match=r"no-such-view.*changes"):
        again(told.ledger, "no-such-view")


# -- what differs


@pytest.mark.parametrize(
    ("statement", "table", "key"),
    [
        ("UPDATE views.change SET kind = 'withdrawn' WHERE position = {}", "change", "position={}"),
        ("UPDATE views.change SET body = body || ' ' WHERE position = {}", "change", "position={}"),
        ("DELETE FROM views.change WHERE position = {}", "change", "position={}"),
        (
            "INSERT INTO views.change SELECT 999999, recorded_at, student, organisation, record_id,"
            " author, section, kind, origin, audiences, body FROM views.change WHERE position = {}",
            "change",
            "position=999999",
        ),
    ],
)
def test_a_tampered_row_is_found_named_and_left_until_it_is_to_be_replaced(
    told: County, statement: str, table: str, key: str
) -> None:
    before = contents(told.ledger)
    with told.ledger.database.connect("projector") as connection:
        row = connection.execute("SELECT min(position) FROM views.change").fetchone()
    assert row is not None
    position = str(row[0])
    tamper(told.ledger, statement.replace("{}", position))
    tampered = contents(told.ledger)
    [found] = again(told.ledger, "changes")
    assert (found.equal, found.switched, found.differing) == (False, False, 1)
    assert [(one.table, one.key) for one in found.named] == [(table, key.replace("{}", position))]
    assert contents(told.ledger) == tampered
    [replaced] = again(told.ledger, "changes", approval=APPROVAL)
    assert (replaced.equal, replaced.switched) == (False, True)
    assert contents(told.ledger) == before


def test_many_differences_are_counted_and_the_first_ten_named(told: County) -> None:
    tamper(told.ledger, "UPDATE views.change_audience SET granted = 1")
    [found] = again(told.ledger, "changes")
    assert found.differing is not None
    assert found.differing > len(found.named) == 10


def test_a_difference_in_a_table_without_primary_key_is_found(told: County) -> None:
    tamper(told.ledger, "UPDATE views.reach SET source_kind = 'other'")
    [found] = again(told.ledger, "reach")
    assert found.differing
    assert found.named[0].table == "reach"


def test_of_a_difference_among_notes_nothing_is_said_but_that_there_is_one(told: County) -> None:
    tamper(told.ledger, "DELETE FROM views.own_note")
    [found] = again(told.ledger, "own_notes")
    assert not found.equal
    assert (found.position, found.rows, found.digest, found.differing) == (None,) * 4
    assert found.named == ()


def test_a_certificate_is_stored_with_what_was_found_and_nothing_of_what_rows_hold(
    told: County,
) -> None:
    returned = again(told.ledger, "changes", "own_notes")
    tamper(told.ledger, "UPDATE views.change SET kind = 'withdrawn'")
    returned += again(told.ledger, "changes")
    with told.ledger.database.connect("projector") as connection:
        stored = connection.execute(
            "SELECT view, position, body FROM desk.certificate ORDER BY id"
        ).fetchall()
    assert len(stored) == len(returned) == 3
    for (view, position, body), certificate in zip(stored, returned, strict=True):
        read = orjson.loads(body)
        assert (view, position) == (certificate.view, certificate.position or 0)
        assert read["equal"] is certificate.equal
        assert read["digest"] == certificate.digest
        assert not any(secret in body.decode() for secret in SECRETS)


def test_two_rebuilds_of_the_same_books_have_the_same_digest(told: County) -> None:
    first, second = again(told.ledger), again(told.ledger)
    assert [one.digest for one in first] == [one.digest for one in second]
    told.correct(1)
    assert again(told.ledger, "changes")[0].digest != first[0].digest


# -- stopped, older, broken


class Broken(ChangesView):
    """Fails on one event, as a faulty version would."""

    def __init__(self, poison: int) -> None:
        super().__init__()
        self._poison = poison

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        if any(fact.position == self._poison for fact in facts):
            raise ValueError("學生的資料")
        super().apply(connection, facts)


def test_a_view_that_was_stopped_by_an_event_goes_on_after_a_rebuild_that_can_read_it(
    ledger: Ledger,
) -> None:
    told = county(ledger)
    stopped = Runner(ledger.database, [Broken(20)], ledger.mapper)
    stopped.prepare()
    stopped.catch_up()
    stopped.close()
    [certificate] = again(ledger, "changes")
    assert (certificate.position, certificate.equal, certificate.switched) == (19, True, True)
    assert told.story.last is not None
    with ledger.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT position, poison, poison_reason FROM views.checkpoint WHERE view = 'changes'"
        ).fetchone()
        head = connection.execute("SELECT max(position) FROM books.records").fetchone()
    assert row is not None
    assert head is not None
    assert row == (head[0], None, None)
    assert again(ledger, "changes")[0].equal


class BrokenNotes(OwnNotesView):
    """Fails from a position of every author's ledger on."""

    def __init__(self, keyring: Keyring, poison: int) -> None:
        super().__init__(keyring)
        self._poison = poison

    def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
        if any(fact.position >= self._poison for fact in facts):
            raise ValueError("談話內容")
        super().apply(connection, facts)


@pytest.mark.parametrize("poison", [1, 2])
def test_own_notes_that_were_stopped_go_on_after_a_rebuild_that_can_read_them(
    ledger: Ledger, poison: int
) -> None:
    county(ledger)
    stopped = Runner(ledger.database, [BrokenNotes(ledger.keyring, poison)], ledger.mapper)
    stopped.prepare()
    stopped.catch_up()
    stopped.close()
    assert all(one.equal for one in again(ledger))
    with ledger.database.connect("projector") as connection:
        stands = connection.execute(
            "SELECT owner, position, poison FROM views.owner_checkpoint WHERE view = 'own_notes'"
        ).fetchall()
        heads = connection.execute("SELECT owner, position, NULL FROM books.notes_head").fetchall()
    assert sorted(stands) == sorted(heads)
    assert all(one.equal for one in again(ledger))


def test_a_version_that_fails_leaves_the_living_view_and_names_where(told: County) -> None:
    before = contents(told.ledger)
    with pytest.raises(RebuildError) as refused:
        again(told.ledger, "changes", views=[Broken(20)])
    assert "changes" in str(refused.value)
    assert "ValueError" in str(refused.value)
    assert not any(secret in str(refused.value) for secret in SECRETS)
    assert contents(told.ledger) == before
    assert _schemas(told.ledger) == ["views"]


class Silent(ChangesView):
    """The next version of a view: another column, and no word on what may differ."""

    def __init__(self) -> None:
        super().__init__()
        self.version += 1

    def create(self, connection: Connection) -> None:
        super().create(connection)
        connection.execute("ALTER TABLE change_state ADD seen bigint")


class Wider(Silent):
    """The same, and it says so."""

    def __init__(self) -> None:
        super().__init__()
        why = Revision("記下看過的位置", ("change_state",))
        self.revisions = {**self.revisions, self.version: why}


def test_a_new_version_of_another_form_takes_its_place_with_a_reason(told: County) -> None:
    tables = tables_of(told.ledger)
    [refused] = again(told.ledger, "changes", views=[Silent()])
    # The columns that both have are the same; the form is not, and nobody said that it may differ.
    assert (refused.equal, refused.differing, refused.switched) == (False, 0, False)
    assert refused.form == ("+ change_state seen bigint",)
    assert tables_of(told.ledger) == tables
    [certificate] = again(told.ledger, "changes", views=[Wider()])
    living = ChangesView().version
    assert (certificate.living_version, certificate.version) == (living, living + 1)
    assert (certificate.reason, certificate.approved_by) == ("記下看過的位置", "release")
    assert certificate.switched
    with told.ledger.database.connect("projector") as connection:
        assert connection.execute("SELECT seen FROM views.change_state").fetchall()
        row = connection.execute(
            "SELECT version FROM views.checkpoint WHERE view = 'changes'"
        ).fetchone()
    assert row == (living + 1,)
    assert again(told.ledger, "changes", views=[Wider()])[0].equal


def test_columns_that_both_forms_have_are_compared_row_by_row(told: County) -> None:
    tamper(told.ledger, "DELETE FROM views.change_state")
    [found] = again(told.ledger, "changes", views=[Silent()])
    assert found.differing
    assert found.named[0].table == "change_state"
    assert found.named[0].key.startswith("record_id=")


def test_a_query_of_the_view_decides_where_the_forms_cannot_be_compared(told: County) -> None:
    view = Silent()
    view.comparable = {"change_state": "SELECT record_id AS key FROM {schema}.change_state"}
    [found] = again(told.ledger, "changes", views=[view], check=True)
    assert (found.equal, found.switched, found.form) == (True, False, ())
    tamper(
        told.ledger,
        "DELETE FROM views.change_state WHERE ctid = (SELECT min(ctid) FROM views.change_state)",
    )
    [found] = again(told.ledger, "changes", views=[view])
    assert (found.equal, found.differing, found.switched) == (False, 1, False)
    assert len(found.named[0].key) == 36


def test_a_rebuild_that_loses_its_connections_in_the_exchange_leaves_the_living_view(
    told: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the program is killed there: to the server it is the same."""
    tables, before = tables_of(told.ledger), contents(told.ledger)

    def killed(connection: Connection, certificate: Certificate) -> None:
        assert certificate.switched
        tamper(
            told.ledger,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename LIKE '%projector'",
        )
        connection.execute("SELECT 1")

    with monkeypatch.context() as patched:
        patched.setattr("replay.rebuild.store", killed)
        with pytest.raises(psycopg.OperationalError):
            again(told.ledger, "changes", views=[Wider()])
    assert tables_of(told.ledger) == tables
    assert contents(told.ledger) == before
    assert again(told.ledger, "changes", views=[Wider()])[0].switched
    assert _schemas(told.ledger) == ["views"]


class NextNotes(OwnNotesView):
    """The next version of the authors' own notes."""

    def __init__(self, keyring: Keyring) -> None:
        super().__init__(keyring)
        self.version += 1


def test_a_program_of_the_old_version_leaves_the_new_views_alone(
    told: County, runner: Runner
) -> None:
    """As on the day of an update, while the old program has not been stopped yet."""
    newer = [Wider(), NextNotes(told.ledger.keyring)]
    again(told.ledger, views=newer)
    before = contents(told.ledger)
    told.correct(1, placement_grade=6)
    told.note(told.authors[0], told.students[0])
    told.note(told.story.account(told.schools[0]), told.students[0])
    runner.catch_up()
    after = contents(told.ledger)
    for view in newer:
        for table in view.tables:
            assert after[table] == before[table], table

    def stands(rows: dict[str, list[str]]) -> list[str]:
        return [row for row in rows["owner_checkpoint"] if row.startswith("(own_notes,")]

    assert stands(after) == stands(before)
    assert after["placement"] != before["placement"]
    assert all(one.equal for one in again(told.ledger, views=newer))


def test_books_that_are_shorter_than_a_view_are_noticed(told: County) -> None:
    """As after a restore of the books from an older backup than the views."""
    tamper(
        told.ledger,
        "UPDATE views.checkpoint SET position = position + 5 WHERE view = 'changes'",
    )
    with pytest.raises(RebuildError, match="igp replay verify"):
        again(told.ledger, "changes")


def test_what_a_killed_rebuild_left_behind_does_not_hinder_the_next(told: County) -> None:
    with told.ledger.database.connect("projector") as connection:
        connection.execute("CREATE SCHEMA views_next")
        connection.execute("CREATE TABLE views_next.change (x int)")
    assert again(told.ledger, "changes")[0].equal
    assert _schemas(told.ledger) == ["views"]


def test_two_rebuilds_at_once_are_one_rebuild_and_one_refusal(told: County) -> None:
    inside, leave = threading.Event(), threading.Event()

    def slow(view: str, done: int, total: int) -> None:
        inside.set()
        leave.wait()

    with ThreadPoolExecutor(1) as threads:
        first = threads.submit(again, told.ledger, "changes", progress=slow)
        inside.wait()
        try:
            with pytest.raises(RebuildError, match="正在重建"):
                again(told.ledger, "changes")
        finally:
            leave.set()
        assert first.result()[0].equal


def test_progress_is_told_up_to_the_end_and_of_notes_only_that_they_are_done(
    told: County,
) -> None:
    told_of: dict[str, list[tuple[int, int]]] = {}
    again(
        told.ledger,
        progress=lambda view, done, total: told_of.setdefault(view, []).append((done, total)),
    )
    assert set(told_of) == {view.name for view in all_views(told.ledger.keyring)}
    assert all(steps[-1][0] == steps[-1][1] for steps in told_of.values())
    assert set(told_of["own_notes"]) == {(1, 1)}


# -- while others go on


@pytest.fixture
def running(told: County) -> Iterator[Runner]:
    """A runner that keeps the views up to date in a thread of its own."""
    runner = Runner(told.ledger.database, all_views(told.ledger.keyring), told.ledger.mapper)
    thread = threading.Thread(target=runner.run)
    thread.start()
    yield runner
    runner.stop()
    thread.join()


def test_a_rebuild_while_others_write_project_and_read_hides_nothing_from_anybody(
    told: County, running: Runner
) -> None:
    """A reader that began before an exchange must not meet the new tables half filled."""
    done = threading.Event()
    failures: list[str] = []
    pages = 0

    def write() -> None:
        number = 0
        while not done.is_set():
            number += 1
            told.correct(number % 6, placement_grade=1 + number % 12)
            told.note(told.authors[number % 2], told.students[number % 6])

    def read() -> None:
        nonlocal pages
        with told.ledger.database.connect("projector", autocommit=False) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            while not done.is_set():
                at = _one(
                    connection, "SELECT position FROM views.checkpoint WHERE view = 'changes'"
                )
                rows = _one(
                    connection, "SELECT count(*) FROM views.change WHERE position <= %s", at
                )
                events = _one(
                    connection,
                    "SELECT count(*) FROM books.records WHERE position <= %s AND topic = ANY (%s)",
                    at,
                    TOPICS_OF_CHANGES,
                )
                if rows != events:
                    failures.append(f"{rows} of {events} at {at}")
                connection.commit()
                pages += 1

    with ThreadPoolExecutor(3) as threads:
        others = [threads.submit(write), threads.submit(read), threads.submit(read)]
        try:
            for _ in range(3):
                assert all(one.equal for one in again(told.ledger))
        finally:
            done.set()
        for each in others:
            each.result()
    assert failures == []
    assert pages > 3


def test_a_reader_that_began_before_the_exchange_reads_the_whole_view(
    told: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its snapshot is older than every row of the rebuilt tables: it would find them empty."""
    begun, wait = threading.Event(), replay.rebuild.wait_for_older

    def announced(connection: Connection, own: Sequence[int]) -> None:
        begun.set()
        wait(connection, own)

    monkeypatch.setattr("replay.rebuild.wait_for_older", announced)
    with told.ledger.database.connect("projector", autocommit=False) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        at = _one(reader, POSITION)
        with ThreadPoolExecutor(1) as threads:
            rebuilding = threads.submit(again, told.ledger, "changes")
            begun.wait()
            # As long as an exchange that waited for nobody would need.
            threading.Event().wait(0.3)
            rows = _one(reader, ROWS, at)
            events = _one(reader, EVENTS, at, TOPICS_OF_CHANGES)
            reader.commit()
            assert rebuilding.result()[0].switched
    assert rows == events > 0


def test_a_reader_that_does_not_end_keeps_the_living_view_in_its_place(
    told: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replay.standstill, "PATIENCE_SECONDS", 0.3)
    tables = tables_of(told.ledger)
    with told.ledger.database.connect("projector", autocommit=False) as reader:
        reader.execute("SELECT count(*) FROM views.change")
        with pytest.raises(RebuildError, match="稍後再執行"):
            again(told.ledger, "changes")
    assert tables_of(told.ledger) == tables
    assert again(told.ledger, "changes")[0].switched


def _one(connection: Connection, statement: str, *values: object) -> int:
    row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    return int(row[0])


def _schemas(ledger: Ledger) -> list[str]:
    with ledger.database.connect("projector") as connection:
        return [
            name
            for (name,) in connection.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'views%'"
            )
        ]
