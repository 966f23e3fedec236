"""The composition root: what one process is made of, and what it refuses to open."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from api.acting import Asked
from api.organisations import OrganisationEntry, register
from api.viewer import system_viewer
from domain.ledger_life import LEDGER_STREAM, LedgerStarted
from domain.organisation import Kind
from igp.composition import SIMULATED_START, Running, build
from igp.parts import NotReady
from igp.settings import Settings
from ledger.database import DatabaseError
from ledger.keys import KeysError
from ledger.ledger import Ledger
from ledger.modes import WrongMode

AUTHORITY = OrganisationEntry(code="eb", name="教育局", kind=Kind.AUTHORITY, county="示範市")


def chosen(folder: Path, url: str, **others: object) -> Settings:
    given = {"mode": "test", "data_dir": folder, "database_url": url}
    return Settings(**(given | others))  # type: ignore[arg-type]


def test_a_database_of_ones_own_is_used_and_opened_again(settings: Settings) -> None:
    with build(settings) as first:
        assert first.ledger.now() == SIMULATED_START
        with first.projecting():
            done = register(first.house, system_viewer(first.house), Asked(body=AUTHORITY))
            assert done.shown
    with build(settings) as again:
        with again.database.connect("projector") as connection:
            codes = connection.execute("SELECT code FROM views.organisation").fetchall()
        assert codes == [("eb",)]
    assert not settings.server_dir.exists()


def test_each_start_is_an_event_but_in_mode_test(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    demo = chosen(tmp_path, new_database(), mode="demo")
    for starts in (1, 2):
        with build(demo) as running:
            events = running.ledger.events(LEDGER_STREAM)
        assert sum(isinstance(event, LedgerStarted) for event in events) == starts


def test_a_command_beside_a_running_program_is_no_start(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    demo = chosen(tmp_path, new_database(), mode="demo")
    with build(demo) as first, build(demo) as second:
        assert (first.first, second.first) == (True, False)
        assert len(second.ledger.events(LEDGER_STREAM)) == 2


def test_a_simulated_ledger_does_not_open_in_production(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_database()
    with build(chosen(tmp_path / "data", url)):
        pass
    real = chosen(
        tmp_path / "data",
        url,
        mode="production",
        master_key_file=tmp_path / "data" / "master.key",
    )
    with pytest.raises(WrongMode):
        build(real).close()


def test_a_production_ledger_is_born_by_init_alone(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    key = tmp_path / "master.key"
    key.write_bytes(bytes(range(100, 132)))
    real = chosen(tmp_path / "data", new_database(), mode="production", master_key_file=key)
    with pytest.raises(NotReady, match="igp init"):
        build(real).close()


def test_a_ledger_without_its_keys_stays_shut(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_database()
    with build(chosen(tmp_path / "data", url)):
        pass
    with pytest.raises(KeysError, match="IGP_KEY_DIR"):
        build(chosen(tmp_path / "elsewhere", url)).close()
    (tmp_path / "data" / "master.key").rename(tmp_path / "lost")
    with pytest.raises(KeysError, match="主金鑰"):
        build(chosen(tmp_path / "data", url)).close()
    (tmp_path / "data" / "master.key").write_bytes(bytes(range(50, 82)))
    with pytest.raises(KeysError, match="IGP_MASTER_KEY_FILE"):
        build(chosen(tmp_path / "data", url)).close()


def test_the_same_seed_draws_the_same_ids(new_database: Callable[[], str], tmp_path: Path) -> None:
    drawn = []
    for number in range(2):
        folder = tmp_path / str(number)
        with build(chosen(folder, new_database(), test_seed="a seed")) as running:
            drawn.append(running.ledger.entropy.uuid(LEDGER_STREAM, "record"))
    assert drawn[0] == drawn[1]


def test_with_a_seed_a_later_process_draws_other_ids(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    seeded = chosen(tmp_path, new_database(), test_seed="a seed")
    drawn = set()
    for _ in range(2):
        with build(seeded) as running, running.projecting():
            drawn.add(running.ledger.entropy.uuid(LEDGER_STREAM, "record"))
            if len(drawn) == 1:
                register(running.house, system_viewer(running.house), Asked(body=AUTHORITY))
    assert len(drawn) == 2


def test_what_a_house_started_ends_with_it(running: Running) -> None:
    ledger: Ledger = running.ledger
    running.close()
    assert ledger.pool.closed
    assert running.house.reader.closed
    running.close()


def test_a_login_that_may_not_create_roles_is_told_what_to_ask_a_dba(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    url = new_database()
    login = f"plain_{url.rsplit('/', 1)[1]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {login} LOGIN PASSWORD 'plain'".encode())
    parts = conninfo_to_dict(url)
    plain = f"postgresql://{login}:plain@{parts['host']}:{parts['port']}/{parts['dbname']}"
    with pytest.raises(DatabaseError, match="CREATE ROLE") as told:
        build(chosen(tmp_path, plain)).close()
    # Who reads it out does it, in a session of their own, for this login.
    script = str(told.value).partition("\n")[2]
    with psycopg.connect(url, autocommit=True) as dba:
        dba.execute(script.encode())
    build(chosen(tmp_path, plain)).close()
