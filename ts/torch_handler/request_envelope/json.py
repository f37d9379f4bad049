"""The envelope of TensorFlow Serving's JSON: instances in, predictions out."""

from __future__ import annotations

import json
from typing import Any

from ts.torch_handler.request_envelope.base import BaseEnvelope, split
from ts.torch_handler.request_envelope.instances import instances_of


class JSONEnvelope(BaseEnvelope):
    """Gives the handler the instances of the whole batch as one list."""

    _lengths: tuple[int, ...] = ()

    def parse_input(self, data: list[dict[str, Any]]) -> Any:
        """Returns the instances of all requests."""
        opened = [instances_of(row) for row in data]
        self._lengths = tuple(map(len, opened))
        return [instance for instances in opened for instance in instances]

    def format_output(self, data: Any) -> Any:
        """Returns each request's predictions as JSON text."""
        for index in range(len(self._lengths)):
            self.context.set_response_content_type(index, "application/json")
        return [_written(part) for part in split(data, list(self._lengths))]


def _written(predictions: list[Any]) -> str:
    return json.dumps({"predictions": predictions}, default=_plain)


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"prediction: {type(value).__name__} has no JSON form")
