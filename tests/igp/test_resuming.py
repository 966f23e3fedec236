"""`igp ledger resume`: going on after the server's clock was wrong."""

import io
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from igp import logs
from igp.cli import run

AHEAD = timedelta(days=3)


@pytest.fixture
def behind(new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The database of a production ledger whose last event was recorded three days ahead."""
    monkeypatch.setattr(logs, "configure", lambda path: None)
    monkeypatch.delenv("IGP_MODE", raising=False)
    monkeypatch.setenv("IGP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("IGP_MASTER_KEY_FILE", str(tmp_path / "apart" / "master.key"))
    monkeypatch.setenv("DATABASE_URL", new_database())
    monkeypatch.setattr(sys, "stdin", io.StringIO("a-long-password\n"))
    assert run(["init", "--authority", "示範市政府教育局", "--admin", "chief"]) == 0
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("ALTER TABLE books.records DISABLE TRIGGER append_only")
        connection.execute(
            "UPDATE books.records SET recorded_at = recorded_at + %s"
            " WHERE position = (SELECT max(position) FROM books.records)",
            (AHEAD,),
        )
        connection.execute("ALTER TABLE books.records ENABLE ALWAYS TRIGGER append_only")
    return os.environ["DATABASE_URL"]


def test_a_ledger_whose_clock_is_behind_goes_on_once_somebody_answers_for_it(
    behind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["changes", "--from", "114.1.1", "--to", "114.1.2", "--as", "chief"]) == 2
    assert "igp ledger resume" in capsys.readouterr().err
    resume = ["ledger", "resume", "--reason", "伺服器時間曾快三天，已校正"]
    assert run(resume) == 0
    assert "紀錄簿繼續運作" in capsys.readouterr().out
    # The second is recorded like any other event, in the time after the last one.
    assert run(resume) == 0
    with psycopg.connect(behind) as connection:
        rows = connection.execute(
            "SELECT topic, recorded_at FROM books.records ORDER BY position DESC LIMIT 3"
        ).fetchall()
    assert [topic for topic, _ in rows[:2]] == ["ledger.resumed.v1"] * 2
    assert rows[2][1] < rows[1][1] < rows[0][1] < rows[2][1] + timedelta(seconds=1)
    assert run(["replay", "verify"]) == 0
