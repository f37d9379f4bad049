"""MLServer's world: subclasses of `MLModel`, `settings.json` and `model-settings.json`, on Mariner's engine.

Its parts have the names that they have in MLServer, so that only the imports of a model change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    import pydantic as _pydantic
except ImportError as _fault:
    raise ImportError(
        "ts.compat.mlserver needs pydantic (expected: pip install 'mariner-serve[mlserver]')"
    ) from _fault

from ts.compat.mlserver import codecs, errors, types
from ts.compat.mlserver.metrics import log, register
from ts.compat.mlserver.model import MLModel
from ts.compat.mlserver.settings import ModelParameters, ModelSettings, Settings
from ts.version import __version__

if TYPE_CHECKING:
    from ts.compat.mlserver.server import MLServer

if int(_pydantic.VERSION.partition(".")[0]) < 2:
    raise ImportError(f"ts.compat.mlserver: pydantic {_pydantic.VERSION} (expected: 2 or newer)")

__all__ = [
    "MLModel",
    "MLServer",
    "ModelParameters",
    "ModelSettings",
    "Settings",
    "__version__",
    "codecs",
    "errors",
    "log",
    "register",
    "types",
]


def __getattr__(name: str) -> Any:
    # Workers, which import this package too, need no server.
    if name == "MLServer":
        from ts.compat.mlserver.server import MLServer

        return MLServer
    raise AttributeError(f"module {__name__} has no attribute {name!r}")
