"""TorchServe's name for a service whose entry point is a coroutine."""

from __future__ import annotations

from typing import Any

from ts.service import Service

__all__ = ["AsyncService"]


class AsyncService(Service):
    """A loaded model with an asynchronous entry point; the worker keeps its own record."""

    async def predict(self, data: list[dict[str, Any]]) -> Any:
        """Calls the entry point and awaits its answer.

        Raises:
            ValueError: the service was made without an entry point.
        """
        return await super().predict(data)
