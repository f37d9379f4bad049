"""A model of the same module name as its neighbours."""

from __future__ import annotations

import os
import sys

import numpy as np

from ts.compat.mlserver import MLModel
from ts.compat.mlserver.codecs import decode_args


class Where(MLModel):
    """Says in which process and which Python it is."""

    @decode_args
    async def predict(self, x: np.ndarray) -> tuple[np.ndarray, list[str]]:
        return np.array([[os.getpid()]]), [sys.prefix]
