"""Logs of the command and of workers: lines of JSON, or plain ones where people debug."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import datetime, timezone

NAME = "mosec"
LEVEL_VARIABLE = "MOSEC_LOG_LEVEL"
DEBUG_VARIABLE = "MOSEC_DEBUG"
_FALSE = ("", "0", "false", "no", "off")


class _JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line of a record."""
        message = record.getMessage()
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        time = datetime.fromtimestamp(record.created, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        line = {
            "timestamp": time,
            "level": record.levelname,
            "fields": {"message": message},
            "target": f"{NAME}::{record.filename}:{record.funcName}",
        }
        return json.dumps(line)


def is_true(text: str | None) -> bool:
    """Returns whether a variable of the environment switches something on."""
    return (text or "").strip().lower() not in _FALSE


def get_logger() -> logging.Logger:
    """Returns the logger of this process, which writes to its standard error."""
    logger = logging.getLogger(NAME)
    if not logger.handlers:
        debug = is_true(os.environ.get(DEBUG_VARIABLE))
        handler = logging.StreamHandler(sys.stderr)
        plain = logging.Formatter("%(asctime)s %(levelname)s %(filename)s:%(funcName)s: %(message)s")
        handler.setFormatter(plain if debug else _JsonLines())
        logger.addHandler(handler)
        logger.propagate = False
        level = "DEBUG" if debug else (os.environ.get(LEVEL_VARIABLE) or "INFO").upper()
        known = ("DEBUG", "INFO", "WARNING", "ERROR")
        logger.setLevel(level if level in known else "INFO")
    return logger
