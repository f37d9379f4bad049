"""Can't be loaded, in the way that its model's name says."""

import os
import signal
import sys


class Ending:
    """Ends before it serves."""

    def initialize(self, context):
        getattr(self, context.model_name)()

    def raising(self):
        raise ValueError("no weights here")

    def leaving(self):
        sys.exit("no licence")

    def importing(self):
        import absent_dependency  # noqa: F401

    def quitting(self):
        sys.stderr.write("last words\n")
        os._exit(3)

    def crashing(self):
        os.kill(os.getpid(), signal.SIGSEGV)

    def handle(self, data, context):
        return ["never"] * len(data)
