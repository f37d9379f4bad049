"""Answers with its model's version; `unloadable` in its settings fails the load, `poison` in a body a run."""


class Versioned:
    def initialize(self, context):
        if context.model_yaml_config.get("unloadable"):
            raise RuntimeError("weights are missing")
        self.version = context.manifest["model"]["modelVersion"]

    def handle(self, data, context):
        if any("poison" in str(row.get("body")) for row in data):
            raise ValueError("poison")
        return [self.version] * len(data)
