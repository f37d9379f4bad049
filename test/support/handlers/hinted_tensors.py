"""Takes tensors, as its type hints say, and gives each back doubled."""

from __future__ import annotations

from typing import Annotated, TypedDict

import numpy as np
from numpy.typing import NDArray

from mariner import Shape

Rows = Annotated[NDArray[np.float32], Shape(-1, 2)]


class Doubled(TypedDict):
    """The outputs."""

    y: Rows


def handle(x: Rows) -> Doubled:
    """Answers with `y`, twice `x`."""
    return {"y": x * 2}
