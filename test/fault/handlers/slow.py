"""Takes a twentieth of a second for each request."""

import threading


class Slow:
    """Answers with the batch size."""

    def initialize(self, context):
        self.context = context

    def handle(self, data, context):
        threading.Event().wait(0.05)
        return [str(len(data))] * len(data)
