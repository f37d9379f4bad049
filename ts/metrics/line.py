"""The text form of a metric."""

from __future__ import annotations

import functools
import socket
import time
from collections.abc import Sequence
from typing import Any


@functools.lru_cache(maxsize=1)
def host_name() -> str:
    """Returns the name of this host."""
    return socket.gethostname()


def metric_line(
    name: str, unit: str, value: Any, dimensions: Sequence[str], kind: str | None, request_id: str | None
) -> str:
    """Writes a metric as the frontend reads it.

    Args:
        name: the metric's name.
        unit: its unit's name.
        value: a number.
        dimensions: each as `name:value`.
        kind: COUNTER, GAUGE or HISTOGRAM; None leaves the type out.
        request_id: ids of the requests it belongs to, joined by commas; None or "" leaves them out.
    """
    parts = [f"{name}.{unit}:{value}", "#" + ",".join(dimensions)]
    if kind:
        parts.append(f"#type:{kind}")
    parts.append(f"#hostname:{host_name()},{int(time.time())}")
    line = "|".join(parts)
    return f"{line},{request_id}" if request_id else line
