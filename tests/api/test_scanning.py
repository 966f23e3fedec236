"""The program that looks at files is whatever the house set, and its status decides."""

import sys

import pytest

from api.scanning import FileRefusedByScan, ScanUnavailable, scan_by

#: Refuses what holds a word; it reads its standard input.
LOOKS = f"{sys.executable} -c \"import sys; sys.exit(b'EICAR' in sys.stdin.buffer.read())\""


def test_without_a_program_every_file_passes() -> None:
    scan_by(None)(b"EICAR")


def test_a_status_but_0_refuses_the_file() -> None:
    scan = scan_by(LOOKS)
    scan(b"a" * 3_000_000)
    with pytest.raises(FileRefusedByScan) as refused:
        scan(b"a" * 3_000_000 + b"EICAR")
    assert refused.value.field == "file"
    assert refused.value.__context__ is None


def test_a_program_that_reads_nothing_decides_all_the_same() -> None:
    scan_by("/bin/true")(b"a" * 3_000_000)
    with pytest.raises(FileRefusedByScan):
        scan_by("/bin/false")(b"a" * 3_000_000)


def test_what_cannot_be_run_or_does_not_end_lets_nothing_pass() -> None:
    with pytest.raises(ScanUnavailable) as refused:
        scan_by("/nowhere/scanner --stdin")(b"x")
    assert (refused.value.STATUS, refused.value.__context__) == (503, None)
    with pytest.raises(ScanUnavailable):
        scan_by("/bin/sleep 60", patience=0.2)(b"x")


def test_the_program_learns_nothing_of_our_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    told = f"{sys.executable} -c \"import os, sys; sys.exit('DATABASE_URL' in os.environ)\""
    scan_by(told)(b"x")
