"""The worker's fixtures, and the folder of the suite, whose modules its tests import."""

from __future__ import annotations

import sys
from pathlib import Path

from ts.tests.conftest import frontend, nothing_frozen_at_the_end, unchanged_process, worker, workers

__all__ = ["frontend", "nothing_frozen_at_the_end", "unchanged_process", "worker", "workers"]

sys.path.insert(0, str(Path(__file__).parent))
