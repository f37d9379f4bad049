"""The logger of models. Its lines go to the worker's output, and from there to the server's log."""

from __future__ import annotations

import logging

logger = logging.getLogger("mlserver")


def get_logger() -> logging.Logger:
    """Returns the logger of models."""
    return logger
