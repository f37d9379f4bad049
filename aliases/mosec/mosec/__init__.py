"""Mosec's names; all of them are `ts.compat.mosec`."""

import importlib
import sys

from ts.compat.mosec import (
    ClientError,
    DecodingError,
    EncodingError,
    Runtime,
    Server,
    ServerError,
    SSEWorker,
    ValidationError,
    Worker,
    get_logger,
)

__all__ = [
    "ClientError",
    "DecodingError",
    "EncodingError",
    "Runtime",
    "SSEWorker",
    "Server",
    "ServerError",
    "ValidationError",
    "Worker",
    "get_logger",
]

# The same modules under both names, so that a class is one class.
for _name in ("errors", "log", "mixin", "protocol", "runtime", "server", "worker"):
    _module = importlib.import_module(f"ts.compat.mosec.{_name}")
    sys.modules[f"{__name__}.{_name}"] = _module
    globals()[_name] = _module
for _name in ("msgpack_worker", "numbin_worker", "plasma_worker", "redis_worker", "typed_worker"):
    sys.modules[f"{__name__}.mixin.{_name}"] = importlib.import_module(f"ts.compat.mosec.mixin.{_name}")
