"""The envelope of TensorFlow Serving's JSON: instances in, predictions out."""

from __future__ import annotations

from typing import Any

from ts._worker.non_finite import NonFinite
from ts._worker.outputs import json_text
from ts.torch_handler.request_envelope.base import BaseEnvelope, split
from ts.torch_handler.request_envelope.instances import decoded, instances_of


class JSONEnvelope(BaseEnvelope):
    """Gives the handler the instances of the whole batch as one list, each `{"b64": text}` as bytes."""

    _lengths: tuple[int, ...] = ()

    def parse_input(self, data: list[dict[str, Any]]) -> Any:
        """Returns the instances of all requests."""
        opened = [instances_of(row) for row in data]
        self._lengths = tuple(map(len, opened))
        return [decoded(instance) for instances in opened for instance in instances]

    def format_output(self, data: Any) -> Any:
        """Returns each request's predictions as JSON text.

        Raises:
            AnswerMismatch: the handler's answer is no list, or not as long as a larger batch.
        """
        non_finite = getattr(self.context, "_non_finite", None) or NonFinite.TEXT
        texts = [json_text({"predictions": part}, non_finite) for part in split(data, self._lengths)]
        for index in range(len(texts)):
            self.context.set_response_content_type(index, "application/json")
        return texts
