"""The same echo as an MLServer model: every tensor goes back as it came."""

from __future__ import annotations

from mlserver import MLModel
from mlserver.types import InferenceRequest, InferenceResponse, ResponseOutput


class Echo(MLModel):  # type: ignore[misc]  # mlserver is in its own environment
    """Tensors in, tensors out, without a codec."""

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Returns the inputs as outputs."""
        outputs = [
            ResponseOutput(name=one.name, shape=one.shape, datatype=one.datatype, data=one.data)
            for one in payload.inputs
        ]
        return InferenceResponse(model_name=self.name, outputs=outputs)
