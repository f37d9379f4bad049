"""Messages of inference: requests, answers, and what models say of themselves."""

# Annotations are evaluated by pydantic when the classes are made.
from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Optional

import pydantic
from pydantic import BeforeValidator, ConfigDict, Field, PrivateAttr, RootModel, model_serializer

from ts.compat.mlserver.types.base import BaseModel


class Datatype(Enum):
    """Types of the elements of tensors."""

    BOOL = "BOOL"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    FP16 = "FP16"
    BF16 = "BF16"
    FP32 = "FP32"
    FP64 = "FP64"
    BYTES = "BYTES"


def _plain_shape(value: Any) -> Any:
    """Sizes may be numbers of numpy; anything else is left to pydantic to refuse."""
    if isinstance(value, (list, tuple)):
        return [int(size) if hasattr(size, "__index__") else size for size in value]
    return value


Shape = Annotated[list[int], BeforeValidator(_plain_shape)]


class NOT_DECODED:  # noqa: N801 (a class, since pydantic copies objects that are defaults)
    """Nothing has been decoded yet; None can be a payload."""


class Parameters(BaseModel):
    """What else is said; any name is allowed.

    Attributes:
        content_type: codec of the payload.
        headers: of the request or the answer.
    """

    model_config = ConfigDict(extra="allow")

    content_type: Optional[str] = None  # noqa: UP045 (pydantic on Python 3.10 reads both; users read this)
    headers: Optional[dict[str, Any]] = None  # noqa: UP045

    _decoded: Any = PrivateAttr(default=NOT_DECODED)


class TensorData(RootModel[Any]):
    """Elements of a tensor: a list, flat or nested, or an array of numpy, which reads like a list."""

    root: Any

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return iter(self.plain())

    def __getitem__(self, index: Any) -> Any:
        found = self.root[index]
        return found.tolist() if hasattr(found, "tolist") else found

    def __len__(self) -> int:
        return len(self.root)

    def __eq__(self, other: object) -> bool:
        mine = self.plain()
        return bool(mine == (other.plain() if isinstance(other, TensorData) else other))

    __hash__ = None  # type: ignore[assignment]  # lists have none either

    def plain(self) -> Any:
        """Returns the elements without numpy."""
        return self.root.tolist() if hasattr(self.root, "tolist") else self.root

    @model_serializer(mode="plain")
    def _serialized(self) -> Any:
        return self.plain()


class _Tensor(BaseModel):
    name: str
    shape: Shape
    datatype: Datatype
    parameters: Optional[Parameters] = None  # noqa: UP045


class MetadataTensor(_Tensor):
    """A tensor as a model declares it; a size of -1 is any."""


class RequestInput(_Tensor):
    """One input of a request."""

    data: TensorData


class ResponseOutput(_Tensor):
    """One output of an answer."""

    data: TensorData


class RequestOutput(BaseModel):
    """An output that a request asks for."""

    name: str
    parameters: Optional[Parameters] = None  # noqa: UP045


class InferenceRequest(BaseModel):
    """A request."""

    id: Optional[str] = None  # noqa: UP045
    parameters: Optional[Parameters] = None  # noqa: UP045
    inputs: list[RequestInput]
    outputs: Optional[list[RequestOutput]] = None  # noqa: UP045


class InferenceResponse(BaseModel):
    """An answer."""

    model_name: str
    model_version: Optional[str] = None  # noqa: UP045
    id: Optional[str] = None  # noqa: UP045
    parameters: Optional[Parameters] = None  # noqa: UP045
    outputs: list[ResponseOutput]


class InferenceErrorResponse(BaseModel):
    """Why there is no answer."""

    error: Optional[str] = None  # noqa: UP045


class MetadataModelResponse(BaseModel):
    """What a model takes and gives."""

    name: str
    versions: Optional[list[str]] = None  # noqa: UP045
    platform: str
    inputs: Optional[list[MetadataTensor]] = None  # noqa: UP045
    outputs: Optional[list[MetadataTensor]] = None  # noqa: UP045
    parameters: Optional[Parameters] = None  # noqa: UP045


class MetadataModelErrorResponse(BaseModel):
    """Why nothing is said of a model."""

    error: str


class MetadataServerResponse(BaseModel):
    """What the server is."""

    name: str
    version: str
    extensions: list[str] = Field(default_factory=list)


class MetadataServerErrorResponse(BaseModel):
    """Why nothing is said of the server."""

    error: str


ValidationError = pydantic.ValidationError
