"""Requests of the form `{"instances": [...]}`, which two envelopes share."""

from __future__ import annotations

import base64
import json
from typing import Any

from ts.torch_handler.request_envelope.base import body_of
from ts.utils.util import PredictionException

BAD_REQUEST = 400


def opened(row: dict[str, Any]) -> Any:
    """Returns a request's body as JSON, also one that came as bytes or as text.

    Raises:
        PredictionException: it is not JSON (400).
    """
    body = body_of(row)
    if isinstance(body, (bytes, bytearray, str)):
        try:
            return json.loads(body)
        except ValueError as fault:
            raise PredictionException(f"request body: not JSON: {fault}", BAD_REQUEST) from fault
    return body


def instances_of(row: dict[str, Any]) -> list[Any]:
    """Returns the instances of a request as they are.

    Raises:
        PredictionException: the request is not of this form (400).
    """
    body = opened(row)
    instances = body.get("instances") if isinstance(body, dict) else None
    if not isinstance(instances, list):
        raise PredictionException(
            'request body: no list "instances" (expected: {"instances": [...]})', BAD_REQUEST
        )
    return instances


def decoded(instance: Any) -> Any:
    """Returns an instance in which each `{"b64": text}` is bytes.

    Raises:
        PredictionException: a text is not base64 (400).
    """
    if not isinstance(instance, dict):
        return instance
    if set(instance) != {"b64"}:
        return {key: decoded(value) for key, value in instance.items()}
    try:
        return base64.b64decode(instance["b64"])
    except (ValueError, TypeError) as fault:
        raise PredictionException(f"instance: not base64: {fault}", BAD_REQUEST) from fault
