"""JSON logs on stderr: a lean chain, closed against secrets and personal data.

Event names are snake_case facts, values are keyword arguments. A value is written only under a key of
`SAFE_KEYS`; anything else is replaced, so that a leak shows up as `REDACTED` in review and not as data in a
log. Exceptions are written as class names and code positions: messages and local variables may hold what
must not be seen.
"""

import contextlib
import json
import logging
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, Final, TextIO, cast

import structlog

SAFE_KEYS: Final = frozenset({
    "event", "level", "time", "logger",
    "method", "code", "reason", "request_id", "device_id", "key_id", "peer_kind", "duration_ms",
    "address", "metrics_address", "version", "environment", "server_id", "node_id", "token", "backend",
    "count", "seq", "segment", "seconds", "path", "problem", "service", "state", "error", "where", "task",
    "core_key_id", "revision", "signal", "case", "provider",
})  # fmt: skip
"""What may be logged. User ids, addresses of phones, digests and everything of an envelope are not here."""

REDACTED: Final = "REDACTED"
_LEVELS: Final = {"debug": 10, "info": 20, "warning": 30, "error": 40}

Event = MutableMapping[str, Any]


class Logger:
    """What the server needs of a logger; structlog's bound logger fits."""

    def debug(self, event: str, **values: object) -> None:
        """Detail for development."""

    def info(self, event: str, **values: object) -> None:
        """A fact of normal operation."""

    def warning(self, event: str, **values: object) -> None:
        """A fact an operator should look at."""

    def error(self, event: str, **values: object) -> None:
        """A fact an operator must act on."""


def make_logger(level: str = "info", stream: TextIO | None = None) -> Logger:
    """A logger that writes one JSON object per line to `stream`, stderr by default."""
    logger = structlog.wrap_logger(
        _Sink(stream or sys.stderr),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
            describe_exception,
            refuse_secrets,
            _render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        cache_logger_on_first_use=True,
    )
    return cast(Logger, logger)


class _Sink:
    """Writes lines. A full disk or a closed pipe loses the line, never the call that it tells of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = msg


def refuse_secrets(_logger: object, _method: str, event: Event) -> Event:
    """Keeps the key and drops the value of everything that is not known to be harmless."""
    for key, value in event.items():
        if key not in SAFE_KEYS or isinstance(value, (bytes, bytearray, memoryview)):
            event[key] = REDACTED
        elif not isinstance(value, (str, int, float, bool, list, type(None))):
            event[key] = str(type(value).__name__)
    return event


def describe_exception(_logger: object, _method: str, event: Event) -> Event:
    """Replaces `exc_info` by the class and the code positions of an exception; no message, no locals."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        event["where"] = positions(error.__traceback__)
        cause = error.__cause__
        if cause is not None:
            event["problem"] = f"caused by {type(cause).__name__}"
    return event


def positions(trace: TracebackType | None) -> list[str]:
    """`file:line function` of each frame, outermost first."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


class _Bridge(logging.Handler):
    """Passes warnings of libraries on by logger name and level only: their messages are not ours to trust."""

    def __init__(self, target: Logger) -> None:
        super().__init__(logging.WARNING)
        self._target = target

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self._target.warning(
            "library_warning", logger=record.name, where=f"{record.module}:{record.lineno}", exc_info=error
        )


def bridge_libraries(target: Logger) -> None:
    """Routes the standard logging of libraries into `target`."""
    root = logging.getLogger()
    root.handlers[:] = [_Bridge(target)]
    root.setLevel(logging.WARNING)


def _render(_logger: object, _method: str, event: Event) -> str:
    return json.dumps(_ordered(event), ensure_ascii=False, separators=(",", ":"), default=str)


def _ordered(event: Mapping[str, Any]) -> dict[str, Any]:
    first = {key: event[key] for key in ("time", "level", "event") if key in event}
    return first | {key: value for key, value in event.items() if key not in first}
