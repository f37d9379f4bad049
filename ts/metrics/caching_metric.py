"""A named metric whose values are emitted as they come."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.line import metric_line
from ts.metrics.metric_cache_errors import MetricsCacheValueError
from ts.metrics.metric_type_enum import MetricTypes

logger = logging.getLogger(__name__)


class CachingMetric:
    """A metric of the cache.

    Args:
        metric_name: its name.
        unit: its unit as it shall appear in lines.
        dimension_names: names of its dimensions, in the order in which values are given.
        metric_type: counter, gauge or histogram.
        emit: where lines go; stdout unless told otherwise.
    """

    def __init__(
        self,
        metric_name: str,
        unit: str,
        dimension_names: Sequence[str] = (),
        metric_type: MetricTypes = MetricTypes.COUNTER,
        emit: Callable[[str], None] = print,
    ) -> None:
        self.metric_name = metric_name
        self.unit = unit
        self.dimension_names = list(dimension_names)
        self.metric_type = metric_type
        self._emit = emit

    def add_or_update(self, value: Any, dimension_values: Sequence[Any] = (), request_id: str = "") -> None:
        """Emits a value with the values of the metric's dimensions, in their order. A wrong value is logged
        only.
        """
        if len(dimension_values) != len(self.dimension_names):
            logger.error(
                "metric %s: %d dimension values (expected: %d, for %s)",
                self.metric_name, len(dimension_values), len(self.dimension_names), self.dimension_names,
            )  # fmt: skip
            return
        self._emit_line(
            value,
            [f"{n}:{v}" for n, v in zip(self.dimension_names, dimension_values, strict=False)],
            request_id,
        )

    def update(self, value: Any, request_id: str = "", dimensions: Sequence[Dimension] = ()) -> None:
        """Emits a value with these dimensions. A wrong value is logged only."""
        self._emit_line(value, [str(d) for d in dimensions], request_id)

    def _emit_line(self, value: Any, dimensions: list[str], request_id: str) -> None:
        try:
            number = self._checked(value)
        except MetricsCacheValueError as fault:
            logger.error("%s", fault)
            return
        kind = self.metric_type.name
        self._emit(
            f"[METRICS]{metric_line(self.metric_name, self.unit, number, dimensions, kind, request_id)}"
        )

    def _checked(self, value: Any) -> Any:
        try:
            number = value if isinstance(value, (int, float)) else float(value)
        except (TypeError, ValueError) as fault:
            raise MetricsCacheValueError(
                f"metric {self.metric_name}: {value!r} (expected: a number)"
            ) from fault
        if self.metric_type == MetricTypes.COUNTER and number < 0:
            raise MetricsCacheValueError(f"counter {self.metric_name}: {number} (expected: >= 0)")
        return number
