"""A model of a program that starts MLServer itself."""

from __future__ import annotations

from typing import Any

from ts.compat.mlserver import MLModel
from ts.compat.mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput


class Triple(MLModel):
    """Triples."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answers one column."""
        data = [value * 3 for value in payload.inputs[0].data]
        output: dict[str, Any] = {"name": "y", "shape": [len(data), 1], "datatype": "FP64", "data": data}
        return InferenceResponse(model_name=self.name, outputs=[ResponseOutput.model_validate(output)])
