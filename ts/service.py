"""Names around the entry point of a handler: `Service`, its exceptions, and `emit_metrics`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ts.context import Context, RequestProcessor
from ts.utils.util import PredictionException

PREDICTION_METRIC = "PredictionTime"

__all__ = [
    "PREDICTION_METRIC",
    "AnswerMismatch",
    "OperationUnsupported",
    "PredictionException",
    "RequestCancelled",
    "Service",
    "emit_metrics",
]


class RequestCancelled(BaseException):
    """Raised inside a handler that sends pieces when nobody waits for them any more.

    It is no `Exception`, so that a handler's own `except Exception` lets it pass; `finally` is the place to
    tidy up.
    """


class OperationUnsupported(Exception):
    """The handler has no such operation, such as an explanation or a description of itself."""


class AnswerMismatch(Exception):
    """What a handler answered does not fit its batch; the text says what it was, and what was expected."""


class Service:
    """A loaded model: its context and its entry point.

    The arguments and attributes are those that handlers and their tests use; the worker keeps its own record.
    """

    def __init__(
        self,
        model_name: str | None,
        model_dir: str | None,
        manifest: dict[str, Any] | None,
        entry_point: Callable[[Any, Context], Any] | None,
        gpu: int | None,
        batch_size: int | None,
        limit_max_image_pixels: bool = True,
        metrics_cache: Any = None,
    ) -> None:
        self._context = Context(
            model_name=model_name,
            model_dir=model_dir,
            manifest=manifest,
            batch_size=batch_size,
            gpu=gpu,
            limit_max_image_pixels=limit_max_image_pixels,
            metrics=metrics_cache,
        )
        self._entry_point = entry_point

    @property
    def context(self) -> Context:
        """The context that the entry point is called with."""
        return self._context

    def predict(self, data: list[dict[str, Any]]) -> Any:
        """Calls the entry point.

        Raises:
            ValueError: the service was made without an entry point.
        """
        if self._entry_point is None:
            raise ValueError("entry_point: None (expected: a callable of data and context)")
        return self._entry_point(data, self._context)

    @staticmethod
    def retrieve_data_for_inference(
        batch: Iterable[dict[str, Any]],
    ) -> tuple[list[RequestProcessor], list[dict[str, Any]], dict[int, str]]:
        """Splits requests into processors, data and ids, in the order of the batch.

        Each request is a dict with `requestId`, `parameters` (a list of `name`, `value` and `contentType`)
        and, optionally, `headers` (a list of `name` and `value`).
        """
        processors, data, request_ids = [], [], {}
        for index, request in enumerate(batch):
            request_ids[index] = _as_text(request["requestId"])
            row: dict[str, Any] = {}
            headers: dict[str, Any] = {}
            for parameter in request["parameters"]:
                name = _as_text(parameter["name"])
                row[name] = parameter["value"]
                headers[name] = {"content-type": parameter.get("contentType")}
            headers.update({_as_text(h["name"]): _as_text(h["value"]) for h in request.get("headers") or ()})
            processors.append(RequestProcessor(headers))
            data.append(row)
        return processors, data, request_ids


def _as_text(value: Any) -> str:
    return value.decode("utf-8") if isinstance(value, (bytes, bytearray)) else str(value)


def emit_metrics(metrics: Iterable[Any]) -> None:
    """Prints metrics for the frontend to collect, one line each.

    Args:
        metrics: values whose text is a metric line, as that of `ts.metrics.metric.Metric` is.
    """
    for metric in metrics:
        print(f"[METRICS]{metric}")
