"""What was done to the audit trails of comparable tools without anything noticing it.

Each action lost, forged or emptied the history of at least one of them when it was tried on all.
Here each is refused, or found and named: in the books by verify, in a view by a rebuild.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from pydantic import ValidationError

from domain import placement as placements
from domain.capacity import Capacity
from domain.command import Actor
from domain.ledger_life import SYSTEM, LedgerStarted
from domain.organisation import OrganisationRegistered
from domain.placement import CorrectPlacement, Placement, PlacementCorrected
from domain.refusal import StaleVersion
from ledger.database import Connection, Role
from ledger.ledger import Ledger
from projections.all_views import all_views
from projections.runner import Runner
from replay.certificate import Approval
from replay.rebuild import rebuild
from tests.database import copied, opened
from tests.replay.tampering import BOOKS_OF_EVENTS, Books, Filled, canonical
from tests.story import Story

APPEND = (
    "SELECT position, recorded_at FROM books.append_one_records"
    "(NULL, %(stream)s, 1, 'ledger.started.v1', NULL, %(body)s, %(witness)s,"
    " NULL, NULL, NULL, NULL, NULL, NULL)"
)
CHANGES = {
    "update": "UPDATE books.{} SET recorded_at = recorded_at",
    "update of nothing": "UPDATE books.{} SET recorded_at = recorded_at WHERE false",
    "bulk update": "UPDATE books.{} SET body = body FROM generate_series(1, 20)",
    "delete": "DELETE FROM books.{}",
    "delete of one": "DELETE FROM books.{} WHERE position = 1",
    "truncate": "TRUNCATE books.{}",
}


@pytest.fixture
def written(
    filled: Filled, administrator: Connection, tmp_path: Path
) -> Iterator[tuple[Ledger, Books]]:
    """A ledger that writes and the books that it writes."""
    with (
        copied(filled.template, administrator) as database,
        opened(filled.template, database, tmp_path / "keys") as ledger,
    ):
        yield ledger, Books(database, filled)


# -- who did it


def test_nothing_is_recorded_without_who_did_it() -> None:
    """Tried: saving without an actor. Elsewhere it was kept with an empty actor."""
    with pytest.raises(ValidationError):
        LedgerStarted(originator_id=uuid4(), originator_version=1, version="0")  # type: ignore[call-arg]


def test_a_body_that_names_nobody_is_found(books: Books) -> None:
    with books.database.connect("writer") as connection:
        body = canonical({"event_id": str(uuid4()), "capacity": "SYS", "policy": 1})
        append(connection, body)
    assert books.found() == {("records", books.last(), "envelope")}


def append(connection: Connection, body: bytes, witness: datetime | None = None) -> datetime:
    """An event of the writer's own making, by the function it may call; its time."""
    given = {"stream": uuid4(), "body": body, "witness": witness or datetime.now(UTC)}
    row = connection.execute(APPEND.encode(), given).fetchone()
    assert row is not None
    at: datetime = row[1]
    return at


# -- many at once


@pytest.mark.parametrize("count", [20, 600])
def test_written_in_bulk_every_event_is_in_the_book_with_its_actor(
    written: tuple[Ledger, Books], count: int
) -> None:
    """Tried: queryset.update, bulk_create, bulk_update. Elsewhere lost, or kept without actor."""
    ledger, books = written
    actor = books.filled.authors[0]
    before = books.last()
    ledger.record(
        *(
            OrganisationRegistered(
                originator_id=uuid4(),
                originator_version=1,
                by=actor,
                capacity=Capacity.SYSTEM,
                organisation_id=uuid4(),
                code=f"s{number}",
                name="示範國小",
                kind="school",
                county="高雄市",
                stage="elementary",
                parent_id=None,
                district=None,
            )
            for number in range(count)
        )
    )
    assert books.last() == before + count
    named = books.one(
        "SELECT count(*) FROM books.records WHERE position > %(before)s"
        " AND convert_from(body, 'UTF8')::json ->> 'by' = %(by)s",
        {"before": before, "by": str(actor)},
    )
    assert named == count
    assert books.found() == set()


# -- changes of the books, with more and more rights


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("role", ["writer", "projector", "reader"])
def test_the_programs_own_roles_change_no_audit_row(books: Books, role: Role, change: str) -> None:
    """Tried: UPDATE and DELETE of audit rows as the program's own role. Elsewhere done."""
    with books.database.connect(role) as connection:
        connection.execute("SET default_transaction_read_only = off")
        for book in BOOKS_OF_EVENTS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(CHANGES[change].replace("{}", book).encode())
    assert books.found() == set()


@pytest.mark.parametrize("options", ["", "-c session_replication_role=replica"])
@pytest.mark.parametrize("change", CHANGES)
def test_an_administrator_changes_nothing_by_raw_sql(
    books: Books, change: str, options: str
) -> None:
    """Tried: raw SQL as an administrator, also as a replica, where triggers elsewhere slept; and
    an UPDATE that changes nothing, which elsewhere wrote an audit row."""
    with books.superuser(options=options) as connection:
        for book in BOOKS_OF_EVENTS:
            with pytest.raises(psycopg.DatabaseError, match="the books are append-only"):
                connection.execute(CHANGES[change].replace("{}", book).encode())
    assert books.found() == set()


@pytest.mark.parametrize("book", BOOKS_OF_EVENTS)
def test_a_trigger_that_its_owner_switched_off_is_found_before_anything_is_changed(
    books: Books, book: str
) -> None:
    """Tried: DISABLE TRIGGER as the owner. Elsewhere nothing noticed."""
    with books.database.connect("owner") as connection:
        connection.execute(f"ALTER TABLE books.{book} DISABLE TRIGGER append_only".encode())
    assert books.found() == {(book, None, "trigger")}


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE books.records SET body = body || ' ' WHERE position = 6", "canonical"),
        (
            "UPDATE books.records SET topic = 'student.transferred.v1' WHERE position = 6",
            "ciphertext",
        ),
        ("UPDATE books.records SET subject = NULL WHERE position = 6", "commitment"),
        ("UPDATE books.records SET stream_version = 3 WHERE position = 6", "stream-version"),
        ("DELETE FROM books.records WHERE position = 6", "position"),
        ("DELETE FROM books.records WHERE position BETWEEN 6 AND 8", "position"),
        ("DELETE FROM books.notes WHERE position = 1", "position"),
        ("DELETE FROM books.access WHERE position = 1", "position"),
        ("TRUNCATE books.records", "empty"),
        ("TRUNCATE books.notes", "head"),
    ],
)
def test_what_was_changed_with_the_triggers_off_is_found_when_they_are_on_again(
    books: Books, statement: str, kind: str
) -> None:
    """Tried: bytes of an event changed, events and streams deleted, tables emptied. Elsewhere
    they loaded without complaint, were "not found", or a reader of the log read over the gap."""
    books.tamper(statement)
    assert kind in {found for _, _, found in books.found()}


# -- two at once


def test_of_two_editors_at_once_the_second_is_told(written: tuple[Ledger, Books]) -> None:
    """Tried: two people edit at once. Elsewhere the first change was gone, and the history said
    that the second person had reverted it."""
    ledger, books = written
    story = Story(ledger)
    student = books.filled.students[0]
    made = story.placement(student)

    def correction(grade: int) -> PlacementCorrected:
        state = ledger.state(placements.evolve, made)
        actor = Actor(account_id=SYSTEM, capacity=Capacity.SYSTEM)
        version = state.version if isinstance(state, Placement) else 0
        envelope = CorrectPlacement(actor=actor, reason="更正").envelope(made, version + 1)
        return PlacementCorrected(**envelope, student_id=student, placement_grade=grade)

    mine, theirs = correction(7), correction(8)
    ledger.record(mine)
    with pytest.raises(StaleVersion):
        ledger.record(theirs)
    grades = [e.placement_grade for e in ledger.events(made) if isinstance(e, PlacementCorrected)]
    assert grades == [7]
    assert books.found() == set()


# -- forged


def test_the_program_cannot_choose_the_time_of_an_event(books: Books) -> None:
    """Tried: a time forged by the program's own role. Elsewhere an event of 2001 was accepted."""
    body = {"event_id": str(uuid4()), "by": str(SYSTEM), "capacity": "SYS", "policy": 1}
    with books.database.connect("writer") as connection:
        for statement in (
            "INSERT INTO books.records (position, recorded_at) VALUES (99, '2001-01-01')",
            "UPDATE books.simulated_clock SET at = '2001-01-01'",
            "UPDATE books.heartbeat SET at = '2001-01-01'",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        with pytest.raises(psycopg.DatabaseError):
            connection.execute("SELECT books.move_clock('2001-01-01')")
        newest = books.one("SELECT max(recorded_at) FROM books.records")
        forged = append(
            connection, canonical(body | {"version": "0"}), datetime(2001, 1, 1, tzinfo=UTC)
        )
    assert forged > newest
    assert books.found() == set()


def test_the_programs_own_password_adds_an_event_in_anothers_name(books: Books) -> None:
    """Tried: an actor forged by the program's own role. Whoever holds the writer's password can
    append an event in another's name, encrypted fields apart: no row and no signed tree can tell
    that from the program's own. What holds is that it can only be added, at its true time."""
    body = {"event_id": str(uuid4()), "by": str(books.filled.authors[0]), "capacity": "CM"}
    newest = books.last()
    with books.database.connect("writer") as connection:
        append(connection, canonical(body | {"policy": 1, "version": "0"}))
    assert books.last() == newest + 1
    assert books.found() == set()


def test_an_encrypted_field_cannot_be_forged_without_the_keys(books: Books) -> None:
    forged = {"event_id": str(uuid4()), "by": str(books.filled.authors[0]), "capacity": "CM"}
    encrypted = {"reason": {"#": "A" * 80}, "commit": "A" * 43}
    with books.database.connect("writer") as connection:
        append(connection, canonical(forged | {"policy": 1} | encrypted))
    last = books.last()
    assert books.found() == {("records", last, "commitment"), ("records", last, "ciphertext")}


# -- the views


def hands(ledger: Ledger, statement: str) -> None:
    with psycopg.connect(ledger.database.admin, autocommit=True) as connection:
        assert connection.execute(statement.encode()).rowcount


@pytest.fixture
def shown(written: tuple[Ledger, Books]) -> Ledger:
    """A ledger with every view up to date and no runner at work."""
    ledger, _ = written
    runner = Runner(ledger.database, all_views(ledger.keyring), ledger.mapper)
    runner.prepare()
    runner.catch_up()
    runner.close()
    return ledger


def differing(ledger: Ledger) -> set[str]:
    """The views that differ from what the books say."""
    certificates = rebuild(
        ledger.database,
        all_views(ledger.keyring),
        ledger.mapper,
        approval=Approval("與紀錄簿核對過", SYSTEM),
    )
    return {one.view for one in certificates if not one.equal}


@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE views.change CASCADE",
        "DELETE FROM views.change WHERE position = (SELECT max(position) FROM views.change)",
        "UPDATE views.change SET recorded_at = recorded_at - interval '1 day'",
    ],
)
def test_a_view_that_was_emptied_or_changed_is_found_and_made_whole(
    shown: Ledger, statement: str
) -> None:
    """Tried: TRUNCATE of the live table, bulk and raw updates of it. Elsewhere the state was
    gone while the history said nothing; here the state is what the books say."""
    assert differing(shown) == set()
    hands(shown, statement)
    assert differing(shown) == {"changes"}
    assert differing(shown) == set()


def test_nobody_but_the_projector_writes_a_view(shown: Ledger) -> None:
    roles: tuple[Role, ...] = ("writer", "reader")
    for role in roles:
        with shown.database.connect(role) as connection:
            connection.execute("SET default_transaction_read_only = off")
            for statement in ("TRUNCATE views.change", "DELETE FROM views.change"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(statement.encode())
