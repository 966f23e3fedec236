"""`igp school-year`: the year begins for everybody in reach, and says what became of each."""

import os
import signal
from threading import Thread
from uuid import UUID

import psycopg
import pytest

from api.acting import Asked
from api.plan_batch import BatchAdd, add
from igp.cli import run
from igp.composition import Running, build
from igp.demo.acts import COUNTY
from igp.identity import acting_as
from igp.importing.running import decided, recorded
from igp.settings import Settings
from projections import directory
from tests.igp.test_serving import wait_for


@pytest.fixture
def plans(commands: Settings) -> int:
    """How many students of `a-cm` have a plan since 111."""
    with build(commands) as running, running.projecting():
        recorded(running, decided(running, COUNTY / "112").register)
        with acting_as(running, "a-cm") as viewer:
            with viewer.looking(running.house) as connection:
                students = tuple(card.student_id for card in directory.students(connection))
            body = BatchAdd(students=students, school_year=111)
            _, tally = add(running.house, viewer, Asked(body=body))
    return len(tally.opened)


def events(running: Running) -> list[tuple[str, UUID]]:
    with running.database.connect("projector") as connection:
        return connection.execute(
            "SELECT topic, stream_id FROM books.records ORDER BY position"
        ).fetchall()


def test_the_year_begins_for_everybody_and_a_second_time_for_nobody(
    plans: int, commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert plans > 1
    assert run(["school-year", "112", "--organisation", "ks-a", "--as", "a-cm"]) == 0
    told = capsys.readouterr()
    assert told.out.count("已新增") == plans
    assert f"112 學年度：新增 {plans} 位，略過 0 位。" in told.out
    assert f"新增年度資料：{plans}/{plans}" in told.err
    with build(commands) as running:
        before = [topic for topic, _ in events(running)]
    assert before.count("school-year.batch-opened.v1") == 1
    assert before.count("basic-family.opened.v1") == 2 * plans
    assert run(["school-year", "112", "--as", "a-cm"]) == 0
    assert f"112 學年度：新增 0 位，略過 {plans} 位。" in capsys.readouterr().out
    with build(commands) as running:
        after = [topic for topic, _ in events(running)]
    assert after.count("school-year.batch-opened.v1") == 1


def test_who_may_not_and_a_year_to_come_are_told_so(
    plans: int, commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["school-year", "112", "--as", "a-office"]) == 1
    assert "沒有這項作業的權限" in capsys.readouterr().err
    assert run(["school-year", "113", "--as", "a-cm"]) == 2
    assert run(["school-year", "112", "--organisation", "nowhere", "--as", "a-cm"]) == 2
    assert run(["school-year", "112"]) == 2
    assert "--as" in capsys.readouterr().err


def test_asked_to_end_it_says_that_it_is_all_or_nobody(
    plans: int, commands: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert commands.database_url is not None
    url = commands.database_url.get_secret_value()
    year = ["school-year", "112", "--as", "a-cm"]
    with psycopg.connect(url) as locked, psycopg.connect(url, autocommit=True) as watching:
        locked.execute("LOCK TABLE books.records IN EXCLUSIVE MODE")

        def ask() -> None:
            wait_for(
                lambda: watching.execute(
                    "SELECT 1 FROM pg_locks WHERE NOT granted AND relation ="
                    " 'books.records'::regclass"
                ).fetchone()
            )
            os.kill(os.getpid(), signal.SIGINT)

        asking = Thread(target=ask)
        asking.start()
        assert run(year) == 130
        asking.join()
    assert "請再執行一次，已新增的會略過" in capsys.readouterr().err
    assert run(year) == 0
    assert f"新增 {plans} 位，略過 0 位" in capsys.readouterr().out
