import io
import json
import struct
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ts.compat.mlserver import ModelSettings, cli, images, infer

SUM = {"name": "x", "shape": [1, 1], "datatype": "INT64"}


def test_a_dockerfile_installs_requirements_before_the_models(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_text("numpy\n")
    assert cli.main(["dockerfile", str(tmp_path), "-i"]) == 0
    lines = (tmp_path / "Dockerfile").read_text().splitlines()
    assert lines.index("COPY requirements.txt .") < lines.index("COPY --chown=1000:0 . .")
    assert lines[-2] == "EXPOSE 8080 8081 8082"
    assert "**/.git" in (tmp_path / ".dockerignore").read_text()


def test_a_conda_environment_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "environment.yml").write_text("name: x\n")
    assert cli.main(["dockerfile", str(tmp_path)]) == 1
    assert "environment.yml: a conda environment (expected: requirements.txt" in capsys.readouterr().err


def test_build_has_docker_build_that_dockerfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker, said, read = tmp_path / "bin" / "docker", tmp_path / "said", tmp_path / "read"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\necho "$@" > {said}\ncat > {read}\nexit 3\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", str(docker.parent), prepend=":")
    models = tmp_path / "models"
    models.mkdir()
    assert cli.main(["build", str(models), "-t", "me/model:1", "--no-cache"]) == 3
    assert said.read_text().split() == [
        "build",
        "--tag",
        "me/model:1",
        "--file",
        "-",
        "--no-cache",
        str(models),
    ]
    assert read.read_text() == images.dockerfile(models)


def test_init_writes_a_project_whose_model_can_be_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["init"]) == 0
    found = ModelSettings.parse_file(tmp_path / "model-settings.json")
    assert found.implementation.__name__ == "MyModel"
    assert cli.main(["init"]) == 1
    assert "exists already (expected: an empty folder)" in capsys.readouterr().err


class Adding(BaseHTTPRequestHandler):
    """Adds 1 to each element; refuses -1, and is overloaded at the first request of all."""

    seen: list[tuple[str, Any]]

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        length = int(self.headers.get("Inference-Header-Content-Length", len(text)))
        body = json.loads(text[:length])
        for one in body["inputs"]:
            if "data" not in one:
                assert one.pop("parameters") == {"binary_data_size": len(text) - length}
                one["data"] = [value[0] for value in struct.iter_unpack("<q", text[length:])]
        self.seen.append((str(self.headers.get("X-Mark")), body))
        (tensor,) = body["inputs"]
        if len(self.seen) == 1:
            self._answer(503, {"error": "busy"})
        elif -1 in tensor["data"]:
            self._answer(400, {"error": "negative"})
        else:
            data = [value + 1 for value in tensor["data"]]
            self._answer(200, {"model_name": "m", "outputs": [{**tensor, "name": "y", "data": data}]})

    def _answer(self, status: int, body: Any) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


@pytest.fixture
def adding() -> Iterator[ThreadingHTTPServer]:
    Adding.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Adding) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def order(server: ThreadingHTTPServer, **changes: Any) -> infer.Order:
    fields: dict[str, Any] = {
        "url": f"127.0.0.1:{server.server_port}",
        "model": "m",
        "workers": 1,
        "retries": 1,
        "batch_size": 1,
        "timeout": 10.0,
        "headers": {"X-Mark": "mine"},
        "interval": 0.0,
        "jitter": 0.0,
        "is_secure": False,
        "is_checked": True,
    }
    return infer.Order(**{**fields, **changes})


def lines(*values: int) -> list[str]:
    return [json.dumps({"id": str(value), "inputs": [{**SUM, "data": [value]}]}) for value in values]


def test_answers_keep_the_order_of_the_lines(adding: ThreadingHTTPServer) -> None:
    output = io.StringIO()
    code = infer.run(order(adding), [*lines(1, -1), "no request", *lines(3)], output, io.StringIO())
    answers = [json.loads(line) for line in output.getvalue().splitlines()]
    assert code == 1
    assert [answer["parameters"]["batch_index"] for answer in answers] == [0, 1, 2, 3]
    assert [answers[index]["outputs"][0]["data"] for index in (0, 3)] == [[2], [4]]
    assert answers[1]["error"] == {"status": "preprocessing error", "msg": "400: negative"}
    assert answers[2]["error"]["msg"].startswith("line 3: ")
    assert answers[0]["parameters"]["inference_id"] == "1"
    assert {mark for mark, _ in Adding.seen} == {"mine"}
    assert len(Adding.seen) == 4  # the busy server is asked again, the refusing one is not


def test_lines_are_joined_into_batches(adding: ThreadingHTTPServer) -> None:
    output = io.StringIO()
    code = infer.run(order(adding, batch_size=2), lines(1, 2, 3), output, io.StringIO())
    answers = [json.loads(line) for line in output.getvalue().splitlines()]
    assert code == 0
    assert [answer["outputs"][0]["data"] for answer in answers] == [[2], [3], [4]]
    assert [len(body["inputs"][0]["data"]) for _, body in Adding.seen] == [2, 2, 1]


def test_tensors_go_as_bytes_if_that_is_wanted(adding: ThreadingHTTPServer) -> None:
    output = io.StringIO()
    assert infer.run(order(adding, is_binary=True), lines(1, 2), output, io.StringIO()) == 0
    answers = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [answer["outputs"][0]["data"] for answer in answers] == [[2], [3]]


def test_wrong_flags_say_what_was_expected(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["infer", "-m", "m", "-w", "0"]) == 2
    assert "--workers: 0 (expected: >= 1)" in capsys.readouterr().err
    assert cli.main(["infer", "-m", "m", "-H", "nocolon"]) == 2
    assert "--request-headers: 'nocolon' (expected: NAME:VALUE)" in capsys.readouterr().err


def test_flags_of_infer_may_stand_in_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, adding: ThreadingHTTPServer
) -> None:
    (tmp_path / "in").write_text("\n".join(lines(5)))
    monkeypatch.setenv("MLSERVER_INFER_URL", f"127.0.0.1:{adding.server_port}")
    monkeypatch.setenv("MLSERVER_INFER_MODEL_NAME", "m")
    paths = ["-i", str(tmp_path / "in"), "-o", str(tmp_path / "out")]
    assert cli.main(["infer", *paths]) == 0
    assert json.loads((tmp_path / "out").read_text())["outputs"][0]["data"] == [6]
