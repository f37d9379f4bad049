"""What every metric of the cache is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.unit import unit_name


class MetricAbstract(ABC):
    """A metric with its name, unit, dimensions and type.

    Args:
        metric_name: its name.
        unit: its unit, short (`ms`) or spelled out.
        dimension_names: names of its dimensions, in the order in which values are given.
        metric_type: counter, gauge or histogram.
    """

    def __init__(
        self,
        metric_name: str,
        unit: str | None,
        dimension_names: Sequence[str] | None = None,
        metric_type: MetricTypes = MetricTypes.COUNTER,
    ) -> None:
        self.metric_name = metric_name
        self.unit = unit_name(unit)
        self.dimension_names = list(dimension_names or ())
        self._labels = ",".join(f"{name.replace('%', '%%')}:%s" for name in self.dimension_names)
        self.metric_type = metric_type
        self._kind = getattr(metric_type, "name", "")  # what an enumeration looks up takes long

    @abstractmethod
    def add_or_update(
        self, value: Any, dimension_values: Sequence[Any] = (), request_id: str | None = ""
    ) -> None:
        """Takes a value, with the values of the metric's dimensions in their order."""
