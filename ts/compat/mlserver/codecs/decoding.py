"""What an input or a request has been decoded to, kept with it."""

from __future__ import annotations

from typing import Any

from ts.compat.mlserver.types import InferenceRequest, Parameters, RequestInput
from ts.compat.mlserver.types.dataplane import NOT_DECODED

DecodedParameterName = "_decoded_payload"


def has_decoded(parametrised: RequestInput | InferenceRequest) -> bool:
    """Tells whether something was decoded."""
    return parametrised.parameters is not None and parametrised.parameters._decoded is not NOT_DECODED


def get_decoded(parametrised: RequestInput | InferenceRequest) -> Any:
    """Returns what was decoded, or None."""
    return parametrised.parameters._decoded if parametrised.parameters and has_decoded(parametrised) else None


def set_decoded(parametrised: RequestInput | InferenceRequest, payload: Any) -> None:
    """Keeps what was decoded."""
    if parametrised.parameters is None:
        parametrised.parameters = Parameters()
    parametrised.parameters._decoded = payload


def get_decoded_or_raw(parametrised: RequestInput | InferenceRequest) -> Any:
    """Returns what was decoded, else an input's data, or the request itself."""
    if has_decoded(parametrised):
        return get_decoded(parametrised)
    return parametrised.data if isinstance(parametrised, RequestInput) else parametrised
