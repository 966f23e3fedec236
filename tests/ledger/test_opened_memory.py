"""What was opened is served again only while the student's key is there."""

from pathlib import Path
from uuid import uuid4

from ledger.entropy import Entropy
from ledger.keys import Keyring
from ledger.opened_memory import OpenedMemory


def test_a_value_is_of_one_version_and_goes_with_the_key(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys", bytes(32), Entropy())
    memory = OpenedMemory(keyring, most=2)
    student, record, account = uuid4(), uuid4(), uuid4()
    keyring.create_student(student, account)
    memory.keep(student, record, 1, "陳小明")
    assert memory.get(student, record, 1) == "陳小明"
    assert memory.get(student, record, 2) is None
    assert memory.of(student) == {record: (1, "陳小明")}
    keyring.destroy_student(student)
    assert memory.get(student, record, 1) is None
    assert memory.of(student) == {}


def test_what_has_no_key_leaves_the_memory_and_so_does_the_oldest(tmp_path: Path) -> None:
    keyring = Keyring(tmp_path / "keys", bytes(32), Entropy())
    memory = OpenedMemory(keyring, most=2)
    students = [uuid4() for _ in range(3)]
    for one in students:
        keyring.create_student(one, uuid4())
        memory.keep(one, one, 1, str(one))
    assert [memory.get(one, one, 1) for one in students] == [None, *map(str, students[1:])]
    keyring.destroy_student(students[1])
    memory.forget_erased()
    assert memory.get(students[1], students[1], 1) is None
    assert memory.get(students[2], students[2], 1) == str(students[2])
