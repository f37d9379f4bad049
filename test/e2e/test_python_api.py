"""Applications of the Python API on a real server: content types, batches, streams, pipelines, archives."""

from __future__ import annotations

import io
import json
import signal
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import grpc
import msgspec
import numpy as np
import pytest
from support import rest, rpc
from support.oip import infer
from support.operator import Operator
from support.places import ROOT
from support.server import RunningServer
from support.waiting import eventually

from mariner import transport
from mariner.app import app_of
from mariner.packing import pack
from mariner.requests import body_of
from mariner.source import load_script

SCRIPT = ROOT / "test" / "support" / "apps" / "everything.py"
PIPELINE = ROOT / "examples" / "pipeline" / "app.py"
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    base = tmp_path_factory.mktemp("python-api")
    app = app_of(load_script(SCRIPT), "app")
    folder = app.plan().write(base / "app")
    only = app_of(load_script(SCRIPT), "double")
    store = base / "server" / "store"
    packed = pack(only, store)
    other = app_of(load_script(SCRIPT.with_name("unfit.py")), "app").plan(documents=False)
    unfit = other.write(base / "unfit")
    arguments = ["--app", str(folder), str(unfit), "--models", f"double={packed.path.name}"]
    with RunningServer(base / "server", arguments=arguments) as running:
        yield running


def post(server: RunningServer, path: str, body: Any = b"", kind: str = "", **headers: str) -> rest.Reply:
    given = {**({"Content-Type": kind} if kind else {}), **headers}
    return rest.call(server.inference, "POST", path, body, given)


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def multipart(data: Mapping[str, str], files: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    kind, body = body_of(data=data, files=files)
    return body, kind


ADDED = {"total": 6.0, "mark": None}
TYPED_FIELD = (
    b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; '
    b'name="items"\r\nContent-Type: application/json\r\n\r\n[{"x": 5}]\r\n--b--\r\n'
)


@pytest.mark.parametrize(
    ("path", "body", "kind", "answer"),
    [
        ("/add", b'{"a": 1, "items": [{"x": 5}]}', "application/json", ADDED),
        ("/add", msgspec.msgpack.encode({"a": 1, "items": [{"x": 5}]}), "application/msgpack", ADDED),
        ("/add?a=1&scale=2", b'{"items": [{"x": 2}]}', "application/json", ADDED),
        ("/add", *multipart({"a": "1"}, {"items": ("application/json", b'[{"x": 5}]')}), ADDED),
        ("/add", TYPED_FIELD, "multipart/form-data; boundary=b", ADDED),
        ("/double", b"[[1, 2]]", "application/json", [[2.0, 4.0]]),
        ("/double", npy(np.ones((1, 2), np.float32)), "application/x-npy", [[2.0, 2.0]]),
        ("/size", b"\x00\x01", "image/png", {"size": 2, "type": "image/png"}),
        ("/size", *multipart({}, {"file": ("text/csv", b"a,b")}), {"size": 3, "type": "text/csv"}),
        ("/split", b"a b", "text/plain", ["a", "b"]),
        ("/split", b"text=a+b", "application/x-www-form-urlencoded", ["a", "b"]),
        ("/split?text=a%20b", b"", "", ["a", "b"]),
    ],
    ids=[
        "json",
        "msgpack",
        "query",
        "parts",
        "typed-field",
        "numbers",
        "npy",
        "picture",
        "file",
        "text",
        "form",
        "query-only",
    ],
)
def test_bodies_are_read_by_their_type(
    server: RunningServer, path: str, body: bytes, kind: str, answer: Any
) -> None:
    reply = post(server, path, body, kind)
    assert reply.status == 200, reply.text
    assert reply.json() == answer


def test_answers_have_the_form_that_the_client_likes(server: RunningServer) -> None:
    reply = post(server, "/double", b"[[1, 2]]", "application/json", Accept="application/x-npy")
    assert np.load(io.BytesIO(reply.body)).tolist() == [[2.0, 4.0]]
    refused = post(server, "/double", b"[[1, 2]]", "application/json", Accept="image/png")
    assert refused.status == 406


@pytest.mark.parametrize(
    ("path", "body", "kind", "status", "message"),
    [
        (
            "/add",
            b'{"a": 1, "items": [{"x": "a"}]}',
            "application/json",
            422,
            'items[0].x: expected int, got "a"',
        ),
        ("/add", b'{"a": 1}', "application/json", 422, "body.items: missing"),
        ("/add", b"{", "application/json", 400, "body: expected JSON"),
        ("/double", b"[1, 2]", "application/json", 422, "body: expected shape [-1, 2], got [2]"),
        ("/split", b"", "", 422, "text: missing (expected: str)"),
        ("/total", b"nothing", "text/plain", 402, "nothing to split"),
        ("/count", b"9", "application/json", 409, "too many"),
    ],
)
def test_failures_name_field_and_expectation(
    server: RunningServer, path: str, body: bytes, kind: str, status: int, message: str
) -> None:
    reply = post(server, path, body, kind)
    assert reply.status == status, reply.text
    assert message in reply.json()["message"]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/unfit", b"lock", "unfit: its answer: lock has no form in an answer (expected: a dataclass"),
        ("/unfit/on", b"lock", "Error executing unfit: "),
        (
            "/unfit/on",
            b"lock",
            "unfit: lock can't go to another stage: cannot pickle '_thread.lock' object (",
        ),
        ("/unfit/on", b"text", "unfit: a stream to another stage (expected: one value)"),
        ("/unfit/short", b"text", "short: a list of 0 (expected: 1, one entry for each request)"),
    ],
)
def test_an_answer_that_can_not_be_sent_names_stage_and_expectation(
    server: RunningServer, path: str, body: bytes, message: str
) -> None:
    reply = post(server, path, body, "text/plain")
    assert reply.status == 500
    assert message in reply.json()["message"]


def test_one_bad_request_of_a_batch_fails_alone(server: RunningServer) -> None:
    with ThreadPoolExecutor(3) as threads:
        replies = list(
            threads.map(lambda body: post(server, "/halve", body, "application/json"), [b"4", b"3", b"8"])
        )
    assert [reply.status for reply in replies] == [200, 409, 200]
    assert [replies[0].json(), replies[2].json()] == [[2, 3], [4, 3]]


def test_streams_come_as_lines_or_events(server: RunningServer) -> None:
    assert post(server, "/count", b"2", "application/json").text == '{"step":0}\n{"step":1}\n'
    events = post(server, "/count", b"2", "application/json", Accept="text/event-stream")
    assert 'data: {"step":0}\n\n' in events.text.replace("data:{", "data: {")
    assert post(server, "/tokens", b"a b c", "text/plain").text == "a b c "


def test_values_pass_from_stage_to_stage(server: RunningServer) -> None:
    assert post(server, "/total", b"a b", "text/plain").json() == float((np.arange(200_000.0) + 3).sum())


def test_a_client_can_not_speak_as_another_stage(server: RunningServer) -> None:
    forged = bytes(transport.encode(np.arange(3.0)))
    for kind in (transport.CONTENT_TYPE, "application/octet-stream"):
        reply = post(server, "/predictions/everything__total", forged, kind)
        assert reply.status in (415, 422), reply.text


def test_branches_are_joined(server: RunningServer) -> None:
    answer = post(server, "/join", b"x y z", "text/plain").json()
    assert answer == {"count": 3, "head": "x", "total": float((np.arange(200_000.0) + 4).sum())}


def test_pages_are_served(server: RunningServer) -> None:
    document = rest.call(server.inference, "GET", "/openapi.json").json()
    assert set(document["paths"]) >= {"/add", "/join"}
    assert 'data-openapi="/openapi.json"' in rest.call(server.inference, "GET", "/docs").text


def test_an_archive_of_one_model_is_a_model(server: RunningServer) -> None:
    reply = post(server, "/predictions/double", b"[[1, 2]]", "application/json")
    assert reply.json() == [[2.0, 4.0]]


def test_a_model_is_asked_for_tensors_by_its_hints(server: RunningServer) -> None:
    told = rest.call(server.inference, "GET", "/v2/models/everything__double").json()
    assert told["inputs"] == [{"name": "array", "datatype": "FP32", "shape": [-1, 2]}]
    rows = {"name": "array", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
    answer = infer(server.inference, "everything__double", {"id": "7", "inputs": [rows]})
    assert (answer.head["id"], answer.head["outputs"][0]["data"]) == ("7", [2.0, 4.0])
    wrong = infer(server.inference, "everything__double", {"inputs": [{**rows, "shape": [2]}]})
    assert (wrong.reply.status, 'input "array": shape [2]' in wrong.head["error"]) == (400, True)


def test_single_values_are_tensors_of_one_element(server: RunningServer) -> None:
    def halve(number: int) -> Any:
        one = {"name": "numbers", "datatype": "INT64", "shape": [1], "data": [number]}
        return infer(server.inference, "everything__halve", {"inputs": [one]})

    answer = halve(8)
    assert answer.head["outputs"][0]["data"][0] == 4, answer.reply.body
    assert (halve(3).reply.status, b"3 is odd" in halve(3).reply.body) == (409, True)
    text = {"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a b"]}
    words = infer(server.inference, "everything__split", {"inputs": [text]})
    assert words.head["outputs"][0]["data"] == ["a", "b"], words.reply.body


def test_a_stream_is_told_in_answers_of_the_protocol(server: RunningServer) -> None:
    told = rest.call(server.inference, "GET", "/v2/models/everything__tokens").json()
    assert told["inputs"] == [{"name": "text", "datatype": "BYTES", "shape": [1]}]
    assert told["outputs"] == [{"name": "output", "datatype": "BYTES", "shape": [1]}]
    asked = {"id": "7", "inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["a b"]}]}
    body = json.dumps(asked).encode()
    path = "/v2/models/everything__tokens"
    for verb in ("infer_stream", "generate_stream"):
        reply = post(server, f"{path}/{verb}", body, "application/json")
        assert reply.status == 200, reply.text
        events = [json.loads(line.removeprefix("data: ")) for line in reply.text.split("\n\n") if line]
        assert [event["outputs"][0]["data"] for event in events] == [["a "], ["b "]]
        assert {event["id"] for event in events} == {"7"}
    refused = post(server, f"{path}/infer", body, "application/json")
    assert (refused.status, "tokens: it streams (expected: infer_stream" in refused.text) == (400, True)
    broken = {"inputs": [{"name": "number", "datatype": "INT64", "shape": [1], "data": [1]}]}
    late = post(
        server, "/v2/models/everything__breaks/infer_stream", json.dumps(broken).encode(), "application/json"
    )
    first, last = (piece for piece in late.text.split("\n\n") if piece)
    assert json.loads(first.removeprefix("data: "))["outputs"][0]["data"] == [0]
    assert last.startswith("event: error\n")
    assert "enough" in last


def test_a_stream_is_told_in_answers_over_grpc(server: RunningServer) -> None:
    messages = rpc.open_inference_messages()
    text = messages.ModelInferRequest.InferInputTensor(name="text", datatype="BYTES", shape=[1])
    text.contents.bytes_contents.append(b"a b")
    asked = messages.ModelInferRequest(model_name="everything__tokens", inputs=[text])
    with rpc.open_inference(server.grpc_inference) as stub:
        pieces = list(stub.ModelStreamInfer(iter([asked]), timeout=20))
        with pytest.raises(grpc.RpcError, match="it streams"):
            stub.ModelInfer(asked, timeout=20)
    assert [list(piece.infer_response.outputs[0].contents.bytes_contents) for piece in pieces] == [
        [b"a "],
        [b"b "],
    ]


def test_a_packed_pipeline_is_served_until_it_is_interrupted(operator: Operator) -> None:
    done = operator.run("mariner", "archive", str(PIPELINE), "--model-name", "stack")
    assert done.code == 0, done.text
    with zipfile.ZipFile(operator.work / "stack.war") as packed:
        assert "stages/Encode/app.py" in packed.namelist()
    process = operator.spawn("mariner", "serve", "stack.war", "--port", "0")
    try:
        eventually(lambda: "Ctrl-C" in operator.spawned_text() or process.poll() is not None, seconds=90)
        text = operator.spawned_text()
        assert "stack is ready at http://127.0.0.1:" in text, text
        url = next(line.split()[1] for line in text.splitlines() if line.startswith("  POST"))
        address = f"http://{urlsplit(url).netloc}"
        reply = rest.call(address, "POST", "/classify", b"who are you ?", TEXT)
        assert reply.json()["label"] == "question"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    assert not list(operator.temp.glob("mariner-serve-*"))


def test_a_stage_that_can_not_be_imported_is_told_with_the_place(operator: Operator) -> None:
    text = (
        "import os\nimport mariner\n\nif 'MARINER_SOCKET' in os.environ:\n    print('in a worker')\n"
        "    import not_there\n\n"
        "def same(text: str) -> str:\n    return text\n\napp = mariner.App(same)\n"
    )
    (operator.work / "broken.py").write_text(text)
    told = operator.run("mariner", "serve", "broken.py", "--port", "0")
    assert told.code == 1
    reason = (
        "broken__same 1.0: " + str(operator.work / "broken.py") + ":6: ModuleNotFoundError: No module named"
    )
    assert reason in told.err
    assert "same: in a worker\n" in told.err
    assert list(operator.temp.iterdir()) == []
    assert not operator.processes()


def test_what_can_not_be_served_is_told(operator: Operator) -> None:
    (operator.work / "plain.py").write_text("x = 1\n")
    (operator.work / "page.txt").write_text("x")
    nothing = operator.run("mariner", "serve", "plain.py")
    assert nothing.code == 1
    assert "plain: no applications or models" in nothing.err
    unknown = operator.run("mariner", "serve", "page.txt")
    assert "page.txt can't be served (expected: a script (.py), a model archive (.mar)" in unknown.err
    absent = operator.run("mariner", "serve", "absent.py")
    assert absent.code == 2
    assert "absent.py: no such file or folder" in absent.err
