"""The life of a model from the terminal, on one server with tokens, in a folder whose name is not ASCII,
started under the locale C."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.operator import Done, Operator
from support.packing import pack
from support.waiting import eventually

ENVIRONMENT = {"LC_ALL": "C"}

PICTURE = """
def handle(data, context):
    if data is None:
        return None
    print("drawn for", len(data))
    for index in range(len(data)):
        context.set_response_content_type(index, "image/png")
    return [b"\\x89PNG\\x00" for _ in data]
"""


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    operator = Operator(tmp_path_factory.mktemp("t") / "modèles")
    operator.environment.update(ENVIRONMENT)
    handler = operator.base / "picture.py"
    handler.write_text(PICTURE)
    for version in ("1.0", "2.0"):
        pack(operator.store, "echo", "echo", version, file_name=f"echo-{version}.mar")
    pack(operator.store, "picture", str(handler))
    for name in ("lost+found", "old", "__pycache__"):
        (operator.store / name).mkdir()
    config = operator.config(disable_token_authorization="false", metrics_mode="log")
    started = operator.run("mariner", "start", "--model-store", operator.store, "--ts-config", config)
    try:
        assert started.code == 0, started.text
        assert "no model is loaded; name some with --models" in started.out
        yield operator
    finally:
        stopped = operator.run("mariner", "stop")
        operator.clean()
    assert stopped.code == 0, stopped.text


def good(done: Done) -> str:
    assert done.code == 0, done.text
    assert done.err == ""
    return done.out


def listed(terminal: Operator) -> list[list[str]]:
    lines = good(terminal.run("mariner", "models")).splitlines()
    return [line.split()[:2] for line in lines[1:]]


def test_a_model_lives_from_the_terminal(terminal: Operator) -> None:
    assert "no model is registered" in good(terminal.run("mariner", "models"))
    out = good(terminal.run("mariner", "register", "echo-1.0.mar", "--workers", "1"))
    assert out == 'Model "echo" Version: 1.0 registered with 1 initial workers\n'
    good(terminal.run("mariner", "register", "echo-2.0.mar", "--workers", "1", "--json"))
    assert listed(terminal) == [["echo", "1.0"], ["echo", "2.0"]]

    assert good(terminal.run("mariner", "predict", "echo", "--data", "hällo")) == "hällo"
    request = terminal.work / "request.json"
    request.write_text('{"a": 1}')
    shown = json.loads(
        good(terminal.run("mariner", "predict", "echo", request, "--version", "2.0", "--json"))
    )
    assert (shown["status"], shown["document"]) == (200, {"a": 1})

    good(terminal.run("mariner", "set-default", "echo", "2.0"))
    good(terminal.run("mariner", "scale", "echo", "2", "--version", "2.0"))
    described = json.loads(good(terminal.run("mariner", "describe", "echo", "--version", "2.0", "--json")))
    assert (described[0]["minWorkers"], described[0]["defaultVersion"]) == (2, True)
    text = good(terminal.run("mariner", "describe", "echo"))
    assert "model echo 2.0, the default version" in text
    assert "2/2 ready" in text

    refused = terminal.run("mariner", "unregister", "echo")
    assert (refused.code, refused.out) == (1, "")
    assert refused.err == "mariner unregister: Cannot remove default version for model echo\n"
    good(terminal.run("mariner", "unregister", "echo", "--all"))
    assert "no model is registered" in good(terminal.run("mariner", "models"))


def test_a_binary_answer_comes_whole_and_its_words_are_in_the_logs(terminal: Operator) -> None:
    good(terminal.run("mariner", "register", "picture.mar", "--workers", "1"))
    saved = terminal.work / "answer.png"
    assert good(terminal.run("mariner", "predict", "picture", "--data", "x", "--output", saved)) == ""
    assert saved.read_bytes() == b"\x89PNG\x00"

    def said() -> bool:
        return "drawn for 1" in good(terminal.run("mariner", "logs", "picture"))

    eventually(said, 10, "the line is in the log")
    assert good(terminal.run("mariner", "logs", "pict")) == ""
    assert "drawn for" not in good(terminal.run("mariner", "logs", "--file", "server"))
    address = json.loads(good(terminal.run("mariner", "status", "--json")))[0]["listeners"]["management"]
    key = {"MARINER_TOKEN": good(terminal.run("mariner", "token", "management")).strip()}
    remote = ("mariner", "logs", "--address", address)
    assert "drawn for 1" in good(terminal.run(*remote, "picture", cwd=terminal.base, env=key))
    assert "ai.mariner" in good(terminal.run(*remote, "--file", "server", cwd=terminal.base, env=key))
    closed = terminal.run(*remote, cwd=terminal.base)
    assert closed.code == 1
    assert "--token-file names" in closed.err
    good(terminal.run("mariner", "unregister", "picture"))


def test_what_goes_wrong_is_told_with_the_mend(terminal: Operator) -> None:
    absent = terminal.run("mariner", "predict", "nobody", "--data", "x")
    assert (absent.code, absent.out) == (1, "")
    assert "Model not found: nobody" in absent.err
    missing = terminal.run("mariner", "register", "nowhere.mar")
    assert "Model not found at: nowhere.mar" in missing.err
    address = json.loads(good(terminal.run("mariner", "status", "--json")))[0]["listeners"]["management"]
    elsewhere = terminal.base / "elsewhere"
    elsewhere.mkdir()
    closed = terminal.run("mariner", "models", "--address", address, cwd=elsewhere)
    assert closed.code == 1
    assert "--token-file names the server's key_file.json" in closed.err
    key = good(terminal.run("mariner", "token", "management")).strip()
    opened = terminal.run(
        "mariner", "models", "--address", address, cwd=elsewhere, env={"MARINER_TOKEN": key}
    )
    assert opened.code == 0, opened.text
    file = terminal.work / "key_file.json"
    opened = terminal.run("mariner", "models", "--address", address, "--token-file", file, cwd=elsewhere)
    assert opened.code == 0, opened.text
    renewed = good(terminal.run("mariner", "token", "management", "--renew")).strip()
    assert renewed != key
    nobody = terminal.run("mariner", "models", "--address", "http://127.0.0.1:9", cwd=elsewhere)
    assert nobody.code == 1
    assert "no server answers at http://127.0.0.1:9 (expected: one that `mariner start` started" in nobody.err
    assert (
        f"these run: {json.loads(good(terminal.run('mariner', 'status', '--json')))[0]['name']}" in nobody.err
    )


def test_the_configuration_is_checked_without_a_server(terminal: Operator) -> None:
    folder = terminal.base / "config"
    folder.mkdir()
    file = Path(folder, "config.properties")
    file.write_text("job_queue_sise=1\ncertificate_file=c.pem\nenable_envvars_config=true\n")
    bad = terminal.run("mariner", "config", "check", cwd=folder)
    assert (bad.code, bad.out) == (1, "the configuration is bad for `mariner`\n")
    assert "problem: job_queue_sise: unknown key" in bad.err
    assert "problem: certificate_file: it applies to nothing" in bad.err
    lenient = terminal.run("mariner", "config", "check", "--profile", "torchserve", cwd=folder)
    assert (lenient.code, lenient.out) == (0, "the configuration is good for `torchserve`\n")
    assert lenient.err.count("warning: ") == 2
    file.write_bytes("job_queue_size=7\r\nenable_envvars_config=true".encode("utf-8-sig"))
    shown = terminal.run(
        "mariner", "config", "show", "--given", cwd=folder, env={"TS_MAX_REQUEST_SIZE": "1k"}
    )
    assert shown.code == 0, shown.text
    rows = [line.split(maxsplit=2) for line in shown.out.splitlines()]
    assert ["max_request_size", "1k", "environment variable TS_MAX_REQUEST_SIZE"] in rows
    assert ["job_queue_size", "7", str(file)] in rows
    report = json.loads(good(terminal.run("mariner", "config", "show", "--json", cwd=folder)))
    values = {row["key"]: (row["value"], row["origin"]) for row in report["settings"]}
    assert values["job_queue_size"] == ("7", str(file))
    assert values["default_workers_per_model"] == ("1", None)
    assert {path.name for path in folder.iterdir()} == {"config.properties"}
