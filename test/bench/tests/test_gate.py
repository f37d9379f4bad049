"""The gate names every floor that was missed or not measured."""

from __future__ import annotations

import pytest

from bench import gate
from bench.floors import FLOORS, Floor, Side

from .results import echo_results

AT = {"batch": 1, "connections": 16}
THREEFOLD = Floor("echo", Side("mariner", AT), Side("mosec", AT), 3, "a test")


def test_a_ratio_on_the_floor_holds() -> None:
    (verdict,) = gate.judge({"echo": echo_results(mariner=300, mosec=100)}, [THREEFOLD])
    assert verdict.ratio is not None
    assert verdict.ratio.median == pytest.approx(3.0)
    assert verdict.held


def test_a_ratio_below_the_floor_is_missed_and_named() -> None:
    (verdict,) = gate.judge({"echo": echo_results(mariner=200, mosec=100)}, [THREEFOLD])
    assert not verdict.held
    assert not verdict.unsure
    assert str(verdict).startswith("MISSED echo: mariner (batch 1, connections 16) to mosec")
    assert "2.00x (1.98 - 2.01) (expected: >= 3x" in str(verdict)


def test_a_ratio_below_the_floor_that_more_rounds_may_lift_is_unsure_and_does_not_hold(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The rounds are 298.5/99, 299.5/100 and 301.5/102.
    results = {"echo": echo_results(mariner=299.5, mosec=100)}
    (verdict,) = gate.judge(results, [THREEFOLD])
    assert (verdict.held, verdict.unsure) == (False, True)
    assert str(verdict).startswith("UNSURE echo: ")
    assert gate.main(results, ["echo"]) == 1
    assert "1 unsure: measure them again, with more rounds" in capsys.readouterr().out


def test_a_floor_without_a_measurement_is_missed() -> None:
    (verdict,) = gate.judge({}, [THREEFOLD])
    assert not verdict.held
    assert "not measured" in str(verdict)


def test_failed_requests_of_mariner_miss_the_gate_whatever_the_ratio() -> None:
    results = {"echo": echo_results(mariner=900, errors=2)}
    assert len(gate.failures(results, ["echo"])) == 2
    assert gate.failures(results, ["grpc"]) == []


def test_the_exit_code_tells_whether_all_floors_held(capsys: pytest.CaptureFixture[str]) -> None:
    assert gate.main({"echo": echo_results()}, ["echo"]) == 1
    assert gate.main({"echo": echo_results()}, []) == 0
    assert "0 floors, 0 missed" in capsys.readouterr().out


def test_every_floor_compares_mariner_and_is_positive() -> None:
    ours = {"mariner", "mariner-tls"}
    assert all({floor.ours.system, floor.theirs.system} & ours and floor.floor > 0 for floor in FLOORS)
    assert len(set(map(str, FLOORS))) == len(FLOORS)
