"""`igp serve`: pages and API in this process, the projector in its own, both ended in order."""

import errno
import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType

import structlog
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.web.assets import AssetsMissing
from igp.committing import committing
from igp.composition import Running, build
from igp.demo.accounts import ACCOUNTS, PASSWORD
from igp.demo.loading import NotLoadable, load_demo
from igp.embedded import EmbeddedServerError
from igp.housekeeping import housekeeping
from igp.keeping import DatabaseKeeper
from igp.memory import settle
from igp.metrics import serve_metrics
from igp.projecting import Supervisor
from igp.settings import Settings, SettingsError
from igp.terminal import say
from igp.witnessing import witnessing

GRACE_SECONDS = 10
BACKLOG = 2048

log = structlog.get_logger("igp.serving")


class DatabaseMoved(EmbeddedServerError):
    """The embedded database died, and another program took its port before it was back."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"資料庫中斷後，連接埠 {port} 被另一個程式使用，資料庫已改用別的連接埠，"
            "本程式因此停止。已儲存的資料都在，請再執行一次 igp serve（或 make run）。"
        )


def serve(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM, then ends HTTP, projector and database in this order.

    Raises `SettingsError` where the port is taken, `DatabaseMoved`, and as
    `igp.composition.build`.
    """
    with ExitStack() as stack:
        asked = _until_asked(stack)
        listener = stack.enter_context(_bound(settings.host, settings.port))
        running = stack.enter_context(build(settings))
        keeper = None
        if settings.database_url is None:
            keeper = DatabaseKeeper(settings.server_dir, moved=_end)
            stack.callback(keeper.close)
        supervisor = Supervisor(_environment(settings))
        stack.callback(supervisor.close)
        with_demo = settings.mode == "demo" and _with_demo(running, asked)
        _metrics(running)
        stack.enter_context(housekeeping(running.house.ledger))
        if settings.mode != "test":
            stack.enter_context(committing(running.house.ledger))
        stack.enter_context(
            witnessing(running.house.ledger, settings.witness_list, settings.witness_outcomes)
        )
        server = _Server(
            uvicorn.Config(
                _app(running),
                loop="uvloop",
                http="httptools",
                ws="none",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
            ),
            announce=lambda: _announce(running, listener, with_demo),
        )
        if not asked.is_set():
            settle()
            server.run(sockets=[listener])
        if keeper is not None and keeper.moved_from is not None:
            raise DatabaseMoved(keeper.moved_from)
        say("正在停止……")
    say("已停止。資料都已保存，下次啟動會接續使用。")


def _app(running: Running) -> FastAPI:
    try:
        return create_app(running.house)
    except AssetsMissing as error:
        raise SettingsError(str(error)) from None


def _end() -> None:
    """As if somebody had asked: whatever is under way ends in order."""
    os.kill(os.getpid(), signal.SIGTERM)


def _until_asked(stack: ExitStack) -> threading.Event:
    """Set by the signals that end the program; between the parts they interrupt nothing."""
    asked = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        stack.callback(signal.signal, number, signal.signal(number, ask))
    return asked


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"{host} 的連接埠 {port} 已有程式使用。"
                "請先停止那個程式，或以 IGP_PORT（igp serve --port）指定另一個連接埠。"
            ) from None
        raise SettingsError(
            f"無法使用網路位址 {host} 的連接埠 {port}。請檢查 IGP_HOST 與 IGP_PORT。"
        ) from None
    return listener


def _environment(settings: Settings) -> dict[str, str]:
    """What the projector reads its settings from: ours, the command line's choices included."""
    chosen = dict(os.environ)
    for name in ("mode", "data_dir", "master_key_file", "key_dir", "log_file"):
        value = getattr(settings, name)
        if value is not None:
            chosen[f"IGP_{name.upper()}"] = str(value)
    return chosen


def _metrics(running: Running) -> None:
    port = running.settings.metrics_port
    if port == 0:
        return
    try:
        serve_metrics(running.database, running.every_view, port)
    except OSError:
        log.warning("metrics.port-taken", port=port)
        say(
            f"連接埠 {port} 無法使用，這次不提供量測資料。"
            "需要時請以 IGP_METRICS_PORT 指定另一個連接埠。"
        )


def _with_demo(running: Running, asked: threading.Event) -> bool:
    """Loads what is missing of the demo county; whether the ledger is the demo county's."""
    try:
        load_demo(running, stop=asked.is_set)
    except NotLoadable as error:
        say(str(error))
        return False
    return True


def _announce(running: Running, listener: socket.socket, with_demo: bool) -> None:
    """Where to look, who may sign in and where the data lies."""
    host, port = listener.getsockname()[:2]
    # Browsers keep no passkey for a bare address.
    named = "localhost" if host in ("127.0.0.1", "::1") else host
    address = f"[{named}]" if ":" in named else named
    say(f"\n資優教育紀錄簿已啟動：http://{address}:{port}")
    if with_demo:
        say("\n示範帳號（密碼都是 " + PASSWORD + "）：")
        for username, who in ACCOUNTS:
            say(f"  {username:<10} {who}")
    say(f"\n資料位置：{running.settings.data_dir}")
    if running.note:
        say(running.note)
    if running.settings.log_path is not None:
        say(f"紀錄檔：{running.settings.log_path}")
    say("按 Ctrl-C 停止。")


class _Server(uvicorn.Server):
    """Tells when it is listening."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()
