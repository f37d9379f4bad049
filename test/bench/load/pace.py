"""The rate of work that comes in bunches, and percentiles of latencies."""

from __future__ import annotations

import math
from collections.abc import Sequence


def rate(ends: Sequence[float]) -> float:
    """Returns answers per second: the slope of the number of answers over the time of each.

    Answers of a batch arrive together. Counting them over a fixed time would be wrong by up to a batch,
    several percent in a short run; the slope of the least squares through (time, number) is exact for even
    bunches.

    Args:
        ends: when each answer came, in seconds, in order.

    Raises:
        ValueError: fewer than two answers, or all at the same time.
    """
    count = len(ends)
    if count < 2:
        raise ValueError(f"{count} answers (expected: >= 2)")
    time = math.fsum(ends) / count
    number = (count - 1) / 2
    spread = math.fsum((end - time) ** 2 for end in ends)
    if spread == 0:
        raise ValueError(f"{count} answers at the same time (expected: at different times)")
    return math.fsum((end - time) * (index - number) for index, end in enumerate(ends)) / spread


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the smallest value that at least this share (0 to 1) of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
