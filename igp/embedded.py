"""The PostgreSQL server that the program brings along: one per folder, started and stopped here.

In the folder lie `data/` (the database), `server.json` (password and port, 0600), `server.log`
and the lock files; as root without user namespaces `data/` lies below /var/lib/igp-ledger.
"""

import fcntl
import hashlib
import os
import re
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from igp import embedded_binaries as programs
from igp.embedded_binaries import Binaries, EmbeddedServerError, Runner
from igp.embedded_cluster import (
    USER,
    Cluster,
    ask,
    drop_stranger,
    end_orphans,
    lives,
    load,
    opened,
    owner,
    postmaster,
    sync,
)
from ledger.disk_errors import why

__all__ = ["EmbeddedServerError", "Server", "start", "stop"]

SYSTEM_FOLDER = Path("/var/lib/igp-ledger")
LOG_BYTES = 1_000_000
"""A longer log becomes `server.log.1` at the next start."""

RECOVERY_SECONDS = 120.0
ORPHAN_SECONDS = 10.0
"""How long processes of a dead server may finish by themselves."""

FAST_STOP_SECONDS = 60.0
"""How long a clean stop may take before the server is stopped at once."""

DEFAULTS: Mapping[str, str] = MappingProxyType(
    {
        "shared_buffers": "256MB",
        "max_wal_size": "2GB",
        "fsync": "on",
        "full_page_writes": "on",
        "timezone": "UTC",
    }
)

# Nothing that a user typed may reach the log: `terse` leaves out details and the statement of a
# crashed process, and the level `log` lies above errors, whose texts quote values.
_FIXED: Mapping[str, str] = MappingProxyType(
    {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "password_encryption": "scram-sha-256",
        "logging_collector": "off",
        "log_destination": "stderr",
        "log_timezone": "UTC",
        "log_line_prefix": "%m [%p] ",
        "log_min_messages": "log",
        "log_error_verbosity": "terse",
        "log_statement": "none",
        "log_min_error_statement": "panic",
        "log_min_duration_statement": "-1",
        "log_min_duration_sample": "-1",
        "log_transaction_sample_rate": "0",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_checkpoints": "off",
    }
)

NO_SETTINGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Server:
    """A running server. `dsn` is libpq's conninfo; `note` says where files lie if elsewhere."""

    dsn: str = field(repr=False)
    data_dir: Path
    port: int
    version: str
    note: str | None
    started_here: bool


def start(folder: Path, *, settings: Mapping[str, str] = NO_SETTINGS) -> Server:
    """The server of `folder`, started if it does not run; safe to call from many processes.

    `settings` are PostgreSQL's names and values in its own notation ("256MB") and take effect
    when a server is started here; one that runs already keeps those it has. Waits up to 120 s
    for the recovery from a crash. Raises EmbeddedServerError.
    """
    chosen = {**DEFAULTS, **_checked(settings)}
    with _readable_errors(folder):
        folder = folder.resolve()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder):
            cluster = load(folder)
            if found := _settled(cluster):
                return _server(cluster, *found, started_here=False)
            return _started(cluster, chosen)


def stop(folder: Path) -> None:
    """Shut the server of `folder` down cleanly and wait until its last process is gone.

    Open connections are closed, open transactions rolled back. Nothing happens where no server
    runs. Raises EmbeddedServerError.
    """
    with _readable_errors(folder):
        folder = folder.resolve()
        if not (folder / "server.json").exists():
            return
        with _alone(folder):
            _end(load(folder))


def _end(cluster: Cluster) -> None:
    began = time.monotonic()
    asked: signal.Signals | None = None
    while lives(cluster):
        waited = time.monotonic() - began
        # Clean first; at once later, which the next start recovers from without loss.
        wanted = signal.SIGINT if waited < FAST_STOP_SECONDS else signal.SIGQUIT
        pid = postmaster(cluster)
        if pid is None:
            _hurry_orphans(cluster, waited)
        elif wanted is not asked:
            os.kill(pid, wanted)
            asked = wanted
        if waited > RECOVERY_SECONDS:
            raise EmbeddedServerError(
                f"資料庫無法停止：{cluster.data}。請查看 {cluster.log}，稍後再試。"
            )
        time.sleep(0.02)


def _settled(cluster: Cluster) -> tuple[int, str] | None:
    """Wait until what runs answers (port and version) or is gone (None)."""
    began = time.monotonic()
    while lives(cluster):
        waited = time.monotonic() - began
        if postmaster(cluster) is None:
            _hurry_orphans(cluster, waited)
        elif found := ask(cluster):
            return found
        if waited > RECOVERY_SECONDS:
            raise EmbeddedServerError(
                f"資料庫仍在復原或關閉中：{cluster.data}。請稍後再啟動一次；"
                f"若一再發生，請查看 {cluster.log}。"
            )
        time.sleep(0.01)
    return None


def _hurry_orphans(cluster: Cluster, waited: float) -> None:
    if waited > 2 * ORPHAN_SECONDS:
        end_orphans(cluster, signal.SIGKILL)
    elif waited > ORPHAN_SECONDS:
        end_orphans(cluster, signal.SIGQUIT)


def _started(cluster: Cluster, settings: Mapping[str, str]) -> Server:
    """Start what does not run; make it first where there is none."""
    if cluster.state.made and not cluster.data.exists():
        _move_in(cluster)
    if not cluster.state.made and cluster.data.exists() and any(cluster.data.iterdir()):
        raise EmbeddedServerError(
            f"{cluster.data} 不是由本程式建立的資料庫（{cluster.folder}/server.json 沒有記載）。"
            "請把它移到別處，或指定另一個資料夾（IGP_DATA_DIR）後再啟動。"
        )
    if _size(cluster.log) > LOG_BYTES:
        cluster.log.rename(cluster.folder / "server.log.1")
    cluster, runner, binaries = _placed(cluster)
    if not cluster.state.made:
        cluster = _make(cluster, runner, binaries)
    drop_stranger(cluster)
    for _ in range(5):
        port = _free_port(cluster.state.port)
        if port != cluster.state.port:
            cluster = cluster.saved(replace(cluster.state, port=port))
        before = _size(cluster.log)
        _launch(cluster, runner, binaries, {**settings, "port": str(port)})
        if found := _settled(cluster):
            return _server(cluster, *found, started_here=True)
        if "Address already in use" not in _tail(cluster.log, before):
            break
        cluster = cluster.saved(replace(cluster.state, port=None))
    raise EmbeddedServerError(
        f"資料庫無法啟動：{cluster.data}。請依下列訊息排除後再啟動（紀錄檔 {cluster.log}）：\n"
        f"{_tail(cluster.log, before)}"
    )


def _placed(cluster: Cluster) -> tuple[Cluster, Runner, Binaries]:
    """Decide which binaries run, as whom and where; what has been made stays where it is."""
    made, root = cluster.state.made, os.geteuid() == 0
    binaries = programs.choose((cluster.data / "PG_VERSION").read_text().strip() if made else None)
    uid = cluster.data.stat().st_uid if made else os.geteuid()
    if not root:
        if uid != os.geteuid():
            raise EmbeddedServerError(
                f"{cluster.data} 屬於另一個帳號（uid {uid}）。請以該帳號啟動，"
                "或指定另一個資料夾（IGP_DATA_DIR）。"
            )
        runner = programs.as_plain_account(cluster.folder, binaries, makes=not made)
        return cluster, runner, binaries
    if uid == 0 and (made or not cluster.state.home):
        if namespace := programs.in_user_namespace(cluster.folder, binaries):
            return cluster, namespace, binaries
        if made:
            raise EmbeddedServerError(
                f"{cluster.data} 由 root 在使用者命名空間中建立，本機現在不允許使用者命名空間。"
                "請恢復該設定（sysctl user.max_user_namespaces），"
                f"或以 chown -R 把 {cluster.folder} 交給一般帳號後再啟動。"
            )
    if not made:
        cluster, uid = _placed_elsewhere(cluster)
    runner = Runner(uid=uid)
    return cluster, runner, programs.reachable(runner, binaries, cluster.home)


def _placed_elsewhere(cluster: Cluster) -> tuple[Cluster, int]:
    """A home below /var/lib that any account can reach, and the account number for it."""
    key = hashlib.sha256(os.fsencode(cluster.folder)).hexdigest()[:16]
    if not cluster.state.home:
        # The second part keeps a folder that was deleted and made anew apart from its forerunner.
        home = SYSTEM_FOLDER / f"{key}-{secrets.token_hex(4)}"
        cluster = cluster.saved(replace(cluster.state, home=str(home)))
    for place in (SYSTEM_FOLDER, cluster.home):
        if not place.exists():
            place.mkdir()
            place.chmod(0o755)
    return cluster, programs.own_uid(int(key, 16))


def _make(cluster: Cluster, runner: Runner, binaries: Binaries) -> Cluster:
    """Make a database beside its place and move it in whole, so that `data` is never half made."""
    cluster = cluster.saved(replace(cluster.state, making=f"making-{secrets.token_hex(4)}"))
    making = cluster.home / cluster.state.making
    making.mkdir(mode=0o700)
    password_file = making / "password"
    with opened(password_file, os.O_WRONLY, os.geteuid()) as file:
        os.write(file, cluster.state.password.encode())
    # Only initdb asks for the account's name; the server also runs under one that has none.
    maker = None if runner.uid is None else programs.named_uid()
    if maker is not None:
        programs.give(making, maker)
    command: list[str | Path] = [binaries.folder / "initdb", "-D", making / "data"]
    command += ["--username", USER, "--pwfile", password_file, "--auth", "scram-sha-256"]
    command += ["--encoding", "UTF8", "--locale", "C", "--data-checksums", "--no-instructions"]
    before = _size(cluster.log)
    with opened(cluster.log, os.O_WRONLY | os.O_APPEND, owner(cluster.folder)) as log:
        status = runner.run(command, output=log, uid=maker)
    if status != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise EmbeddedServerError(
            f"無法在 {cluster.home} 建立資料庫。請依下列訊息排除（常見原因是磁碟空間不足）：\n"
            f"{_tail(cluster.log, before)}"
        )
    password_file.unlink()
    if runner.uid is not None:
        programs.give(making, runner.uid)
        os.sync()
    cluster = cluster.saved(replace(cluster.state, made=True))
    _move_in(cluster)
    return cluster


def _move_in(cluster: Cluster) -> None:
    """Move the finished database into its place."""
    finished = cluster.home / cluster.state.making / "data"
    if not (finished / "PG_VERSION").exists():
        raise EmbeddedServerError(
            f"資料庫的檔案不見了：{cluster.data}。請由備份還原；"
            f"若確定要從空的資料庫開始，請刪除 {cluster.folder}/server.json 後再啟動。"
        )
    finished.rename(cluster.data)
    sync(cluster.home)
    # What an earlier, killed start left half made has never held anything.
    for leftover in cluster.home.glob("making-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _launch(
    cluster: Cluster, runner: Runner, binaries: Binaries, settings: Mapping[str, str]
) -> None:
    """Leave a server behind that belongs to nobody: its parent is gone when this returns."""
    values = {**settings, **_FIXED, "cluster_name": cluster.name}
    command: list[str | Path] = [binaries.folder / "postgres", "-D", cluster.data]
    for name, value in values.items():
        command += ["-c", f"{name}={value}"]
    uid = owner(cluster.folder)
    with (
        opened(cluster.lifeline, os.O_RDWR, uid) as lifeline,
        opened(cluster.log, os.O_WRONLY | os.O_APPEND, uid) as log,
    ):
        fcntl.flock(lifeline, fcntl.LOCK_EX | fcntl.LOCK_NB)
        left_behind = ["sh", "-c", 'exec "$@" &', "sh", *command]
        runner.run(left_behind, output=log, keep=[lifeline])


def _server(cluster: Cluster, port: int, version: str, *, started_here: bool) -> Server:
    note = None
    if cluster.state.home:
        note = f"本機不允許 root 使用使用者命名空間，資料庫檔案改放在 {cluster.home}。"
    return Server(cluster.dsn(port), cluster.data, port, version, note, started_here)


def _checked(settings: Mapping[str, str]) -> Mapping[str, str]:
    for name, value in settings.items():
        fixed = name in _FIXED or name in {"port", "cluster_name", "data_directory"}
        if fixed or name.startswith(("log_", "debug_", "auto_explain.")):
            raise EmbeddedServerError(f"資料庫設定 {name} 固定不變，不能另外指定。請移除這項設定。")
        if not re.fullmatch(r"[a-z_][a-z0-9_.]*", name) or "\0" in value:
            raise EmbeddedServerError(f"資料庫設定的名稱或值不正確：{name}。請更正後再啟動。")
    return settings


def _free_port(kept: int | None) -> int:
    """The kept port while it is free, else one below those handed out for outgoing calls."""
    tries = [15433 + secrets.randbelow(32768 - 15433) for _ in range(50)]
    for port in [*([kept] if kept else []), *tries, 0]:
        with socket.socket() as probe:
            # As the server does, so that connections just closed do not count as taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise EmbeddedServerError("127.0.0.1 上沒有可用的連接埠。請關閉其他程式後再啟動。")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One start or stop of a folder at a time, in this process and all others."""
    with opened(folder / "start.lock", os.O_RDWR, owner(folder)) as lock:
        deadline = time.monotonic() + 2.5 * RECOVERY_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EmbeddedServerError(
                        f"另一個程式正在啟動或停止 {folder} 的資料庫。請等它結束後再試。"
                    ) from None
            time.sleep(0.02)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)


@contextmanager
def _readable_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise EmbeddedServerError(
            f"沒有權限使用 {error.filename or folder}。請以建立該資料夾的帳號執行，"
            "或指定另一個資料夾（IGP_DATA_DIR）。"
        ) from error
    except OSError as error:
        raise EmbeddedServerError(
            f"無法讀寫 {error.filename or folder}（{why(error)}）。"
            "請確認磁碟空間足夠、可以寫入，再啟動一次。"
        ) from error


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _tail(log: Path, start: int) -> str:
    """The last lines that were written to the log after byte `start`."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(start)
        return "\n".join(file.read().decode(errors="replace").splitlines()[-8:])
