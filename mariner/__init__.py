"""Models and pipelines as classes and functions with type hints.

import mariner

@mariner.model(batch=16)
class Sentiment:
    def predict(self, texts: list[str]) -> list[float]: ...

app = mariner.App(Sentiment, route="/sentiment")
"""

from typing import TYPE_CHECKING, Any

from mariner.app import App
from mariner.errors import DefinitionError, HTTPError, InvalidRequest
from mariner.graph import through
from mariner.messages import File, Request, Response, Shape, Worker
from mariner.model import Model, model

if TYPE_CHECKING:
    from mariner.client import AsyncClient, Client

__all__ = [
    "App",
    "AsyncClient",
    "Client",
    "DefinitionError",
    "File",
    "HTTPError",
    "InvalidRequest",
    "Model",
    "Request",
    "Response",
    "Shape",
    "Worker",
    "model",
    "through",
]


def __getattr__(name: str) -> Any:
    # Workers have no use for a client, and start sooner without it.
    if name in ("AsyncClient", "Client"):
        from mariner import client

        return getattr(client, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
