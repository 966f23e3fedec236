"""A real ledger's time is the server's clock, guarded against a clock that went astray."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

import ledger.recorder
from domain.capacity import Capacity
from domain.event import Book
from domain.ledger_life import LEDGER_STREAM, SYSTEM, LedgerResumed
from domain.refusal import StaleVersion
from ledger.birth import clock_of, open_ledger, resume
from ledger.database import MIGRATIONS
from ledger.errors import ClockRefused
from ledger.ledger import Ledger, Recorded
from ledger.modes import WrongMode
from tests.ledger.conftest import Unguarded
from tests.ledger.tailing import act

MICROSECOND = timedelta(microseconds=1)


def draw(ledger: Ledger, behind: str, witness: str) -> str:
    """What the clock says to a last event that lies `behind` the server's clock.

    `witness` is how far the clock of the program lies behind it.
    """
    with ledger.database.connect("owner") as connection:
        try:
            connection.execute(
                "SELECT books.ledger_draw(clock_timestamp() - %s::interval,"
                " clock_timestamp() - %s::interval)",
                (behind, witness),
            )
        except psycopg.DatabaseError as error:
            return str(error.diag.message_primary)
    return "a time"


@pytest.mark.parametrize(
    ("behind", "witness", "answer"),
    [
        ("1 second", "0", "a time"),
        ("-1 second", "0", "a time"),
        ("-1.9 seconds", "0", "a time"),
        ("-10 seconds", "0", "clock-behind"),
        ("-10 seconds", "-10 seconds", "clock-behind"),
        ("2 hours", "0", "a time"),
        ("30 years", "59 minutes", "a time"),
        ("59 minutes", "2 hours", "a time"),
        ("2 hours", "2 hours", "clock-ahead"),
        ("30 years", "61 minutes", "clock-ahead"),
    ],
)
def test_the_clock_is_believed_within_two_seconds_back_and_an_hour_ahead(
    standing_real_ledger: Ledger, behind: str, witness: str, answer: str
) -> None:
    assert draw(standing_real_ledger, behind, witness) == answer


def test_the_first_event_of_a_book_needs_no_last_one(standing_real_ledger: Ledger) -> None:
    with standing_real_ledger.database.connect("owner") as connection:
        assert connection.execute("SELECT books.ledger_draw(NULL, now())").fetchone()


def last_event_at(ledger: Ledger, unguarded: Unguarded, book: str, ahead: timedelta) -> datetime:
    """Puts an event into a book whose time lies ahead of the clock, as a faulty clock would."""
    with unguarded(ledger) as connection:
        row = connection.execute(
            f"INSERT INTO books.{book} (position, recorded_at, stream_version, stream_id, topic,"
            " body) SELECT coalesce(max(position), 0) + 1, clock_timestamp() + %s, 1,"
            f" gen_random_uuid(), 'ledger.started.v1', '{{}}' FROM books.{book}"
            " RETURNING recorded_at".encode(),
            (ahead,),
        ).fetchone()
    assert row is not None
    instant: datetime = row[0]
    return instant


@pytest.mark.parametrize("book", ["records", "access"])
def test_a_clock_behind_the_last_event_records_nothing(
    real_ledger: Ledger, unguarded: Unguarded, book: str
) -> None:
    last_event_at(real_ledger, unguarded, book, timedelta(minutes=5))
    with pytest.raises(ClockRefused):
        real_ledger.record(act(book, SYSTEM, uuid4(), 1))  # type: ignore[arg-type]


def test_a_clock_a_moment_behind_goes_on_from_the_last_event(
    real_ledger: Ledger, unguarded: Unguarded
) -> None:
    last = last_event_at(real_ledger, unguarded, "records", timedelta(seconds=1.5))
    for number in (1, 2, 3):
        recorded = real_ledger.record(act("records", SYSTEM, uuid4(), 1))
        assert recorded.recorded_at == last + number * MICROSECOND


def test_a_server_clock_that_leapt_ahead_of_the_programs_own_is_refused(
    real_ledger: Ledger, unguarded: Unguarded, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Behind(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime(2020, 1, 1, tzinfo=UTC)

    with unguarded(real_ledger) as connection:
        connection.execute("UPDATE books.records SET recorded_at = recorded_at - interval '9 days'")
    monkeypatch.setattr(ledger.recorder, "datetime", Behind)
    with pytest.raises(ClockRefused):
        real_ledger.record(act("records", SYSTEM, uuid4(), 1))
    monkeypatch.undo()
    assert real_ledger.record(act("records", SYSTEM, uuid4(), 1)).position


def test_the_time_of_an_event_lies_between_the_servers_before_and_after(
    standing_real_ledger: Ledger,
) -> None:
    before = standing_real_ledger.now()
    recorded = standing_real_ledger.record(act("records", SYSTEM, uuid4(), 1))
    assert before < recorded.recorded_at < standing_real_ledger.now()


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_a_real_ledger_is_not_opened_in_play(standing_real_ledger: Ledger, mode: str) -> None:
    start = datetime(2023, 8, 1, tzinfo=UTC)
    with pytest.raises(WrongMode):
        open_ledger(standing_real_ledger, mode=mode, authority="", start=start, version="0")  # type: ignore[arg-type]
    assert clock_of(standing_real_ledger.database) == "real"


def test_a_real_ledger_has_no_clock_to_move(standing_real_ledger: Ledger) -> None:
    with standing_real_ledger.pool.connection() as connection:
        for call in ("books.move_clock(now())", "books.resume_clock(true)"):
            with pytest.raises(psycopg.errors.UndefinedFunction):
                connection.execute(f"SELECT {call}".encode())


def test_every_start_of_a_real_ledger_is_an_event(real_ledger: Ledger) -> None:
    for _ in range(2):
        open_ledger(real_ledger, mode="production", authority="", start=None, version="7")
    with real_ledger.database.connect("projector") as connection:
        topics = connection.execute("SELECT topic FROM books.records ORDER BY position").fetchall()
    assert [topic for (topic,) in topics] == ["ledger.opened.v1", *["ledger.started.v1"] * 3]


# -- going on although the clock is behind


def resumed(ledger: Ledger) -> Recorded:
    """Somebody answers for going on."""
    event = LedgerResumed(
        originator_id=LEDGER_STREAM,
        originator_version=len(ledger.events(LEDGER_STREAM)) + 1,
        by=SYSTEM,
        capacity=Capacity.SYSTEM,
        reason="伺服器時間曾經設錯，已校正",
    )
    return resume(ledger, event)


@pytest.mark.parametrize("book", ["records", "access", "notes"])
def test_after_somebody_answered_for_it_the_books_go_on_from_their_last_event(
    real_ledger: Ledger, unguarded: Unguarded, book: str
) -> None:
    """A clock that was days ahead and was put right must not stop a county for days."""
    real_ledger.record(act("notes", SYSTEM, uuid4(), 1))
    real_ledger.record(act("access", SYSTEM, uuid4(), 1))
    with unguarded(real_ledger) as connection:
        connection.execute(
            f"UPDATE books.{book} SET recorded_at = recorded_at + interval '3 days'"
            f" WHERE position = (SELECT max(position) FROM books.{book})".encode()
        )
        row = connection.execute(f"SELECT max(recorded_at) FROM books.{book}".encode()).fetchone()
    assert row is not None
    with pytest.raises(ClockRefused):
        real_ledger.record(act(book, SYSTEM, uuid4(), 1))  # type: ignore[arg-type]
    said = resumed(real_ledger)
    written = real_ledger.record(act(book, SYSTEM, uuid4(), 1))  # type: ignore[arg-type]
    assert row[0] < written.recorded_at < row[0] + timedelta(seconds=1)
    assert real_ledger.events(LEDGER_STREAM)[-1].originator_version == said.version
    assert real_ledger.events(LEDGER_STREAM)[-1].reason == "伺服器時間曾經設錯，已校正"


def test_one_answer_is_not_an_answer_for_the_next_time(
    real_ledger: Ledger, unguarded: Unguarded
) -> None:
    resumed(real_ledger)
    last_event_at(real_ledger, unguarded, "records", timedelta(hours=2))
    with pytest.raises(ClockRefused):
        real_ledger.record(act("records", SYSTEM, uuid4(), 1))


@pytest.mark.parametrize("other", ["records", "access", "notes"])
def test_how_far_a_book_goes_on_does_not_tell_of_a_note(
    real_ledger: Ledger, unguarded: Unguarded, other: Book
) -> None:
    """An answer given while a note lay days ahead is none for what others record later."""
    author, colleague = uuid4(), uuid4()
    for who in (author, colleague):
        real_ledger.keyring.create_account(who, who)
        real_ledger.record(act("notes", who, uuid4(), 1))
    real_ledger.record(act("access", SYSTEM, uuid4(), 1))
    _move_last(real_ledger, unguarded, "notes", author, timedelta(days=3))
    resumed(real_ledger)
    _move_last(real_ledger, unguarded, other, colleague, timedelta(days=2))
    with pytest.raises(ClockRefused):
        real_ledger.record(act(other, colleague, uuid4(), 1))
    assert real_ledger.record(act("notes", author, uuid4(), 1)).position


def _move_last(
    ledger: Ledger, unguarded: Unguarded, book: Book, owner: UUID, ahead: timedelta
) -> None:
    """Sets the last event's time ahead; of the notes the one of this author's ledger."""
    of_owner = "WHERE owner = %(owner)s" if book == "notes" else ""
    and_owner = "AND owner = %(owner)s" if book == "notes" else ""
    with unguarded(ledger) as connection:
        connection.execute(
            f"UPDATE books.{book} SET recorded_at = recorded_at + %(ahead)s WHERE position ="
            f" (SELECT max(position) FROM books.{book} {of_owner}) {and_owner}".encode(),
            {"ahead": ahead, "owner": owner},
        )


def test_an_answer_that_was_not_recorded_opens_nothing(
    real_ledger: Ledger, unguarded: Unguarded
) -> None:
    last_event_at(real_ledger, unguarded, "records", timedelta(days=1))
    event = LedgerResumed(
        originator_id=LEDGER_STREAM, originator_version=99, by=SYSTEM, capacity=Capacity.SYSTEM
    )
    with pytest.raises(StaleVersion):
        resume(real_ledger, event)
    with pytest.raises(ClockRefused):
        real_ledger.record(act("records", SYSTEM, uuid4(), 1))


def test_a_real_ledger_of_before_resumes_like_one_born_today(real_ledger: Ledger) -> None:
    """A ledger keeps the `resume()` of its birth until a migration brings the later one."""
    functions = (
        "SELECT p.proname, pg_get_functiondef(p.oid) FROM pg_proc p"
        " WHERE p.pronamespace = 'books'::regnamespace ORDER BY 1"
    )
    migration = (MIGRATIONS / "0014.notes-resume-alone.sql").read_bytes()
    with real_ledger.database.connect("owner") as connection:
        born = connection.execute(functions).fetchall()
        connection.execute("DROP FUNCTION books.ledger_draw_notes")
        connection.execute("DROP TABLE books.notes_resumption")
        connection.execute(
            "CREATE OR REPLACE FUNCTION books.resume() RETURNS void LANGUAGE sql AS $$"
            " INSERT INTO books.resumption (until) VALUES (now()) $$"
        )
        connection.execute(migration)
        assert connection.execute(functions).fetchall() == born
    resumed(real_ledger)
