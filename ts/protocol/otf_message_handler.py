"""Names that handlers of earlier servers import from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ts._wire.channel import Channel
from ts._wire.codec import encode_pairs, encode_reply
from ts._wire.messages import Frame, FrameType, ReplyItem
from ts._worker.non_finite import NonFinite
from ts._worker.outputs import encode_output
from ts.context import Context
from ts.utils.util import deprecated

_OK = 200


@deprecated("1.0", "ts.handler_utils.utils.send_intermediate_predict_response")
def send_intermediate_predict_response(
    ret: Sequence[Any],
    req_id_map: Mapping[int, str] | None,
    message: str,
    code: int,
    context: Context | None = None,
) -> None:
    """The older place of `ts.handler_utils.utils.send_intermediate_predict_response`."""
    from ts.handler_utils import utils

    utils.send_intermediate_predict_response(ret, req_id_map, message, code, context)


def encode_response_headers(resp_hdr_map: Mapping[str, str]) -> bytes:
    """Returns reply headers as a header block."""
    return encode_pairs((str(name), str(value)) for name, value in resp_hdr_map.items())


def create_predict_response(
    ret: Sequence[Any] | None,
    req_id_map: Mapping[int, str],
    message: str,
    code: int,
    context: Context | None = None,
    ts_stream_next: bool | None = None,
) -> bytes:
    """Returns a RESULT (or, while a stream goes on, a PIECE) frame with one reply for each request.

    The worker writes its own frames; this is for tests and tools. Ids in the frame are the batch's indexes.

    Args:
        ret: the answers; None when the whole batch has the error `message`.
        req_id_map: index in the batch to request id.
        message: the error of the whole batch when `ret` is None.
        code: HTTP status.
        context: gives status and headers of each reply.
        ts_stream_next: whether more pieces follow.
    """
    items = []
    for index in req_id_map:
        status, reason, headers = (
            (0, "", None) if context is None else context.request_processor[index].reply_parts()
        )
        if ret is None:
            items.append(ReplyItem(index, message.encode("utf-8"), code, 0, 1))
            continue
        body, content_type = encode_output(ret[index], NonFinite.TEXT)
        rest = dict(headers or {})
        content_type = str(rest.pop("content-type", content_type))
        status = status or (0 if code == _OK else code)
        items.append(
            ReplyItem(index, body, status, 0, 0, reason, content_type, encode_response_headers(rest))
        )
    kind = FrameType.PIECE if ts_stream_next else FrameType.RESULT
    return b"".join(encode_reply(kind, 0, 0, 0, items)[0])


def create_load_model_response(code: int, message: str) -> dict[str, str]:
    """Returns the fields of a LOADED frame."""
    if code == _OK:
        return {"status": "ok", "mode": "serial", "slots": "1"}
    return {"status": "failed", "error": "LOAD_FAILED", "message": message}


def retrieve_msg(conn: Any) -> list[Frame]:
    """Reads from a connected socket until at least one frame is complete; returns all that are."""
    channel = Channel(conn)
    frames: list[Frame] = []
    while not frames:
        frames = channel.receive()
    return frames
