"""A single measured value, in the older style: made, collected in a list, and emitted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.line import host_name, metric_line
from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.unit import unit_name


class Metric:
    """A value with its name, unit and dimensions; its text is the line that the frontend reads.

    Args:
        name: the metric's name.
        value: a number.
        unit: short or full name of the unit.
        dimensions: what tells this series from others.
        request_id: the request that it belongs to, if any.
        metric_method: "counter" when `update` adds up; otherwise the last value counts.
    """

    def __init__(
        self,
        name: str,
        value: Any,
        unit: str | None,
        dimensions: Sequence[Dimension],
        request_id: str | None = None,
        metric_method: str | None = None,
    ) -> None:
        self.name = name
        self.unit = unit_name(unit)
        self.metric_method = metric_method
        self.value = value
        self.metric_type = MetricTypes.COUNTER
        self.dimensions = list(dimensions)
        self.dimension_names = [dimension.name for dimension in self.dimensions]
        self.dimension_values = [dimension.value for dimension in self.dimensions]
        self.request_id = request_id

    def update(self, value: Any) -> None:
        """Adds to a counter, or replaces the value."""
        if self.metric_method == "counter":
            self.value += value
        else:
            self.value = value

    def reset(self) -> None:
        """Sets the value to 0."""
        self.value = 0

    def __str__(self) -> str:
        return metric_line(
            self.name, self.unit, self.value, [str(d) for d in self.dimensions], None, self.request_id
        )

    def to_dict(self) -> dict[str, Any]:
        """Returns the metric as a JSON object."""
        return {
            "MetricName": self.name,
            "Value": self.value,
            "Unit": self.unit,
            "Dimensions": self.dimensions,
            "Timestamp": int(time.time()),
            "HostName": host_name(),
            "RequestId": self.request_id,
        }
