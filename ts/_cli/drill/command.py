"""The command `mariner drill`: runs the scenarios in their order and prints the scorecard."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ts._cli.drill import broken, plain
from ts._cli.drill.private import PrivateServer
from ts._cli.drill.run import Drill, Failed, Hopeless, Seen, first_line
from ts._cli.drill.sample import find_archive, sample_for
from ts._cli.drill.scorecard import FAILED, NOTED, PASSED, Lines, Result, Scorecard
from ts._cli.progress import wants_colour


@dataclass(frozen=True)
class Scenario:
    """One line of the drill. `quick`: `--quick` runs it too."""

    name: str
    run: Callable[[Drill], Seen]
    quick: bool = True


SCENARIOS = (
    Scenario("loads", plain.loads),
    Scenario("answers the sample", plain.answers_the_sample),
    Scenario("answers alike", plain.answers_alike),
    Scenario("16 clients at once", plain.many_at_once),
    Scenario("bad input", plain.survives_bad_input),
    Scenario("bad input in a batch", plain.batch_mates),
    Scenario("oversize request", plain.refuses_oversize),
    Scenario("deadline", broken.keeps_deadlines),
    Scenario("client leaves", broken.outlives_clients),
    Scenario("worker killed", broken.replaces_a_killed_worker),
    Scenario("memory", plain.keeps_memory),
    Scenario("flood", broken.sheds_a_flood, quick=False),
    Scenario("worker stopped", broken.replaces_a_stopped_worker, quick=False),
    Scenario("SIGTERM under load", broken.drains),
    Scenario("nothing left", broken.leaves_nothing),
)


def play(drill: Drill, scenario: Scenario) -> tuple[Result, bool]:
    """Runs a scenario; returns its result, and whether the drill can go on."""
    begun = time.monotonic()
    verdict, seen, recovery, hopeless = PASSED, "", None, False
    try:
        found = scenario.run(drill)
        verdict, seen, recovery = NOTED if found.noted else PASSED, found.text, found.recovery_seconds
    except Failed as failure:
        verdict, seen, hopeless = FAILED, str(failure), isinstance(failure, Hopeless)
    except (OSError, RuntimeError, KeyError) as fault:
        # A server that has gone shows itself in whatever is tried next.
        verdict, seen = FAILED, f"{type(fault).__name__}: {fault}"
    seconds = time.monotonic() - begun
    if verdict == FAILED and not hopeless and drill.server.exit_code() is None:
        try:
            recovery = drill.recovered(begun + seconds)
        except (Failed, OSError, RuntimeError, KeyError):
            hopeless = True
    return Result(scenario.name, verdict, first_line(seen), seconds, recovery), not hopeless


def _play_all(drill: Drill, show: Callable[[Result], None]) -> tuple[list[Result], str]:
    """Runs what was asked for; returns the results and, if it had to stop, the last failure in full."""
    results: list[Result] = []
    for scenario in SCENARIOS:
        if drill.quick and not scenario.quick:
            continue
        result, goes_on = play(drill, scenario)
        results.append(result)
        show(result)
        if not goes_on:
            return results, drill.server.last_failure() if drill.server.exit_code() is None else ""
    return results, ""


def drill(options: argparse.Namespace, environment: Mapping[str, str]) -> int:
    """Drills a model; returns 0 when every scenario passed, else 1. Raises CommandError when nothing can be
    tried."""
    archive = find_archive(options.model, options.model_store)
    sample = sample_for(archive, options.input, options.content_type)
    # With --json, standard output belongs to the scorecard.
    stream = sys.stderr if options.json else sys.stdout
    lines = Lines(stream, wants_colour(stream, os.environ), [scenario.name for scenario in SCENARIOS])
    print(f"drill of {archive.name} on a private server, with {sample.origin}", file=stream, flush=True)
    with PrivateServer(archive, sample, environment) as server:
        drilled = Drill(server, options.load_timeout, options.quick)
        results, failure = _play_all(drilled, lines.show)
        card = Scorecard(server.model or archive.name, tuple(results), drilled.growth)
    if failure:
        print("\nThe drill ended early. The model's last failure:", file=stream)
        for line in failure.splitlines():
            print(f"  {line}", file=stream)
    if options.json:
        print(card.as_json())
    else:
        print("\n" + "\n".join(card.summary()))
    return 0 if card.clean else 1
