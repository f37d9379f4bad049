"""The envelope of KServe's first protocol: instances in, predictions or explanations out."""

from __future__ import annotations

from typing import Any

from ts.torch_handler.request_envelope.base import BaseEnvelope, split
from ts.torch_handler.request_envelope.instances import instances_of


class KServeEnvelope(BaseEnvelope):
    """Gives the handler a list with one `{"data": value}` (or the instance, when it is a dict) for each
    instance.
    """

    _lengths: tuple[int, ...] = ()

    def parse_input(self, data: list[dict[str, Any]]) -> Any:
        """Returns the instances of all requests."""
        opened = [instances_of(row) for row in data]
        self._lengths = tuple(map(len, opened))
        return [_row(instance) for instances in opened for instance in instances]

    def format_output(self, data: Any) -> Any:
        """Returns the predictions or explanations of each request."""
        key = "explanations" if self.context.get_request_header(0, "explain") == "True" else "predictions"
        return [{key: part} for part in split(data, list(self._lengths))]


def _row(instance: Any) -> Any:
    return instance if isinstance(instance, dict) else {"data": instance}
