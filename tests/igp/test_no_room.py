"""Commands that meet a full disk: they say that it is the disk, and leave nothing half done."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from igp.cli import run
from igp.settings import Settings
from tests.igp.test_importing import GOOD, put

REPORT = ["changes", "--from", "113.5.13", "--to", "113.8.5", "--as", "boss"]


@pytest.fixture
def county(commands: Settings, tmp_path: Path) -> Settings:
    assert run(["import", str(put(tmp_path / "in", GOOD))]) == 0
    return commands


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As where a quota is used up."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("format", ["csv", "json"])
def test_a_report_that_finds_no_room_leaves_what_was_there(
    county: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], format: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    file = folder / "report"
    command = [*REPORT, "--format", format, "-o", str(file)]
    with files_of_at_most(100):
        assert run(command) == 2
    assert f"無法寫入 {file}（檔案太大）" in capsys.readouterr().err
    assert list(folder.iterdir()) == []
    assert run(command) == 0
    whole = file.read_bytes()
    file.chmod(0o640)
    with files_of_at_most(100):
        assert run(command) == 2
    assert (list(folder.iterdir()), file.read_bytes()) == ([file], whole)
    assert run(command) == 0
    assert file.stat().st_mode & 0o777 == 0o640


def test_a_report_goes_into_a_device_and_along_a_link(county: Settings, tmp_path: Path) -> None:
    command = [*REPORT, "--format", "csv", "-o"]
    assert run([*command, "/dev/null"]) == 0
    assert Path("/dev/null").is_char_device()
    link = tmp_path / "link"
    link.symlink_to("report.csv")
    assert run([*command, str(link)]) == 0
    assert link.is_symlink()
    assert link.read_text(encoding="utf-8-sig").startswith("期間,")


def test_a_rebuild_that_finds_no_room_says_that_it_is_the_disk(
    county: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert county.database_url is not None
    with psycopg.connect(county.database_url.get_secret_value(), autocommit=True) as connection:
        # The words of a server whose disk is full, at the first table that is made.
        connection.execute(
            "CREATE FUNCTION full_disk() RETURNS event_trigger LANGUAGE plpgsql AS $$"
            " BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full', MESSAGE = 'full'; END $$"
        )
        connection.execute(
            "CREATE EVENT TRIGGER full_disk ON ddl_command_start EXECUTE FUNCTION full_disk()"
        )
        assert run(["replay", "rebuild", "directory"]) == 2
        assert "磁碟空間不足，這項作業沒有完成" in capsys.readouterr().err
        connection.execute("DROP EVENT TRIGGER full_disk")
    assert run(["replay", "rebuild", "directory"]) == 0
