"""Says its name before what it is given; a body that begins with KILL ends its worker."""

import os
import signal


class Branch:
    def initialize(self, context):
        self.name = context.model_name.rpartition("__")[2]

    def handle(self, data, context):
        rows = [bytes(row.get("data") or row.get("body")) for row in data]
        if rows[0].startswith(b"KILL"):
            os.kill(os.getpid(), signal.SIGKILL)
        return [f"{self.name}:".encode() + row for row in rows]
