"""The soak itself: a short one against a real server, and its judgement of failures, memory and chance."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from soak.journal import CUT, LOSS, TIMEOUT, Journal
from soak.mischief import KINDS, faults
from soak.report import table
from soak.run import soak
from soak.watch import Sample, slope

SHORT_SECONDS = 20.0


@pytest.mark.alone
@pytest.mark.timeout(300)
def test_a_short_soak_breaks_nothing(tmp_path: Path) -> None:
    lines: list[str] = []
    found = soak(tmp_path / "server", SHORT_SECONDS, 1, "paranoid", lines.append, warm_seconds=2.0)
    assert found.journal.broken == [], "\n".join([*lines[-20:], *table(found)])
    assert found.slope is None, "too short to tell"
    assert {kind for kind, _ in found.journal.outcomes} >= {"kept", "fresh", "grpc", "stream", "bad"}
    assert found.journal.recoveries


def test_the_seed_draws_the_faults() -> None:
    first, again, other = (list(islice(faults(seed), 3 * len(KINDS))) for seed in (4, 4, 5))
    assert first == again
    assert first != other
    assert {fault.kind for fault in first[: len(KINDS)]} == set(KINDS)


def failed(journal: Journal, model: str, status: str, message: str) -> list[str]:
    _, begun = journal.begin(model)
    journal.fail("kept", model, begun, status, message)
    return journal.broken


def test_a_failure_without_a_fault_is_a_broken_invariant() -> None:
    broken = failed(Journal(), "echo", "500", "Worker died. It exited with code 1")
    assert len(broken) == 1
    assert broken[0].startswith("unexplained: kept echo: 500 Worker died.")


@pytest.mark.parametrize(
    ("model", "status", "message", "explained"),
    [
        ("echo", "500", "Worker died. It was ended by signal 9", True),
        ("echo", "INTERNAL", "Worker died. It was ended by signal 9", True),
        ("echo", CUT, "connection ended", True),
        ("batch", "500", "Worker died. It was ended by signal 9", False),
        ("echo", "504", "Worker timed out: no answer", False),
        ("echo", "500", "Something else", False),
        ("echo", "no answer", "ConnectionResetError", False),
    ],
)
def test_a_fault_in_play_explains_what_it_may_cause(
    model: str, status: str, message: str, explained: bool
) -> None:
    journal = Journal()
    with journal.episode("kill", "echo", LOSS, CUT):
        assert not journal.quiet
        assert (failed(journal, model, status, message) == []) is explained
    assert journal.quiet


def test_a_fault_that_is_over_explains_nothing() -> None:
    journal = Journal()
    with journal.episode("stop", "echo", TIMEOUT):
        _, begun = journal.begin("echo")
    journal.fail("kept", "echo", begun, "504", "Worker timed out: it had begun before")
    assert journal.broken == []
    assert len(failed(journal, "echo", "504", "Worker timed out: it began after")) == 1


def test_the_slope_is_megabytes_a_minute() -> None:
    samples = [Sample(second, 100_000_000 + 50_000 * second, 1, 1) for second in range(0, 120, 7)]
    assert slope(samples) == pytest.approx(3.0)
    assert slope([Sample(second, 5, 1, 1) for second in range(9)]) == 0
    assert slope(samples[:1]) == 0
