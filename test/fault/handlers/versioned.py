"""Answers with its model's version; `unloadable` in its settings fails the load, `poison` in a body a run.

`began` in the settings names a file that tells that a load has begun which never ends.
"""

import pathlib
import threading


class Versioned:
    def initialize(self, context):
        if context.model_yaml_config.get("unloadable"):
            raise RuntimeError("weights are missing")
        began = context.model_yaml_config.get("began")
        if began:
            pathlib.Path(began).touch()
            threading.Event().wait()
        self.version = context.manifest["model"]["modelVersion"]

    def handle(self, data, context):
        if any("poison" in str(row.get("body")) for row in data):
            raise ValueError("poison")
        return [self.version] * len(data)
