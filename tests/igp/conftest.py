"""Programs of the front door over the run's one server, each with a database of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from igp import logs
from igp.composition import Running, build
from igp.settings import Settings


@pytest.fixture
def settings(new_database: Callable[[], str], tmp_path: Path) -> Settings:
    """Settings of mode `test` over an empty database."""
    return Settings(mode="test", data_dir=tmp_path / "data", database_url=new_database())


@pytest.fixture
def running(settings: Settings) -> Iterator[Running]:
    """An open house in mode `test`, its views kept up to date."""
    with ExitStack() as stack:
        running = stack.enter_context(build(settings))
        stack.enter_context(running.projecting())
        yield running


@pytest.fixture
def commands(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The environment in which `igp.cli.run` finds these settings."""
    # The log belongs to a process of its own; here it is the test run's.
    monkeypatch.setattr(logs, "configure", lambda path: None)
    assert settings.database_url is not None
    monkeypatch.setenv("IGP_MODE", "test")
    monkeypatch.setenv("IGP_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    return settings
