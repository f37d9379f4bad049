"""A named metric whose values are emitted as they come."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.line import metric_line
from ts.metrics.metric_abstract import MetricAbstract
from ts.metrics.metric_cache_errors import MetricsCacheValueError
from ts.metrics.metric_type_enum import MetricTypes

logger = logging.getLogger(__name__)


class CachingMetric(MetricAbstract):
    """A metric of the cache; each value is a line on stdout."""

    def add_or_update(
        self, value: Any, dimension_values: Sequence[Any] = (), request_id: str | None = ""
    ) -> None:
        """Emits a value with the values of the metric's dimensions, in their order. A wrong value is logged
        only.
        """
        if dimension_values is None or len(dimension_values) != len(self.dimension_names):
            logger.error(
                "metric %s: dimension values %s (expected: %d, for %s)",
                self.metric_name, dimension_values, len(self.dimension_names), self.dimension_names,
            )  # fmt: skip
            return
        self._emit_line(
            value,
            [f"{n}:{v}" for n, v in zip(self.dimension_names, dimension_values, strict=False)],
            request_id,
        )

    def update(self, value: Any, request_id: str | None = "", dimensions: Sequence[Dimension] = ()) -> None:
        """Emits a value with these dimensions. A wrong value is logged only."""
        self._emit_line(value, [str(d) for d in dimensions], request_id)

    def _emit_line(self, value: Any, dimensions: list[str], request_id: str | None) -> None:
        try:
            number = self._checked(value)
        except MetricsCacheValueError as fault:
            logger.error("%s", fault)
            return
        self.emit_metrics(request_id, number, ",".join(dimensions))

    def emit_metrics(self, request_id: str | None, value: Any, dimension_string: str) -> None:
        """Prints a value as the line that the frontend reads.

        Args:
            request_id: ids of the requests it belongs to, joined by commas; None or "" leaves them out.
            value: a number.
            dimension_string: each dimension as `name:value`, joined by commas.
        """
        kind = self.metric_type.name
        line = metric_line(self.metric_name, self.unit, value, [dimension_string], kind, request_id)
        print(f"[METRICS]{line}")

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
