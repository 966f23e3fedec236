"""The disk is full under the program: it says so, keeps what it acknowledged, and goes on later.

Two ways to fill a disk, both met by the real server. On a file system of its own the folder of
the data meets ENOSPC, as people do; this takes a mount, which a user namespace allows without any
right, and which some containers refuse: there only the other way is taken. In that one the
processes of the server may not write a byte to a file any more (RLIMIT_FSIZE), as where a quota is
used up: PostgreSQL has no code for that, and when it comes to its log of writes it ends.
"""

import os
import resource
import secrets
import signal
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import httpx2
import psycopg
import pytest

from igp import embedded
from igp.embedded_cluster import load, postmaster
from igp.settings import CHECKOUT, Settings
from ledger.database import Connection
from ledger.ledger import Ledger
from projections.directory import DirectoryView
from projections.runner import Runner
from projections.view import Fact
from tests.county import County
from tests.igp.test_serving import ADDRESS, PATIENCE, Program, children, ready, wait_for
from tests.projections.view_case import stopped
from tests.story import Story

#: In a namespace of its own: who has no right to mount anything has it there.
_NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")
_MOUNT = (
    'mount -t tmpfs -o mode=700,size="$1" disk "$2"'
    ' && cp -a "$3/." "$2" && shift 3 && exec "$@"'
)  # fmt: skip


def _namespaces() -> bool:
    try:
        return not subprocess.run(
            [*_NAMESPACE, "mount", "-t", "tmpfs", "disk", "/mnt"], capture_output=True, check=False
        ).returncode
    except OSError:
        return False


WAYS = ["limit", *(["tmpfs"] if _namespaces() else [])]


class Disk(ABC):
    """The program over a disk that can be filled."""

    address: str

    @abstractmethod
    def fill(self) -> None:
        """From now on there is no room."""

    @abstractmethod
    def expects(self, answer: httpx2.Response) -> None:
        """What else may be answered while there is no room."""

    @abstractmethod
    def make_room(self) -> None:
        """There is room again, and whatever the lack of it ended is started."""

    @abstractmethod
    def close(self) -> None: ...


class Limited(Disk):
    """The server's processes may write nothing."""

    def __init__(self, folder: Path) -> None:
        self._server = folder / "postgres"
        self._program = Program(folder, IGP_MODE="test")
        self.address = self._program.address()

    def fill(self) -> None:
        leader = postmaster(load(self._server))
        assert leader is not None
        # The leader first: who is born afterwards inherits its limit.
        _limit(leader)
        for pid in children(leader):
            # A worker may have ended since.
            with suppress(ProcessLookupError):
                _limit(pid)

    def expects(self, answer: httpx2.Response) -> None:
        # The projector, which ends with the server, starts another one without the limit.
        if answer.status_code not in (200, 201, 202):
            assert_unavailable(answer)

    def make_room(self) -> None:
        embedded.stop(self._server)
        embedded.start(self._server)

    def close(self) -> None:
        self._program.stop()


def _limit(pid: int) -> None:
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))


class Mounted(Disk):
    """The data lies on a file system that nobody else sees."""

    ROOM = 32 * 2**20

    def __init__(self, folder: Path, settings: Settings) -> None:
        used = sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file())
        mounted, said = folder.with_name("mounted"), folder.with_name("said.txt")
        mounted.mkdir(mode=0o700)
        plain = {name: value for name, value in os.environ.items() if not name.startswith("IGP_")}
        plain.pop("DATABASE_URL", None)
        size = str(used + self.ROOM)
        with said.open("wb") as output:
            self._process = subprocess.Popen(
                [
                    *(*_NAMESPACE, "sh", "-c", _MOUNT, "sh", size, mounted, folder),
                    *(sys.executable, "-m", "igp", "serve"),
                ],
                cwd=CHECKOUT,
                env=plain
                | {"IGP_MODE": "test", "IGP_DATA_DIR": str(mounted), "IGP_PORT": "0"}
                | {"IGP_METRICS_PORT": "0"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._filler = Path(f"/proc/{self._process.pid}/root{mounted}/filler")
        self._mounted = self._filler.parent

        def told() -> str:
            assert self._process.poll() is None, said.read_text(encoding="utf-8")
            return said.read_text(encoding="utf-8")

        self.address = wait_for(lambda: ADDRESS.search(told()))[0]

    def fill(self) -> None:
        cluster = load(self._mounted / "postgres")
        assert cluster.state.port is not None
        # A new file for the log of writes, while there is room for it: the tables are to meet
        # the full disk, and the server to go on.
        with psycopg.connect(cluster.dsn(cluster.state.port), autocommit=True) as connection:
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
        with self._filler.open("wb", buffering=0) as filler:
            for size in (2**20, 2**12):
                try:
                    while filler.write(bytes(size)):
                        pass
                except OSError:
                    continue
        assert os.statvfs(self._mounted).f_bavail == 0
        self._leader = self._pid_file()

    def _pid_file(self) -> str:
        """Which server runs, and since when."""
        return (self._mounted / "postgres" / "data" / "postmaster.pid").read_text()[:80]

    def expects(self, answer: httpx2.Response) -> None:
        # A reading takes little, and may fit into what the tables have left.
        if answer.status_code != 200:
            assert_unavailable(answer)

    def make_room(self) -> None:
        # It is the same server as before: what it could not write it refused, and lived.
        assert self._pid_file() == self._leader
        self._filler.unlink()

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE)


@pytest.fixture(params=WAYS)
def disk(
    request: pytest.FixtureRequest, folder: Path, settings: Settings, county: County
) -> Iterator[Disk]:
    disk = Limited(folder) if request.param == "limit" else Mounted(folder, settings)
    yield disk
    disk.close()


class Author:
    """Who writes notes, each with a key of its own; `acknowledged` are the ids by text."""

    def __init__(self, disk: Disk, token: str, student: str, http: httpx2.Client) -> None:
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._api = f"{disk.address}/api/v1"
        self._address = f"{self._api}/students/{student}"
        self.acknowledged: dict[str, str] = {}

    def read(self) -> httpx2.Response:
        return self._http.get(self._address, headers=self._headers)

    def writes(self, text: str) -> bool:
        """Whether it was acknowledged; else it was refused as it should be."""
        note = {
            "held_on": "112.8.1",
            "purpose": "了解適應情形",
            "participants": ["導師"],
            "recorder": "個管教師",
            "content": text,
        }
        headers = self._headers | {"Idempotency-Key": text[:32]}
        answer = self._http.post(f"{self._address}/notes", json=note, headers=headers)
        if answer.status_code in (201, 202):
            said = self.acknowledged.setdefault(text, answer.json()["id"])
            assert said == answer.json()["id"]
            return True
        assert_unavailable(answer)
        return False

    def registers(self, office: str) -> httpx2.Response:
        """A student, by the school; the same one each time."""
        return self._http.post(
            f"{self._api}/directory/students",
            json={
                "national_id": "F131232216",
                "name": "新學生",
                "sex": "male",
                "birth_date": "102.5.1",
                "grade": 4,
            },
            headers={"Authorization": f"Bearer {office}", "Idempotency-Key": "student"},
        )

    def listed(self) -> dict[str, str]:
        """The notes there are: ids by text."""
        answer = self._http.get(
            f"{self._address}/notes", headers=self._headers, params={"limit": 200}
        )
        assert answer.status_code == 200, answer.text
        assert answer.json()["next_cursor"] is None
        items = answer.json()["items"]
        found = {item["content"]: item["id"] for item in items}
        assert len(found) == len(items)
        return found


def assert_unavailable(answer: httpx2.Response) -> None:
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    assert answer.headers["Retry-After"]


def _text() -> str:
    """A long one, which no table holds many of in the room that it has left."""
    return secrets.token_hex(8_000)


def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(disk: Disk, county: County) -> None:
    with httpx2.Client(timeout=PATIENCE, trust_env=False) as http:
        office = county.tokens["a-office"]
        author = Author(disk, county.tokens["a-cm"], str(county.students["a1"]), http)
        for _ in range(3):
            assert author.writes(_text())
        disk.fill()
        texts = [_text()]
        while author.writes(texts[-1]):
            texts.append(_text())
        refused = texts[-1]
        # A new student has keys, which are files; a reading is written down before it is shown.
        for answer in (author.registers(office), author.read()):
            disk.expects(answer)
        assert http.get(f"{disk.address}/healthz").status_code == 200

        disk.make_room()
        for text in (refused, *list(author.acknowledged)):
            wait_for(partial(author.writes, text))
        assert author.writes(_text())
        made = {author.registers(office).json()["id"] for _ in range(2)}
        assert len(made) == 1
        wait_for(lambda: ready(disk.address))
        assert wait_for(author.listed) == author.acknowledged
        assert author.read().status_code == 200


def test_an_error_of_the_servers_own_stops_no_view(ledger: Ledger, runner: Runner) -> None:
    """So PostgreSQL answers where a quota is used up; the view waits, as for a lost connection."""

    class Failing(DirectoryView):
        fails = True

        def apply(self, connection: Connection, facts: Sequence[Fact]) -> None:
            if self.fails:
                raise psycopg.errors.InternalError_
            super().apply(connection, facts)

    Story(ledger).organisation("ks-a")
    view = Failing()
    failing = Runner(ledger.database, [view], ledger.mapper)
    with pytest.raises(psycopg.errors.InternalError_):
        failing.catch_up()
    assert stopped(ledger, view) == []
    view.fails = False
    assert failing.catch_up() > 0
    failing.close()
