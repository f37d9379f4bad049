"""Answers of routes of a model's own, in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ts.compat.mlserver import handlers
from ts.compat.mlserver.codecs.json import encode_to_json


class Response(handlers.Response):
    """An answer in JSON.

    Args:
        content: what JSON can hold, arrays included.
        status_code: of HTTP.
        headers: of the answer.
        media_type: its content type; None: JSON's.
    """

    def __init__(
        self,
        content: Any = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
    ) -> None:
        super().__init__(encode_to_json(content), status_code, headers, media_type or "application/json")
