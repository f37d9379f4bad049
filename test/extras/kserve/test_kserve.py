"""The released KServe SDK, its REST and gRPC clients, against a running server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import grpc
import httpx
import numpy as np
import pytest
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from support.packing import pack
from support.server import RunningServer

HERE = Path(__file__).parent
X = {"name": "x", "datatype": "FP32", "shape": [-1, 2]}
Y = {"name": "y", "datatype": "FP32", "shape": [-1, 2]}
ROWS = np.array([[1, 2.5]], np.float32)
T = TypeVar("T")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("kserve") / "server"
    store = base / "store"
    store.mkdir(parents=True)
    pack(store, "double", "doubling_tensors", config={"tensors": {"inputs": [X], "outputs": [Y]}})
    pack(store, "same", str(HERE / "same.py"), config={"tensors": {}})
    pack(store, "sums", str(HERE / "summing.py"))
    with RunningServer(base, models=["double=double.mar", "same=same.mar", "sums=sums.mar"]) as running:
        yield running


def rest(server: RunningServer, protocol: str, call: Callable[[Any, str], Awaitable[T]]) -> T:
    async def run() -> T:
        async with InferenceRESTClient(RESTConfig(protocol=protocol, retries=1, timeout=30)) as client:
            return await call(client, server.inference)

    return asyncio.run(run())


def rpc(server: RunningServer, call: Callable[[Any], Awaitable[T]]) -> T:
    async def run() -> T:
        async with InferenceGRPCClient(server.grpc_inference, retries=0, timeout=30) as client:
            return await call(client)

    return asyncio.run(run())


def tensor(values: Any, datatype: str, binary: bool, name: str = "x") -> Any:
    made = InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return made


def asked(model: str, *inputs: Any, **more: Any) -> Any:
    return InferRequest(model_name=model, infer_inputs=list(inputs), **more)


@pytest.mark.parametrize("protocol", ["v1", "v2"])
def test_the_server_lives_and_its_models_are_ready(server: RunningServer, protocol: str) -> None:
    assert rest(server, protocol, lambda client, url: client.is_server_live(url)) is True
    assert rest(server, protocol, lambda client, url: client.is_model_ready(url, "double")) is True
    if protocol == "v2":
        assert rest(server, protocol, lambda client, url: client.is_server_ready(url)) is True
        assert rest(server, protocol, lambda client, url: client.is_model_ready(url, "lost")) is False
    else:
        with pytest.raises(httpx.HTTPStatusError, match="404"):
            rest(server, protocol, lambda client, url: client.is_model_ready(url, "lost"))


def test_grpc_tells_the_same(server: RunningServer) -> None:
    assert rpc(server, lambda client: client.is_server_live())
    assert rpc(server, lambda client: client.is_server_ready())
    assert rpc(server, lambda client: client.is_model_ready("double"))


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_tensors_go_over_rest_as_json_and_as_bytes(server: RunningServer, there: bool, back: bool) -> None:
    request = asked(
        "double",
        tensor(ROWS, "FP32", there),
        request_id="7",
        request_outputs=[RequestedOutput("y", {"binary_data": back})],
    )
    answer = rest(server, "v2", lambda client, url: client.infer(url, request, model_name="double"))
    assert (answer.id, answer.model_name) == ("7", "double")
    assert answer.outputs[0].as_numpy().tolist() == [[2.0, 5.0]]


@pytest.mark.parametrize("raw", [False, True])
def test_tensors_go_over_grpc_typed_and_raw(server: RunningServer, raw: bool) -> None:
    request = asked("double", tensor(ROWS, "FP32", raw), request_id="7")
    answer = rpc(server, lambda client: client.infer(request))
    assert (answer.id, answer.outputs[0].name) == ("7", "y")
    assert answer.outputs[0].as_numpy().tolist() == [[2.0, 5.0]]


@pytest.mark.parametrize(
    ("datatype", "values"),
    [
        ("BOOL", np.array([[True, False]])),
        ("INT8", np.array([[-1, 2]], np.int8)),
        ("INT64", np.array([[-1, 2]], np.int64)),
        ("UINT16", np.array([[1, 2]], np.uint16)),
        ("FP16", np.array([[1.5, 2]], np.float16)),
        ("FP64", np.array([[1.5, 2]], np.float64)),
        ("BYTES", np.array([[b"a", b"\xc3\xa4"]], object)),
    ],
)
@pytest.mark.parametrize("way", ["rest", "grpc"])
def test_every_datatype_comes_back_as_it_was(
    server: RunningServer, way: str, datatype: str, values: Any
) -> None:
    request = asked("same", tensor(values, datatype, True))
    if way == "rest":
        answer = rest(server, "v2", lambda client, url: client.infer(url, request, model_name="same"))
    else:
        answer = rpc(server, lambda client: client.infer(request))
    found = answer.outputs[0]
    assert (found.datatype, list(found.shape)) == (datatype, [1, 2])
    given = [one.encode() if isinstance(one, str) else one for one in np.array(found.as_numpy()).reshape(-1)]
    assert given == values.reshape(-1).tolist()


def test_the_first_protocol_predicts_and_explains(server: RunningServer) -> None:
    body = {"instances": [[1, 2], [3, 4]]}
    predicted = rest(server, "v1", lambda client, url: client.infer(url, body, model_name="sums"))
    assert predicted == {"predictions": [3, 7]}
    explained = rest(server, "v1", lambda client, url: client.explain(url, "sums", body))
    assert explained == {"explanations": [2, 2]}


def test_a_refusal_says_what_was_expected(server: RunningServer) -> None:
    wrong = asked("double", tensor(ROWS.reshape(2, 1), "FP32", True))
    says = r'input "x": shape \[2, 1\] \(expected: \[-1, 2\]'
    with pytest.raises(httpx.HTTPStatusError, match=says):
        rest(server, "v2", lambda client, url: client.infer(url, wrong, model_name="double"))
    with pytest.raises(grpc.RpcError, match=says):
        rpc(server, lambda client: client.infer(wrong))
