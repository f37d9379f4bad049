"""Models and pipelines as classes and functions with type hints.

import mariner

@mariner.model(batch=16)
class Sentiment:
    def predict(self, texts: list[str]) -> list[float]: ...

app = mariner.App(Sentiment, route="/sentiment")
"""

from mariner.app import App
from mariner.client import AsyncClient, Client
from mariner.errors import DefinitionError, HTTPError, InvalidRequest
from mariner.graph import through
from mariner.messages import File, Request, Response, Shape, Worker
from mariner.model import Model, model

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
