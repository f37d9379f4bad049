"""The older store of metrics: collects them, to be emitted together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.line import request_ids_text
from ts.metrics.metric import Metric

_TIME_UNITS = ("ms", "s")
_SIZE_UNITS = ("MB", "kB", "GB", "B")
Dimensions = list[Dimension]


class MetricsStore:
    """Collects metrics of one model.

    Args:
        request_ids: index in the batch to request id, or a single id of any type; None: outside of any
            request, so that metrics have the level `Error`.
        model_name: value of the dimension `ModelName`.

    Attributes:
        store: the metrics collected so far.
        cache: the same by a key of name, unit, request and dimensions.
    """

    def __init__(self, request_ids: Any, model_name: str | None) -> None:
        self.store: list[Metric] = []
        self.request_ids = request_ids
        self.model_name = model_name
        self.cache: dict[str, Metric] = {}

    def _add_or_update(
        self,
        name: str,
        value: Any,
        req_id: str | None,
        unit: str | None,
        metrics_method: str | None = None,
        dimensions: Dimensions | None = None,
    ) -> None:
        if dimensions is not None and not isinstance(dimensions, list):
            raise ValueError(f"metric {name}: dimensions {dimensions!r} (expected: a list of Dimension)")
        every = list(dimensions or ())
        if req_id is None:
            every.append(Dimension("Level", "Error"))
        else:
            every += (Dimension("ModelName", self.model_name), Dimension("Level", "Model"))
        key = "-".join([name, str(unit), str(req_id), *map(str, every)])
        if key in self.cache:
            self.cache[key].update(value)
            return
        metric = Metric(name, value, unit, every, req_id, metrics_method)
        self.cache[key] = metric
        self.store.append(metric)

    def _get_req(self, idx: int | None) -> str | None:
        return request_ids_text(self.request_ids, idx)

    def add_counter(
        self, name: str, value: Any, idx: int | None = None, dimensions: Dimensions | None = None
    ) -> None:
        """Adds to a counter."""
        self._add_or_update(name, value, self._get_req(idx), "count", "counter", dimensions)

    def add_time(
        self,
        name: str,
        value: Any,
        idx: int | None = None,
        unit: str = "ms",
        dimensions: Dimensions | None = None,
    ) -> None:
        """Sets a duration.

        Raises:
            ValueError: the unit is neither ms nor s.
        """
        self._check_unit(name, unit, _TIME_UNITS)
        self._add_or_update(name, value, self._get_req(idx), unit, None, dimensions)

    def add_size(
        self,
        name: str,
        value: Any,
        idx: int | None = None,
        unit: str = "MB",
        dimensions: Dimensions | None = None,
    ) -> None:
        """Sets a size.

        Raises:
            ValueError: the unit is none of MB, kB, GB, B.
        """
        self._check_unit(name, unit, _SIZE_UNITS)
        self._add_or_update(name, value, self._get_req(idx), unit, None, dimensions)

    def add_percent(
        self, name: str, value: Any, idx: int | None = None, dimensions: Dimensions | None = None
    ) -> None:
        """Sets a percentage."""
        self._add_or_update(name, value, self._get_req(idx), "percent", None, dimensions)

    def add_error(self, name: str, value: Any, dimensions: Dimensions | None = None) -> None:
        """Sets an error."""
        self._add_or_update(name, value, None, "", None, dimensions)

    def add_metric(
        self,
        name: str,
        value: Any,
        unit: str | None,
        idx: int | None = None,
        dimensions: Dimensions | None = None,
    ) -> None:
        """Sets a metric of any unit."""
        self._add_or_update(name, value, self._get_req(idx), unit, None, dimensions)

    @staticmethod
    def _check_unit(name: str, unit: str, known: Sequence[str]) -> None:
        if unit not in known:
            raise ValueError(f"metric {name}: unit {unit!r} (expected: {', '.join(known)})")
