"""A view that differs takes nobody's place unless somebody answers for it, and that is kept."""

from collections.abc import Callable, Iterator, Sequence

import psycopg
import pytest

import igp.composition
import igp.rebuilding
from igp import logs
from igp.cli import run
from igp.composition import build
from igp.demo.acts import COUNTY
from igp.importing.running import decided, recorded
from igp.settings import Settings
from ledger.keys import Keyring
from projections.all_views import all_views
from projections.reach import ReachView
from projections.view import Revision, View


@pytest.fixture(scope="module")
def county(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A ledger that holds the county's accounts and students."""
    folder = tmp_path_factory.mktemp("certified")
    settings = Settings(mode="test", data_dir=folder, database_url=new_database())
    with build(settings) as running, running.projecting():
        recorded(running, decided(running, COUNTY / "112").register)
    return settings


@pytest.fixture
def door(county: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """The environment in which commands find the county; afterwards its views are as built."""
    monkeypatch.setattr(logs, "configure", lambda path: None)
    assert county.database_url is not None
    monkeypatch.setenv("IGP_MODE", "test")
    monkeypatch.setenv("IGP_DATA_DIR", str(county.data_dir))
    monkeypatch.setenv("DATABASE_URL", county.database_url.get_secret_value())
    yield county
    monkeypatch.undo()
    alter(
        county, f"UPDATE views.checkpoint SET version = {ReachView().version} WHERE view = 'reach'"
    )


def alter(settings: Settings, *statements: str) -> None:
    """What somebody does who holds the database."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def living(settings: Settings) -> tuple[int, int]:
    """The version of the living view `reach`, and how many of its rows were altered."""
    assert settings.database_url is not None
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        row = connection.execute(
            "SELECT (SELECT version FROM views.checkpoint WHERE view = 'reach'),"
            " (SELECT count(*) FROM views.reach WHERE source_kind = 'altered')"
        ).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


class NextReach(ReachView):
    """The next version of the view, with or without a word on what may differ."""

    def __init__(self, *tables: str) -> None:
        super().__init__()
        self.version += 1
        if tables:
            why = Revision("服務關係改以新的方式記載", tables)
            self.revisions = {**self.revisions, self.version: why}


@pytest.fixture
def with_view(monkeypatch: pytest.MonkeyPatch) -> Callable[[View], None]:
    """Makes a program that has this view in the place of its own of that name."""

    def use(view: View) -> None:
        def views(keyring: Keyring) -> Sequence[View]:
            return [view if one.name == view.name else one for one in all_views(keyring)]

        monkeypatch.setattr(igp.composition, "all_views", views)
        monkeypatch.setattr(igp.rebuilding, "all_views", views)

    return use


ALTERED = "UPDATE views.reach SET source_kind = 'altered' WHERE source_kind = 'role'"


def test_a_view_that_was_altered_is_replaced_by_the_authority_with_a_reason_alone(
    door: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    alter(door, "UPDATE views.organisation SET name = '別的學校' WHERE code = 'ks-a'")
    directory = ["replay", "rebuild", "directory"]
    assert run(directory) == 1
    assert "沒有更換" in capsys.readouterr().err
    # Nobody answers for it, nobody says why, or somebody who may not.
    assert run([*directory, "--replace"]) == 2
    assert run([*directory, "--replace", "--as", "eb"]) == 2
    assert run([*directory, "--reason", "修復"]) == 2
    assert run([*directory, "--replace", "--reason", "修復", "--as", "a-office"]) == 1
    assert run([*directory, "--replace", "--reason", "修復", "--as", "nobody"]) != 0
    assert run(directory) == 1
    capsys.readouterr()
    assert run([*directory, "--replace", "--reason", "修復", "--as", "eb"]) == 1
    told = capsys.readouterr()
    assert "已換成重建的內容" in told.err
    assert "別的學校" not in told.out + told.err
    assert run(["status"]) == 0
    status = capsys.readouterr().out
    [line] = [line for line in status.splitlines() if "修復" in line]
    assert "directory" in line
    assert "已更換" in line
    assert run(directory) == 0


def test_a_version_that_says_the_same_is_exchanged_at_the_start(
    door: Settings, with_view: Callable[[View], None]
) -> None:
    with_view(NextReach())
    with build(door):
        pass
    assert living(door) == (NextReach().version, 0)


def test_a_version_that_differs_without_a_reason_is_refused_and_the_old_one_goes_on(
    door: Settings, with_view: Callable[[View], None], capsys: pytest.CaptureFixture[str]
) -> None:
    alter(door, ALTERED)
    before = living(door)
    assert before[1]
    with_view(NextReach())
    assert run(["history", "00000000-0000-0000-0000-000000000001", "--as", "eb"]) == 2
    told = capsys.readouterr().err
    assert "沒有更換任何檢視" in told
    assert "igp replay rebuild reach --replace --reason" in told
    # With a reason for another table only it is the same.
    with_view(NextReach("reach_school"))
    assert run(["history", "00000000-0000-0000-0000-000000000001", "--as", "eb"]) == 2
    assert living(door) == before
    assert run(["status"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if "未更換" in line]
    assert f"{before[0]}→{before[0] + 1}" in line
    # What the message says to do does it.
    with_view(NextReach())
    reason = ["--replace", "--reason", "已逐列核對", "--as", "eb"]
    assert run(["replay", "rebuild", "reach", *reason]) == 1
    assert living(door) == (before[0] + 1, 0)
    with build(door):
        pass


def test_a_version_that_says_what_may_differ_is_exchanged_and_the_certificate_kept(
    door: Settings, with_view: Callable[[View], None], capsys: pytest.CaptureFixture[str]
) -> None:
    alter(door, ALTERED)
    version, altered = living(door)
    assert altered
    with_view(NextReach("reach"))
    with build(door):
        pass
    assert living(door) == (version + 1, 0)
    assert run(["status"]) == 0
    [line] = [one for one in capsys.readouterr().out.splitlines() if "新的方式" in one]
    assert f"{version}→{version + 1}" in line
    assert "列不同：服務關係改以新的方式記載" in line


def test_where_one_of_two_is_refused_neither_is_exchanged(
    door: Settings, with_view: Callable[[View], None], capsys: pytest.CaptureFixture[str]
) -> None:
    alter(door, ALTERED, "UPDATE views.checkpoint SET version = 0 WHERE view = 'changes'")
    before = living(door)
    with_view(NextReach("reach_school"))
    assert run(["history", "00000000-0000-0000-0000-000000000001", "--as", "eb"]) == 2
    capsys.readouterr()
    assert living(door) == before
    assert door.database_url is not None
    with psycopg.connect(door.database_url.get_secret_value()) as connection:
        row = connection.execute(
            "SELECT version FROM views.checkpoint WHERE view = 'changes'"
        ).fetchone()
    assert row == (0,)
    with_view(NextReach("reach"))
    with build(door):
        pass
