"""Tensors over REST: as JSON, as bytes behind it, and mixed; what a model says of itself."""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from typing import Any

import pytest
from support import rest
from support.oip import HEADER, infer
from support.server import RunningServer

JSON_X = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2.5]}
BINARY_X = {"name": "x", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}
X_BYTES = struct.pack("<2f", 1, 2.5)
Y_BYTES = struct.pack("<2f", 2, 5)


def test_json_goes_to_a_model_of_tensors_and_comes_back(shared_server: RunningServer) -> None:
    answer = infer(shared_server.inference, "tensors", {"id": "7", "inputs": [JSON_X]})
    assert answer.reply.status == 200, answer.reply.body
    assert answer.reply.headers["content-type"] == "application/json"
    assert answer.head == {
        "id": "7",
        "model_name": "tensors",
        "model_version": "1.0",
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [2.0, 5.0]}],
    }


def test_a_version_may_be_named_in_the_path(shared_server: RunningServer) -> None:
    answer = infer(shared_server.inference, "tensors", {"inputs": [JSON_X]}, version="1.0")
    assert answer.head["outputs"][0]["data"] == [2.0, 5.0]
    lost = infer(shared_server.inference, "tensors", {"inputs": [JSON_X]}, version="7")
    assert (lost.reply.status, lost.head["error"]) == (
        404,
        "Model version: 7 does not exist for model: tensors",
    )


@pytest.mark.parametrize(
    "wish",
    [
        {"parameters": {"binary_data_output": True}},
        {"outputs": [{"name": "y", "parameters": {"binary_data": True}}]},
    ],
)
def test_bytes_go_there_and_come_back(shared_server: RunningServer, wish: dict[str, Any]) -> None:
    answer = infer(shared_server.inference, "tensors", {"inputs": [BINARY_X], **wish}, [X_BYTES])
    assert answer.reply.status == 200, answer.reply.body
    assert HEADER.lower() in answer.reply.headers
    output = answer.head["outputs"][0]
    assert (output["parameters"], "data" in output) == ({"binary_data_size": 8}, False)
    assert answer.tail == Y_BYTES


def test_bytes_come_back_as_json_unless_they_are_wanted(shared_server: RunningServer) -> None:
    answer = infer(shared_server.inference, "tensors", {"inputs": [BINARY_X]}, [X_BYTES])
    assert (answer.head["outputs"][0]["data"], answer.tail) == ([2.0, 5.0], b"")
    assert HEADER.lower() not in answer.reply.headers


def test_json_may_ask_for_bytes(shared_server: RunningServer) -> None:
    wish = {"parameters": {"binary_data_output": True}}
    answer = infer(shared_server.inference, "tensors", {"inputs": [JSON_X], **wish})
    assert answer.tail == Y_BYTES


def test_large_tensors_go_both_ways_in_both_syntaxes(shared_server: RunningServer) -> None:
    rows = 5000
    raw = struct.pack(f"<{2 * rows}f", *range(2 * rows))
    doubled = [float(2 * i) for i in range(2 * rows)]
    shaped = {"name": "x", "datatype": "FP32", "shape": [rows, 2]}
    behind = infer(
        shared_server.inference,
        "tensors",
        {
            "inputs": [{**shaped, "parameters": {"binary_data_size": len(raw)}}],
            "parameters": {"binary_data_output": True},
        },
        [raw],
    )
    assert struct.unpack(f"<{2 * rows}f", behind.tail) == tuple(doubled)
    inside = infer(
        shared_server.inference, "tensors", {"inputs": [{**shaped, "data": list(range(2 * rows))}]}
    )
    assert inside.head["outputs"][0]["data"] == doubled


def test_a_model_without_tensors_gets_json_whatever_came(shared_server: RunningServer) -> None:
    answer = infer(shared_server.inference, "echo", {"id": "a", "inputs": [BINARY_X]}, [X_BYTES])
    assert answer.reply.status == 200, answer.reply.body
    assert answer.head["inputs"] == [JSON_X | {"data": [1.0, 2.5]}]
    untouched = b'{"inputs" : "whatever the handler takes"}'
    assert infer(shared_server.inference, "echo", untouched).reply.body == untouched


def test_an_event_stream_of_one_answer_is_one_event(shared_server: RunningServer) -> None:
    reply = rest.call(
        shared_server.inference,
        "POST",
        "/v2/models/tensors/generate_stream",
        json.dumps({"inputs": [JSON_X]}).encode(),
    )
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.body.startswith(b"data: {")
    assert b'"data":[2.0,5.0]' in reply.body


@pytest.mark.parametrize(("coding", "unpack"), [("gzip", gzip.decompress), ("deflate", zlib.decompress)])
def test_bodies_may_be_packed_both_ways(shared_server: RunningServer, coding: str, unpack: Any) -> None:
    rows = 1000
    body = json.dumps(
        {"inputs": [{"name": "x", "datatype": "FP32", "shape": [rows, 2], "data": [1] * (2 * rows)}]}
    ).encode()
    packed = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    reply = rest.call(
        shared_server.inference,
        "POST",
        "/v2/models/tensors/infer",
        packed,
        headers={"Content-Encoding": coding, "Accept-Encoding": coding},
    )
    assert (reply.status, reply.headers.get("content-encoding")) == (200, coding)
    assert json.loads(unpack(reply.body))["outputs"][0]["data"] == [2.0] * (2 * rows)


def test_a_small_answer_is_not_packed(shared_server: RunningServer) -> None:
    answer = infer(
        shared_server.inference, "tensors", {"inputs": [JSON_X]}, headers={"Accept-Encoding": "gzip"}
    )
    assert "content-encoding" not in answer.reply.headers


def test_a_model_tells_its_inputs_and_outputs(shared_server: RunningServer) -> None:
    for path in ("/v2/models/tensors", "/v2/models/tensors/versions/1.0"):
        assert rest.call(shared_server.inference, "GET", path).json() == {
            "name": "tensors",
            "versions": ["1.0"],
            "platform": "pytorch_mar",
            "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
            "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1, 2]}],
        }
    lost = rest.call(shared_server.inference, "GET", "/v2/models/tensors/versions/7")
    assert (lost.status, "error" in lost.json()) == (404, True)


def test_the_server_tells_what_it_is(shared_server: RunningServer) -> None:
    told = rest.call(shared_server.inference, "GET", "/v2").json()
    assert told["name"] == "mariner"
    assert "binary_tensor_data" in told["extensions"]


def test_a_configuration_is_what_tritons_clients_read(shared_server: RunningServer) -> None:
    config = rest.call(shared_server.inference, "GET", "/v2/models/tensors/config").json()
    assert config["max_batch_size"] == 0
    assert config["input"] == [{"name": "x", "data_type": "TYPE_FP32", "dims": [-1, 2]}]


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"timeout": "soon"}, "parameter timeout: soon (expected: a number of microseconds)"),
        ({"priority": -1}, "parameter priority: -1 (expected: high, normal, low, or a number from 0 on)"),
        ({"sequence_id": True}, "parameter sequence_id: true (expected: a number or a text)"),
        ({"sequence_start": 1}, "parameter sequence_start: 1 (expected: true or false)"),
        ({"binary_data_output": 1}, "parameters.binary_data_output: 1 (expected: true or false)"),
    ],
)
def test_parameters_that_mean_nothing_are_refused(
    shared_server: RunningServer, parameters: dict[str, Any], error: str
) -> None:
    answer = infer(shared_server.inference, "tensors", {"inputs": [JSON_X], "parameters": parameters})
    assert (answer.reply.status, answer.head) == (400, {"error": error})


@pytest.mark.parametrize("wish", [{"classification": 3}, {"shared_memory_region": "mine"}])
def test_what_tritons_clients_would_miss_in_an_output_is_refused(
    shared_server: RunningServer, wish: dict[str, Any]
) -> None:
    asked = {"inputs": [JSON_X], "outputs": [{"name": "y", "parameters": wish}]}
    answer = infer(shared_server.inference, "tensors", asked)
    ((name, value),) = wish.items()
    assert answer.reply.status == 400
    assert answer.head["error"].startswith(f'output "y": {name}: {value} (expected: none')


def test_a_timeout_in_microseconds_ends_the_wait(shared_server: RunningServer) -> None:
    answer = infer(
        shared_server.inference, "tensors", {"inputs": [JSON_X], "parameters": {"timeout": 60_000_000}}
    )
    assert answer.reply.status == 200
    late = infer(shared_server.inference, "tensors", {"inputs": [JSON_X], "parameters": {"timeout": 1}})
    assert late.reply.status == 504, late.reply.body


def test_a_model_whose_type_hints_say_its_tensors_is_one_of_tensors(shared_server: RunningServer) -> None:
    told = rest.call(shared_server.inference, "GET", "/v2/models/hinted").json()
    assert told["inputs"] == [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}]
    assert told["outputs"] == [{"name": "y", "datatype": "FP32", "shape": [-1, 2]}]
    asked = {"inputs": [BINARY_X], "parameters": {"binary_data_output": True}}
    assert infer(shared_server.inference, "hinted", asked, [X_BYTES]).tail == Y_BYTES
    document = rest.call(shared_server.inference, "GET", "/openapi.json").json()
    operation = document["paths"]["/v2/models/hinted/infer"]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    assert infer(shared_server.inference, "hinted", example).reply.status == 200


def test_a_request_that_its_hints_do_not_take_never_reaches_it(shared_server: RunningServer) -> None:
    wrong = infer(shared_server.inference, "hinted", {"inputs": [{**JSON_X, "shape": [2, 1]}]})
    assert wrong.reply.status == 400
    assert wrong.head["error"] == 'input "x": shape [2, 1] (expected: [-1, 2], where -1 is any)'
    lost = infer(shared_server.inference, "hinted", {"inputs": [JSON_X], "outputs": [{"name": "z"}]})
    assert (lost.reply.status, 'output "z" is unknown' in lost.head["error"]) == (400, True)


@pytest.mark.parametrize("binary", [False, True])
def test_what_kserves_sdk_sends_is_taken(shared_server: RunningServer, binary: bool) -> None:
    # Recorded from kserve 0.21: InferenceRESTClient.infer of InferRequest.to_rest().
    where = b'"parameters":{"binary_data_size":8}' if binary else b'"data":[1.0,2.5]'
    flag = b"true" if binary else b"false"
    head = (
        b'{"id":"7","model_name":"tensors","inputs":[{"name":"x","shape":[1,2],"datatype":"FP32",%s}],'
        b'"outputs":[{"name":"y","parameters":{"binary_data":%s}}]}' % (where, flag)
    )
    kind = "application/octet-stream" if binary else "application/json"
    sent = {"Content-Type": kind, "Accept": "*/*", "Accept-Encoding": "gzip, deflate"}
    answer = infer(shared_server.inference, "tensors", head, [X_BYTES] if binary else [], headers=sent)
    assert (answer.reply.status, answer.head["id"]) == (200, "7"), answer.reply.body
    assert answer.tail == (Y_BYTES if binary else b"")


def test_kserves_sdk_asks_the_root_whether_the_server_lives(shared_server: RunningServer) -> None:
    assert rest.call(shared_server.inference, "GET", "/").json()["status"] == "alive"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/v2/trace/setting", {"trace_level": ["OFF"]}),
        ("/v2/logging", {"log_verbose_level": 0}),
        ("/v2/systemsharedmemory/status", []),
        ("/v2/cudasharedmemory/status", []),
    ],
)
def test_what_tritons_clients_ask_about_what_there_is_not_is_answered(
    shared_server: RunningServer, path: str, told: Any
) -> None:
    found = rest.call(shared_server.inference, "GET", path).json()
    assert {**found, **told} == found if isinstance(told, dict) else found == told
    changed = rest.call(shared_server.inference, "POST", path, b"{}")
    assert (changed.status, "error" in changed.json()) == (405, True)


def test_the_description_is_also_where_mlserver_has_it(shared_server: RunningServer) -> None:
    page = rest.call(shared_server.inference, "GET", "/v2/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert 'data-openapi="/v2/docs/dataplane.json"' in page.text
    whole = rest.call(shared_server.inference, "GET", "/v2/docs/dataplane.json").json()
    assert "/v2/models/{model}/infer" in whole["paths"]
    for place in ("/v2/models/tensors", "/v2/models/tensors/versions/1.0"):
        page = rest.call(shared_server.inference, "GET", f"{place}/docs")
        assert f'data-openapi="{place}/docs/dataplane.json"' in page.text
        own = rest.call(shared_server.inference, "GET", f"{place}/docs/dataplane.json").json()
        content = own["paths"]["/v2/models/tensors/infer"]["post"]["requestBody"]["content"]
        example = content["application/json"]["example"]
        assert infer(shared_server.inference, "tensors", example).reply.status == 200
    lost = rest.call(shared_server.inference, "GET", "/v2/models/nobody/docs/dataplane.json")
    assert (lost.status, "error" in lost.json()) == (404, True)
