"""The envelope that hands the handler bare bodies."""

from __future__ import annotations

from typing import Any

from ts.torch_handler.request_envelope.base import BaseEnvelope, body_of


class BodyEnvelope(BaseEnvelope):
    """Gives the handler a list of values instead of a list of dicts."""

    def parse_input(self, data: list[dict[str, Any]]) -> Any:
        """Returns the body of each request."""
        return [body_of(row) for row in data]

    def format_output(self, data: Any) -> Any:
        """Returns the answers as they are."""
        return data
