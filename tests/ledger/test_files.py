"""Files lie encrypted under keys of their own, and come with their event or not at all."""

from datetime import date
from uuid import UUID, uuid4

import psycopg
import pytest

from domain.placement import PlacementRecorded
from domain.refusal import StaleVersion
from ledger import files
from ledger.encryption import NotAuthentic, extract
from ledger.errors import Taken
from ledger.files import Place, decrypt_file, digest, encrypt_file, keep, place_of, stored_bytes
from ledger.ledger import Ledger
from tests.story import Story

SUBJECT, FILE = UUID(int=1), UUID(int=2)
KEY = extract(bytes(range(32)))
NONCE = bytes(range(12))
CONTENT = "計畫內容".encode() * 100


def test_a_stored_file_has_the_form_of_its_page() -> None:
    """docs/formats/file.md holds the same vector."""
    stored = encrypt_file(KEY, NONCE, SUBJECT, FILE, b"%PDF-1.7\n%%EOF\n")
    assert stored.hex() == (
        "01000102030405060708090a0bebdc662e5cd7a998af7d51e3b58dbadedc1d15f86ec1806dc499cd7063a2b4"
    )
    assert decrypt_file(KEY, SUBJECT, FILE, stored) == b"%PDF-1.7\n%%EOF\n"


def test_a_file_opens_in_its_own_place_and_unchanged_alone() -> None:
    stored = encrypt_file(KEY, NONCE, SUBJECT, FILE, CONTENT)
    assert CONTENT[:12] not in stored
    assert decrypt_file(KEY, SUBJECT, FILE, stored) == CONTENT
    wrong = (
        (extract(bytes(32)), SUBJECT, FILE, stored),
        (KEY, UUID(int=3), FILE, stored),
        (KEY, SUBJECT, UUID(int=3), stored),
        (KEY, SUBJECT, FILE, stored[:-1] + bytes([stored[-1] ^ 1])),
        (KEY, SUBJECT, FILE, b"\x02" + stored[1:]),
        (KEY, SUBJECT, FILE, stored[:20]),
        (KEY, SUBJECT, FILE, b""),
    )
    for key, subject, file_id, bytes_there in wrong:
        with pytest.raises(NotAuthentic):
            decrypt_file(key, subject, file_id, bytes_there)


@pytest.fixture
def event(ledger: Ledger) -> PlacementRecorded:
    """An event with which a file may come: which one, the book does not ask."""
    story = Story(ledger)
    student = story.student(story.organisation("ks-a"))
    made = story.event(
        PlacementRecorded,
        uuid4(),
        student_id=student,
        school_year=112,
        area="英語",
        category="skip",
        target_year_grade=5,
        placement_grade=6,
        arrangement=None,
        occurred_on=date(2023, 7, 1),
    )
    return made.model_copy(update={"originator_version": 1})


def test_a_file_comes_with_its_event_or_not_at_all(
    ledger: Ledger, event: PlacementRecorded
) -> None:
    assert event.student_id is not None
    place, file_id = Place(event.originator_id, event.student_id), uuid4()
    late = event.model_copy(update={"originator_version": 7})
    with pytest.raises(StaleVersion):
        ledger.record(late, beside=keep(file_id, place, CONTENT))
    with ledger.database.connect("reader") as connection:
        assert place_of(connection, file_id) is None
        assert stored_bytes(connection, file_id) is None
        ledger.record(event, beside=keep(file_id, place, CONTENT))
        assert place_of(connection, file_id) == place
        assert stored_bytes(connection, file_id) == CONTENT
    later = event.model_copy(update={"originator_version": 2})
    with pytest.raises(Taken):
        ledger.record(later, beside=keep(file_id, place, b"other"))
    assert len(ledger.events(event.originator_id)) == 1


@pytest.mark.parametrize(
    "change",
    ["UPDATE books.files SET body = ''", "DELETE FROM books.files", "TRUNCATE books.files"],
)
def test_a_kept_file_is_never_changed(
    ledger: Ledger, event: PlacementRecorded, change: str
) -> None:
    assert event.student_id is not None
    place, file_id = Place(event.originator_id, event.student_id), uuid4()
    ledger.record(event, beside=keep(file_id, place, CONTENT))
    for conninfo in (ledger.database.conninfo("owner"), ledger.database.admin):
        with (
            psycopg.connect(conninfo, autocommit=True) as connection,
            pytest.raises(psycopg.DatabaseError, match="the books are append-only"),
        ):
            connection.execute(change.encode())
    with ledger.database.connect("reader") as connection:
        assert digest(stored_bytes(connection, file_id) or b"") == files.digest(CONTENT)
