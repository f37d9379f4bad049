"""The metrics of a model: what handlers reach as `context.metrics`."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ts.metrics import metric_cache_errors
from ts.metrics.caching_metric import CachingMetric
from ts.metrics.metric_cache_abstract import MetricCacheAbstract
from ts.metrics.metric_cache_errors import (
    GeneralMetricsCacheError,
    MetricsCacheIOError,
    MetricsCacheKeyError,
    MetricsCacheTypeError,
    MetricsCacheValueError,
)
from ts.metrics.metric_type_enum import MetricTypes

logger = logging.getLogger(__name__)
CONFIG_VARIABLE = "MARINER_METRICS_CONFIG"
_MODEL_DIMENSIONS = ["ModelName", "Level"]


class MetricsCacheYamlImpl(MetricCacheAbstract):
    """A cache whose configuration is YAML.

    Args:
        config_file_path: a metrics configuration, whose `model_metrics` `initialize_cache` takes over.

    Raises:
        MetricsCacheTypeError: no file is named.
        MetricsCacheIOError: the file can't be read.
        MetricsCachePyYamlError: it is not YAML.
        GeneralMetricsCacheError: it is not a mapping.
    """

    def __init__(self, config_file_path: str | Path) -> None:
        super().__init__(config_file_path)
        self._parsed_file: dict[str, Any] = _parsed(config_file_path)

    @classmethod
    def of_environment(cls, variables: Mapping[str, str]) -> MetricsCacheYamlImpl:
        """Makes the cache of a worker: the metrics that every model has, and those of the configuration that
        the frontend names in `MARINER_METRICS_CONFIG`, if any.
        """
        path = variables.get(CONFIG_VARIABLE)
        if path:
            cache = cls(path)
            cache.initialize_cache()
        else:
            cache = cls.__new__(cls)
            MetricCacheAbstract.__init__(cache, None)
            cache._parsed_file = {}
        for name in ("HandlerTime", "PredictionTime"):
            if name not in cache.cache[MetricTypes.GAUGE]:
                cache.add_metric_to_cache(name, "ms", _MODEL_DIMENSIONS, MetricTypes.GAUGE)
        return cache

    def initialize_cache(self) -> None:
        """Takes the metrics of the configuration file into the cache.

        Raises:
            MetricsCacheKeyError: it has no `model_metrics`, or a metric lacks a key.
            MetricsCacheValueError: `model_metrics` is empty.
        """
        if "model_metrics" not in self._parsed_file:
            raise MetricsCacheKeyError(f"{self.config_file_path}: no model_metrics")
        configured = self._parsed_file["model_metrics"]
        if not configured:
            raise MetricsCacheValueError(f"{self.config_file_path}: model_metrics: {configured!r}")
        for kind, metrics in configured.items():
            for metric in metrics or ():
                self._add_configured(str(kind), metric)

    def _add_configured(self, kind: str, metric: Mapping[str, Any]) -> None:
        try:
            name, unit, dimensions = metric["name"], metric["unit"], metric["dimensions"]
            self.add_metric_to_cache(name, unit, dimensions, MetricTypes(kind))
        except (KeyError, ValueError) as fault:
            raise MetricsCacheKeyError(f"{self.config_file_path}: {kind}: {metric}: {fault}") from fault

    def add_metric_to_cache(
        self,
        metric_name: str,
        unit: str,
        dimension_names: Sequence[str] = (),
        metric_type: MetricTypes = MetricTypes.COUNTER,
    ) -> CachingMetric:
        """Names a metric once, so that values can be emitted by it; it replaces another of its name and type.

        Raises:
            MetricsCacheTypeError: name or unit is no text, or the type is no `MetricTypes`.
            MetricsCacheValueError: the name is empty.
        """
        _check(metric_name, str, "metric_name", "a text")
        _check(unit, str, "unit", "a text")
        _check(metric_type, MetricTypes, "metric_type", "a MetricTypes")
        if dimension_names:
            _check(dimension_names, (list, tuple), "dimension_names", "a list of names")
        if not metric_name:
            raise MetricsCacheValueError(f"metric_name: {metric_name!r} (expected: a name)")
        metric = CachingMetric(metric_name, unit, dimension_names, metric_type)
        known = self.cache[metric_type].get(metric_name)
        if known is not None:
            if vars(known) == vars(metric):
                return known
            logger.warning("metric %s of type %s is replaced", metric_name, metric_type.value)
        self.cache[metric_type][metric_name] = metric
        self._plain.clear()
        return metric

    def get_metric(self, metric_name: str, metric_type: MetricTypes = MetricTypes.COUNTER) -> CachingMetric:
        """Returns a metric that was named before.

        Raises:
            MetricsCacheKeyError: there is none of this name and type.
        """
        _check(metric_name, str, "metric_name", "a text")
        _check(metric_type, MetricTypes, "metric_type", "a MetricTypes")
        metric = self.cache[metric_type].get(metric_name)
        if metric is None:
            raise MetricsCacheKeyError(
                f"metric: {metric_name} of type {metric_type.name} is not in the cache"
            )
        return metric

    def cache_keys(self) -> list[str]:
        """Returns the metrics of the cache as `type:name`."""
        return [f"{kind.value}:{name}" for kind, metrics in self.cache.items() for name in metrics]


def _parsed(path: str | Path) -> dict[str, Any]:
    from ts.utils.util import get_yaml_config

    if not path:
        raise MetricsCacheTypeError(f"metrics configuration: {path!r} (expected: a file)")
    try:
        return get_yaml_config(path)
    except OSError as fault:
        raise MetricsCacheIOError(f"metrics configuration: {fault}") from fault
    except ValueError as fault:
        if fault.__cause__ is None:
            raise GeneralMetricsCacheError(f"metrics configuration: {fault}") from fault
        raise metric_cache_errors.MetricsCachePyYamlError(f"metrics configuration: {fault}") from fault


def _check(value: Any, kind: type | tuple[type, ...], what: str, expected: str) -> None:
    if not isinstance(value, kind):
        raise MetricsCacheTypeError(f"{what}: {value!r} (expected: {expected})")
