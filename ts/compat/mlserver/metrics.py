"""Metrics of models: each is a histogram by model and version, in the lines of `ts.metrics`."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from ts.context import Context
from ts.metrics.caching_metric import CachingMetric
from ts.metrics.metric_type_enum import MetricTypes

_NAMES = ("model_name", "model_version")


class ModelMetrics:
    """The metrics of one model in one worker.

    Args:
        context: of the model.
        version: of the model; None: it has none.
    """

    def __init__(self, context: Context, version: str | None) -> None:
        self._context = context
        self._dimensions = [str(context.model_name), version or ""]
        self._metrics: dict[str, CachingMetric] = {}

    def register(self, name: str, description: str) -> CachingMetric:
        """Makes a metric known, or returns the one that is."""
        found = self._metrics.get(name)
        if found is None:
            found = self._context.metrics.add_metric_to_cache(
                metric_name=name,
                unit="count",
                dimension_names=list(_NAMES),
                metric_type=MetricTypes.HISTOGRAM,
            )
            self._metrics[name] = found
        return found

    def log(self, name: str, value: float) -> None:
        """Counts a value."""
        self.register(name, "").add_or_update(float(value), self._dimensions)


current: ContextVar[ModelMetrics | None] = ContextVar("mariner_model_metrics", default=None)


def register(name: str, description: str) -> CachingMetric:
    """Makes a metric known.

    Raises:
        RuntimeError: no model is being loaded or asked.
    """
    return _model().register(name, description)


def log(**metrics: float) -> None:
    """Counts one value for each metric; one that is not known becomes so.

    Raises:
        RuntimeError: no model is being loaded or asked.
    """
    model = _model()
    for name, value in metrics.items():
        model.log(name, value)


def _model() -> ModelMetrics:
    found: Any = current.get()
    if found is None:
        raise RuntimeError("metrics: no model is running here (expected: a call from load or predict)")
    assert isinstance(found, ModelMetrics)
    return found
