"""`igp serve` as people start it: a real process, signed in to over HTTP, stopped and started."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from igp import embedded
from igp.embedded_cluster import load, postmaster
from igp.settings import CHECKOUT

PATIENCE = 120.0
ADDRESS = re.compile(r"http://localhost:\d+")


class Program:
    """`igp serve` over a data folder. Everything it prints ends up in `output`."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self._said = folder.with_name("said.txt")
        plain = {name: value for name, value in os.environ.items() if not name.startswith("IGP_")}
        plain.pop("DATABASE_URL", None)
        self._stream = self._said.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "igp", "serve"],
            cwd=CHECKOUT,
            env=plain
            | {"IGP_DATA_DIR": str(folder), "IGP_PORT": "0", "IGP_METRICS_PORT": "0"}
            | environment,
            stdin=subprocess.DEVNULL,
            stdout=self._stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @property
    def output(self) -> str:
        return self._said.read_text(encoding="utf-8")

    def address(self) -> str:
        """Where it serves, once it does."""
        wait_for(lambda: ADDRESS.search(self.output) or self.process.poll() is not None)
        found = ADDRESS.search(self.output)
        assert found, self.output
        return found[0]

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        self._stream.close()
        return status


def wait_for(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def ask(
    address: str, path: str, token: str | None = None, form: dict[str, str] | None = None
) -> Any:
    request = urllib.request.Request(address + path)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    data = urlencode(form).encode() if form else None
    with urllib.request.urlopen(request, data, timeout=60) as answer:
        return json.loads(answer.read())


def sign_in(address: str, username: str) -> str:
    form = {"username": username, "password": "demo-igp-114"}
    return str(ask(address, "/api/v1/token", form=form)["access_token"])


def ready(address: str) -> bool:
    try:
        return bool(ask(address, "/readyz")["status"] == "ready")
    except urllib.error.HTTPError:
        return False


def children(pid: int) -> list[int]:
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    )
    return [int(line) for line in listed.stdout.split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def awkward(base: Path) -> Path:
    """A data folder in a place with an awkward name, that nobody else may enter."""
    outer = base / "示範 $HOME 'x'"
    outer.mkdir(mode=0o700)
    return outer / "data"


def clear_away(folder: Path) -> None:
    server = folder / "postgres"
    if server.exists():
        embedded.stop(server)
        if load(server).home != server:
            shutil.rmtree(load(server).home, ignore_errors=True)


def has_server(folder: Path) -> bool:
    return (load(folder / "postgres").data / "postmaster.pid").exists()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    folder = awkward(tmp_path)
    yield folder
    clear_away(folder)


@dataclass(frozen=True)
class Served:
    """A program that serves in mode `test`, caught up."""

    program: Program
    folder: Path
    address: str
    metrics_port: int


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = awkward(tmp_path_factory.mktemp("served"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = Program(folder, IGP_MODE="test", IGP_METRICS_PORT=str(port))
    address = program.address()
    wait_for(lambda: ready(address))
    yield Served(program, folder, address, port)
    program.stop()
    clear_away(folder)


def test_the_demo_starts_stops_and_goes_on_with_the_same_data(folder: Path) -> None:
    first = Program(folder, IGP_MODE="demo")
    address = first.address()
    assert "demo-igp-114" in first.output
    assert "b-math" in first.output
    assert str(folder) in first.output
    wait_for(lambda: ready(address))
    me = ask(address, "/api/v1/me", sign_in(address, "a-office"))
    changes = "/api/v1/changes?from=113.5.13&to=113.8.5&limit=1000"
    seen = ask(address, changes, sign_in(address, "b-office"))["items"]
    assert first.stop() == 0
    assert "已停止" in first.output
    assert not has_server(folder)

    second = Program(folder, IGP_MODE="demo")
    address = second.address()
    assert "載入示範縣市" not in second.output
    assert ask(address, "/api/v1/me", sign_in(address, "a-office")) == me
    assert ask(address, changes, sign_in(address, "b-office"))["items"] == seen
    assert second.stop(signal.SIGINT) == 0
    assert "Traceback" not in first.output + second.output
    log = (folder / "igp.log").read_text(encoding="utf-8")
    assert all(json.loads(line) for line in log.splitlines())
    assert "吳雅惠" not in log


def test_metrics_speak_of_the_ledger_and_the_shared_views_alone(served: Served) -> None:
    metrics = f"http://127.0.0.1:{served.metrics_port}/metrics"
    text = ""
    # A root of the map is recorded after every stretch of acts, and the views follow it.
    while 'igp_view_behind{view="changes"} 0.0' not in text:
        with urllib.request.urlopen(metrics, timeout=60) as answer:
            text = answer.read().decode()
    names = {line.split("{")[0].split(" ")[0] for line in text.splitlines() if line[0] != "#"}
    assert names == {"igp_ledger_up", "igp_view_behind", "igp_view_stopped"}
    assert "note" not in text


def test_a_command_beside_the_program_leaves_its_database_running(served: Served) -> None:
    status = subprocess.run(
        [sys.executable, "-m", "igp", "status"],
        cwd=CHECKOUT,
        env=os.environ | {"IGP_MODE": "test", "IGP_DATA_DIR": str(served.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert status.returncode == 0, status.stderr
    assert has_server(served.folder)
    assert ready(served.address)


def test_a_port_that_is_taken_ends_with_2_and_the_remedy(served: Served, folder: Path) -> None:
    port = served.address.rsplit(":", 1)[1]
    program = Program(folder, IGP_MODE="test", IGP_PORT=port)
    assert program.process.wait(PATIENCE) == 2
    assert "IGP_PORT" in program.output
    assert "Traceback" not in program.output
    program.stop()


def test_a_projector_that_dies_is_started_again(served: Served) -> None:
    (projector,) = children(served.program.process.pid)
    os.kill(projector, signal.SIGKILL)
    wait_for(
        lambda: [
            pid for pid in children(served.program.process.pid) if pid != projector and alive(pid)
        ]
    )
    log = (served.folder / "igp.log").read_text(encoding="utf-8")
    assert "projector.died" in log


def test_a_killed_program_leaves_no_projector_and_the_next_start_goes_on(folder: Path) -> None:
    program = Program(folder, IGP_MODE="test")
    wait_for(lambda: ready(program.address()))
    (projector,) = children(program.process.pid)
    program.stop(signal.SIGKILL)
    wait_for(lambda: not alive(projector))
    assert has_server(folder)

    again = Program(folder, IGP_MODE="test")
    wait_for(lambda: ready(again.address()))
    assert again.stop() == 0
    assert not has_server(folder)


def test_a_database_whose_port_was_taken_ends_the_program_with_2_and_says_so(
    served: Served,
) -> None:
    """The last test of the program that serves. It stands still while its database dies, so that
    the other program is surely the quicker one."""
    cluster = load(served.folder / "postgres")
    database, port = postmaster(cluster), cluster.state.port
    assert database is not None
    assert port is not None
    served.program.process.send_signal(signal.SIGSTOP)
    os.kill(database, signal.SIGKILL)
    wait_for(lambda: not alive(database))
    with socket.create_server(("127.0.0.1", port)):
        served.program.process.send_signal(signal.SIGCONT)
        assert served.program.process.wait(PATIENCE) == 2, served.program.output
    assert f"連接埠 {port} 被另一個程式使用" in served.program.output
    assert "igp serve" in served.program.output
    assert "已停止。資料" not in served.program.output
    assert "Traceback" not in served.program.output
    assert not has_server(served.folder)
