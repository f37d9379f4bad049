"""Measuring the steps of a handler."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def timed(func: Method) -> Method:
    """Decorates a handler's method: with `handler: profile: true` in the model's configuration its time is
    emitted.

    The metric is the gauge `ts_handler_<method>` in milliseconds.
    """

    @functools.wraps(func)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        context = getattr(self, "context", None)
        if context is None or not _profiles(context):
            return func(self, *args, **kwargs)
        device = str(getattr(self, "device", None) or "cpu")
        started = _now(device)
        result = func(self, *args, **kwargs)
        milliseconds = (_now(device) - started) * 1000.0
        context.metrics.add_time(f"ts_handler_{func.__name__}", milliseconds)
        return result

    return call  # type: ignore[return-value]


def _profiles(context: Any) -> bool:
    handler = (getattr(context, "model_yaml_config", None) or {}).get("handler")
    return isinstance(handler, dict) and bool(handler.get("profile"))


def _now(device: str) -> float:
    """The time, once the device has done what it was given."""
    if device.startswith("cuda"):
        import torch

        torch.cuda.synchronize()
    return time.perf_counter()
