"""Who watches over the embedded database server while the program serves.

The server belongs to no process (igp/embedded.py), so nothing else notices when it dies. A server
that was given by `DATABASE_URL` is somebody else's to watch.
"""

import threading
from collections.abc import Callable
from pathlib import Path

import structlog

from igp import embedded
from igp.embedded import EmbeddedServerError
from igp.embedded_cluster import load, postmaster

#: How often the keeper looks, in seconds.
LOOK_SECONDS = 0.5
#: How long it waits after a start that failed, growing up to the second, in seconds.
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0

log = structlog.get_logger("igp.keeping")


class DatabaseKeeper:
    """Starts the server of a folder again whenever it is gone, until it is closed.

    The start waits for the last process of the dead server and for its recovery. The program goes
    on over its pools, which reach for the database at the same port. Where another program took
    that port meanwhile, the keeper calls `moved` once, which ends the program, and keeps no more.
    """

    def __init__(self, folder: Path, moved: Callable[[], None]) -> None:
        self._moved = moved
        self._folder = folder.resolve()
        self._port = load(self._folder).state.port
        #: The port that the pools know and another program has.
        self.moved_from: int | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="database-keeper", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends after a start that is under way, so that nobody starts what is to be stopped."""
        self._closing.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._closing.wait(LOOK_SECONDS):
            try:
                cluster = load(self._folder)
                # The projector may have started it, and at another port.
                if postmaster(cluster) is not None and cluster.state.port == self._port:
                    continue
                log.warning("database.died")
                server = embedded.start(self._folder)
            except (EmbeddedServerError, OSError) as error:
                log.error("database.not-started", error=type(error).__name__, again_in=pause)
                self._closing.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            pause = FIRST_PAUSE_SECONDS
            if server.port != self._port:
                log.error("database.moved", port=server.port)
                self.moved_from = self._port
                self._moved()
                return
            log.warning("database.restarted", port=server.port)
