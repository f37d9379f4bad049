"""The text form of a metric."""

from __future__ import annotations

import functools
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Any


@functools.lru_cache(maxsize=1)
def host_name() -> str:
    """Returns the name of this host."""
    return socket.gethostname()


def request_ids_text(request_ids: Any, idx: int | None) -> str | None:
    """Returns the id of a request, or those of all with commas between them; None = there are none.

    Args:
        request_ids: index in the batch to request id; a single id of any type stands for itself.
        idx: index in the batch; None, or one that it does not have = all.
    """
    if request_ids is None:
        return None
    if type(request_ids) is not dict and not isinstance(request_ids, Mapping):
        return str(request_ids)
    if len(request_ids) == 1 and not idx:
        return str(next(iter(request_ids.values())))
    if idx is not None and idx in request_ids:
        return str(request_ids[idx])
    return ",".join(map(str, request_ids.values()))


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
