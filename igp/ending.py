"""How a command ends when it is asked to by Ctrl-C (SIGINT) or by SIGTERM: in order, and with a
word, so that whoever asked knows what became of the work."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: What a shell calls the end by a signal is its number and this.
_BY_SIGNAL = 128
_ASKING = (signal.SIGINT, signal.SIGTERM)


class Terminated(KeyboardInterrupt):
    """SIGTERM: taken by everything on the way as a Ctrl-C is."""


def hear_termination() -> None:
    """From here on SIGTERM raises `Terminated` in the main thread."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Terminated

    signal.signal(signal.SIGTERM, end)


def status_of(asked: KeyboardInterrupt) -> int:
    """The exit status of a command ended so: 130 by Ctrl-C, 143 by SIGTERM."""
    return _BY_SIGNAL + (signal.SIGTERM if isinstance(asked, Terminated) else signal.SIGINT)


@contextmanager
def undisturbed() -> Iterator[None]:
    """What is done here comes to its end first; then the signal that came meanwhile is heard.

    A second signal is heard at once. Only in the main thread.
    """
    came: list[int] = []
    before = {number: signal.getsignal(number) for number in _ASKING}

    def hear_again() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def keep(number: int, frame: FrameType | None) -> None:
        came.append(number)
        hear_again()

    for number in _ASKING:
        signal.signal(number, keep)
    try:
        yield
    finally:
        hear_again()
    if came:
        signal.raise_signal(came[0])
