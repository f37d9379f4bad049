"""Compares Mariner with released peers in one run: `run.py [--rounds N] [--seconds S] [--only NAME ...]`.

Prints requests per second, p50 and p99 of the echo handler (1 KB bodies, one worker) and the ratios of
Mariner to each peer, as medians of interleaved rounds. All share the machine with the load generator, so
only ratios within one run mean anything.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import startup
from echo_peers import STARTERS
from servers import HERE, Running

CONNECTIONS = (1, 16, 64)
BATCHES = (1, 32)


@dataclass(frozen=True)
class Sample:
    """One measurement.

    Attributes:
        rate: requests per second.
        p50_ms: median latency.
        p99_ms: 99th percentile of latency.
        errors: requests that were not answered with 200.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    errors: int


Key = tuple[int, int, str]


def measure(server: Running, connections: int, seconds: float) -> Sample:
    """Loads a server with wrk on one thread."""
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "-s",
        str(HERE / "echo" / "post.lua"),
        server.url,
    ]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(row for row in out.splitlines() if row.startswith("RESULT"))
    requests, micros, p50, p99, errors = (int(field) for field in line.split()[1:])
    return Sample(requests / (micros / 1e6), p50 / 1000, p99 / 1000, errors)


def warm_up(server: Running) -> None:
    """Lets just-in-time compilers finish, whose threads would be measured with the servers."""
    measure(server, 16, 4)
    measure(server, 64, 6)


def one_round(names: list[str], batch: int, seconds: float, samples: dict[Key, list[Sample]]) -> None:
    """Starts all servers, measures them in turn at each number of connections, stops them."""
    running: list[Running] = []
    try:
        for name in names:
            running.append(STARTERS[name](batch))
            warm_up(running[-1])
        for connections in CONNECTIONS:
            for server in running:
                sample = measure(server, connections, seconds)
                samples.setdefault((batch, connections, server.name), []).append(sample)
                print(
                    f"  batch {batch:2} c {connections:2} {server.name:10} {sample}",
                    file=sys.stderr,
                    flush=True,
                )
    finally:
        for server in running:
            server.stop()


def median(samples: list[Sample], field: str) -> float:
    """Returns the median of one field."""
    return statistics.median(getattr(sample, field) for sample in samples)


def table(names: list[str], samples: dict[Key, list[Sample]]) -> str:
    """Returns the results as a Markdown table."""
    lines = [
        "| batch | connections | server | requests/s (min - max) | p50 ms | p99 ms | errors | Mariner is |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for batch in BATCHES:
        for connections in CONNECTIONS:
            ours = samples.get((batch, connections, "mariner"), [])
            for name in names:
                rows = samples.get((batch, connections, name))
                if not rows:
                    continue
                rate = median(rows, "rate")
                ratio = f"{median(ours, 'rate') / rate:.1f}x" if ours and name != "mariner" and rate else ""
                spread = f"{rate:,.0f} ({min(r.rate for r in rows):,.0f} - {max(r.rate for r in rows):,.0f})"
                lines.append(
                    f"| {batch} | {connections} | {name} | {spread} | {median(rows, 'p50_ms'):.2f} "
                    f"| {median(rows, 'p99_ms'):.2f} | {sum(r.errors for r in rows)} | {ratio} |"
                )
    return "\n".join(lines)


def main() -> int:
    """Runs the comparison; returns 1 when something it needs is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="interleaved rounds (default 3)")
    parser.add_argument("--seconds", type=int, default=5, help="length of one measurement (default 5)")
    parser.add_argument("--only", nargs="+", choices=sorted(STARTERS), default=list(STARTERS), help="servers")
    parser.add_argument("--batches", nargs="+", type=int, default=list(BATCHES), help="batch sizes")
    parser.add_argument("--starts", type=int, default=5, help="rounds of the start-up comparison (default 5)")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is missing (expected: the load generator; apt-get install wrk)", file=sys.stderr)
        return 1
    samples: dict[Key, list[Sample]] = {}
    for number in range(options.rounds):
        for batch in options.batches:
            print(f"round {number + 1} of {options.rounds}, batch {batch}", file=sys.stderr, flush=True)
            one_round(options.only, batch, options.seconds, samples)
    print(
        f"{os.cpu_count()} cores shared with wrk (1 thread), 1 KB echo, one worker, {options.rounds} rounds\n"
    )
    print(table(options.only, samples))
    if options.starts:
        print("\nStart of the digits model (TorchScript, one worker)\n")
        print(startup.compare(options.starts))
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
