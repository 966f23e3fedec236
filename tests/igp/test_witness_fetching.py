"""`igp witness --fetch` against a served ledger: it keeps what continues, refuses what does not."""

import io
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Thread

import pytest
import uvicorn
from structlog.testing import capture_logs

from api.app import create_app
from igp.cli import run
from igp.sealing import seal_now
from ledger.checkpoints import Signing, last_checkpoint
from ledger.ledger import Ledger
from ledger.merkle import Leaves
from ledger.signed_note import parse_checkpoint, parse_note
from tests.api.serving import PASSWORD, County, serving

NAME = "witness.example/w1"
Fetch = Callable[..., tuple[int, str, str]]


@pytest.fixture
def county(ledger: Ledger) -> Iterator[County]:
    with serving(ledger) as county:
        yield county


@pytest.fixture
def address(county: County) -> Iterator[str]:
    """Where the county's ledger is served."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        config = uvicorn.Config(
            create_app(county.house), lifespan="off", ws="none", log_config=None
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        stack.callback(thread.join)
        stack.callback(setattr, server, "should_exit", True)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def fetch(
    address: str,
    ledger: Ledger,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Fetch:
    """The command as another office runs it: its status, what it said, what it told beside."""
    signing = Signing(ledger)
    log = str(signing.key(signing.origin("records")))
    monkeypatch.setattr("igp.witness_cli.configure", lambda path: None)
    monkeypatch.setenv("IGP_DATA_DIR", str(tmp_path / "office"))

    def fetched(
        folder: str = "one", url: str = address, password: str = PASSWORD
    ) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{password}\n"))
        asked = ["--name", NAME, "--log", log, "--data", str(tmp_path / folder)]
        with capture_logs():
            status = run(["witness", *asked, "--fetch", url, "--as", "a-office"])
        said = capsys.readouterr()
        return status, said.out, said.err

    return fetched


def newest(ledger: Ledger) -> int:
    with ledger.database.connect("projector") as connection:
        kept = last_checkpoint(connection, "records")
    assert kept is not None
    return kept.size


def test_a_witness_fetches_what_continues_and_refuses_every_other_history(
    county: County, ledger: Ledger, fetch: Fetch, tmp_path: Path
) -> None:
    seal_now(ledger)
    first = newest(ledger)
    status, line, told = fetch()
    assert status == 0, told
    assert f"第 {first} 筆" in told
    assert line.startswith(f"— {NAME} "), line
    [kept] = (tmp_path / "one" / "seen").iterdir()
    # Nothing new: the same is cosigned again. Then more, with the proof that it continues.
    assert fetch()[0] == 0
    county.student()
    county.teacher("a-math")
    seal_now(ledger)
    assert newest(ledger) > first
    assert fetch()[0] == 0
    assert parse_checkpoint(parse_note(kept.read_text(encoding="utf-8"))).size == newest(ledger)

    # Whoever holds the log's key signed something else before: of fewer, as many and more leaves.
    signing = Signing(ledger)
    origin = signing.origin("records")
    for size, evidence in (
        (newest(ledger) - 1, "unproven"),
        (newest(ledger), "two-histories"),
        (newest(ledger) + 1, "smaller"),
    ):
        other = signing.sign(origin, size, Leaves([bytes(32)] * size).root())
        folder = tmp_path / evidence
        (folder / "seen").mkdir(parents=True)
        (folder / "seen" / kept.name).write_text(str(other), encoding="utf-8")
        status, line, told = fetch(evidence)
        assert (status, line, "拒絕" in told) == (1, "", True)
        [shown] = (folder / "evidence").iterdir()
        assert shown.name.startswith(evidence)
        assert str(other) in shown.read_text(encoding="utf-8")
        assert (folder / "seen" / kept.name).read_text(encoding="utf-8") == str(other)


def test_what_goes_wrong_on_the_way_is_told_in_words_and_cosigns_nothing(
    county: County, address: str, ledger: Ledger, fetch: Fetch, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for given, words in (
        ({}, "還沒有檢查點"),
        ({"password": "wrong-password"}, "帳號或密碼不正確"),
        ({"url": closed}, "無法連線"),
        ({"url": f"{address}/elsewhere"}, "請確認網址"),
        ({"url": "http://ledger.example.gov.tw"}, "https://"),
        ({"url": "ledger.example.gov.tw"}, "--fetch"),
    ):
        status, line, told = fetch(**given)
        assert (status, line) == (2, "")
        assert words in told, told
    assert not list((tmp_path / "one" / "seen").iterdir())
