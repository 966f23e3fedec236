"""The projector: a process of its own that brings the views up to date, and who watches over it.

Its standard input is a pipe that only its parent holds. When the parent goes, however it goes,
the pipe ends and the projector stops.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Mapping

import structlog

from igp.memory import settle
from igp.parts import projecting_ledger, projector
from igp.sealing import Sealer
from igp.settings import CHECKOUT, Settings

#: How long the supervisor waits before it starts a dead projector again, in seconds.
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
#: After so many seconds of life a death counts as the first again.
STEADY_SECONDS = 60.0
STOP_SECONDS = 10.0
#: How often the projector drops destroyed keys from its memory, in seconds.
FORGET_SECONDS = 3600.0

log = structlog.get_logger("igp.projecting")


def project(settings: Settings) -> None:
    """Runs the views and the sealer until standard input ends."""
    runner, keyring = projector(settings)
    ledger = projecting_ledger(settings)
    sealer = Sealer(ledger)
    settle()
    runner.try_again()

    def forget() -> None:
        # Keys that an order destroyed are served by nobody; from here they go by themselves.
        while True:
            time.sleep(FORGET_SECONDS)
            keyring.forget_destroyed()

    def stop_with_parent() -> None:
        sys.stdin.buffer.read()
        sealer.stop()
        runner.stop()

    threading.Thread(target=stop_with_parent, name="parent", daemon=True).start()
    threading.Thread(target=forget, name="forgetting", daemon=True).start()
    sealing = threading.Thread(target=sealer.run, name="sealer", daemon=True)
    sealing.start()
    runner.run()
    sealing.join()
    ledger.close()


class Supervisor:
    """Keeps one projector alive, with a growing pause between deaths, until it is closed."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._child = self._spawn()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the projector after the batch it is at."""
        # Under the lock, so that no successor is born that nobody would end.
        with self._lock:
            self._closing.set()
        child = self._child
        assert child.stdin is not None
        child.stdin.close()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        self._thread.join()

    def _spawn(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "igp", "project"],
            env=self._environment,
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            # A Ctrl-C at the terminal is for the parent, which ends this one in its turn.
            start_new_session=True,
        )

    def _watch(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            born = time.monotonic()
            status = self._child.wait()
            if self._closing.is_set():
                return
            if time.monotonic() - born > STEADY_SECONDS:
                pause = FIRST_PAUSE_SECONDS
            log.warning("projector.died", status=status, again_in_seconds=pause)
            if self._closing.wait(pause):
                return
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            with self._lock:
                if self._closing.is_set():
                    return
                self._child = self._spawn()
