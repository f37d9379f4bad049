"""Mariner's Python side: what handlers import, the worker that runs them, and the commands.

The names below `ts` that handlers use are frozen: they are those of TorchServe. Modules that begin with an
underscore are private.
"""

from ts.version import __version__

__all__ = ["__version__"]
