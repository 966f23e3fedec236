"""A county in a data folder of its own, for programs that are started over it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from igp import embedded
from igp.composition import build
from igp.embedded_cluster import load
from igp.settings import Settings
from tests.county import County, populate


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The data folder; its server is stopped afterwards, and removed where it lies elsewhere."""
    folder = tmp_path / "town" / "data"
    folder.parent.mkdir()
    yield folder
    server = folder / "postgres"
    embedded.stop(server)
    if load(server).home != server:
        shutil.rmtree(load(server).home, ignore_errors=True)


@pytest.fixture
def settings(folder: Path) -> Settings:
    """Mode `test`, with the embedded server."""
    return Settings(mode="test", data_dir=folder, database_url=None)


@pytest.fixture
def county(settings: Settings) -> County:
    """The county as an import left it, and nothing running."""
    with build(settings) as running, running.projecting():
        return populate(running.ledger, running.house)
