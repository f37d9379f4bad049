"""What every cache of metrics can do, whatever its configuration is written in."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ts.metrics.caching_metric import CachingMetric
from ts.metrics.dimension import Dimension
from ts.metrics.line import request_ids_text
from ts.metrics.metric_cache_errors import MetricsCacheValueError
from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.unit import unit_name

_TIME_UNITS = ("ms", "s")
_SIZE_UNITS = ("MB", "kB", "GB", "B")


class MetricCacheAbstract(ABC):
    """Emits metrics, and keeps those that were named once.

    Attributes:
        cache: metrics by type and name.
        model_name: value of the dimension `ModelName`.
        context: gives the request ids of the batch that is being served.
        config_file_path: the metrics configuration, or None.
    """

    def __init__(self, config_file_path: str | Path | None) -> None:
        self.cache: dict[MetricTypes, dict[str, CachingMetric]] = {kind: {} for kind in MetricTypes}
        self.model_name: str | None = None
        self.context: Any = None
        self.config_file_path = config_file_path
        self._request_ids: Any = None
        self._plain: dict[tuple[str, MetricTypes, str | None], tuple[CachingMetric, str]] = {}

    @abstractmethod
    def initialize_cache(self) -> None:
        """Takes the metrics of the configuration into the cache."""

    @abstractmethod
    def add_metric_to_cache(
        self,
        metric_name: str,
        unit: str,
        dimension_names: Sequence[str] = (),
        metric_type: MetricTypes = MetricTypes.COUNTER,
    ) -> CachingMetric:
        """Names a metric once, so that values can be emitted by it."""

    @abstractmethod
    def get_metric(self, metric_name: str, metric_type: MetricTypes = MetricTypes.COUNTER) -> CachingMetric:
        """Returns a metric that was named before."""

    @property
    def request_ids(self) -> Any:
        """Index in the batch to request id, or a single id; those of the context unless they were set."""
        if self._request_ids is not None:
            return self._request_ids
        return getattr(self.context, "request_ids", None)

    @request_ids.setter
    def request_ids(self, value: Any) -> None:
        self._request_ids = value

    def set_request_ids(self, request_ids: Any) -> None:
        """Sets the request ids, for use without a context."""
        self.request_ids = request_ids

    def add_metric(
        self,
        name: str,
        value: Any,
        unit: str | None,
        idx: int | None = None,
        dimensions: Sequence[Dimension] | None = None,
        metric_type: MetricTypes = MetricTypes.COUNTER,
    ) -> None:
        """Emits a value of a metric of any type.

        Args:
            name: the metric's name.
            value: a number.
            unit: short or full name of the unit.
            idx: index in the batch of the request that it belongs to; None = all.
            dimensions: further dimensions; `ModelName` and `Level` are added.
            metric_type: counter, gauge or histogram.
        """
        request_id = request_ids_text(self.request_ids, idx)
        if not dimensions and request_id is not None:
            # As most are: the same metric and dimensions each time.
            plain = self._plain.get((name, metric_type, self.model_name))
            if plain is None:
                metric = self._named(name, unit, ["ModelName", "Level"], metric_type)
                plain = (metric, f"ModelName:{self.model_name},Level:Model")
                self._plain[name, metric_type, self.model_name] = plain
            plain[0].update_as(value, request_id, plain[1])
            return
        parts, names = [], []
        for dimension in dimensions or ():
            names.append(dimension.name)
            parts.append(f"{dimension.name}:{dimension.value}")
        if "ModelName" not in names and request_id is not None:
            names.append("ModelName")
            parts.append(f"ModelName:{self.model_name}")
        if "Level" not in names:
            names.append("Level")
            parts.append("Level:Error" if request_id is None else "Level:Model")
        self._named(name, unit, names, metric_type).update_as(value, request_id, ",".join(parts))

    def add_counter(
        self, name: str, value: Any, idx: int | None = None, dimensions: Sequence[Dimension] | None = None
    ) -> None:
        """Emits an addition to a counter."""
        self.add_metric(name, value, "count", idx, dimensions, MetricTypes.COUNTER)

    def add_time(
        self,
        name: str,
        value: Any,
        idx: int | None = None,
        unit: str = "ms",
        dimensions: Sequence[Dimension] | None = None,
        metric_type: MetricTypes = MetricTypes.GAUGE,
    ) -> None:
        """Emits a duration.

        Raises:
            MetricsCacheValueError: the unit is neither ms nor s.
        """
        _check_unit(name, unit, _TIME_UNITS)
        self.add_metric(name, value, unit, idx, dimensions, metric_type)

    def add_size(
        self,
        name: str,
        value: Any,
        idx: int | None = None,
        unit: str = "MB",
        dimensions: Sequence[Dimension] | None = None,
        metric_type: MetricTypes = MetricTypes.GAUGE,
    ) -> None:
        """Emits a size.

        Raises:
            MetricsCacheValueError: the unit is none of MB, kB, GB, B.
        """
        _check_unit(name, unit, _SIZE_UNITS)
        self.add_metric(name, value, unit, idx, dimensions, metric_type)

    def add_percent(
        self,
        name: str,
        value: Any,
        idx: int | None = None,
        dimensions: Sequence[Dimension] | None = None,
        metric_type: MetricTypes = MetricTypes.GAUGE,
    ) -> None:
        """Emits a percentage."""
        self.add_metric(name, value, "percent", idx, dimensions, metric_type)

    def add_error(self, name: str, value: Any, dimensions: Sequence[Dimension] | None = None) -> None:
        """Emits an error, with the level `Error`; it belongs to no request."""
        every = list(dimensions or ())
        if all(dimension.name != "Level" for dimension in every):
            every.append(Dimension("Level", "Error"))
        metric = self._named(name, "", [dimension.name for dimension in every], MetricTypes.COUNTER)
        metric.update(value, None, every)

    def _named(
        self, name: str, unit: str | None, dimension_names: Sequence[str], metric_type: MetricTypes
    ) -> CachingMetric:
        """Returns the metric of this name, which is named here if it was not."""
        known = self.cache.get(metric_type, {}).get(name)
        if known is not None:
            return known
        return self.add_metric_to_cache(name, unit_name(unit), dimension_names, metric_type)


def _check_unit(name: str, unit: str, known: Sequence[str]) -> None:
    if unit not in known:
        raise MetricsCacheValueError(f"metric {name}: unit {unit!r} (expected: {', '.join(known)})")
