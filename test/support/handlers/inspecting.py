"""Answers with everything that the handler was given, as JSON."""

import os
from pathlib import Path


def _shown(value):
    if isinstance(value, (bytes, bytearray)):
        return value.decode("latin-1")
    return value


class Inspector:
    """Describes its requests; counts its calls to show that one instance serves them all."""

    def __init__(self):
        self.calls = 0

    def initialize(self, context):
        self.context_at_load = {
            "system_properties": {k: v for k, v in context.system_properties.items() if k != "model_dir"},
            "cwd_is_model_dir": Path.cwd().resolve()
            == Path(context.system_properties["model_dir"]).resolve(),
            "manifest": context.manifest["model"],
            "yaml": context.model_yaml_config,
        }

    def handle(self, data, context):
        self.calls += 1
        return [self._report(index, row, context) for index, row in enumerate(data)]

    def _report(self, index, row, context):
        headers = context.get_all_request_header(index)
        return {
            "rows": len(context.request_ids),
            "types": {key: type(value).__name__ for key, value in row.items()},
            "values": {key: _shown(value) for key, value in row.items()},
            "headers": dict(headers),
            "request_id": context.get_request_id(index),
            "model_name": context.model_name,
            "calls": self.calls,
            "pid": os.getpid(),
            "pythonpath": os.environ.get("PYTHONPATH", ""),
            "load": self.context_at_load,
        }
