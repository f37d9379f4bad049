"""What users' workers are subclasses of."""

from __future__ import annotations

import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

from mariner import transport
from ts._worker.document_reader import read_json
from ts._worker.indented_json import indented_json
from ts.compat.mosec.errors import DecodingError, EncodingError


class Worker(ABC):
    """One stage. A subclass loads its model in `__init__`, without arguments, and answers in `forward`.

    Attributes:
        example: an input of `forward` with which the worker is warmed up; None: none.
        multi_examples: several of them, one call each; they count more than `example`.
        resp_mime_type: content type of answers, where this is the last stage.
        req_mime_type: content type of requests, for the OpenAPI document only.
    """

    example: Any = None
    multi_examples: Sequence[Any] = ()
    resp_mime_type = "application/json"
    req_mime_type = "application/json"

    # Of the class, because subclasses need not call `super().__init__()`.
    _stage = ""
    _max_batch_size = 1
    _worker_id = 0
    # A server has values go to the next stage in the way that costs least, where that stage reads it.
    _pickles = True

    def __init__(self) -> None:
        super().__init__()

    @property
    def stage(self) -> str:
        """Name of the stage; empty in `__init__`."""
        return self._stage

    @stage.setter
    def stage(self, name: str) -> None:
        self._stage = name

    @property
    def max_batch_size(self) -> int:
        """Most requests in a batch; 1 in `__init__`."""
        return self._max_batch_size

    @max_batch_size.setter
    def max_batch_size(self, most: int) -> None:
        self._max_batch_size = most

    @property
    def worker_id(self) -> int:
        """Number among the workers of the stage, from 1; 0 in `__init__`."""
        return self._worker_id

    @worker_id.setter
    def worker_id(self, number: int) -> None:
        self._worker_id = number

    @abstractmethod
    def forward(self, data: Any) -> Any:
        """Answers one input, or with a `max_batch_size` above 1 a list of them with a list of as many."""

    def serialize(self, data: Any) -> bytes:
        """Returns the body of an answer for the client.

        Raises:
            EncodingError: JSON has no form for it.
        """
        try:
            return indented_json(data, _refused).encode()
        except Exception as fault:
            raise EncodingError from fault

    def deserialize(self, data: bytes) -> Any:
        """Returns the input of `forward` for a client's body; an empty one is `{}`.

        Raises:
            DecodingError: it is no JSON.
        """
        try:
            return read_json(data) if data else {}
        except Exception as fault:
            raise DecodingError from fault

    def serialize_ipc(self, data: Any) -> Any:
        """Returns the bytes that go to the next stage: a pickle, or what `mariner.transport` makes of it."""
        return pickle.dumps(data, pickle.HIGHEST_PROTOCOL) if self._pickles else transport.encode(data)

    def deserialize_ipc(self, data: Any) -> Any:
        """Returns the input of `forward` for bytes of the stage before."""
        # The stage before may have a `serialize_ipc` of its own, which pickles.
        return pickle.loads(data) if bytes(data[:1]) == pickle.PROTO else transport.decode(data)


class SSEWorker(Worker):
    """A last stage that answers with server-sent events; what `forward` returns is ignored."""

    resp_mime_type = "text/event-stream"
    _send: Callable[[int, str], None] | None = None

    def send_stream_event(self, text: str, index: int = 0) -> None:
        """Sends one event.

        Args:
            text: its data; each line becomes a line of data.
            index: place of the request in the batch.
        """
        # There is nobody to send to while an example is run.
        if self._send is not None:
            self._send(index, text)


def _refused(value: Any) -> Any:
    raise TypeError(f"{type(value).__name__} has no JSON form")
