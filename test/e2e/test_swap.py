"""`mariner swap` against a real server."""

from __future__ import annotations

import json
import os

from support import rest
from support.operator import Operator
from support.packing import pack
from support.waiting import eventually


def test_the_command_swaps_and_says_why_it_could_not(operator: Operator) -> None:
    for version in ("1.0", "2.0"):
        pack(operator.store, "echo", "echo", version, file_name=f"echo-{version}.mar")
    refused = operator.run("mariner", "swap", "e", "echo-2.0.mar", "--name", "nobody")
    assert (refused.code, "server nobody is not running" in refused.err) == (1, True)
    start = ["--model-store", operator.store, "--models", "e=echo-1.0.mar", "--ts-config", operator.config()]
    started = operator.run("mariner", "start", *start)
    assert started.code == 0, started.text

    done = operator.run("mariner", "swap", "e", "echo-2.0.mar", "--keep-old")
    assert done.code == 0, done.text
    assert [line.split()[1] for line in done.out.splitlines()[:-1]] == ["fetch", "load", "probe", "flip"]
    assert done.out.splitlines()[-1] == (
        "model e: version 2.0 has taken the place of 1.0, 1 worker; 1.0 is still registered"
    )
    assert "\x1b" not in done.out
    server = json.loads(operator.run("mariner", "status", "--json").out)[0]["listeners"]
    assert rest.call(server["inference"], "POST", "/predictions/e", "x").body == b"x"

    back = operator.run(
        "mariner", "swap", "e", "1.0", "--registered", "--management-address", server["management"]
    )
    assert back.code == 0, back.text
    assert "version 1.0 has taken the place of 2.0" in back.out

    undone = operator.run("mariner", "swap", "e", "none.mar")
    assert (undone.code, undone.out) == (1, "")
    assert "mariner swap: Swap of model e from version 1.0 was undone at step fetch: " in undone.err
    assert rest.call(server["inference"], "POST", "/predictions/e", "x").status == 200
    assert operator.run("mariner", "stop").code == 0


SLOW = """
open({gate!r}, "rb").close()  # a pipe: opens when the test does


def handle(data, context):
    return None if data is None else [row["body"] for row in data]
"""


def test_steps_are_printed_while_the_swap_goes_on(operator: Operator) -> None:
    gate, handler = operator.base / "gate", operator.base / "slow.py"
    os.mkfifo(gate)
    handler.write_text(SLOW.format(gate=str(gate)))
    pack(operator.store, "echo", "echo", "1.0")
    pack(operator.store, "echo", str(handler), "2.0", file_name="slow.mar")
    start = ["--model-store", operator.store, "--models", "e=echo.mar", "--ts-config", operator.config()]
    assert operator.run("mariner", "start", *start).code == 0
    management = json.loads(operator.run("mariner", "status", "--json").out)[0]["listeners"]["management"]
    process = operator.spawn("mariner", "swap", "e", "slow.mar")
    try:
        eventually(lambda: "+ fetch" in operator.spawned_text(), 30, "the step that is done")
        assert "+ load" not in operator.spawned_text()
        (described,) = rest.call(management, "GET", "/models/e").json()
        assert described["modelVersion"] == "1.0"
        swap = described["swap"]
        assert (swap["to"], swap["step"], swap["readyWorkers"], swap["wantedWorkers"]) == (
            "2.0",
            "load",
            0,
            1,
        )
        gate.open("wb").close()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    lines = operator.spawned_text().splitlines()
    assert [line.split()[1] for line in lines[:-1]] == ["fetch", "load", "probe", "flip", "drain"]
    (described,) = rest.call(management, "GET", "/models/e").json()
    assert "swap" not in described
    assert operator.run("mariner", "stop").code == 0


def test_a_server_that_is_not_there_and_a_bad_token_file_are_named(operator: Operator) -> None:
    away = operator.run("mariner", "swap", "e", "a.mar", "--management-address", "http://127.0.0.1:9")
    assert (away.code, "no server answers at http://127.0.0.1:9" in away.err) == (1, True)
    bad = operator.run("mariner", "swap", "e", "a.mar", "--management-address", "127.0.0.1:9")
    assert (bad.code, "expected: http://HOST:PORT" in bad.err) == (2, True)
    file = operator.work / "keys.json"
    file.write_text('{"inference": {}}')
    token = operator.run("mariner", "swap", "e", "a.mar", "--token-file", file)
    assert (token.code, "no management key" in token.err) == (1, True)
