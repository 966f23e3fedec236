"""`igp witness`: the witness in its folder, and as a program of its own until Ctrl-C."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from igp.terminal import Failed, say, tell
from igp.witness import Witness, WitnessError, witness_key
from igp.witness_app import create_app
from ledger.disk_errors import why
from ledger.signed_note import ED25519, BadNote, VerifierKey, parse_key

GRACE_SECONDS = 5
BACKLOG = 128


@dataclass(frozen=True)
class Asked:
    """What was asked for: a folder, a name on first use, and the logs.

    `logs` and the lines of `file` are verifier keys; what follows a `#` is a remark.
    """

    folder: Path
    name: str | None
    logs: Sequence[str]
    file: Path | None


@contextmanager
def opened(asked: Asked) -> Iterator[tuple[Witness, list[str]]]:
    """The witness that works in the folder, and the origins of its logs. Raises `Failed`."""
    folder = asked.folder.expanduser().absolute()
    keys = [*map(_log, asked.logs), *_logs_in(asked.file)]
    if not keys:
        raise Failed(
            "請以 --log 或 --logs 指定要見證的紀錄簿：每個紀錄簿一把公開的查核金鑰，"
            "可由該機關的 GET /api/v1/ledger/key 取得。"
        )
    try:
        witness = Witness(folder, witness_key(folder / "witness.key", asked.name), keys)
    except WitnessError as error:
        raise Failed(str(error)) from None
    except OSError as error:
        raise Failed(f"無法使用資料夾 {folder}（{why(error)}）。") from None
    try:
        yield witness, [key.name for key in keys]
    except WitnessError as error:
        raise Failed(str(error)) from None
    finally:
        witness.close()


def serve_witness(asked: Asked, *, host: str, port: int) -> None:
    """Serves until SIGINT or SIGTERM. Raises `Failed`."""
    with opened(asked) as (witness, origins), _bound(host, port) as listener:
        seen = [(origin, witness.last(origin)) for origin in origins]
        address, bound = listener.getsockname()[:2]

        def announce() -> None:
            say(f"見證已啟動：http://{f'[{address}]' if ':' in address else address}:{bound}")
            say(f"見證的查核金鑰：{witness.key}")
            for origin, last in seen:
                say(f"  {origin}：{'尚未見證' if last is None else f'已見證到第 {last.size} 筆'}")
            tell(f"金鑰與見證紀錄在 {asked.folder}，請定期備份；遺失後無法得知先前見證到哪裡。")

        _run(witness, listener, announce)
    say("已停止。")


def _run(witness: Witness, listener: socket.socket, announce: Callable[[], None]) -> None:
    asked = threading.Event()
    # The server sends itself the signal once more after it has ended in order.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.set())
    config = uvicorn.Config(
        create_app(witness),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config, announce)
    if not asked.is_set():
        server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Tells when it is listening, for from then on it hears the signals itself."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError):
        raise Failed(
            f"無法使用網路位址 {host} 的連接埠 {port}。請以 --host、--port 指定另一個。"
        ) from None


def _log(text: str) -> VerifierKey:
    try:
        key = parse_key(text.strip())
        if key.kind != ED25519:
            raise BadNote("not the key of a log")
    except BadNote:
        raise Failed(
            f"{text.strip()[:80]} 不是紀錄簿的查核金鑰，應為 名稱+識別碼+金鑰 的形式。"
        ) from None
    return key


def _logs_in(file: Path | None) -> list[VerifierKey]:
    if file is None:
        return []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Failed(f"無法讀取 {file}。請指定每行一把查核金鑰的文字檔。") from None
    texts = [line.partition("#")[0].strip() for line in lines]
    return [_log(text) for text in texts if text]
