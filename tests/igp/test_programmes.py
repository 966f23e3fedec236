"""`igp programme`: checked without a database, and published on behalf of the authority."""

from pathlib import Path

import pytest

from domain.programme import shipped_text
from igp.cli import run
from igp.composition import build
from igp.demo.acts import COUNTY
from igp.importing.running import decided, recorded
from igp.settings import Settings


def test_what_comes_along_is_listed_and_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["programme", "shipped"]) == 0
    assert "kaohsiung-114" in capsys.readouterr().out
    assert run(["programme", "check", "new-taipei-113"]) == 0
    told = capsys.readouterr().out
    assert "待認定：「第二次鑑定：學生報到」印為星期二，該日實為星期一。" in told
    assert "內容可以公布" in told


def test_a_file_that_is_no_programme_is_told_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "own.toml"
    file.write_text(shipped_text("taipei-99").replace('appeal = "none"\n', ""), encoding="utf-8")
    assert run(["programme", "check", str(file)]) == 2
    assert "disputes.appeal" in capsys.readouterr().err
    file.write_bytes(b"\xff\xfe")
    for which in (str(file), str(tmp_path), "nowhere-1"):
        assert run(["programme", "check", which]) == 2
        assert "讀不到計畫檔" in capsys.readouterr().err


def test_a_programme_is_published_once_by_the_authority(
    commands: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with build(commands) as running, running.projecting():
        recorded(running, decided(running, COUNTY / "112").register)
    assert run(["programme", "publish", "miaoli-103", "--as", "a-office"]) == 1
    assert "沒有這項作業的權限" in capsys.readouterr().err
    assert run(["programme", "publish", "miaoli-103"]) == 2
    assert run(["programme", "publish", "miaoli-103", "--as", "eb"]) == 0
    assert "已公布 miaoli-103 第 1 版。" in capsys.readouterr().out
    assert run(["programme", "publish", "miaoli-103", "--as", "eb"]) == 0
    assert "沒有變更，現行為第 1 版" in capsys.readouterr().out
    file = tmp_path / "own.toml"
    file.write_text(shipped_text("miaoli-103") + "\n# 修正\n", encoding="utf-8")
    assert run(["programme", "publish", str(file), "--as", "eb"]) == 0
    assert "已公布 miaoli-103 第 2 版。" in capsys.readouterr().out
