"""The program's log: one JSON object a line, without anything that a person typed.

Texts of errors may quote values, so an error is named by its class and the lines it passed. Of
other people's libraries only the fixed words of a message are kept, never what was put into them.
"""

import logging
import sys
import threading
import traceback
from logging.handlers import WatchedFileHandler
from pathlib import Path
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LARGEST_BYTES = 5_000_000
"""A longer log becomes `igp.log.1` at the next start."""

_FRAMES = 12

#: Loggers whose messages are ours and hold ids only.
_OURS = ("igp",)

log = logging.getLogger("igp")


def configure(path: Path | None) -> None:
    """Sends every log line of this process to the file, or to standard error."""
    handler = _handler(path)
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                _fixed_words,
                _errors_without_texts,
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            pass_foreign_args=True,
        )
    )
    # The lines about requests are JSON when they come.
    ready_made = _handler(path)
    ready_made.setFormatter(logging.Formatter("%(message)s"))
    requests = logging.getLogger("igp.requests")
    requests.propagate = False
    _give(requests, ready_made)
    _give(logging.getLogger(), handler)
    logging.getLogger().setLevel(logging.WARNING)
    log.setLevel(logging.INFO)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    # A full disk must not print, of all things, the line that could not be kept.
    logging.raiseExceptions = False
    sys.excepthook = _unexpected
    threading.excepthook = _unexpected_in_thread


def _handler(path: Path | None) -> logging.Handler:
    if path is None:
        return logging.StreamHandler(sys.stderr)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.is_file() and path.stat().st_size > LARGEST_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    # Watched, for the projector and commands write here too and follow when it is set aside.
    return WatchedFileHandler(path, encoding="utf-8", delay=True)


def _give(logger: logging.Logger, handler: logging.Handler) -> None:
    for old in list(logger.handlers):
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)


def report(error: BaseException) -> None:
    """Logs an error that nobody expected: its class and where it came from."""
    log.error("igp.failed", exc_info=error)


def _fixed_words(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    record: logging.LogRecord | None = event.get("_record")
    if record is not None and not record.name.startswith(_OURS):
        event["event"] = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
    event.pop("positional_args", None)
    return event


def _errors_without_texts(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    given = event.pop("exc_info", None)
    event.pop("exception", None)
    event.pop("stack", None)
    error: Any = given
    if given is True:
        error = sys.exc_info()[1]
    elif isinstance(given, tuple):
        error = given[1]
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["at"] = " ".join(
            f"{Path(frame.filename).name}:{frame.lineno}"
            for frame in traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        )
    return event


def _unexpected(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    report(error)


def _unexpected_in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None:
        report(arguments.exc_value)
