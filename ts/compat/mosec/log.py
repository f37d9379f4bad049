"""Logs of the command and of workers: lines of JSON, or coloured ones where people debug."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import datetime, timezone

LEVEL_VARIABLE = "MOSEC_LOG_LEVEL"
DEBUG_VARIABLE = "MOSEC_DEBUG"
_SOCKET = "MARINER_SOCKET"
_OWN, _USER = "mosec", "mosec_user"
_WHO = {_OWN: "mosec", _USER: "user"}
_FALSE = ("", "0", "false", "no", "off")
_KNOWN = ("DEBUG", "INFO", "WARNING", "ERROR")
_COLOURS = {
    logging.DEBUG: 34,
    logging.INFO: 32,
    logging.WARNING: 33,
    logging.ERROR: 31,
    logging.CRITICAL: 35,
}


class _Lines(logging.Formatter):
    """Lines that say who logs: `mosec`, or the script's own code, which is `user`."""

    def __init__(self, who: str) -> None:
        super().__init__()
        self._who = who

    def time(self, record: logging.LogRecord) -> str:
        """Returns when that was, as RFC 3339 has it."""
        return datetime.fromtimestamp(record.created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _JsonLines(_Lines):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line of a record."""
        fields = {"message": record.getMessage()}
        if record.exc_info:
            fields["exc_info"] = self.formatException(record.exc_info)
        if record.stack_info:
            fields["stack_info"] = self.formatStack(record.stack_info)
        line = {
            "timestamp": self.time(record),
            "level": record.levelname,
            "fields": fields,
            "target": f"{self._who}::{record.filename}:{record.funcName}",
        }
        return json.dumps(line)


class _ColouredLines(_Lines):
    """A level in its colour; what belongs to an exception or a stack follows in lines of its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # its name in `logging`
        """Returns the first line of a record."""
        level = f"\x1b[{_COLOURS.get(record.levelno, 0)}m{record.levelname}\x1b[0m"
        place = f"{self._who}::{record.filename}:{record.lineno} [{record.process}]"
        return f"{self.time(record)} {level} {place}: {record.message}"


def is_true(text: str | None) -> bool:
    """Returns whether a variable of the environment switches something on."""
    return (text or "").strip().lower() not in _FALSE


def get_logger() -> logging.Logger:
    """Returns the logger for a script's own code, which writes to the standard error of its process."""
    return _logger(_USER)


def own_logger() -> logging.Logger:
    """Returns the logger of this package."""
    return _logger(_OWN)


def follow_environment() -> None:
    """Has loggers that are there already take the level that the variables say now."""
    for name in _WHO:
        logger = logging.getLogger(name)
        if logger.handlers:
            _configure(logger)


def _logger(name: str) -> logging.Logger:
    logger = logging.getLogger(name)
    if not logger.handlers:
        logger.addHandler(logging.StreamHandler(sys.stderr))
        # A worker shows the records of all loggers: each line would be there twice.
        logger.propagate = _SOCKET not in os.environ
        _configure(logger)
    return logger


def _configure(logger: logging.Logger) -> None:
    level = "DEBUG" if is_true(os.environ.get(DEBUG_VARIABLE)) else os.environ.get(LEVEL_VARIABLE)
    level = (level or "INFO").upper()
    logger.setLevel(level if level in _KNOWN else "INFO")
    who = _WHO[logger.name]
    lines = _ColouredLines(who) if logger.level == logging.DEBUG else _JsonLines(who)
    logger.handlers[0].setFormatter(lines)
