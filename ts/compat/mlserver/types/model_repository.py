"""Messages about which models there are."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, Optional

from pydantic import RootModel

from ts.compat.mlserver.types.base import BaseModel


class State(Enum):
    """States of a model."""

    UNKNOWN = "UNKNOWN"
    READY = "READY"
    UNAVAILABLE = "UNAVAILABLE"
    LOADING = "LOADING"
    UNLOADING = "UNLOADING"


class RepositoryIndexRequest(BaseModel):
    """Asks which models there are."""

    ready: Optional[bool] = None  # noqa: UP045


class RepositoryIndexResponseItem(BaseModel):
    """One version of a model."""

    name: str
    version: Optional[str] = None  # noqa: UP045
    state: State
    reason: str


class RepositoryIndexResponse(RootModel[list[RepositoryIndexResponseItem]]):
    """Which models there are."""

    root: list[RepositoryIndexResponseItem]

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        return iter(self.root)

    def __getitem__(self, index: int) -> RepositoryIndexResponseItem:
        return self.root[index]

    def __len__(self) -> int:
        return len(self.root)


class RepositoryLoadErrorResponse(BaseModel):
    """Why a model was not loaded."""

    error: Optional[str] = None  # noqa: UP045


class RepositoryUnloadErrorResponse(BaseModel):
    """Why a model was not unloaded."""

    error: Optional[str] = None  # noqa: UP045
