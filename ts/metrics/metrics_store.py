"""The older store of metrics: collects them, to be emitted together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.metric import Metric

_TIME_UNITS = ("ms", "s")
_SIZE_UNITS = ("MB", "kB", "GB", "B")


class MetricsStore:
    """Collects metrics of one model.

    Args:
        request_ids: index in the batch to request id.
        model_name: value of the dimension `ModelName`.

    Attributes:
        store: the metrics collected so far.
    """

    def __init__(self, request_ids: Mapping[int, str] | None, model_name: str | None) -> None:
        self.store: list[Metric] = []
        self.request_ids = request_ids
        self.model_name = model_name
        self.cache: dict[str, Metric] = {}

    def _add_or_update(
        self,
        name: str,
        value: Any,
        request_id: str,
        unit: str,
        dimensions: Sequence[Dimension],
        method: str | None,
    ) -> None:
        key = "-".join([name, unit, request_id, *map(str, dimensions)])
        if key in self.cache:
            self.cache[key].update(value)
            return
        every = [*dimensions, Dimension("ModelName", self.model_name), Dimension("Level", "Model")]
        metric = Metric(name, value, unit, every, request_id or None, method)
        self.cache[key] = metric
        self.store.append(metric)

    def _request_id(self, idx: int | None) -> str:
        ids = self.request_ids or {}
        return str(ids[idx]) if idx is not None and idx in ids else ",".join(map(str, ids.values()))

    def add_counter(
        self, name: str, value: Any, idx: int | None = None, dimensions: Sequence[Dimension] | None = None
    ) -> None:
        """Adds to a counter."""
        self._add_or_update(name, value, self._request_id(idx), "count", dimensions or (), "counter")

    def add_time(
        self,
        name: str,
        value: Any,
        idx: int | None = None,
        unit: str = "ms",
        dimensions: Sequence[Dimension] | None = None,
    ) -> None:
        """Sets a duration.

        Raises:
            ValueError: the unit is neither ms nor s.
        """
        self._check_unit(name, unit, _TIME_UNITS)
        self._add_or_update(name, value, self._request_id(idx), unit, dimensions or (), None)

    def add_size(
        self,
        name: str,
        value: Any,
        idx: int | None = None,
        unit: str = "MB",
        dimensions: Sequence[Dimension] | None = None,
    ) -> None:
        """Sets a size.

        Raises:
            ValueError: the unit is none of MB, kB, GB, B.
        """
        self._check_unit(name, unit, _SIZE_UNITS)
        self._add_or_update(name, value, self._request_id(idx), unit, dimensions or (), None)

    def add_percent(
        self, name: str, value: Any, idx: int | None = None, dimensions: Sequence[Dimension] | None = None
    ) -> None:
        """Sets a percentage."""
        self._add_or_update(name, value, self._request_id(idx), "percent", dimensions or (), None)

    def add_error(self, name: str, value: Any, dimensions: Sequence[Dimension] | None = None) -> None:
        """Sets an error."""
        every = [*(dimensions or ()), Dimension("Level", "Error")]
        self.store.append(Metric(name, value, "", every, self._request_id(None) or None, None))

    def add_metric(
        self,
        name: str,
        value: Any,
        idx: int | None = None,
        unit: str | None = None,
        dimensions: Sequence[Dimension] | None = None,
    ) -> None:
        """Sets a metric of any unit."""
        self._add_or_update(name, value, self._request_id(idx), unit or "", dimensions or (), None)

    @staticmethod
    def _check_unit(name: str, unit: str, known: Sequence[str]) -> None:
        if unit not in known:
            raise ValueError(f"metric {name}: unit {unit!r} (expected: {', '.join(known)})")
