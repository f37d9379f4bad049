"""Failures that have a status of their own."""

from __future__ import annotations


class MLServerError(Exception):
    """A failure that the client is told.

    Args:
        msg: what the client reads.
        status_code: of HTTP.
    """

    def __init__(self, msg: str, status_code: int = 400) -> None:
        super().__init__(msg)
        self.status_code = status_code


class InferenceError(MLServerError):
    """A request can't be answered."""


class CodecError(MLServerError):
    """A payload can't be encoded or decoded."""


def _label(name: str, version: str | None) -> str:
    return f"{name} (version {version})" if version else name


class ModelNotFound(MLServerError):
    """There is no such model."""

    def __init__(self, name: str, version: str | None = None) -> None:
        super().__init__(f"Model {_label(name, version)} not found", 404)


class ModelNotReady(MLServerError):
    """A model is not ready."""

    def __init__(self, name: str, version: str | None = None) -> None:
        super().__init__(f"Model {_label(name, version)} is not ready yet.", 400)


class InvalidModelURI(MLServerError):
    """A model's URI leads to nothing that can be loaded."""

    def __init__(self, name: str, model_uri: str | None = None) -> None:
        shown = f" ({model_uri})" if model_uri else ""
        super().__init__(f"Invalid URI specified for model {name}{shown}", 422)


class ModelParametersMissing(MLServerError):
    """A model's settings lack a parameter."""

    def __init__(self, model_name: str, reason: str | None = None) -> None:
        why = f": {reason}" if reason else ""
        super().__init__(f"Parameters missing for model {model_name}{why}", 400)
