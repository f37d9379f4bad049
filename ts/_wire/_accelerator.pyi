from collections.abc import Sequence, Set
from typing import Any

from ts._wire.messages import Frame, RequestItem

def decode_runs(
    buffer: bytearray | bytes, at: int, end: int, max_frame: int, frames: list[Frame], /
) -> int: ...
def encode_answers(
    model: int, run: int, items: Sequence[RequestItem], answers: list[Any], limit: int, /
) -> bytes | None: ...
def plain_rows(items: Sequence[RequestItem], plain: Set[str] | None, /) -> list[dict[str, Any]] | None: ...
