"""Never finishes loading."""

import threading


class Sleeper:
    """Waits in `initialize` for what nobody does."""

    def initialize(self, context):
        threading.Event().wait()

    def handle(self, data, context):
        return ["never"] * len(data)
