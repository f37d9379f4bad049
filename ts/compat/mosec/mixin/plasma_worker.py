"""The name of a mixin whose library is no more."""

from __future__ import annotations

from ts.compat.mosec.worker import Worker


class PlasmaShmIPCMixin(Worker):
    """Was for pyarrow's Plasma store, which pyarrow has given up. Values go as they do without it, arrays
    and tensors in buffers of their own.
    """

    @classmethod
    def set_plasma_path(cls, path: str) -> None:
        """Does nothing: there is no store."""
