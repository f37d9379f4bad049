"""A named metric whose values are emitted as they come."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.metric_abstract import MetricAbstract
from ts.metrics.metric_cache_errors import MetricsCacheValueError
from ts.metrics.metric_type_enum import MetricTypes
from ts.metrics.outlet import OUTLET

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
        self.update_as(value, request_id, self._labels % tuple(dimension_values))

    def update(self, value: Any, request_id: str | None = "", dimensions: Sequence[Dimension] = ()) -> None:
        """Emits a value with these dimensions. A wrong value is logged only."""
        self.update_as(value, request_id, ",".join(map(str, dimensions)))

    def update_as(self, value: Any, request_id: str | None, dimension_string: str) -> None:
        """Emits a value with dimensions that are a text already. A wrong value is logged only."""
        if type(value) not in (int, float) or value < 0:
            try:
                value = self._checked(value)
            except MetricsCacheValueError as fault:
                logger.error("%s", fault)
                return
        self.emit_metrics(request_id, value, dimension_string)

    def emit_metrics(self, request_id: str | None, value: Any, dimension_string: str) -> None:
        """Hands a value on as a line that the frontend reads.

        Args:
            request_id: ids of the requests it belongs to, joined by commas; None or "" leaves them out.
            value: a number.
            dimension_string: each dimension as `name:value`, joined by commas.
        """
        OUTLET.emit((f"{self.metric_name}.{self.unit}", value, dimension_string, self._kind, request_id))

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
