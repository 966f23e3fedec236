"""Checkpoints go to a witness of another office over HTTP, whoever is killed on the way."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from urllib.error import URLError

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from igp import witnessing as module
from igp.cli import run
from igp.sealing import seal_now
from igp.settings import (
    CHECKOUT,
    Settings,
    SettingsError,
    WitnessAddress,
    load_settings,
    witness_addresses,
)
from igp.witness import Witness, witness_key
from igp.witness_app import create_app
from igp.witnessing import Submitter, WitnessRefused, witness_lines, witnessing
from ledger.checkpoints import Signing, last_checkpoint
from ledger.database import Connection
from ledger.ledger import Ledger
from ledger.signed_note import Cosigner, Note, parse_key
from tests.database import Template, copied, opened
from tests.story import Story

PATIENCE = 60.0
STARTED = re.compile(r"(http://127\.0\.0\.1:\d+)\n.*：(\S+\+\S+)\n")

NAME = "witness.example/w1"

#: A witness that is killed when it has kept the first checkpoint and not answered yet.
KILLED = """
import os, signal, sys
from igp import witness
real = witness.replace_file
def last_thing(path, content):
    real(path, content)
    os.kill(os.getpid(), signal.SIGKILL)
witness.replace_file = last_thing
from igp.cli import run
sys.exit(run(sys.argv[1:]))
"""


@dataclass
class Program:
    """`igp witness` as another office runs it, in a folder of its own."""

    folder: Path
    log: str
    port: int = 0
    process: subprocess.Popen[str] | None = None
    address: WitnessAddress | None = None

    def start(self, *, killed: bool = False) -> WitnessAddress:
        program = ["-c", KILLED] if killed else ["-m", "igp"]
        plain = {name: value for name, value in os.environ.items() if not name.startswith("IGP_")}
        plain.pop("DATABASE_URL", None)
        command = [sys.executable, *program, "witness", "--name", NAME]
        command += ["--log", self.log, "--port", str(self.port)]
        self.process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            env=plain | {"IGP_DATA_DIR": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        said = ""
        while not (found := STARTED.search(said)):
            line = self.process.stdout.readline()
            assert line, said
            said += line
        (self.address,) = witness_addresses(f"{found[1]} {found[2]}")
        self.port = int(found[1].rsplit(":", 1)[1])
        return self.address

    def end(self, number: int = signal.SIGTERM) -> int:
        if self.process is None:
            return 0
        assert self.process.stdout is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return status


@dataclass
class Office:
    """The same pages over HTTP from a thread of this process, which starts at once."""

    folder: Path
    log: str
    port: int = 0
    address: WitnessAddress | None = None
    stack: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        key = witness_key(self.folder / "witness.key", NAME)
        witness = Witness(self.folder, key, [parse_key(self.log)])
        self.stack.callback(witness.close)
        listener = self.stack.enter_context(socket.create_server(("127.0.0.1", self.port)))
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(create_app(witness), lifespan="off", ws="none", log_config=None)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        self.stack.callback(thread.join)
        self.stack.callback(setattr, server, "should_exit", True)
        self.address = WitnessAddress(f"http://127.0.0.1:{self.port}", witness.key)

    def end(self) -> None:
        self.stack.close()


@pytest.fixture
def program(ledger: Ledger, tmp_path: Path) -> Iterator[Program]:
    """A program that nobody has started yet."""
    program = Program(tmp_path / "program", log_of(ledger))
    yield program
    program.end(signal.SIGKILL)


@pytest.fixture
def office(ledger: Ledger, tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "office", log_of(ledger))
    office.start()
    yield office
    office.end()


def log_of(ledger: Ledger) -> str:
    signing = Signing(ledger)
    return str(signing.key(signing.origin("records")))


def tell(ledger: Ledger, count: int = 1, name: str = "苓雅示範國小") -> int:
    """Something happens and is sealed; the size of the checkpoint."""
    story = Story(ledger)
    for _ in range(count):
        story.organisation(f"ks-{story.new_id()}", name)
    kept = seal_now(ledger)
    assert kept is not None
    return kept.size


def newest(ledger: Ledger) -> Note:
    with ledger.database.connect("projector") as connection:
        kept = last_checkpoint(connection, "records")
    assert kept is not None
    return kept.note


def submitter(ledger: Ledger, office: Office | Program) -> Submitter:
    assert office.address is not None
    return Submitter(ledger, office.address, every=0)


def cosigned(ledger: Ledger, office: Office | Program) -> bool:
    assert office.address is not None
    return office.address.key.cosigned_at(newest(ledger)) is not None


def test_every_checkpoint_that_is_sent_is_cosigned_and_that_is_kept(
    ledger: Ledger, program: Program
) -> None:
    program.start()
    sending = submitter(ledger, program)
    assert not sending.step()
    for count in (1, 1, 30):
        tell(ledger, count)
        assert sending.step()
        assert cosigned(ledger, program)
        # There is nothing more to ask for.
        assert not sending.step()
    # Who starts anew knows from the book what was cosigned.
    tell(ledger)
    assert submitter(ledger, program).step()
    assert program.end() == 0


def test_a_witness_that_was_killed_before_it_answered_cosigns_the_same_again(
    ledger: Ledger, program: Program
) -> None:
    program.start(killed=True)
    sending = submitter(ledger, program)
    tell(ledger)
    for _ in range(2):
        with pytest.raises((ConnectionError, URLError)):
            sending.step()
    assert program.end() == -signal.SIGKILL
    program.start()
    # It has kept the checkpoint, so it asks for the path from there.
    assert sending.step()
    assert cosigned(ledger, program)
    tell(ledger)
    assert sending.step()


def test_a_cosignature_that_was_lost_on_the_way_is_given_again(
    ledger: Ledger, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    tell(ledger)
    monkeypatch.setattr(module, "keep_cosignature", killed)
    with pytest.raises(KeyboardInterrupt):
        submitter(ledger, office).step()
    monkeypatch.undo()
    assert not cosigned(ledger, office)
    assert submitter(ledger, office).step()
    assert cosigned(ledger, office)


@pytest.fixture
def other(template: Template, administrator: Connection, tmp_path: Path) -> Iterator[Ledger]:
    """The same ledger with the same keys, as it was before anything happened."""
    with (
        copied(template, administrator) as database,
        opened(template, database, tmp_path / "other") as ledger,
    ):
        yield ledger


def test_a_book_that_was_rolled_back_is_named_and_not_cosigned(
    ledger: Ledger, other: Ledger, office: Office
) -> None:
    size = tell(ledger, 8)
    assert submitter(ledger, office).step()
    rolled_back = submitter(other, office)
    assert tell(other, 2) < size
    with pytest.raises(WitnessRefused, match="ahead"):
        rolled_back.step()
    # It goes on as if nothing had been, past where the witness stands.
    assert tell(other, 12) > size
    with pytest.raises(WitnessRefused, match="inconsistent"):
        rolled_back.step()
    assert not cosigned(other, office)
    # Who did not roll back is cosigned as before.
    tell(ledger)
    assert submitter(ledger, office).step()


def test_two_signed_histories_are_named_and_both_are_kept(
    ledger: Ledger, other: Ledger, office: Office
) -> None:
    assert tell(ledger, 3) == tell(other, 3, "前金示範國小")
    assert submitter(ledger, office).step()
    with pytest.raises(WitnessRefused, match="two-histories"):
        submitter(other, office).step()
    (evidence,) = (office.folder / "evidence").iterdir()
    kept = evidence.read_text(encoding="utf-8")
    for one in (ledger, other):
        note = newest(one)
        assert str(Note(note.text, note.signatures[:1])) in kept


def test_a_false_cosignature_is_not_kept(ledger: Ledger, office: Office) -> None:
    assert office.address is not None
    # The same name with another key.
    stranger = Cosigner(NAME, Ed25519PrivateKey.generate())
    wrong = WitnessAddress(office.address.url, stranger.key)
    tell(ledger)
    with pytest.raises(WitnessRefused, match="false-cosignature"):
        Submitter(ledger, wrong, every=0).step()
    assert len(newest(ledger).signatures) == 1


def test_a_witness_is_asked_once_a_minute_at_most(ledger: Ledger, office: Office) -> None:
    assert office.address is not None
    sending = Submitter(ledger, office.address)
    tell(ledger)
    assert sending.step()
    tell(ledger)
    assert not sending.step()
    assert not cosigned(ledger, office)


def wait_for(what: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not (found := what()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def test_sealing_goes_on_while_a_witness_is_silent_and_everybody_can_read_why(
    ledger: Ledger, office: Office, tmp_path: Path
) -> None:
    outcomes = tmp_path / "witnesses.json"
    assert office.address is not None
    address = office.address
    office.end()
    silent = witness_addresses(f"{address.url} {address.key}")

    def lines() -> list[tuple[str, int, str]]:
        with ledger.database.connect("projector") as connection:
            return witness_lines(connection, silent, outcomes)

    assert lines() == [(NAME, 0, "尚未送出")]
    with ExitStack() as stack:
        stack.enter_context(witnessing(ledger, silent, outcomes, every=0.05))
        first = tell(ledger)
        assert wait_for(lambda: "沒有回應" in lines()[0][2])
        second = tell(ledger)
        assert second > first
        office.start()
        assert wait_for(lambda: lines() == [(NAME, second, "已簽署")])


def test_witnesses_are_set_by_address_and_key(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert office.address is not None
    url, key = office.address
    monkeypatch.setenv("IGP_WITNESSES", f"{url}/ {key}, ")
    assert load_settings(mode="test").witness_list == (office.address,)
    assert Settings(mode="test", witnesses=None).witness_list == ()
    wrong = [
        str(key),
        url,
        f"ftp://witness.example {key}",
        f"{url} {key}x",
        # The key of a log, and one witness under two addresses.
        f"{url} {office.log}",
        f"{url} {key}, http://witness.example {key}",
    ]
    for text in wrong:
        monkeypatch.setenv("IGP_WITNESSES", text)
        with pytest.raises(SettingsError, match="IGP_WITNESSES"):
            load_settings(mode="test")


def test_a_witness_without_a_log_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("igp.witness_cli.configure", lambda path: None)
    monkeypatch.setenv("IGP_DATA_DIR", str(tmp_path / "office"))
    assert run(["witness", "--name", NAME]) == 2
    assert "--logs" in capsys.readouterr().err
    assert run(["witness", "--name", NAME, "--log", "no key"]) == 2
    assert "查核金鑰" in capsys.readouterr().err
