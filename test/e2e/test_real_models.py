"""From the archiver to the prediction, with every kind of model."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from support.packing import pack
from support.places import HANDLERS
from support.server import RunningServer

EXPECTED = [3.0, 5.0, 7.0]
MODELS = {
    "script": "script.mar",
    "eager": "eager.mar",
    "ahead": "ahead.mar",
    "onnx": "onnx.mar",
    "custom": "custom.mar",
    "function": "function.tar.gz",
    "folder": "folder",
    "stored": "stored.mar",
}


def _export_onnx(path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "two"], ["y0"]), helper.make_node("Add", ["y0", "one"], ["y"])],
        "doubling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])],
        [
            helper.make_tensor("two", TensorProto.FLOAT, [1], [2.0]),
            helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(path))


class Doubling(torch.nn.Module):
    """Twice the input and one, as in `handlers/doubling_net.py`."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = torch.nn.Parameter(torch.tensor(2.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor + 1.0


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("", id="started"),
        pytest.param("torch,numpy", id="forked", marks=pytest.mark.nightly),
    ],
)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """All models, on workers that import torch themselves, and on forks of a process that has."""
    base = tmp_path_factory.mktemp("models")
    running = RunningServer(
        base / "server",
        models=[f"{name}={file}" for name, file in MODELS.items()],
        config={"preload_modules": request.param},
    )
    # onnxruntime keeps the id of its session there.
    running.leftovers_of_others = frozenset({".ses"})
    store, weights = running.store, base / "weights"
    weights.mkdir()
    torch.jit.save(torch.jit.script(Doubling()), str(weights / "script.pt"))
    torch.save(Doubling().state_dict(), weights / "eager.pt")
    _export_onnx(weights / "doubling.onnx")
    net = HANDLERS / "doubling_net.py"
    pack(store, "script", "doubling_base", serialized_file=weights / "script.pt")
    pack(store, "eager", "doubling_base", serialized_file=weights / "eager.pt", model_file=net)
    pack(
        store,
        "ahead",
        "doubling_base",
        serialized_file=weights / "script.pt",
        config={"batchSize": 4, "prepareAhead": True},
    )
    pack(store, "onnx", "doubling_onnx", serialized_file=weights / "doubling.onnx")
    pack(store, "custom", "doubling_class", serialized_file=weights / "eager.pt", model_file=net)
    pack(store, "function", "doubling_function:double", archive_format="tgz")
    pack(store, "folder", "doubling_function:double", archive_format="no-archive")
    pack(store, "stored", "doubling_function:double", archive_format="zip-store")
    with running:
        yield running


@pytest.mark.parametrize("name", MODELS)
def test_a_packed_model_answers(server: RunningServer, name: str) -> None:
    answer = server.predict(name, "[1.0, 2.0, 3.0]", Content_Type="application/json")
    assert answer.status == 200, answer.text
    assert answer.json() == EXPECTED


def test_batches_that_are_prepared_ahead_keep_to_their_own_requests(server: RunningServer) -> None:
    def ask(number: int) -> tuple[int, object]:
        answer = server.predict("ahead", f"[{number}.0, 1.0]", Content_Type="application/json")
        return answer.status, answer.json()

    with ThreadPoolExecutor(16) as clients:
        answers = list(clients.map(ask, range(400)))
    assert answers == [(200, [2.0 * number + 1.0, 3.0]) for number in range(400)]
    assert "nothing is prepared ahead" not in server.log("model_log.log")


def test_a_tensor_goes_out_as_torch_saves_it(server: RunningServer) -> None:
    answer = server.predict("custom", '{"tensor": [1.0, 2.0, 3.0]}', Content_Type="application/json")
    assert answer.status == 200, answer.text
    assert torch.load(io.BytesIO(answer.body), weights_only=True).tolist() == EXPECTED


def test_numbers_of_numpy_and_torch_go_out_as_json(server: RunningServer) -> None:
    answer = server.predict("custom", '{"numpy": [1.0, 2.0, 3.0]}', Content_Type="application/json")
    assert answer.status == 200, answer.text
    assert answer.json() == {"first": 3.0, "all": EXPECTED}


def test_a_folder_in_use_is_not_touched(server: RunningServer) -> None:
    folder = server.store / "folder"
    assert {path.name for path in folder.iterdir() if path.name != "__pycache__"} == {
        "MAR-INF",
        "doubling_function.py",
    }
    copied = server.store / "copied"
    shutil.copytree(folder, copied)
    try:
        made = server.manage("POST", "/models", url="copied", model_name="copied", initial_workers=1)
        assert made.status == 200, made.text
        assert server.predict("copied", "[1.0]", Content_Type="application/json").json() == [3.0]
        assert server.manage("DELETE", "/models/copied").status == 200
        assert (copied / "doubling_function.py").is_file()
    finally:
        shutil.rmtree(copied)


def test_eager_weights_with_code_inside_are_refused(server: RunningServer, tmp_path: Path) -> None:
    torch.save(Malicious(str(tmp_path / "owned")), tmp_path / "evil.pt")
    pack(
        server.store,
        "evil",
        "doubling_base",
        serialized_file=tmp_path / "evil.pt",
        model_file=HANDLERS / "doubling_net.py",
    )
    answer = server.manage("POST", "/models", url="evil.mar", initial_workers=1)
    assert answer.status == 500
    assert answer.message.startswith("Failed to start workers for model evil version: 1.0")
    assert "Traceback" not in answer.text, answer.text
    assert not (tmp_path / "owned").exists()
    (server.store / "evil.mar").unlink()


class Malicious:
    """Writes a file when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return (open, (self.path, "w"))
