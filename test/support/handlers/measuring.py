"""Emits metrics as the body says: JSON, a list of calls of `context.metrics`. `exit` ends the process."""

import json
import os

from ts.metrics.dimension import Dimension
from ts.metrics.metric_type_enum import MetricTypes


class Measuring:
    def initialize(self, context):
        context.metrics.add_counter("Loads", 1)
        self.named = context.metrics.add_metric_to_cache(
            "Named", "count", ["ModelName", "Kind"], MetricTypes.HISTOGRAM
        )

    def handle(self, data, context):
        for row in data:
            for call in json.loads(row["body"]):
                self.emit(call, context)
        return [str(os.getpid())] * len(data)

    def emit(self, call, context):
        name, *arguments = call
        if name == "exit":
            os._exit(3)
        if name == "named":
            self.named.add_or_update(arguments[0], [context.model_name, arguments[1]])
        elif name == "print":
            print(*arguments)
        elif name == "add_metric":
            metric, value, unit, dimensions, kind = arguments
            made = [Dimension(*pair) for pair in dimensions.items()]
            context.metrics.add_metric(metric, value, unit, None, made, MetricTypes(kind))
        else:
            getattr(context.metrics, name)(*arguments)
