"""`igp import` that is asked to end by Ctrl-C or SIGTERM: all of it is imported or nothing, and it
says which."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread

import psycopg
import pytest

from igp.settings import CHECKOUT, Settings
from tests.igp.test_serving import PATIENCE, wait_for

OFFICES = """\
code,name,kind,county,stage,parent
eb,教育局,authority,示範市,,
s1,第一國小,school,示範市,elementary,eb
"""
PUPILS = """\
national_id,name,sex,birth_date,organisation,stage,grade,class
A123456789,王小明,male,104.2.17,s1,elementary,3,
"""
PEOPLE = """\
username,name,organisation,roles,duties,teaching_category,subjects,homeroom_class,gifted_class,password
boss,主任,eb,authority_administrator,,,,,,password-1
office1,學務一,s1,school_administrator,,,,,,password-1
"""


class Import:
    """The command as a process; what it says comes line by line."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        assert settings.database_url is not None
        self.process = subprocess.Popen(
            [sys.executable, "-m", "igp", "import", str(folder)],
            cwd=CHECKOUT,
            env=os.environ
            | {
                "IGP_MODE": "test",
                "IGP_DATA_DIR": str(settings.data_dir),
                "DATABASE_URL": settings.database_url.get_secret_value(),
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: Queue[str] = Queue()
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as said:
            for line in said:
                self._lines.put(line)

    def says(self, beginning: str) -> None:
        while not self._lines.get(timeout=PATIENCE).startswith(beginning):
            pass

    def ended(self) -> tuple[int, str]:
        """Its exit status, and what it said since."""
        status = self.process.wait(PATIENCE)
        self._reader.join()
        return status, "".join(self._lines.get() for _ in range(self._lines.qsize()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A county of one school with many teachers, each of whom gets keys before it is recorded."""
    teachers = (f"t{one},教師,s1,teacher,,,,,,password-1\n" for one in range(3_000))
    path = tmp_path / "in"
    path.mkdir()
    (path / "organisations.csv").write_text(OFFICES, encoding="utf-8")
    (path / "students.csv").write_text(PUPILS, encoding="utf-8")
    (path / "accounts.csv").write_text(PEOPLE + "".join(teachers), encoding="utf-8")
    return path


@contextmanager
def held_up(settings: Settings, command: Import) -> Iterator[None]:
    """The command waits meanwhile in the transaction that records."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    with psycopg.connect(url) as locked, psycopg.connect(url, autocommit=True) as watching:
        locked.execute("LOCK TABLE desk.national_id_reservation IN EXCLUSIVE MODE")
        command.says("檢查")
        wait_for(
            lambda: watching.execute(
                "SELECT 1 FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
                " WHERE NOT granted AND relname = 'national_id_reservation'"
            ).fetchone()
        )
        yield


def test_asked_before_it_writes_it_has_imported_nothing(settings: Settings, folder: Path) -> None:
    for number, status in ((signal.SIGTERM, 143), (signal.SIGINT, 130)):
        command = Import(settings, folder)
        command.says("寫入：1/")
        command.process.send_signal(number)
        ended, said = command.ended()
        assert (ended, said.splitlines()[-1]) == (status, "已中止。沒有匯入任何資料。")


def test_asked_while_it_writes_it_writes_to_the_end(settings: Settings, folder: Path) -> None:
    migrated(settings, folder)
    command = Import(settings, folder)
    with held_up(settings, command):
        command.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            command.process.wait(1)
    ended, said = command.ended()
    assert (ended, said.splitlines()[-1]) == (143, "已中止。資料已全部匯入，檢視稍後更新。")
    again = Import(settings, folder)
    assert "accounts.csv：新增 0、修改 0、不變 3002" in again.ended()[1]


def test_asked_twice_while_it_writes_it_ends_at_once(settings: Settings, folder: Path) -> None:
    migrated(settings, folder)
    command = Import(settings, folder)
    with held_up(settings, command):
        command.process.send_signal(signal.SIGTERM)
        with pytest.raises(subprocess.TimeoutExpired):
            command.process.wait(1)
        command.process.send_signal(signal.SIGTERM)
        ended, said = command.ended()
        assert ended == 143
        assert "請再執行一次，已匯入的不會重複" in said
    again = Import(settings, folder)
    assert "accounts.csv：新增 3002、修改 0、不變 0" in again.ended()[1]


def migrated(settings: Settings, folder: Path) -> None:
    """The tables are there before one of them is locked."""
    command = Import(settings, folder.with_name("nowhere"))
    assert command.ended()[0] == 2
