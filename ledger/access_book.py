"""Reading is an act: every read is durable in the access book before its answer (design D15).

Requests that arrive while a commit is under way share the next one (group commit), so a reader
waits for one commit of its own and at most one of others, and a lone reader for no window at all.
"""

import queue
import threading
from concurrent.futures import Future

from domain.event import Event
from ledger.ledger import Ledger

#: At most so many reads share one commit.
BATCH = 400


class AccessBook:
    """Records reads, refusals and exports. `record` returns when the event is durable.

    If the book cannot be written, `record` raises and the read must be refused. `begin` returns at
    once with what must be waited for before anything is shown.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: queue.SimpleQueue[tuple[Event, Future[None]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="access-book", daemon=True)
        self._thread.start()

    def record(self, event: Event) -> None:
        self.begin(event).result()

    def begin(self, event: Event) -> Future[None]:
        done: Future[None] = Future()
        self._waiting.put((event, done))
        return done

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            first = self._waiting.get()
            if first is None:
                return
            batch = [first]
            closing = False
            while len(batch) < BATCH:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    closing = True
                    break
                batch.append(more)
            try:
                self._ledger.record(*(event for event, _ in batch))
            except Exception as error:
                for _, done in batch:
                    done.set_exception(error)
            else:
                for _, done in batch:
                    done.set_result(None)
            if closing:
                return
