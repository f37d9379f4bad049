"""The kinds of metrics."""

from enum import Enum


class MetricTypes(Enum):
    """How values of a metric add up."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"

    # There is one of each; the enumeration's own hash is Python code.
    __hash__ = object.__hash__
