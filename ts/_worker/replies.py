"""One entry of a handler's answer, or a failure, as a reply item."""

from __future__ import annotations

from typing import Any

from ts._wire.codec import encode_pairs
from ts._wire.messages import ErrorCode, ReplyItem
from ts._worker.model import LoadedModel
from ts._worker.outcome import Failure, WrongOutput, failure_of
from ts._worker.outputs import encode_output
from ts._worker.traces import print_traceback
from ts.context import RequestProcessor


def checked(answer: Any, count: int) -> list[Any]:
    """Returns what a handler answered to so many requests.

    Raises:
        WrongOutput: it is no list, or one of another length.
    """
    if not isinstance(answer, list):
        text = f"output: {type(answer).__name__} (expected: a list with one entry for each request)"
        raise WrongOutput(Failure(ErrorCode.OUTPUT_NOT_A_LIST, text))
    if len(answer) != count:
        text = f"output: a list of {len(answer)} (expected: {count}, one entry for each request)"
        raise WrongOutput(Failure(ErrorCode.OUTPUT_COUNT, text))
    return answer


def error_reply(item_id: int, failure: Failure, flags: int = 0) -> ReplyItem:
    """Returns the reply item that tells a failure."""
    block = encode_pairs(failure.headers) if failure.headers else b""
    message = failure.message.encode("utf-8", "replace")
    return ReplyItem(item_id, message, failure.status, flags, failure.code, "", "", block)


def entry_reply(
    item_id: int, value: Any, processor: RequestProcessor | None, model: LoadedModel
) -> tuple[ReplyItem, bool]:
    """Returns one entry of an answer as a reply item, and whether it shows that the process is spent.

    Args:
        value: what the handler answered; an exception is that item's failure.
        processor: holds status and headers; None: the handler looked at none.
    """
    if isinstance(value, Exception):
        failure = failure_of(value)
        return error_reply(item_id, failure), failure.spent
    try:
        body, content_type = encode_output(value, model.non_finite)
    except Exception as fault:
        failure = failure_of(fault)
        if failure.code != ErrorCode.OUTPUT_TYPE:
            print_traceback(fault, f"model {model.context.model_name}: an answer could not be encoded")
        return error_reply(item_id, failure), failure.spent
    limit = model.max_response_size
    if len(body) > limit:
        text = f"reply body: {len(body)} bytes (expected: <= {limit}, max_response_size)"
        return error_reply(item_id, Failure(ErrorCode.REPLY_TOO_LARGE, text)), False
    if processor is None:
        return ReplyItem(item_id, body, content_type=content_type), False
    status, reason, headers = processor.reply_parts()
    if not headers:
        return ReplyItem(item_id, body, status, 0, 0, reason, content_type, b""), False
    pairs = []
    for name, text in headers.items():
        if name.lower() == "content-type":
            content_type = str(text)
        else:
            pairs.append((str(name), str(text)))
    return ReplyItem(item_id, body, status, 0, 0, reason, content_type, encode_pairs(pairs)), False
