"""The metrics of a model: what handlers reach as `context.metrics`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ts.metrics.caching_metric import CachingMetric
from ts.metrics.dimension import Dimension
from ts.metrics.metric_cache_errors import (
    MetricsCacheKeyError,
    MetricsCachePyYamlError,
    MetricsCacheTypeError,
    MetricsCacheValueError,
)
from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.unit import unit_name

CONFIG_VARIABLE = "MARINER_METRICS_CONFIG"
_MODEL_DIMENSIONS = ["ModelName", "Level"]
_TIME_UNITS = ("ms", "s")
_SIZE_UNITS = ("MB", "kB", "GB", "B")


class MetricsCacheYamlImpl:
    """Emits metrics, and keeps those that were named once.

    Args:
        config_file_path: a metrics configuration whose `model_metrics` are known from the start; None for
            the two that every model has.

    Attributes:
        model_name: value of the dimension `ModelName`.
        context: gives the request ids of the batch that is being served.
    """

    def __init__(self, config_file_path: str | Path | None = None) -> None:
        self.cache: dict[MetricTypes, dict[str, CachingMetric]] = {kind: {} for kind in MetricTypes}
        self.model_name: str | None = None
        self.context: Any = None
        self._config_file_path = config_file_path
        for name in ("HandlerTime", "PredictionTime"):
            self.add_metric_to_cache(name, "ms", _MODEL_DIMENSIONS, MetricTypes.GAUGE)

    @classmethod
    def of_environment(cls, variables: Mapping[str, str]) -> MetricsCacheYamlImpl:
        """Makes the cache with the configuration that the frontend names in `MARINER_METRICS_CONFIG`, if
        any.
        """
        cache = cls(variables.get(CONFIG_VARIABLE) or None)
        cache.initialize_cache()
        return cache

    def initialize_cache(self) -> None:
        """Takes the metrics of the configuration file into the cache.

        Raises:
            MetricsCachePyYamlError: it can't be read.
            MetricsCacheKeyError: it has no `model_metrics`, or a metric lacks a key.
        """
        if self._config_file_path is None:
            return
        from ts.utils.util import get_yaml_config

        try:
            config = get_yaml_config(self._config_file_path)
        except (OSError, ValueError) as fault:
            raise MetricsCachePyYamlError(f"metrics configuration: {fault}") from fault
        if "model_metrics" not in config:
            raise MetricsCacheKeyError(f"{self._config_file_path}: no model_metrics")
        for kind, metrics in (config["model_metrics"] or {}).items():
            for metric in metrics or ():
                self._add_configured(str(kind), metric)

    def _add_configured(self, kind: str, metric: Mapping[str, Any]) -> None:
        try:
            name, unit, dimensions = metric["name"], metric["unit"], metric["dimensions"]
            self.add_metric_to_cache(name, unit, dimensions, MetricTypes(kind))
        except (KeyError, ValueError) as fault:
            raise MetricsCacheKeyError(f"{self._config_file_path}: {kind}: {metric}: {fault}") from fault

    def add_metric_to_cache(
        self,
        metric_name: str,
        unit: str,
        dimension_names: Sequence[str] = (),
        metric_type: MetricTypes = MetricTypes.COUNTER,
    ) -> CachingMetric:
        """Names a metric once, so that values can be emitted by it; a name that is known keeps its metric.

        Raises:
            MetricsCacheTypeError: the type is no `MetricTypes`.
            MetricsCacheValueError: the name is empty.
        """
        if not isinstance(metric_type, MetricTypes):
            raise MetricsCacheTypeError(f"metric_type: {metric_type!r} (expected: a MetricTypes)")
        if not metric_name:
            raise MetricsCacheValueError(f"metric_name: {metric_name!r} (expected: a name)")
        known = self.cache[metric_type]
        if metric_name not in known:
            known[metric_name] = CachingMetric(metric_name, unit, dimension_names, metric_type)
        return known[metric_name]

    def get_metric(self, metric_name: str, metric_type: MetricTypes = MetricTypes.COUNTER) -> CachingMetric:
        """Returns a metric that was named before.

        Raises:
            MetricsCacheKeyError: there is none of this name and type.
        """
        metric = self.cache.get(metric_type, {}).get(metric_name)
        if metric is None:
            raise MetricsCacheKeyError(
                f"metric: {metric_name} of type {metric_type.name} is not in the cache"
            )
        return metric

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
        request_id = self._request_id(idx)
        all_dimensions = list(dimensions or ())
        present = {dimension.name for dimension in all_dimensions}
        if "ModelName" not in present and request_id:
            all_dimensions.append(Dimension("ModelName", self.model_name))
        if "Level" not in present:
            all_dimensions.append(Dimension("Level", "Model" if request_id else "Error"))
        names = [dimension.name for dimension in all_dimensions]
        metric = self.cache[metric_type].get(name)
        if metric is None:
            metric = self.add_metric_to_cache(name, unit_name(unit), names, metric_type)
        metric.update(value, request_id, all_dimensions)

    def _request_id(self, idx: int | None) -> str:
        ids = getattr(self.context, "request_ids", None)
        if not ids:
            return ""
        return str(ids[idx]) if idx is not None and idx in ids else ",".join(str(i) for i in ids.values())

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
        """Emits an error, with the level `Error`."""
        level = [*(dimensions or ()), Dimension("Level", "Error")]
        self.add_metric(name, value, "", None, level, MetricTypes.COUNTER)


def _check_unit(name: str, unit: str, known: Sequence[str]) -> None:
    if unit not in known:
        raise MetricsCacheValueError(f"metric {name}: unit {unit!r} (expected: {', '.join(known)})")
