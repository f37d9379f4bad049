"""The model of `tensors.py` for MLServer: the same numpy, behind its codec of arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

CLASSES = 1000


class Tensors(MLModel):  # type: ignore[misc]  # mlserver is in its own environment
    """Takes and gives named tensors."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answers with `y`."""
        x: Any = NumpyCodec.decode_input(payload.inputs[0])
        y = np.asarray(x.reshape(len(x), -1)[:, :CLASSES] * 2)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output("y", y)])
