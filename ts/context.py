"""What a handler is given beside its data: the model, the requests' headers, and the place for reply
headers.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Protocol

from ts.sequences import SEQUENCE_END, SEQUENCE_ID, SEQUENCE_START
from ts.version import __version__

SERVER_NAME = "MMS"
CONTENT_TYPE = "content-type"


class Batch(Protocol):
    """The requests that are being served, as the worker knows them."""

    def request_ids(self) -> dict[int, str]:
        """Returns index in the batch to request id."""

    def request_processors(self) -> list[RequestProcessor]:
        """Returns one processor for each request, always the same."""

    def routes(self) -> list[int]:
        """Returns for each request 1 + the place of its route among those of the model, or 0."""

    def send_pieces(self, values: dict[int, Any], status: int) -> None:
        """Sends one piece for each index of the batch that the mapping names."""


class RequestProcessor:
    """One request of a batch: its headers, and the status and headers of its reply.

    Args:
        request_header: name to value; or a function that makes that dict when it is looked at for the first
            time.
    """

    __slots__ = ("_reason_phrase", "_reply_headers", "_request_header", "_request_source", "_status_code")

    def __init__(
        self,
        request_header: dict[str, Any] | None = None,
        request_source: Callable[[], dict[str, Any]] | None = None,
    ) -> None:
        self._request_header = request_header
        self._request_source = request_source
        self._status_code: int | None = None
        self._reason_phrase: str | None = None
        self._reply_headers: dict[str, Any] | None = None

    def get_request_properties(self) -> dict[str, Any]:
        """Returns all headers, in the client's own spelling, beside `explain`, `url_path` and the parts'
        types.
        """
        if self._request_header is None:
            self._request_header = {} if self._request_source is None else self._request_source()
            self._request_source = None
        return self._request_header

    def get_request_property(self, key: str) -> Any:
        """Returns a header's value or None. The exact name wins over one of another case."""
        headers = self.get_request_properties()
        if key in headers:
            return headers[key]
        wanted = key.lower()
        return next((value for name, value in headers.items() if name.lower() == wanted), None)

    def report_status(self, code: int, reason_phrase: str | None = None) -> None:
        """Sets the HTTP status of the reply."""
        self._status_code = code
        self._reason_phrase = reason_phrase

    def get_response_status_code(self) -> int:
        """Returns the status of the reply; 200 when none was set."""
        return 200 if self._status_code is None else self._status_code

    def get_response_status_phrase(self) -> str | None:
        """Returns the reason phrase of the reply, or None."""
        return self._reason_phrase

    def add_response_property(self, key: str, value: Any) -> None:
        """Sets a header of the reply."""
        if self._reply_headers is None:
            self._reply_headers = {}
        self._reply_headers[key] = value

    def get_response_headers(self) -> dict[str, Any]:
        """Returns the reply's headers, to be changed in place."""
        if self._reply_headers is None:
            self._reply_headers = {}
        return self._reply_headers

    def get_response_header(self, key: str) -> Any:
        """Returns one header of the reply, or None."""
        return None if self._reply_headers is None else self._reply_headers.get(key)

    def reply_parts(self) -> tuple[int, str, dict[str, Any] | None]:
        """Returns status (0: none was set), reason phrase and headers (None: none were set)."""
        return self._status_code or 0, self._reason_phrase or "", self._reply_headers

    def __getstate__(self) -> dict[str, Any]:
        return {
            "header": self.get_request_properties(),
            "status": (self._status_code, self._reason_phrase),
            "reply": self._reply_headers,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._request_header = state["header"]
        self._request_source = None
        self._status_code, self._reason_phrase = state["status"]
        self._reply_headers = state["reply"]


class Shown:
    """What a context shows of the requests that are being served. What handlers seldom look at is made when
    they do.

    Attributes:
        batch: the requests; None before the first ones, and when a handler has set ids of its own.
        outlet: takes pieces for them; None when they have been answered.
        request_ids: index in the batch to request id; None: not made yet.
        processors: one for each request; None: not made yet.
    """

    __slots__ = ("batch", "outlet", "owner", "processors", "request_ids")

    def __init__(self, owner: Context, batch: Batch | None = None) -> None:
        self.owner = owner
        self.batch = self.outlet = batch
        self.request_ids: dict[int, str] | None = None
        self.processors: list[RequestProcessor] | None = None


_apart: ContextVar[Shown | None] = ContextVar("mariner_requests", default=None)


class Context:
    """A model's context. There is one for each model of a worker; what a handler stores on it stays, and all
    requests see it.

    Where several runs are under way at once, each task (and each thread that was given its contextvars, as
    `asyncio.to_thread` does) sees its own requests here. Other threads see the run that was begun last.

    Attributes:
        model_name: the name under which the model was registered.
        manifest: the archive's manifest, or None.
        system_properties: `model_dir`, `gpu_id` (None on the CPU), `batch_size`, `server_name`,
            `server_version`, `limit_max_image_pixels`; of a worker also `worker_number`, counted from 1
            among those of its model (the successor of a lost worker has its number).
        metrics: the metrics of this model.
        model_yaml_config: the model's configuration file, `{}` when there is none.
        stopping_criteria: None, or one callable per request that tells whether its stream is over.
    """

    def __init__(
        self,
        model_name: str | None = None,
        model_dir: str | None = None,
        manifest: dict[str, Any] | None = None,
        batch_size: int | None = None,
        gpu: int | None = None,
        mms_version: str = __version__,
        limit_max_image_pixels: bool = True,
        metrics: Any = None,
        model_yaml_config: dict[str, Any] | None = None,
    ) -> None:
        self.model_name = model_name
        self.manifest = manifest
        self.system_properties: dict[str, Any] = {
            "model_dir": model_dir,
            "gpu_id": gpu,
            "batch_size": batch_size,
            "server_name": SERVER_NAME,
            "server_version": mms_version,
            "limit_max_image_pixels": limit_max_image_pixels,
        }
        self._shared = Shown(self)
        self._shared.processors = [RequestProcessor({})]
        self.metrics = metrics
        self.model_yaml_config: dict[str, Any] = model_yaml_config or {}
        self.stopping_criteria: Any = None
        self.cl_socket: Any = None
        self.header_key_sequence_id = SEQUENCE_ID
        self.header_key_sequence_start = SEQUENCE_START
        self.header_key_sequence_end = SEQUENCE_END
        self._non_finite: Any = None
        self._routes: tuple[str, ...] = ()
        self._allow_pickle = True

    def _begin(self, batch: Batch) -> None:
        """Shows the requests of a batch from now on."""
        shown = self._shared
        shown.batch = shown.outlet = batch
        shown.request_ids = shown.processors = None

    def _end(self) -> None:
        """Takes no pieces any more."""
        self._shared.outlet = None

    def _begin_apart(self, batch: Batch) -> Shown:
        """Shows the requests of a batch to the running task or thread only."""
        shown = Shown(self, batch)
        _apart.set(shown)
        return shown

    @property
    def _shown(self) -> Shown:
        apart = _apart.get()
        return self._shared if apart is None or apart.owner is not self else apart

    @property
    def _outlet(self) -> Batch | None:
        return self._shown.outlet

    @property
    def request_ids(self) -> dict[int, str] | None:
        """Index in the batch to request id; None before the first batch."""
        shown = self._shown
        if shown.request_ids is None and shown.batch is not None:
            shown.request_ids = shown.batch.request_ids()
        return shown.request_ids

    @request_ids.setter
    def request_ids(self, value: dict[int, str] | None) -> None:
        shown = self._shown
        shown.batch, shown.processors = None, self.request_processor
        shown.request_ids = value

    @property
    def request_processor(self) -> list[RequestProcessor]:
        """One `RequestProcessor` for each request of the batch."""
        shown = self._shown
        if shown.processors is None:
            shown.processors = [] if shown.batch is None else shown.batch.request_processors()
        return shown.processors

    @request_processor.setter
    def request_processor(self, value: list[RequestProcessor]) -> None:
        self._shown.processors = value

    def get_request_id(self, idx: int = 0) -> str | None:
        """Returns the id of a request, or None when there is no such request."""
        return None if self.request_ids is None else self.request_ids.get(idx)

    def get_route(self, idx: int = 0) -> str | None:
        """Returns the name of the route that a request came on, `ROUTE#NODE` in an application (the place of
        the route in `app.json`, from 0, and the node's name); None when it came on none.
        """
        batch = self._shown.batch
        routes = [] if batch is None else batch.routes()
        number = routes[idx] if idx < len(routes) else 0
        return self._routes[number - 1] if 0 < number <= len(self._routes) else None

    def get_request_header(self, idx: int, key: str) -> Any:
        """Returns a header of a request, or None. The exact name wins over one of another case."""
        return self.request_processor[idx].get_request_property(key)

    def get_all_request_header(self, idx: int) -> dict[str, Any]:
        """Returns all headers of a request."""
        return self.request_processor[idx].get_request_properties()

    def set_response_content_type(self, idx: int, value: str) -> None:
        """Sets the content type of a reply."""
        self.set_response_header(idx, CONTENT_TYPE, value)

    def get_response_content_type(self, idx: int) -> Any:
        """Returns the content type of a reply, or None."""
        return self.get_response_headers(idx).get(CONTENT_TYPE)

    def get_response_status(self, idx: int) -> tuple[int, str | None]:
        """Returns status and reason phrase of a reply."""
        processor = self.request_processor[idx]
        return processor.get_response_status_code(), processor.get_response_status_phrase()

    def set_response_status(self, code: int = 200, phrase: str = "", idx: int = 0) -> None:
        """Sets the status of a reply."""
        self.request_processor[idx].report_status(code, reason_phrase=phrase)

    def set_all_response_status(self, code: int = 200, phrase: str = "") -> None:
        """Sets the status of every reply of the batch."""
        for processor in self.request_processor:
            processor.report_status(code, reason_phrase=phrase)

    def get_response_headers(self, idx: int) -> dict[str, Any]:
        """Returns the headers of a reply."""
        return self.request_processor[idx].get_response_headers()

    def set_response_header(self, idx: int, key: str, value: Any) -> None:
        """Sets a header of a reply; there is one value for each name."""
        self.request_processor[idx].add_response_property(key, value)

    def get_sequence_id(self, idx: int) -> str:
        """Returns the id of the sequence that a request belongs to, or an empty text."""
        return self.get_request_header(idx, self.header_key_sequence_id) or ""

    def __getstate__(self) -> dict[str, Any]:
        made = {"request_ids": self.request_ids, "request_processor": self.request_processor}
        kept = {name: value for name, value in self.__dict__.items() if name != "_shared"}
        return {**kept, **made, "cl_socket": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._shared = Shown(self)
        self._shared.request_ids = state.pop("request_ids")
        self._shared.processors = state.pop("request_processor")
        self.__dict__.update(state)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Context) and self.__getstate__() == other.__getstate__()

    __hash__ = None  # type: ignore[assignment]
