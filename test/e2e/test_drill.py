"""`mariner drill` on real models: a good one, a fragile one, one that leaks, one that can't be loaded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.operator import Done, Operator
from support.packing import pack

SAMPLE = {"warmup": [{"json": 21}]}


def drilled(operator: Operator, handler: str, config: dict[str, Any], *flags: str) -> Done:
    pack(operator.store, "model", handler, config={**SAMPLE, **config})
    done = operator.run("mariner", "drill", "model", "--model-store", operator.store, *flags)
    assert operator.processes() == [], "the drill leaves no process"
    left = [path.name for path in operator.temp.iterdir() if path.name.startswith("mariner-drill-")]
    assert left == [], "the drill leaves no file"
    return done


def verdicts(card: dict[str, Any]) -> dict[str, str]:
    return {row["name"]: row["verdict"] for row in card["scenarios"]}


@pytest.mark.parametrize(
    ("flags", "scenarios", "requests"),
    [
        pytest.param(["--quick"], 13, 60, id="quick"),
        pytest.param([], 15, 200, id="whole", marks=pytest.mark.nightly),
    ],
)
def test_a_good_model_passes_everything(
    operator: Operator, flags: list[str], scenarios: int, requests: int
) -> None:
    config = {"batchSize": 4, "responseTimeout": 60}
    done = drilled(operator, "drilled", config, "--json", *flags)
    card = json.loads(done.out)
    # The handler raises for the whole batch, which the drill tells and does not hold against the model.
    assert {verdict for name, verdict in verdicts(card).items() if name != "bad input in a batch"} == {
        "passed"
    }
    assert verdicts(card)["bad input in a batch"] == "noted"
    assert (done.code, card["passed"], card["total"]) == (0, scenarios, scenarios)
    assert 0 < card["slowest_recovery_seconds"] < 60
    assert card["growth"]["requests"] == requests
    assert "✓ worker killed" in done.err or "+ worker killed" in done.err


def test_a_model_that_dies_of_bad_input_fails_there_and_is_drilled_on(operator: Operator) -> None:
    done = drilled(operator, "drilled", {"fragile": "crash"}, "--quick", "--json")
    card = json.loads(done.out)
    found = verdicts(card)
    assert [name for name, verdict in found.items() if verdict == "failed"] == ["bad input"]
    assert (done.code, card["passed"], card["total"]) == (1, 12, 13)
    seen = next(row["seen"] for row in card["scenarios"] if row["name"] == "bad input")
    assert seen.startswith("empty: 500, and the worker died: Worker died. It exited with code 9")


def test_a_model_that_leaks_fails_the_scenario_of_memory(operator: Operator) -> None:
    done = drilled(operator, "drilled", {"fragile": "leak"}, "--quick")
    failed = [line for line in done.out.splitlines() if line.startswith(("✗", "x"))]
    assert [line.split()[1] for line in failed] == ["memory"]
    assert "the worker grew by" in failed[0]
    assert "passed 12 of 13" in done.out
    assert done.code == 1


def test_a_model_that_can_t_be_loaded_shows_its_last_failure(operator: Operator) -> None:
    done = drilled(operator, "raising_at_load", {})
    assert done.code == 1
    assert "passed 0 of 1" in done.out
    assert "The drill ended early. The model's last failure:" in done.out
    assert "Traceback" in done.out
