"""The books are append-only for every role, and a role of the program can do its job only."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from domain.ledger_life import SYSTEM
from ledger.database import Connection, Role
from ledger.ledger import Ledger
from tests.database import Template, copied, opened
from tests.ledger.tailing import account, act

BOOKS = ("records", "notes", "access")
CHANGES = {
    "update": "UPDATE books.{} SET {column} = {column}",
    "delete": "DELETE FROM books.{}",
    "truncate": "TRUNCATE books.{}",
}
INSERT = "INSERT INTO books.{} SELECT * FROM books.{}"


@pytest.fixture(scope="module")
def written(
    template: Template, administrator: Connection, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ledger]:
    """A ledger with an event in every book, for many tests: they are all refused."""
    with (
        copied(template, administrator) as database,
        opened(template, database, tmp_path_factory.mktemp("roles") / "keys") as ledger,
    ):
        by = account(ledger)
        for book in BOOKS:
            ledger.record(act(book, by, uuid4(), 1))  # type: ignore[arg-type]
        yield ledger


def run(connection: Connection, statement: str, table: str) -> None:
    columns = {"birth": "clock", "files": "body"}
    name, column = sql.Identifier(table), sql.Identifier(columns.get(table, "topic"))
    connection.execute(sql.SQL(statement).format(name, name, column=column))  # type: ignore[arg-type]


def contents(ledger: Ledger) -> list[list[tuple[object, ...]]]:
    with psycopg.connect(ledger.database.admin) as connection:
        return [
            connection.execute(f"SELECT * FROM books.{book} ORDER BY position".encode()).fetchall()
            for book in BOOKS
        ]


@pytest.mark.accepts("IGP-143")
@pytest.mark.parametrize("role", ["writer", "projector", "reader"])
@pytest.mark.parametrize("change", ["insert", *CHANGES])
@pytest.mark.parametrize("book", [*BOOKS, "files"])
def test_a_role_of_the_program_cannot_touch_a_book(
    written: Ledger, role: Role, change: str, book: str
) -> None:
    before = contents(written)
    with written.database.connect(role) as connection:
        connection.execute("SET default_transaction_read_only = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            run(connection, CHANGES.get(change, INSERT), book)
    assert contents(written) == before


@pytest.mark.accepts("IGP-143")
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("book", [*BOOKS, "birth", "files"])
def test_not_even_the_owner_or_a_superuser_changes_a_book(
    written: Ledger, change: str, book: str
) -> None:
    before = contents(written)
    superuser = written.database.admin
    replica = make_conninfo(superuser, options="-c session_replication_role=replica")
    for conninfo in (written.database.conninfo("owner"), superuser, replica):
        with (
            psycopg.connect(conninfo, autocommit=True) as connection,
            pytest.raises(psycopg.DatabaseError, match="the books are append-only"),
        ):
            run(connection, CHANGES[change], book)
    assert contents(written) == before


@pytest.mark.parametrize("role", ["writer", "projector", "reader"])
def test_no_role_of_the_program_may_switch_triggers_off(written: Ledger, role: Role) -> None:
    with written.database.connect(role) as connection:
        connection.execute("SET default_transaction_read_only = off")
        for statement in (
            "SET session_replication_role = replica",
            "ALTER TABLE books.records DISABLE TRIGGER append_only",
            "DROP TABLE books.records",
            "CREATE TABLE books.more (x int)",
            "SET ROLE {}",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(
                    sql.SQL(statement).format(sql.Identifier(written.database.role("owner")))  # type: ignore[arg-type]
                )


@pytest.mark.parametrize(
    ("role", "tables"),
    [
        ("writer", ("records", "notes", "access", "notes_head", "heartbeat", "birth", "files")),
        ("reader", ("records", "access", "birth")),
    ],
)
def test_who_need_not_read_a_book_cannot(
    written: Ledger, role: Role, tables: tuple[str, ...]
) -> None:
    with written.database.connect(role) as connection:
        for table in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                run(connection, "SELECT * FROM books.{}", table)


@pytest.mark.parametrize("role", ["projector", "reader"])
def test_only_the_writer_may_append(written: Ledger, role: Role) -> None:
    with written.database.connect(role) as connection:
        functions = connection.execute(
            "SELECT p.oid::regprocedure::text, has_function_privilege(p.oid, 'EXECUTE')"
            " FROM pg_proc p WHERE p.pronamespace = 'books'::regnamespace"
        ).fetchall()
    allowed = {name.partition("(")[0].removeprefix("books.") for name, may in functions if may}
    assert allowed <= {"ledger_now", "position_before"}


def test_the_writer_may_run_what_appends_and_reads_a_stream_and_nothing_else(
    written: Ledger,
) -> None:
    with written.database.connect("writer") as connection:
        functions = connection.execute(
            "SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'books'::regnamespace"
            " AND has_function_privilege(p.oid, 'EXECUTE')"
        ).fetchall()
    paths = ("append_one", "append_many", "append_bulk", "stream")
    assert {name for (name,) in functions} == {
        *(f"{path}_{book}" for path in paths for book in BOOKS),
        "make_bulk",
        "keep_file",
        "keep_checkpoint",
        "keep_cosignature",
        "draw_heartbeat",
        "ledger_now",
        "move_clock",
        "resume_clock",
    }


def test_the_reader_sees_the_notes_of_its_viewer_alone(ledger: Ledger) -> None:
    mine, other = account(ledger), account(ledger)
    for by in (mine, other):
        ledger.record(act("notes", by, uuid4(), 1))
    with ledger.database.connect("reader") as connection:
        for table in ("notes", "notes_head"):
            found = f"SELECT owner FROM books.{table}".encode()
            connection.execute("SELECT set_config('igp.viewer', '', false)")
            assert connection.execute(found).fetchall() == []
            connection.execute("SELECT set_config('igp.viewer', %s, false)", (str(mine),))
            assert connection.execute(found).fetchall() == [(mine,)]


# -- the temporary table of a bulk append

EVIL = """
CREATE TABLE pg_temp.loot (who text);
GRANT ALL ON pg_temp.loot TO PUBLIC;
CREATE FUNCTION pg_temp.steal(x bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO pg_temp.loot VALUES (current_user);
    RETURN x;
END $$;
"""
#: Each makes pg_temp.bulk something that would run the caller's function when it is read.
DISGUISES = {
    "view": """
        CREATE VIEW pg_temp.bulk AS SELECT pg_temp.steal(1) AS ord, gen_random_uuid() AS stream,
            1::bigint AS version, 't'::text AS topic, NULL::uuid AS subject, ''::bytea AS body;
        GRANT ALL ON pg_temp.bulk TO PUBLIC""",
    "table of one's own": "CREATE TABLE pg_temp.bulk ({})",
    "rule": """
        CREATE TABLE pg_temp.bulk ({});
        CREATE RULE "r" AS ON DELETE TO pg_temp.bulk DO ALSO SELECT pg_temp.steal(1)""",
    "trigger": """
        CREATE TABLE pg_temp.bulk ({});
        CREATE FUNCTION pg_temp.fire() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_temp.steal(1); RETURN NEW; END';
        CREATE TRIGGER t BEFORE INSERT ON pg_temp.bulk
            FOR EACH ROW EXECUTE FUNCTION pg_temp.fire()""",
    "cast": """
        CREATE TYPE pg_temp.number AS (n bigint);
        CREATE FUNCTION pg_temp.open(x pg_temp.number) RETURNS bigint LANGUAGE plpgsql AS
            'BEGIN RETURN pg_temp.steal(x.n); END';
        CREATE CAST (pg_temp.number AS bigint)
            WITH FUNCTION pg_temp.open(pg_temp.number) AS IMPLICIT;
        CREATE TABLE pg_temp.bulk (ord pg_temp.number, stream uuid, version bigint, topic text,
            subject uuid, body bytea);
        INSERT INTO pg_temp.bulk VALUES (ROW(1), gen_random_uuid(), 1, 't', NULL, '')""",
    "index predicate": """
        CREATE FUNCTION pg_temp.fixed(x bigint) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
            'BEGIN PERFORM pg_temp.steal(x); RETURN true; END';
        CREATE TABLE pg_temp.bulk ({});
        CREATE INDEX ON pg_temp.bulk (ord) WHERE pg_temp.fixed(1);
        INSERT INTO pg_temp.bulk VALUES (1, gen_random_uuid(), 1, 't', NULL, '')""",
}
COLUMNS = "ord bigint, stream uuid, version bigint, topic text, subject uuid, body bytea"


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("book", BOOKS)
def test_a_bulk_append_reads_no_table_that_the_caller_shaped(
    written: Ledger, book: str, disguise: str
) -> None:
    """Otherwise a writer whose program was taken over would run statements as the owner."""
    with written.database.connect("writer") as connection:
        connection.execute(EVIL.encode())
        connection.execute(DISGUISES[disguise].replace("{}", COLUMNS).encode())
        connection.execute("GRANT ALL ON pg_temp.bulk TO PUBLIC")
        connection.execute("DELETE FROM pg_temp.loot")
        with pytest.raises(psycopg.DatabaseError) as refused:
            connection.execute(
                f"SELECT books.append_bulk_{book}(%s, now(), {', '.join(['NULL'] * 6)})".encode(),
                (SYSTEM,),
            )
        assert refused.value.sqlstate == "IG003"
        assert connection.execute("SELECT * FROM pg_temp.loot").fetchall() == []


def test_the_table_of_a_bulk_append_can_be_filled_and_not_reshaped(written: Ledger) -> None:
    with written.database.connect("writer") as connection:
        connection.execute("SELECT books.make_bulk()")
        for statement in (
            "ALTER TABLE pg_temp.bulk ADD more text",
            "CREATE INDEX ON pg_temp.bulk (ord)",
            "CREATE RULE r AS ON INSERT TO pg_temp.bulk DO ALSO NOTHING",
            "CREATE TABLE pg_temp.child () INHERITS (pg_temp.bulk)",
            "DROP TABLE pg_temp.bulk",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_a_bulk_append_of_nothing_or_of_a_torn_batch_is_refused(written: Ledger) -> None:
    call = b"SELECT books.append_bulk_access(NULL, now(), NULL, NULL, NULL, NULL, NULL, NULL)"
    row = "INSERT INTO pg_temp.bulk VALUES (%s, gen_random_uuid(), 1, 't', NULL, '')"
    for orders in ((), (2,), (1, 1), (1, 3)):
        with written.database.connect("writer", autocommit=False) as connection:
            connection.execute("SELECT books.make_bulk()")
            for order in orders:
                connection.execute(row, (order,))
            with pytest.raises(psycopg.DatabaseError, match="bad-batch"):
                connection.execute(call)


def test_a_bulk_append_counts_from_one(written: Ledger) -> None:
    """With -5 and 2 there are as many events as the highest number says."""
    row = b"INSERT INTO pg_temp.bulk VALUES (-5, gen_random_uuid(), 1, 't', NULL, '')"
    with written.database.connect("writer") as connection:
        connection.execute("SELECT books.make_bulk()")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(row)


def test_keys_and_passwords_lie_outside_the_database(written: Ledger) -> None:
    """No column of the program's schemas is made for a key."""
    with psycopg.connect(written.database.admin) as connection:
        columns = connection.execute(
            "SELECT table_name || '.' || column_name FROM information_schema.columns"
            " WHERE table_schema IN ('books', 'desk') AND column_name ~ 'key|secret|password'"
        ).fetchall()
    assert {name for (name,) in columns} == {
        "idempotency.key",
        "draft.key",
        "credential.password_hash",
        "passkey.public_key",
    }
