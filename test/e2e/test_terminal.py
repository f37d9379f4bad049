"""The life of a model from the terminal, on one server with TLS and tokens, in a folder whose name is not
ASCII, started under the locale C."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.certificates import Authority
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
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def terminal(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    operator = Operator(tmp_path_factory.mktemp("t") / "modèles")
    operator.environment.update(ENVIRONMENT)
    handler = operator.base / "picture.py"
    handler.write_text(PICTURE)
    for version in ("1.0", "2.0"):
        pack(operator.store, "echo", "echo", version, file_name=f"echo-{version}.mar")
    pack(operator.store, "picture", str(handler))
    for name in ("lost+found", "old", "__pycache__"):
        (operator.store / name).mkdir()
    config = operator.config(
        disable_token_authorization="false",
        metrics_mode="log",
        inference_address="https://127.0.0.1:0",
        management_address="https://127.0.0.1:0",
        **authority.issue("server").settings(),
    )
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


@pytest.fixture(scope="module")
def away(terminal: Operator, authority: Authority) -> Operator:
    """Another machine, which has the certificate of the authority and nothing of the server's."""
    other = Operator(terminal.base / "away")
    other.environment["MARINER_CA_FILE"] = str(authority.certificate)
    return other


def addresses(terminal: Operator) -> dict[str, str]:
    (server,) = json.loads(good(terminal.run("mariner", "status", "--json", "--window", "0")))
    return {kind: str(address) for kind, address in server["listeners"].items()}


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


def test_a_model_lives_from_another_machine(terminal: Operator, away: Operator) -> None:
    at = {kind: ("--address", address) for kind, address in addresses(terminal).items()}
    keys = {"MARINER_TOKEN_FILE": str(shutil.copy(terminal.work / "key_file.json", away.work))}

    def run(*words: object, env: dict[str, str] = keys) -> str:
        kind = "inference" if words[0] == "predict" else "management"
        return good(away.run("mariner", *words, *at[kind], env=env))

    assert "  ready  Mariner " in run("status")
    for version in ("1.0", "2.0"):
        run("register", f"echo-{version}.mar", "--workers", "1")
    assert [row["modelVersion"] for row in json.loads(run("models", "--json"))] == ["1.0", "2.0"]
    assert run("predict", "echo", "--data", "from afar") == "from afar"
    run("set-default", "echo", "2.0")
    run("scale", "echo", "2", "--version", "2.0")
    assert "model echo 2.0, the default version" in run("describe", "echo")
    assert "2/2" in run("status")
    assert json.loads(run("status", "--json"))[0]["ready"] is True
    assert "echo" in run("logs", "--file", "access")
    management, inference = (run("token", kind).strip() for kind in ("management", "inference"))
    assert run("predict", "echo", "--data", "x", env={"MARINER_TOKEN": inference}) == "x"
    assert "echo" in run("models", env={"MARINER_TOKEN": management})
    run("unregister", "echo", "--all")
    assert "no model is registered" in run("models")


def test_what_another_machine_lacks_is_told(terminal: Operator, away: Operator, tmp_path: Path) -> None:
    where = addresses(terminal)
    key = good(terminal.run("mariner", "token", "management")).strip()
    address = ("--address", where["management"])

    def refused(*words: object, code: int = 1, **env: str) -> str:
        done = away.run("mariner", *words, env=env)
        assert (done.code, done.out) == (code, ""), done.text
        return done.err

    untrusted = str(Authority(tmp_path).certificate)
    assert "--ca-file names who has signed" in refused("models", *address, MARINER_CA_FILE=untrusted)
    assert "--ca-file names" in refused("status", *address, code=3, MARINER_CA_FILE=untrusted)
    closed = refused("register", "echo-1.0.mar", *address)
    assert "--token-file names the server's key_file.json" in closed
    assert "--token-file names" in refused(
        "predict", "echo", "--data", "x", "--address", where["inference"], MARINER_TOKEN=key
    )
    plain = where["management"].replace("https:", "http:")
    assert "expected: an https:// address" in refused("models", "--address", plain, MARINER_TOKEN=key)
    assert "(expected: management_address)" in refused(
        "models", "--address", where["inference"], MARINER_TOKEN=key
    )
    spelt = where["metrics"].replace("http:", "https:")
    assert "expected: http://, where a server speaks no TLS" in refused("models", "--address", spelt)


def test_a_binary_answer_comes_whole_and_its_words_are_in_the_logs(
    terminal: Operator, away: Operator
) -> None:
    good(terminal.run("mariner", "register", "picture.mar", "--workers", "1"))
    saved = terminal.work / "answer.png"
    assert good(terminal.run("mariner", "predict", "picture", "--data", "x", "--output", saved)) == ""
    assert saved.read_bytes() == b"\x89PNG\x00"

    def said() -> bool:
        return "drawn for 1" in good(terminal.run("mariner", "logs", "picture"))

    eventually(said, 10, "the line is in the log")
    assert good(terminal.run("mariner", "logs", "pict")) == ""
    assert "drawn for" not in good(terminal.run("mariner", "logs", "--file", "server"))
    key = {"MARINER_TOKEN": good(terminal.run("mariner", "token", "management")).strip()}
    remote = ("mariner", "logs", "--address", addresses(terminal)["management"])
    assert "drawn for 1" in good(away.run(*remote, "picture", env=key))
    assert "ai.mariner" in good(away.run(*remote, "--file", "server", env=key))
    closed = away.run(*remote)
    assert closed.code == 1
    assert "--token-file names" in closed.err
    good(terminal.run("mariner", "unregister", "picture"))


def test_what_goes_wrong_is_told_with_the_mend(terminal: Operator, away: Operator) -> None:
    absent = terminal.run("mariner", "predict", "nobody", "--data", "x")
    assert (absent.code, absent.out) == (1, "")
    assert "Model not found: nobody" in absent.err
    missing = terminal.run("mariner", "register", "nowhere.mar")
    assert "Model not found at: nowhere.mar" in missing.err
    file = terminal.work / "key_file.json"
    address = addresses(terminal)["management"]
    good(away.run("mariner", "models", "--address", address, "--token-file", file))
    key = good(terminal.run("mariner", "token", "management")).strip()
    renewed = good(terminal.run("mariner", "token", "management", "--renew")).strip()
    assert renewed != key
    nobody = terminal.run("mariner", "models", "--address", "http://127.0.0.1:9", cwd=terminal.base)
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
