"""`MLModel`: what users subclass."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from ts.compat.mlserver.codecs.base import InputCodecLike, RequestCodecLike
from ts.compat.mlserver.codecs.utils import (
    decode_inference_request,
    decode_request_input,
    encode_inference_response,
    encode_response_output,
)
from ts.compat.mlserver.errors import CodecError
from ts.compat.mlserver.settings import ModelSettings
from ts.compat.mlserver.types import (
    InferenceRequest,
    InferenceResponse,
    MetadataModelResponse,
    MetadataTensor,
    RequestInput,
    RequestOutput,
    ResponseOutput,
)


class MLModel:
    """A model: `load` is called once, `predict` for each request.

    Args:
        settings: of `model-settings.json`.

    Attributes:
        ready: whether it was loaded.
    """

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._inputs = {tensor.name: tensor for tensor in settings.inputs or []}
        self._outputs = {tensor.name: tensor for tensor in settings.outputs or []}
        self.ready = False

    async def load(self) -> bool:
        """Loads what the model needs; returns whether it is ready."""
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answers a request."""
        raise NotImplementedError(f"{type(self).__name__}.predict (expected: an async def)")

    async def predict_stream(
        self, payloads: AsyncIterator[InferenceRequest]
    ) -> AsyncIterator[InferenceResponse]:
        """Answers in pieces; unless it is defined, one piece for each request."""
        async for payload in payloads:
            yield await self.predict(payload)

    async def unload(self) -> bool:
        """Lets go what the model holds."""
        return True

    async def metadata(self) -> MetadataModelResponse:
        """Returns what the model takes and gives."""
        return MetadataModelResponse(
            name=self.name,
            platform=self._settings.platform,
            versions=self._settings.versions,
            inputs=self.inputs,
            outputs=self.outputs,
        )

    @property
    def name(self) -> str:
        """The model's name."""
        return self._settings.name

    @property
    def version(self) -> str | None:
        """The model's version; None: it has none."""
        return self._settings.version

    @property
    def settings(self) -> ModelSettings:
        """What `model-settings.json` says."""
        return self._settings

    @property
    def inputs(self) -> list[MetadataTensor]:
        """What it takes. Setting it changes how inputs without a content type are decoded."""
        return list(self._inputs.values())

    @inputs.setter
    def inputs(self, tensors: list[MetadataTensor]) -> None:
        self._settings.inputs = tensors
        self._inputs = {tensor.name: tensor for tensor in tensors}

    @property
    def outputs(self) -> list[MetadataTensor]:
        """What it gives; see `inputs`."""
        return list(self._outputs.values())

    @outputs.setter
    def outputs(self, tensors: list[MetadataTensor]) -> None:
        self._settings.outputs = tensors
        self._outputs = {tensor.name: tensor for tensor in tensors}

    def decode(self, request_input: RequestInput, default_codec: InputCodecLike | None = None) -> Any:
        """Returns what an input holds: by its content type, the model's, or the default codec; else its data.

        Raises:
            CodecError: it does not hold that.
        """
        decoded = decode_request_input(request_input, self._inputs)
        if decoded is not None:
            return decoded
        return request_input.data if default_codec is None else default_codec.decode_input(request_input)

    def decode_request(
        self, inference_request: InferenceRequest, default_codec: RequestCodecLike | None = None
    ) -> Any:
        """Returns what a request holds: by its content type, the model's, or the default codec; else itself.

        Raises:
            CodecError: it does not hold that.
        """
        decoded = decode_inference_request(inference_request, self._settings, self._inputs)
        if decoded is not None:
            return decoded
        return inference_request if default_codec is None else default_codec.decode_request(inference_request)

    def encode(
        self, payload: Any, request_output: RequestOutput, default_codec: InputCodecLike | None = None
    ) -> ResponseOutput:
        """Returns a payload as an output: by the content type asked for, the model's, what it is, or the
        default codec.

        Raises:
            CodecError: no codec knows it.
        """
        found = encode_response_output(payload, request_output, self._outputs)
        if found is not None:
            return found
        if default_codec is None:
            raise CodecError(f'output "{request_output.name}": no codec for {type(payload).__name__}')
        return default_codec.encode_output(request_output.name, payload)

    def encode_response(
        self, payload: Any, default_codec: RequestCodecLike | None = None
    ) -> InferenceResponse:
        """Returns a payload as an answer: by what it is, or the default codec.

        Raises:
            CodecError: no codec knows it.
        """
        found = encode_inference_response(payload, self._settings)
        if found is not None:
            return found
        if default_codec is None:
            raise CodecError(f"answer: no codec for {type(payload).__name__}")
        return default_codec.encode_response(self.name, payload, self.version)
