"""JSON of metrics and dimensions."""

from __future__ import annotations

import json
from typing import Any

from ts.metrics.dimension import Dimension
from ts.metrics.metric import Metric


class MetricEncoder(json.JSONEncoder):
    """Encodes `Metric` and `Dimension` as objects."""

    def default(self, o: Any) -> Any:
        """Returns the dict of a metric or a dimension."""
        if isinstance(o, (Metric, Dimension)):
            return o.to_dict()
        return super().default(o)
