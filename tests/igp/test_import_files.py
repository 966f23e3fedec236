"""What may stand in an import folder instead of a file: each is told by name, none holds it up."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from igp.cli import run
from igp.settings import Settings

TEXT = "code,name,kind,county,stage,parent\neb,教育局,authority,示範市,,\n"


def folder_with(path: Path, make: Callable[[Path], object]) -> Path:
    """A folder whose accounts.csv is what `make` leaves at its path."""
    path.mkdir()
    (path / "organisations.csv").write_text(TEXT, encoding="utf-8")
    make(path / "accounts.csv")
    return path


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (Path.mkdir, "無法讀取檔案（這是資料夾，不是檔案）"),
        (os.mkfifo, "這不是一般的檔案"),
        (lambda file: file.symlink_to("/dev/zero"), "這不是一般的檔案"),
        (lambda file: file.symlink_to("nowhere.csv"), "這個連結所指的檔案不存在"),
        (lambda file: file.symlink_to(file.name), "無法讀取檔案（連結互相指向）"),
        # A file that cannot be read even by root.
        (lambda file: file.symlink_to("/proc/self/mem"), "無法讀取檔案"),
    ],
    ids=["folder", "pipe", "device", "dangling", "circle", "unreadable"],
)
def test_what_is_no_readable_file_is_told_and_nothing_is_imported(
    commands: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    make: Callable[[Path], object],
    word: str,
) -> None:
    assert run(["import", str(folder_with(tmp_path / "in", make))]) == 2
    told = capsys.readouterr().err
    assert f"accounts.csv：{word}" in told
    assert "沒有匯入任何資料" in told


def test_a_file_that_somebody_writes_meanwhile_is_not_imported_by_halves(
    commands: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_with(tmp_path / "in", lambda file: file.write_bytes(b"\n" * 50_000_000))
    ended = threading.Event()

    def write() -> None:
        with (folder / "accounts.csv").open("ab") as stream:
            while not ended.is_set():
                stream.write(b"\n")
                stream.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert run(["import", str(folder)]) == 2
    finally:
        ended.set()
        writer.join()
    told = capsys.readouterr().err
    assert "accounts.csv：讀取時檔案正被修改" in told
    assert "沒有匯入任何資料" in told


def test_tables_under_other_names_are_named_as_not_read(
    commands: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_with(tmp_path / "in", lambda file: file.with_suffix(".xlsx").write_bytes(b"PK"))
    (folder / "Students.CSV").write_text("national_id\n", encoding="utf-8")
    assert run(["import", str(folder), "--dry-run"]) == 0
    told = capsys.readouterr().err
    for name in ("accounts.xlsx", "Students.CSV"):
        assert f"{name} 不是匯入檔，沒有讀取。" in told


def test_a_file_given_for_the_folder_is_told(
    commands: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folder_with(tmp_path / "in", lambda file: None)
    assert run(["import", str(folder / "organisations.csv")]) == 2
    assert "它不是資料夾" in capsys.readouterr().err
