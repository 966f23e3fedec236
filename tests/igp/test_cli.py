"""The command line: exit status 0, 1 or 2, words in Chinese, and never a traceback."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import pytest

from api import password_resets
from api.sign_in import account_of_name
from domain import account, passkey
from domain.capacity import Capacity
from domain.command import Actor
from domain.ledger_life import SYSTEM
from domain.passkey import RegisterPasskey, passkeys_id
from domain.password_reset import password_reset_id
from igp import cli, logs
from igp.cli import app, run
from igp.composition import Running, build
from igp.demo.acts import COUNTY
from igp.importing.running import decided, recorded
from igp.settings import Settings, load_settings

ENGLISH = re.compile(r"\b(Usage|Error|Options|Commands|Arguments|Missing|Invalid|Traceback|Show)\b")
NOT_OFFERED = (
    ["evidence", "build"],
    ["evidence", "verify"],
)


@pytest.fixture(scope="module")
def county(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A ledger that holds the county's accounts and students."""
    folder = tmp_path_factory.mktemp("county")
    settings = Settings(mode="test", data_dir=folder, database_url=new_database())
    with build(settings) as running, running.projecting():
        recorded(running, decided(running, COUNTY / "112").register)
    return settings


@pytest.fixture
def door(county: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The environment in which commands find the county."""
    monkeypatch.setattr(logs, "configure", lambda path: None)
    assert county.database_url is not None
    monkeypatch.setenv("IGP_MODE", "test")
    monkeypatch.setenv("IGP_DATA_DIR", str(county.data_dir))
    monkeypatch.setenv("DATABASE_URL", county.database_url.get_secret_value())
    return county


@pytest.fixture
def production(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The environment of a production ledger that does not exist yet; its master key's place."""
    monkeypatch.setattr(logs, "configure", lambda path: None)
    monkeypatch.delenv("IGP_MODE", raising=False)
    monkeypatch.setenv("IGP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("IGP_MASTER_KEY_FILE", str(tmp_path / "apart" / "master.key"))
    monkeypatch.setenv("DATABASE_URL", new_database())
    return tmp_path / "apart" / "master.key"


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """What comes in by standard input, which is no terminal."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["unknown"],
        ["--unknown"],
        ["import"],
        ["import", "here", "there"],
        ["changes"],
        ["changes", "--from", "113.5.13"],
        ["changes", "--frm", "113.5.13"],
        ["serve", "--port", "many"],
        ["serve", "--port"],
        ["history"],
        ["ledger"],
        ["ledger", "resume"],
        ["replay"],
        ["init", "--authority", "教育局"],
        *NOT_OFFERED,
    ],
)
def test_a_command_line_nobody_understands_ends_with_2_in_chinese(
    arguments: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err
    assert not ENGLISH.search(told.err)


def _commands() -> Iterator[list[str]]:
    yield []
    for group in (app, cli.replay, cli.ledger):
        prefix = [] if group is app else ["replay" if group is cli.replay else "ledger"]
        for command in group.registered_commands:
            name = command.name or command.callback.__name__  # type: ignore[union-attr]
            yield [*prefix, name]


@pytest.mark.parametrize("command", list(_commands()), ids=" ".join)
def test_every_command_explains_itself_in_chinese(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "--help"]) == 0
    told = capsys.readouterr().out
    assert "用法：igp" in told
    assert not ENGLISH.search(told)


def test_wrong_settings_end_with_2_and_say_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("IGP_PORT", "eight")
    assert run(["status"]) == 2
    assert "IGP_PORT" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "spared"),
    [
        ("igp.cli", ("domain.catalogue", "fastapi", "webauthn")),
        ("igp.evidence_check", ("domain.catalogue", "fastapi", "webauthn")),
        ("igp.tending", ("fastapi", "webauthn")),
    ],
)
def test_a_command_loads_nothing_that_it_does_not_need(
    command: str, spared: tuple[str, ...]
) -> None:
    """`igp --help` took the seconds of the whole program, and a check of evidence, too."""
    asked = f"import sys, {command}; print([one for one in {spared} if one in sys.modules])"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True)
    assert (found.stdout.strip(), found.stderr) == ("[]", "")


def test_settings_are_listed_without_their_secrets(
    door: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IGP_MASTER_KEYFILE", "x")
    assert run(["settings"]) == 0
    told = capsys.readouterr()
    assert "IGP_DATA_DIR" in told.out
    assert "IGP_MASTER_KEYFILE" in told.err
    assert os.environ["DATABASE_URL"] not in told.out


def test_what_shows_persons_asks_whom_it_acts_for(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["changes", "--from", "112.8.1", "--to", "112.8.2"]) == 2
    assert "--as" in capsys.readouterr().err
    assert run(["changes", "--from", "112.8.1", "--to", "112.8.2", "--as", "nobody"]) == 1
    assert run(["history", str(SYSTEM), "--as", "a-office"]) == 1
    assert "找不到這筆資料" in capsys.readouterr().err
    assert run(["history", "not-an-id", "--as", "a-office"]) == 2


def test_changes_are_shown_to_whom_they_are_shown_over_http(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["changes", "--from", "112.8.1", "--to", "1120802", "--format", "json", "--as"]
    seen = {}
    for who in ("a-office", "b-office", "org"):
        assert run([*asked, who]) == 0
        body = json.loads(capsys.readouterr().out)
        assert body["terms"]["rows"] == len(body["items"])
        seen[who] = {item["organisation"]["code"] for item in body["items"]}
    assert seen == {"a-office": {"ks-a"}, "b-office": {"ks-b"}, "org": set()}


def test_a_report_is_read_once_for_the_record_like_over_http(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    def reads() -> int:
        with build(door) as running, running.database.connect("projector") as connection:
            row = connection.execute("SELECT count(*) FROM books.access").fetchone()
        assert row is not None
        return int(row[0])

    before = reads()
    day = ["--from", "112.8.1", "--to", "112.8.1", "--as", "a-office"]
    assert run(["changes", *day]) == 0
    assert reads() == before + 1
    capsys.readouterr()


@pytest.mark.parametrize(("format", "begins"), [("csv", b"\xef\xbb\xbf"), ("xlsx", b"PK")])
def test_a_report_becomes_a_file(
    door: Settings, tmp_path: Path, format: str, begins: bytes
) -> None:
    file = tmp_path / f"report.{format}"
    day = ["--from", "112.8.1", "--to", "112.8.1", "--as", "a-office"]
    assert run(["changes", *day, "--format", format, "-o", str(file)]) == 0
    assert file.read_bytes().startswith(begins)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (["--from", "112.13.1", "--to", "112.8.1"], "--from"),
        (["--from", "112.8.2", "--to", "112.8.1"], "起日"),
        (["--from", "112.8.1", "--to", "112.8.1", "--section", "nothing"], "項目"),
        (["--from", "112.8.1", "--to", "112.8.1", "--organisation", "ks-x"], "代碼"),
        (["--from", "112.8.1", "--to", "112.8.1", "--kind", "removed"], "--kind"),
        (["--from", "112.8.1", "--to", "112.8.1", "--format", "docx"], "--format"),
    ],
)
def test_bad_input_ends_with_2_and_names_the_place(
    door: Settings, capsys: pytest.CaptureFixture[str], options: list[str], word: str
) -> None:
    assert run(["changes", *options, "--as", "a-office"]) == 2
    assert word in capsys.readouterr().err


def test_status_speaks_of_shared_books_alone(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["status"]) == 0
    told = capsys.readouterr().out
    assert "records" in told
    assert "access" in told
    assert "note" not in told


def test_an_error_nobody_expected_is_one_line_without_its_text(
    door: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("王小明的紀錄")

    monkeypatch.setattr("igp.tending.show_status", fail)
    assert run(["status"]) == 2
    told = capsys.readouterr().err
    assert "RuntimeError" in told
    assert "igp.log" in told
    assert "王小明" not in told
    assert "Traceback" not in told


def test_production_refuses_to_start_without_a_master_key_of_its_own(
    production: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in (["serve"], ["import", "."]):
        assert run(command) == 2
        assert "igp init" in capsys.readouterr().err
    assert not production.exists()
    production.parent.mkdir()
    production.write_bytes(bytes(32))
    assert run(["serve"]) == 2
    assert "隨機" in capsys.readouterr().err
    monkeypatch.delenv("IGP_MASTER_KEY_FILE")
    assert run(["serve"]) == 2
    assert "IGP_MASTER_KEY_FILE" in capsys.readouterr().err


def test_init_makes_key_ledger_and_administrator_once(
    production: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = ["init", "--authority", "高雄市政府教育局", "--admin", "chief"]
    typed(monkeypatch, "short")
    assert run(begin) == 2
    typed(monkeypatch, "a-long-password")
    assert run(begin) == 0
    told = capsys.readouterr().out
    assert str(production) in told
    assert "備份" in told
    assert len(production.read_bytes()) == 32
    assert production.stat().st_mode & 0o077 == 0
    typed(monkeypatch, "a-long-password")
    assert run([*begin[:-1], "second"]) == 2
    capsys.readouterr()
    day = ["changes", "--from", "114.1.1", "--to", "114.1.2", "--as", "chief", "--format", "json"]
    typed(monkeypatch, "another-password")
    assert run(day) == 1
    typed(monkeypatch, "a-long-password")
    assert run(day) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["items"] == []
    _lets_the_last_administrator_in_again(capsys)
    typed(monkeypatch, "a-long-password")
    assert run(day) == 1
    typed(monkeypatch, "another-password")
    assert run(day) == 0
    typed(monkeypatch, "")
    assert run(["demo"]) == 2
    monkeypatch.setenv("IGP_MODE", "demo")
    assert run(["status"]) == 0
    assert run(["demo"]) == 2
    assert "IGP_MODE" in capsys.readouterr().err


def _lets_the_last_administrator_in_again(capsys: pytest.CaptureFixture[str]) -> None:
    """By who holds the machine: passkeys go, a code is shown once, who and why are recorded."""
    with build(load_settings()) as running, running.projecting():
        chief = account_of_name(running.ledger, "chief")
        assert chief is not None
        actor = Actor(account_id=chief, capacity=Capacity.AUTHORITY_ADMINISTRATOR)
        lost = RegisterPasskey(actor=actor, passkey_id=uuid4(), name="遺失的手機")
        person = running.ledger.state(account.evolve, chief)
        assert person is not None
        running.ledger.record(passkey.register(None, person, lost))
    why = ["--by", "王主任", "--reason", "手機與密碼同時遺失"]
    assert run(["recover", "chief", "--by", " ", "--reason", "遺失"]) == 2
    assert run(["recover", "nobody", *why]) == 1
    assert "nobody" in capsys.readouterr().err
    assert run(["recover", "chief", *why]) == 0
    told = capsys.readouterr()
    [code] = re.findall(r"代碼：([A-Z2-9]{12})", told.out)
    with build(load_settings()) as running, running.projecting():
        ledger = running.ledger
        removed = list(ledger.events(passkeys_id(chief)))[-1]
        [allowed] = ledger.events(password_reset_id(chief))
        for event in (removed, allowed):
            assert (event.by, event.capacity) == (SYSTEM, Capacity.SYSTEM)
            assert event.reason == "王主任：手機與密碼同時遺失"
        known = ledger.state(passkey.evolve, passkeys_id(chief))
        assert known is not None
        assert known.names == {}
        assert code not in told.err + repr([removed, allowed])
        password_resets.reset(running.house, "chief", code, "another-password")


def test_init_is_for_production_alone(door: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "--authority", "教育局", "--admin", "chief"]) == 2
    assert "IGP_MODE=production" in capsys.readouterr().err


def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    door: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://igp:topsecret@127.0.0.1:1/county")
    assert run(["status"]) == 2
    told = capsys.readouterr().err
    assert "DATABASE_URL" in told
    assert "topsecret" not in told


def test_migrate_says_that_the_tables_are_up_to_date(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["migrate"]) == 0
    assert "已是這個版本" in capsys.readouterr().out


def test_going_on_is_recorded_with_its_reason(
    running: Running, commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["ledger", "resume", "--reason", " "]) == 2
    assert run(["ledger", "resume", "--reason", "已校正伺服器時間"]) == 0
    with running.database.connect("projector") as connection:
        row = connection.execute(
            "SELECT topic FROM books.records ORDER BY position DESC LIMIT 1"
        ).fetchone()
    assert row is not None
    assert row[0] == "ledger.resumed.v1"
    capsys.readouterr()
