"""Handler classes of the days of multi-model-server: subclasses implement `inference`, and the steps around
it.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from typing import Any

from ts.context import Context

logger = logging.getLogger(__name__)


class ModelService(ABC):
    """A handler that is initialised with its context and called with batches."""

    def __init__(self) -> None:
        self._context: Context | None = None
        self.error: str | None = None

    def initialize(self, context: Context) -> None:
        """Keeps the context; subclasses load their model here."""
        self._context = context

    @property
    def context(self) -> Context | None:
        """The context of the model."""
        return self._context

    @abstractmethod
    def inference(self, model_input: Any) -> Any:
        """Runs the model on what `preprocess` returned."""

    @abstractmethod
    def preprocess(self, batch: Any) -> Any:
        """Turns requests into model input."""

    @abstractmethod
    def postprocess(self, inference_output: Any) -> Any:
        """Turns model output into a list with one entry for each request."""

    def handle(self, data: Any, context: Context) -> Any:
        """Runs the three steps."""
        if self._context is None:
            self.initialize(context)
        if data is None:
            return None
        return self.postprocess(self.inference(self.preprocess(data)))


class SingleNodeService(ModelService):
    """A service whose steps pass data on unchanged unless they are overridden; `inference` must be."""

    def inference(self, model_input: Any) -> Any:
        """Runs the model.

        Raises:
            NotImplementedError: the subclass does not define it.
        """
        raise NotImplementedError(f"{type(self).__name__}.inference: not defined (expected: in the subclass)")

    def preprocess(self, batch: Any) -> Any:
        """Returns the requests as they are."""
        return batch

    def postprocess(self, inference_output: Any) -> Any:
        """Returns the output as it is."""
        return inference_output
