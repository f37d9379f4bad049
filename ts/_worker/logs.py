"""What handlers and libraries tell Python's `logging`, as lines of the model's log."""

from __future__ import annotations

import functools
import logging
from typing import Any, TextIO

_PLACES = ("stream", "filename", "handlers")


def show_records(stream: TextIO) -> None:
    """Writes the message of each record from INFO on to a stream, unless the model configures `logging`.

    `basicConfig` does nothing once there is a handler. A model that calls it means it, and did not put that
    handler there: its first call that asks for something takes the handler's place, on the same stream
    unless it names another one.
    """
    root = logging.getLogger()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    configure = logging.basicConfig

    @functools.wraps(configure)
    def basic_config(**wanted: Any) -> None:
        if wanted and root.handlers == [handler]:
            root.removeHandler(handler)
            if not any(place in wanted for place in _PLACES):
                wanted["stream"] = stream
        configure(**wanted)

    logging.basicConfig = basic_config
