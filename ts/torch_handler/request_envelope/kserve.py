"""The envelope of KServe's first protocol: instances in, predictions or explanations out."""

from __future__ import annotations

from typing import Any

from ts.torch_handler.request_envelope.base import BaseEnvelope, split
from ts.torch_handler.request_envelope.instances import instances_of


class KServeEnvelope(BaseEnvelope):
    """Gives the handler the instances as they are, those of a larger batch as one list.

    What it answers to a single request is the answer, whatever it is; those to a larger batch are a list
    with one entry for each instance.
    """

    _lengths: tuple[int, ...] = ()

    def parse_input(self, data: list[dict[str, Any]]) -> Any:
        """Returns the instances of all requests."""
        opened = [instances_of(row) for row in data]
        self._lengths = tuple(map(len, opened))
        return [instance for instances in opened for instance in instances]

    def format_output(self, data: Any) -> Any:
        """Returns the predictions or explanations of each request.

        Raises:
            AnswerMismatch: the answer to a larger batch does not fit it.
        """
        key = "explanations" if self._is_explain() else "predictions"
        parts = [data] if len(self._lengths) == 1 else split(data, self._lengths)
        return [{key: part} for part in parts]

    def _is_explain(self) -> bool:
        return self.context is not None and self.context.get_request_header(0, "explain") == "True"
