"""`igp programme publish-results`: the results of a stage for all schools, in one act."""

from datetime import datetime

import pytest

from domain.calendar import TAIPEI
from igp.cli import run
from igp.composition import build
from igp.demo.acts import COUNTY
from igp.importing.running import decided, recorded
from igp.settings import Settings
from tests.sitters import sat
from tests.story import Story

COMMAND = ["programme", "publish-results", "kaohsiung-114", "initial"]


def test_results_are_published_by_the_organiser_once(
    commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with build(commands) as running, running.projecting():
        recorded(running, decided(running, COUNTY / "112").register)
    assert run(["programme", "publish", "kaohsiung-114", "--as", "eb"]) == 0
    with build(commands) as running, running.projecting():
        story = Story(running.house.ledger)
        story.clock(datetime(2025, 3, 14, 15, 0, tzinfo=TAIPEI))
        sat(story, 3)
    capsys.readouterr()
    assert run([*COMMAND, "--as", "a-office"]) == 1
    assert "沒有這項作業的權限" in capsys.readouterr().err
    assert run([*COMMAND, "--as", "org"]) == 0
    told = capsys.readouterr()
    assert "已公告 3 位學生的結果。" in told.out
    assert "公告結果：3/3" in told.err
    assert run([*COMMAND, "--as", "org"]) == 1
    assert "沒有可以公告的結果" in capsys.readouterr().err
