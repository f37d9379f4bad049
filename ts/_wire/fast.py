"""The paths of every request, compiled where that could be done.

`_accelerator.c` is built when the distribution is installed and there is a compiler; it belongs to one
version of Python, and a model may bring another. What it does is defined by its twins in `codec`. These take
its place where it is missing, and always read what it leaves to them: all that is faulty, and all but runs.
"""

from __future__ import annotations

from ts._wire import codec
from ts._wire.messages import Frame

try:
    from ts._wire import _accelerator
except ImportError:
    COMPILED = False
    decode_frames = codec.decode_frames
    encode_answers = codec.encode_answers
    new_buffer = codec.new_buffer
    plain_rows = codec.plain_rows
else:
    COMPILED = True
    encode_answers = _accelerator.encode_answers
    new_buffer = _accelerator.new_buffer
    plain_rows = _accelerator.plain_rows

    def decode_frames(buffer: codec.Buffer, at: int, end: int, max_frame: int, frames: list[Frame]) -> int:
        """See `codec.decode_frames`."""
        at = _accelerator.decode_runs(buffer, at, end, max_frame, frames)
        return at if at == end else codec.decode_frames(buffer, at, end, max_frame, frames)
