"""Requests of the form `{"instances": [...]}`, which two envelopes share."""

from __future__ import annotations

import base64
import json
from typing import Any

from ts.torch_handler.request_envelope.base import body_of
from ts.utils.util import PredictionException

_BAD_REQUEST = 400


def instances_of(row: dict[str, Any]) -> list[Any]:
    """Returns the instances of a request, each `{"b64": text}` decoded.

    Raises:
        PredictionException: the request is not of this form (400).
    """
    body = body_of(row)
    if isinstance(body, (bytes, bytearray, str)):
        try:
            body = json.loads(body)
        except ValueError as fault:
            raise PredictionException(f"request body: not JSON: {fault}", _BAD_REQUEST) from fault
    instances = body.get("instances") if isinstance(body, dict) else None
    if not isinstance(instances, list):
        raise PredictionException(
            'request body: no list "instances" (expected: {"instances": [...]})', _BAD_REQUEST
        )
    return [_decoded(instance) for instance in instances]


def _decoded(instance: Any) -> Any:
    if isinstance(instance, dict):
        if set(instance) == {"b64"}:
            try:
                return base64.b64decode(instance["b64"], validate=True)
            except (ValueError, TypeError) as fault:
                raise PredictionException(f"instance: not base64: {fault}", _BAD_REQUEST) from fault
        return {key: _decoded(value) for key, value in instance.items()}
    return instance
