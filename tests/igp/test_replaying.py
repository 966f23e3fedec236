"""`igp replay`: rebuilt views equal the living ones, and what was altered is found and named."""

from collections.abc import Callable

import psycopg
import pytest

from igp import logs
from igp.cli import run
from igp.composition import build
from igp.demo.acts import COUNTY
from igp.importing.running import decided, recorded
from igp.settings import Settings


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


def alter(settings: Settings, *statements: str) -> None:
    """What somebody does who holds the database."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_a_rebuilt_view_equals_the_living_one(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", "rebuild"]) == 0
    told = capsys.readouterr()
    assert "changes" in told.out
    assert "不同" not in told.out
    assert run(["replay", "rebuild", "reach"]) == 0
    assert "changes" not in capsys.readouterr().out


def test_a_view_that_is_none_ends_with_2(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", "rebuild", "nothing"]) == 2
    assert "directory" in capsys.readouterr().err


def test_books_that_are_as_they_were_written_pass(
    door: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", "verify"]) == 0
    told = capsys.readouterr()
    assert "查核通過" in told.out
    assert "note" not in told.out + told.err
    # A file without a key would check nothing, and is told.
    empty = door.data_dir / "published.txt"
    empty.write_text("\n", encoding="utf-8")
    for option in ("--key", "--witness"):
        assert run(["replay", "verify", option, str(empty)]) == 2
        assert "請確認檔案" in capsys.readouterr().err


def test_an_altered_event_fails_and_is_named(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    flip = "set_byte(body, 20, get_byte(body, 20) # 1)"
    alter(
        door,
        "ALTER TABLE books.records DISABLE TRIGGER append_only",
        f"UPDATE books.records SET body = {flip} WHERE position = 5",
        "ALTER TABLE books.records ENABLE ALWAYS TRIGGER append_only",
    )
    try:
        assert run(["replay", "verify"]) == 1
        told = capsys.readouterr()
        assert "第 5 筆" in told.out
        assert "未通過" in told.err
    finally:
        alter(
            door,
            "ALTER TABLE books.records DISABLE TRIGGER append_only",
            f"UPDATE books.records SET body = {flip} WHERE position = 5",
            "ALTER TABLE books.records ENABLE ALWAYS TRIGGER append_only",
        )
    assert run(["replay", "verify"]) == 0


def test_without_the_master_key_the_form_is_checked_alone(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    hidden = door.master_key.rename(door.master_key.with_name("hidden"))
    try:
        assert run(["replay", "verify"]) == 0
    finally:
        hidden.rename(door.master_key)
    assert "主金鑰" in capsys.readouterr().err


def test_there_is_nothing_to_replay_where_there_is_no_ledger(
    commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["replay", "verify"]) == 2
    assert run(["replay", "rebuild"]) == 2
    assert "還沒有紀錄簿" in capsys.readouterr().err
