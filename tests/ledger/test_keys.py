"""Keys lie on the disk before what they encrypt, and open under their own name alone."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from uuid import UUID, uuid4

import pytest

from domain.ledger_life import SYSTEM
from ledger.entropy import Entropy
from ledger.keys import Keyring, KeysError, master_key

MASTER, OTHER = bytes(range(32)), bytes(reversed(range(32)))


def keyring(folder: Path, master: bytes = MASTER) -> Keyring:
    """A keyring that remembers nothing, as after a restart."""
    return Keyring(folder, master, Entropy())


def all_keys(ring: Keyring, account: UUID, student: UUID) -> list[bytes | None]:
    return [
        ring.key("student.record", student),
        ring.key("student.note", student),
        ring.key("account.record", account),
        ring.key("account.author", account),
        ring.note_key(account, student),
        ring.house("token"),
    ]


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, UUID, UUID]:
    """A folder with the keys of an account and a student."""
    account, student = uuid4(), uuid4()
    ring = keyring(tmp_path / "keys")
    ring.create_account(account, SYSTEM)
    ring.create_student(student, SYSTEM)
    ring.house("token")
    return tmp_path / "keys", account, student


def files(folder: Path) -> list[Path]:
    """Every key file of a folder."""
    return sorted(path for path in folder.rglob("*.*") if path.is_file())


def test_keys_are_the_same_after_a_restart_and_different_from_each_other(
    made: tuple[Path, UUID, UUID],
) -> None:
    folder, account, student = made
    keys = all_keys(keyring(folder), account, student)
    assert keys == all_keys(keyring(folder), account, student)
    assert None not in keys
    assert len(set(keys)) == len(keys)


def test_another_master_key_opens_nothing_and_says_what_to_do(
    made: tuple[Path, UUID, UUID],
) -> None:
    folder, account, student = made
    ring = keyring(folder, OTHER)
    for call in (
        lambda: ring.key("student.record", student),
        lambda: ring.note_key(account, student),
        lambda: ring.house("token"),
    ):
        with pytest.raises(KeysError, match="IGP_MASTER_KEY_FILE"):
            call()


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_master_key_of_another_length_is_refused(tmp_path: Path, length: int) -> None:
    with pytest.raises(KeysError, match="32"):
        keyring(tmp_path, bytes(length))


def test_a_key_copied_to_another_owners_name_does_not_open(
    made: tuple[Path, UUID, UUID],
) -> None:
    folder, _, student = made
    other = uuid4()
    keyring(folder).create_student(other, SYSTEM)
    record = {path.name: path for path in files(folder)}
    record[f"{other}.record"].write_bytes(record[f"{student}.record"].read_bytes())
    record[f"{other}.note"].write_bytes(record[f"{other}.record"].read_bytes())
    ring = keyring(folder)
    with pytest.raises(KeysError):
        ring.key("student.record", other)
    with pytest.raises(KeysError):
        ring.key("student.note", other)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: b"",
        lambda raw: raw[:1],
        lambda raw: raw[:5],
        lambda raw: raw[:-1],
        lambda raw: b"\x02" + raw[1:],
        lambda raw: raw[:20] + bytes([raw[20] ^ 1]) + raw[21:],
    ],
)
def test_a_damaged_key_file_is_an_error_and_not_an_erasure(
    made: tuple[Path, UUID, UUID], damage: Callable[[bytes], bytes]
) -> None:
    """An erased key is a file that is gone; a file that does not open must not pass for one."""
    folder, _, student = made
    [file] = [path for path in files(folder) if path.name == f"{student}.record"]
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(KeysError):
        keyring(folder).key("student.record", student)


def test_a_key_file_that_cannot_be_read_is_told_without_its_path(
    made: tuple[Path, UUID, UUID],
) -> None:
    """A folder in its place stands for a disk or a privilege that fails: root reads every file."""
    folder, _, student = made
    [file] = [path for path in files(folder) if path.name == f"{student}.record"]
    file.unlink()
    file.mkdir()
    with pytest.raises(KeysError, match="讀取的權限") as told:
        keyring(folder).key("student.record", student)
    assert str(student) not in str(told.value)


def test_a_key_that_is_there_is_never_replaced(made: tuple[Path, UUID, UUID]) -> None:
    folder, account, student = made
    keys = all_keys(keyring(folder), account, student)
    again = keyring(folder)
    again.create_account(account, SYSTEM)
    again.create_student(student, SYSTEM)
    assert all_keys(keyring(folder), account, student) == keys


def test_what_a_crash_left_beside_a_finished_key_does_no_harm_to_it(
    made: tuple[Path, UUID, UUID],
) -> None:
    """Between the link and the removal of the other name, both names are one file."""
    folder, account, student = made
    keys = all_keys(keyring(folder), account, student)
    for path in files(folder):
        os.link(path, path.with_name(path.name + ".part"))
    again = keyring(folder)
    again.create_account(account, SYSTEM)
    again.create_student(student, SYSTEM)
    assert all_keys(keyring(folder), account, student) == keys


def test_what_a_crash_left_half_written_is_made_anew(tmp_path: Path) -> None:
    student = uuid4()
    folder = tmp_path / "student" / str(student)[:2]
    folder.mkdir(parents=True)
    for kind in ("record", "note"):
        (folder / f"{student}.{kind}.part").write_bytes(b"\x01half")
    ring = keyring(tmp_path)
    assert ring.key("student.record", student) is None
    ring.create_student(student, SYSTEM)
    assert keyring(tmp_path).key("student.record", student)
    assert not list(folder.glob("*.part"))


def test_eight_who_make_the_same_key_at_once_have_the_same_key(tmp_path: Path) -> None:
    for number in range(10):
        folder, start = tmp_path / str(number), Barrier(8)

        def make(_: int, folder: Path = folder, start: Barrier = start) -> bytes:
            ring = keyring(folder)
            start.wait()
            return ring.house("national-id")

        with ThreadPoolExecutor(8) as threads:
            made = set(threads.map(make, range(8)))
        assert made == {keyring(folder).house("national-id")}


def test_a_key_is_durable_under_its_name_before_anybody_may_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, then its name, then every folder on the way that is new."""
    steps: list[str] = []
    fsync, link = os.fsync, os.link

    def synced(descriptor: int) -> None:
        steps.append("sync " + _below(tmp_path, os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def linked(part: Path, path: Path) -> None:
        steps.append("name " + _below(tmp_path, str(path)))
        link(part, path)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "link", linked)
    ring = keyring(tmp_path)
    assert steps == ["sync ."]
    steps.clear()
    student = UUID(int=0xAB << 120)
    ring.create_student(student, SYSTEM)
    for kind in ("record", "note"):
        file = f"student/ab/{student}.{kind}"
        assert steps.index(f"sync {file}.part") < steps.index(f"name {file}")
    last = [step.startswith("name") for step in steps][::-1].index(True)
    assert set(steps[-last:]) == {"sync student/ab", "sync student"}


def _below(folder: Path, path: str) -> str:
    return str(Path(path).relative_to(folder))


def test_nobody_else_on_the_machine_may_read_a_key(made: tuple[Path, UUID, UUID]) -> None:
    folder, _, _ = made
    assert {path.stat().st_mode & 0o777 for path in files(folder)} == {0o600}
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}


def test_no_key_stands_readable_in_its_file(tmp_path: Path) -> None:
    drawn: list[bytes] = []

    class Watched(Entropy):
        def draw(self, account: UUID, purpose: str, size: int) -> bytes:
            drawn.append(super().draw(account, purpose, size))
            return drawn[-1]

    Keyring(tmp_path, MASTER, Watched()).create_student(uuid4(), SYSTEM)
    assert len(drawn) == 2
    for path in files(tmp_path):
        assert not any(secret in path.read_bytes() for secret in (*drawn, MASTER))


def test_a_destroyed_key_is_gone_once_the_process_forgets_it(
    made: tuple[Path, UUID, UUID],
) -> None:
    folder, account, student = made
    ring = keyring(folder)
    assert None not in all_keys(ring, account, student)
    for path in files(folder):
        if path.name.startswith(str(student)):
            path.unlink()
    ring.forget()
    assert [key is None for key in all_keys(ring, account, student)] == [
        True,
        True,
        False,
        False,
        True,
        False,
    ]


def test_a_master_key_is_made_once_and_only_when_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "new" / "master.key"
    with pytest.raises(KeysError, match="IGP_MASTER_KEY_FILE"):
        master_key(file, create=False)
    made = master_key(file, create=True)
    assert len(made) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert master_key(file, create=True) == master_key(file, create=False) == made
