"""Fails to load as often as the file named by LOADS_TO_FAIL says; each attempt counts it down."""

import os
import pathlib
import sys


class FailingLoads:
    """Answers like an echo once it is loaded."""

    def initialize(self, context):
        file = pathlib.Path(os.environ["LOADS_TO_FAIL"])
        left = int(file.read_text())
        if left > 0:
            # Whoever reads it meanwhile sees one number or the other.
            fresh = file.with_suffix(".new")
            fresh.write_text(str(left - 1))
            fresh.replace(file)
            print("the loader looked for weights", file=sys.stderr)
            raise RuntimeError(f"no weights yet, {left} more failures")

    def handle(self, data, context):
        return [row.get("body") for row in data]
