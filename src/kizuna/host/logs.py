"""Logging, set up in one place: everything goes to stderr, as lines of text or as one JSON object a line."""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

_LEVELS = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40}

#: What every record carries; anything else on it came through `extra=`.
_STANDARD = {*vars(logging.makeLogRecord({})), "message", "asctime", "color_message", "taskName"}


def configure(level: str = "info", format: Literal["text", "json"] = "text") -> None:
    """Send every logger of this process, warnings included, to stderr. May be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if format == "json" else TextLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    logging.captureWarnings(True)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = name != "uvicorn.access"
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


class TextLines(logging.Formatter):
    """`2026-11-21T04:19:17.123Z INFO [71] kizuna.host: message`, tracebacks below it."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return f"{_time(record)} {record.levelname} [{record.process}] {record.name}: {record.message}"


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, pid, message, exception if any, and the `extra` fields."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "pid": record.process,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        entry.update((key, value) for key, value in vars(record).items() if key not in _STANDARD)
        return orjson.dumps(entry, default=str, option=orjson.OPT_NON_STR_KEYS).decode()
