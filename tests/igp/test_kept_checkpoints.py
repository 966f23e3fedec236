"""`igp replay verify` with what was kept elsewhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from igp import logs
from igp.cli import run
from igp.composition import build
from igp.sealing import seal_now
from igp.settings import Settings
from tests.replay.sealing_maker import Signer
from tests.story import Story


@pytest.fixture
def door(
    new_database: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """The environment in which commands find a ledger of their own."""
    url = new_database()
    monkeypatch.setattr(logs, "configure", lambda path: None)
    monkeypatch.setenv("IGP_MODE", "test")
    monkeypatch.setenv("IGP_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", url)
    return Settings(mode="test", data_dir=tmp_path / "data", database_url=url)


def test_a_kept_checkpoint_is_held_against_the_book(
    door: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with build(door) as running:
        Story(running.ledger).organisation("ks-k")
        kept = seal_now(running.ledger)
    assert kept is not None
    origin = str(kept.note).partition("\n")[0]
    file, key = tmp_path / "kept.txt", tmp_path / "key.txt"
    file.write_bytes(str(kept.note).encode())
    assert run(["replay", "verify", "--checkpoint", str(file)]) == 0
    told = capsys.readouterr()
    assert "已簽署的檢查點：1 個" in told.out
    assert "未查核" not in told.out

    forger = Signer(origin, bytes(32))
    file.write_bytes(forger.checkpoint([bytes(32)] * 9999))
    assert run(["replay", "verify", "--checkpoint", str(file)]) == 1
    assert "留存的檢查點屬於另一個紀錄簿，或簽章無效" in capsys.readouterr().out

    # With the forger's key as the published one, it is the book that is too short.
    key.write_text(f"{forger.key}\n", encoding="utf-8")
    assert run(["replay", "verify", "--checkpoint", str(file), "--key", str(key)]) == 1
    told = capsys.readouterr()
    assert "檢查點已簽到第 9999 筆" in told.out
    assert "檢查點的簽章無效" in told.out


@pytest.mark.parametrize("option", ["--checkpoint", "--key", "--witness"])
def test_what_is_in_no_form_ends_with_2(
    door: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str
) -> None:
    file = tmp_path / "file.txt"
    assert run(["replay", "verify", option, str(file)]) == 2
    assert "無法讀取檔案" in capsys.readouterr().err
    for raw in (b"x\n", b"\xff\n"):
        file.write_bytes(raw)
        assert run(["replay", "verify", option, str(file)]) == 2
        assert "不符格式" in capsys.readouterr().err
