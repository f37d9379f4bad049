"""`mlserver infer`: many requests of a file, many at once."""

from __future__ import annotations

import json
import random
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from ts._cli.errors import CommandError
from ts.compat.mlserver import batching, wire
from ts.compat.mlserver.types import InferenceRequest, InferenceResponse
from ts.compat.mlserver.utils import generate_uuid

_RETRIED = (429, 500, 502, 503, 504)
_PAUSE_SECONDS = 0.1
_HEAD_LENGTH = "Inference-Header-Content-Length"


@dataclass(frozen=True)
class Order:
    """What is to be asked.

    Attributes:
        url: `host:port`.
        model: its name.
        workers: requests at once.
        retries: of a request that failed for no fault of its own.
        batch_size: requests that are joined.
        timeout: of one request, in seconds.
        headers: of each request.
        interval: pause of a worker before each request, in seconds.
        jitter: most that is added to it by chance, in seconds.
        is_secure: whether TLS is spoken.
        is_checked: whether the server's certificate is.
        is_binary: whether tensors go as bytes behind the JSON.
    """

    url: str
    model: str
    workers: int
    retries: int
    batch_size: int
    timeout: float
    headers: Mapping[str, str]
    interval: float
    jitter: float
    is_secure: bool
    is_checked: bool
    is_binary: bool = False

    @property
    def address(self) -> str:
        """Of the model."""
        scheme = "https" if self.is_secure else "http"
        return f"{scheme}://{self.url.rstrip('/')}/v2/models/{self.model}/infer"


@dataclass(frozen=True)
class _Line:
    """A request of the file, by its place in it."""

    index: int
    request: InferenceRequest | None
    fault: str | None = None


def run(order: Order, lines: Sequence[str], output: Any, report: Any = sys.stderr) -> int:
    """Asks for each line and writes an answer, or what went wrong, for each, in their order.

    Returns:
        0; 1 if a line has no answer.
    """
    begun = time.monotonic()
    found = [_read(index, line) for index, line in enumerate(lines) if line.strip()]
    answers: dict[int, dict[str, Any]] = {
        line.index: _failed(line.fault or "") for line in found if line.request is None
    }
    good = [line for line in found if line.request is not None]
    lock = threading.Lock()

    def ask(batch: list[_Line]) -> None:
        told = _asked(order, batch)
        with lock:
            answers.update(told)

    with ThreadPoolExecutor(order.workers) as pool:
        list(pool.map(ask, _batches(good, order.batch_size)))
    failed = 0
    for index in sorted(answers):
        answer = answers[index]
        failed += "error" in answer
        answer.setdefault("parameters", {})["batch_index"] = index
        output.write(json.dumps(answer, ensure_ascii=False) + "\n")
    seconds = time.monotonic() - begun
    print(f"{len(answers)} requests, {failed} failed, {seconds:.1f} s", file=report)
    return 1 if failed else 0


def _failed(why: str) -> dict[str, Any]:
    """Returns a line of the output for a request that has no answer; what reads them knows this status."""
    return {"error": {"status": "preprocessing error", "msg": why}}


def _read(index: int, line: str) -> _Line:
    try:
        request = InferenceRequest.model_validate_json(line)
    except ValueError as fault:
        return _Line(index, None, f"line {index + 1}: {fault} (expected: a request)")
    if not request.id:
        request.id = generate_uuid()
    return _Line(index, request)


def _batches(lines: Sequence[_Line], size: int) -> Iterator[list[_Line]]:
    """Yields lines that can be joined, at most `size` at a time."""
    waiting: dict[Any, list[_Line]] = {}
    for line in lines:
        assert line.request is not None
        key = batching.key_of(line.request)
        if key is None or size == 1:
            yield [line]
            continue
        together = waiting.setdefault(key, [])
        together.append(line)
        if len(together) == size:
            yield waiting.pop(key)
    yield from waiting.values()


def _asked(order: Order, lines: list[_Line]) -> dict[int, dict[str, Any]]:
    requests = [line.request for line in lines if line.request is not None]
    merged = requests[0] if len(requests) == 1 else batching.merged(requests)
    if order.interval or order.jitter:
        time.sleep(order.interval + random.uniform(0, order.jitter))
    # The answers' parameters name the request that was sent.
    sent = merged.id or generate_uuid()
    merged.id = sent
    try:
        answer = InferenceResponse.model_validate_json(_post(order, merged))
        parts = [answer] if len(requests) == 1 else batching.divided(answer, requests)
        found = {}
        for line, part in zip(lines, parts, strict=True):
            told = json.loads(wire.json_answer(part))
            told.setdefault("parameters", {})["inference_id"] = sent
            found[line.index] = told
        return found
    except Exception as fault:
        return {line.index: _failed(str(fault)) for line in lines}


def _post(order: Order, asked: InferenceRequest) -> bytes:
    head, tail = _body(asked, order.is_binary)
    headers = {"Content-Type": "application/json", **_naming(str(asked.id)), **order.headers}
    if order.is_binary:
        headers[_HEAD_LENGTH] = str(len(head))
    request = urllib.request.Request(order.address, head + tail, headers)
    for left in reversed(range(order.retries + 1)):
        try:
            with urllib.request.urlopen(request, timeout=order.timeout, context=_tls(order)) as reply:
                found: bytes = reply.read()
                return found
        except urllib.error.HTTPError as fault:
            text = fault.read().decode("utf-8", "replace")
            if fault.code not in _RETRIED or not left:
                raise CommandError(f"{fault.code}: {_error(text)}") from fault
        except OSError as fault:
            if not left:
                raise CommandError(f"{order.address}: {fault}") from fault
        time.sleep(_PAUSE_SECONDS)
    raise AssertionError("unreachable: the last try returns or raises")


def _naming(request_id: str) -> dict[str, str]:
    """Headers by which logs find a request; an id that can't be one has none."""
    if not request_id.isascii() or not request_id.isprintable():
        return {}
    return {"seldon-puid": request_id, "x-request-id": request_id}


def _body(asked: InferenceRequest, is_binary: bool) -> tuple[bytes, bytes]:
    """Returns the JSON of a request, and the bytes behind it.

    Raises:
        MLServerError: an input's data are not of its type and shape.
    """
    if not is_binary:
        return asked.model_dump_json().encode("utf-8"), b""
    said = asked.model_dump(mode="json", exclude={"inputs"})
    inputs, tail = [], []
    for one in asked.inputs:
        tensor = wire.tensor_of(one)
        data = bytes(tensor.data)
        parameters = {**tensor.parameters, "binary_data_size": len(data)}
        shape = list(tensor.shape)
        inputs.append(
            {"name": one.name, "datatype": tensor.datatype, "shape": shape, "parameters": parameters}
        )
        tail.append(data)
    return json.dumps({**said, "inputs": inputs}).encode("utf-8"), b"".join(tail)


def _error(text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text[:1000]


def _tls(order: Order) -> Any:
    if not order.is_secure:
        return None
    import ssl

    found = ssl.create_default_context()
    if not order.is_checked:
        found.check_hostname = False
        found.verify_mode = ssl.CERT_NONE
    return found
