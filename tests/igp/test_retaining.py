"""`igp retention`: what the documents print, and whose time is over by what the authority set."""

from pathlib import Path

import pytest

from igp.cli import run
from igp.settings import Settings
from tests.igp.test_new_year import plans

__all__ = ["plans"]


def periods(folder: Path, years: int) -> str:
    file = folder / "periods.toml"
    text = f'[[periods]]\nkind = "plan"\nlabel = "計畫"\nyears = {years}\nsource = "本府函"\n'
    file.write_text(text)
    return str(file)


def test_without_a_stated_period_nobodys_time_is_over(
    capsys: pytest.CaptureFixture[str], commands: Settings
) -> None:
    assert run(["retention"]) == 0
    told = capsys.readouterr().out
    assert "未載明保存期限" in told
    assert "--periods" in told
    # What was read is kept with the ledger, and needs no period.
    assert "查閱紀錄與紀錄簿一同保存" in told


def test_whose_time_is_over_is_listed_for_the_authority_and_recorded(
    plans: int, commands: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # The plans are of 111, which ended on 112.7.31; the clock stands at 112.8.1.
    assert run(["retention", "--periods", periods(tmp_path, 0), "--as", "eb"]) == 0
    told = capsys.readouterr().out
    assert f"期限已屆滿 {plans} 位" in told
    assert told.count("112.7.31") == plans
    assert run(["retention", "--periods", periods(tmp_path, 1), "--as", "eb"]) == 0
    assert "期限已屆滿 0 位" in capsys.readouterr().out
    assert run(["retention", "--periods", periods(tmp_path, 0), "--as", "a-office"]) == 1
    assert run(["retention", "--periods", str(tmp_path / "nothing.toml"), "--as", "eb"]) == 2
    (tmp_path / "bad.toml").write_text("periods = 3")
    assert run(["retention", "--periods", str(tmp_path / "bad.toml"), "--as", "eb"]) == 2
    assert "[[periods]]" in capsys.readouterr().err
