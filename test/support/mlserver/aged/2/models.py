"""A model of several versions, which imports what lies in the folder that is served."""

from __future__ import annotations

from shared_words import NAME

from ts.compat.mlserver import MLModel
from ts.compat.mlserver.codecs import decode_args


class Aged(MLModel):
    """Says which version it is."""

    @decode_args
    async def predict(self, x: list[str]) -> list[str]:
        return [f"{NAME} {self.version}", *x]
