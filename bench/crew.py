"""Several processes that do the same work at the same moment, as several users would."""

import multiprocessing
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from multiprocessing.connection import Connection as Pipe
from typing import Any

from igp.memory import settle

#: Works until an instant of `time.monotonic` and returns how much it did.
Work = Callable[[float], int]
#: Makes a process ready: what it can do, by name. The stack is closed when the process ends.
Make = Callable[..., Mapping[str, Work]]

#: How far ahead of its start a turn is announced, in seconds.
_NOTICE = 0.05


class Crew:
    """One process for each element of `arguments`, made ready by `make(stack, *element)`."""

    def __init__(self, make: Make, arguments: Sequence[tuple[Any, ...]]) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Pipe] = []
        self._processes = []
        for one in arguments:
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, make, one), daemon=True)
            process.start()
            there.close()
            self._pipes.append(here)
            self._processes.append(process)
        for pipe in self._pipes:
            _received(pipe)

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join()

    def begin(self, name: str, seconds: float) -> None:
        """Lets all of them do the named work from the same instant on."""
        start = time.monotonic() + _NOTICE
        for pipe in self._pipes:
            pipe.send((name, start, seconds))

    def end(self) -> tuple[int, float, float]:
        """How much they did together, when the first began and when the last ended."""
        told = [_received(pipe) for pipe in self._pipes]
        return (
            sum(count for count, _, _ in told),
            min(began for _, began, _ in told),
            max(ended for _, _, ended in told),
        )

    def rate(self, name: str, seconds: float) -> float:
        """How much they do together in a second."""
        self.begin(name, seconds)
        count, began, ended = self.end()
        return count / (ended - began)


def _received(pipe: Pipe) -> Any:
    answer = pipe.recv()
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return answer


def _serve(pipe: Pipe, make: Make, arguments: tuple[Any, ...]) -> None:
    with ExitStack() as stack:
        try:
            works = make(stack, *arguments)
            settle()
            pipe.send((0, 0.0, 0.0))
            while (order := pipe.recv()) is not None:
                name, start, seconds = order
                time.sleep(max(0.0, start - time.monotonic()))
                began = time.monotonic()
                count = works[name](began + seconds)
                pipe.send((count, began, time.monotonic()))
        except Exception:
            pipe.send(traceback.format_exc())
