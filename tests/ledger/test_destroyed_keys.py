"""A key that was destroyed opens nothing any more, whichever process destroyed it."""

import shutil
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from domain import counselling_note, student
from domain.event import ERASED
from domain.ledger_life import SYSTEM
from ledger.entropy import Entropy
from ledger.keys import Keyring
from ledger.ledger import Ledger
from tests.database import MASTER
from tests.ledger.test_encrypted_events import note
from tests.story import Story


def other_process(ledger: Ledger) -> Keyring:
    """The keys as another process has them."""
    return Keyring(ledger.keyring._folder, MASTER, Entropy())


@pytest.fixture
def told(ledger: Ledger) -> tuple[UUID, UUID, UUID]:
    """A student, an author, and a note of the author's about the student."""
    story = Story(ledger)
    school = story.organisation("ks-a")
    author = story.account(school)
    known = story.student(school, "五年二班", name="林小安", national_id="A123456789")
    written = note(story, author, known)
    ledger.record(written)
    return known, author, written.originator_id


def test_a_key_destroyed_elsewhere_is_not_served_from_memory(
    ledger: Ledger, told: tuple[UUID, UUID, UUID]
) -> None:
    known, author, _ = told
    ring = ledger.keyring
    before = [ring.key("student.record", known), ring.note_key(author, known)]
    assert None not in before
    assert other_process(ledger).destroy_student(known)
    assert ring.key("student.record", known) is None
    assert ring.note_key(author, known) is None
    assert not ring.stands("student.record", known)
    assert ring.key("account.author", author) is not None


def test_what_was_folded_before_is_folded_again_without_the_key(
    ledger: Ledger, told: tuple[UUID, UUID, UUID]
) -> None:
    known, author, written = told

    def states() -> list[object]:
        one = ledger.state(student.evolve, known)
        many = ledger.states(student.evolve, [known])
        own = ledger.state(counselling_note.evolve, written, owner=author)
        assert one is not None
        assert own is not None
        return [one.name, many[known].name, own.content]

    assert ERASED not in states()
    other_process(ledger).destroy_student(known)
    assert states() == [ERASED] * 3
    assert not [one for one in ledger._states.values() if one.key == ("student.record", known)]


def test_what_nobody_asks_for_again_leaves_the_memory_too(
    ledger: Ledger, told: tuple[UUID, UUID, UUID]
) -> None:
    known, author, written = told
    ledger.state(student.evolve, known)
    ledger.state(counselling_note.evolve, written, owner=author)
    ledger.keyring.note_key(author, known)
    other_process(ledger).destroy_student(known)
    ledger.forget_erased()
    assert "林小安" not in str(ledger._states)
    assert not [names for names in ledger.keyring._cache if str(known) in str(names)]


def test_destroying_is_done_once_and_may_be_asked_again(
    ledger: Ledger, told: tuple[UUID, UUID, UUID]
) -> None:
    known, author, _ = told
    assert ledger.keyring.destroy_student(known)
    assert not ledger.keyring.destroy_student(known)
    assert not ledger.keyring.destroy_student(uuid4())
    folder = ledger.keyring._folder
    assert not [file for file in folder.rglob("*") if str(known) in file.name]
    assert ledger.keyring.destroy_account(author)
    assert ledger.keyring.key("account.record", author) is None


def test_what_a_crash_left_while_the_key_was_made_goes_too(tmp_path: Path) -> None:
    """Between the link and the removal of the first name, two names stand for one file."""
    ring = Keyring(tmp_path / "keys", MASTER, Entropy())
    known = uuid4()
    ring.create_student(known, SYSTEM)
    [file] = (tmp_path / "keys").rglob(f"{known}.record")
    shutil.copy(file, file.with_name(file.name + ".part"))
    assert ring.destroy_student(known)
    assert not list((tmp_path / "keys").rglob(f"{known}*"))
