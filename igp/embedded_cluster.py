"""What lies in the folder of an embedded server, and what of it is alive.

Two witnesses say whether a server runs: a file that each of its processes keeps locked until the
last is gone, and PostgreSQL's own `postmaster.pid`. A process number alone is never believed.
"""

import fcntl
import hashlib
import json
import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import psycopg

from igp.embedded_binaries import EmbeddedServerError

USER = "igp_admin"


@dataclass(frozen=True)
class State:
    """What `server.json` holds.

    `making` names the folder that a new database is made in, `made` says that it is whole, `home`
    is where the database lies if not in the folder itself.
    """

    password: str = field(repr=False)
    port: int | None = None
    making: str = ""
    made: bool = False
    home: str | None = None


@dataclass(frozen=True)
class Cluster:
    """The database of one folder, `home` being where its `data` and its lifeline lie."""

    folder: Path
    state: State

    @property
    def home(self) -> Path:
        return Path(self.state.home) if self.state.home else self.folder

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def lifeline(self) -> Path:
        """Every process of the server holds a lock on this file until it is gone."""
        return self.home / "server.lock"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def name(self) -> str:
        """The server's name, part of the title of each of its processes."""
        return f"igp_{hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]}"

    def dsn(self, port: int) -> str:
        password = self.state.password
        return f"host=127.0.0.1 port={port} dbname=postgres user={USER} password={password}"

    def saved(self, state: State) -> "Cluster":
        """The cluster with this state, which lies durably in `server.json` before this returns."""
        new = self.folder / "server.json.new"
        with opened(new, os.O_WRONLY | os.O_TRUNC, owner(self.folder)) as file:
            os.write(file, json.dumps(asdict(state), indent=1).encode())
            os.fsync(file)
        new.rename(self.folder / "server.json")
        sync(self.folder)
        return replace(self, state=state)


def load(folder: Path) -> Cluster:
    """The cluster of a folder, with a new password where there is none yet."""
    try:
        state = State(**json.loads((folder / "server.json").read_text()))
    except FileNotFoundError:
        return Cluster(folder, State(password=secrets.token_urlsafe(32)))
    except (ValueError, TypeError):
        raise EmbeddedServerError(
            f"{folder}/server.json 的內容不正確。請由備份還原這個檔案。"
        ) from None
    return Cluster(folder, state)


def lives(cluster: Cluster) -> bool:
    """Whether any process of the server is left, the last worker of a dead one included."""
    try:
        file = os.open(cluster.lifeline, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Given back by name: a child forked at this instant may have the file open for longer.
        fcntl.flock(file, fcntl.LOCK_UN)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    # A file system that does not hand locks on to children leaves the process itself to look at.
    return postmaster(cluster) is not None


def postmaster(cluster: Cluster) -> int | None:
    """The process that `postmaster.pid` names, if it is alive and serves this very folder."""
    pid = _named_process(cluster)
    if pid is None:
        return None
    return pid if os.fsencode(cluster.data) in _words(pid) else None


def ask(cluster: Cluster) -> tuple[int, str] | None:
    """Port and version of the running server; None while it does not take connections.

    Asks only when `postmaster.pid` says "ready": each earlier attempt would be a line in the log.
    """
    lines = _pid_file(cluster)
    if len(lines) < 8 or lines[7].strip() != "ready":
        return None
    port = int(lines[3])
    query = "SELECT current_setting('server_version'), current_setting('cluster_name')"
    try:
        with psycopg.connect(
            cluster.dsn(port), connect_timeout=2, sslmode="disable", gssencmode="disable"
        ) as connection:
            row = connection.execute(query).fetchone()
    except psycopg.OperationalError as error:
        if "password authentication failed" in str(error):
            raise EmbeddedServerError(
                f"資料庫不接受 {cluster.folder}/server.json 裡的密碼。請還原該檔，"
                f"或把帳號 {USER} 的密碼改回來。"
            ) from None
        return None
    if row is None or row[1] != cluster.name:
        return None
    return port, str(row[0]).split()[0]


def drop_stranger(cluster: Cluster) -> None:
    """Remove a dead server's `postmaster.pid` if its number is now another program's.

    PostgreSQL would take that program for a server and refuse to start; after the restart of a
    container, where numbers are few, this is common. Only where `lives` says no.
    """
    pid = _named_process(cluster)
    if pid is not None and Path(f"/proc/{pid}").exists():
        (cluster.data / "postmaster.pid").unlink()


def end_orphans(cluster: Cluster, kind: signal.Signals) -> None:
    """End workers that did not notice their server's death, as a crash would."""
    if not cluster.data.exists():
        return
    title = f"postgres: {cluster.name}: ".encode()
    uid = cluster.data.stat().st_uid
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        try:
            if process.stat().st_uid == uid and _words(pid)[0].startswith(title):
                os.kill(pid, kind)
        except (FileNotFoundError, ProcessLookupError):
            continue


def owner(folder: Path) -> int:
    """Whose the small files of the folder are: root never takes a plain account's from it."""
    data = folder / "data"
    return data.stat().st_uid if data.exists() else os.geteuid()


@contextmanager
def opened(path: Path, flags: int, uid: int) -> Iterator[int]:
    """Open a private file (0600), made for `uid` if it is new."""
    new = not path.exists()
    file = os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        if new and uid != os.geteuid():
            os.fchown(file, uid, -1)
        yield file
    finally:
        os.close(file)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _pid_file(cluster: Cluster) -> list[str]:
    try:
        return (cluster.data / "postmaster.pid").read_text().split("\n")
    except FileNotFoundError:
        return []


def _named_process(cluster: Cluster) -> int | None:
    lines = _pid_file(cluster)
    return int(lines[0]) if lines and lines[0].isdigit() else None


def _words(pid: int) -> list[bytes]:
    """The command line of a process; no words for a dead one that nobody has taken note of."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return [b""]
