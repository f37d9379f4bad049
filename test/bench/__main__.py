"""The command: measures rows, writes the report, or compares with the floors."""

from __future__ import annotations

import argparse
import datetime
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from bench import gate, machine
from bench.context import Context, NotAvailableError
from bench.measurement import Measurement, Results, read_all, write
from bench.places import PAGE, PLOTS, RESULTS
from bench.report import page
from bench.rows import (
    apps,
    bodies,
    concurrent,
    echo,
    groups,
    grpc,
    metrics,
    models,
    mosec,
    oip,
    open_loop,
    rest,
    scaling,
    stages,
    startup,
    tail,
    tls,
    typed,
)

Row = Callable[[Context], list[Measurement]]
ROWS: Mapping[str, Row] = {
    "echo": echo.measure,
    "tail": tail.measure,
    "grpc": grpc.measure,
    "bodies": bodies.measure,
    "tls": tls.measure,
    "oip": oip.measure,
    "models": models.measure,
    "concurrent": concurrent.measure,
    "apps": apps.measure,
    "typed": typed.measure,
    "mosec": mosec.measure,
    "stages": stages.measure,
    "scaling": scaling.measure,
    "rest": rest.measure,
    "startup": startup.measure,
    "groups": groups.measure,
    "metrics": metrics.measure,
    "open_loop": open_loop.measure,
}


def parser() -> argparse.ArgumentParser:
    """Returns the parser of the command line."""
    made = argparse.ArgumentParser(prog="test/bench/run", description=__doc__)
    made.add_argument(
        "--rows", type=_row_names, default=tuple(ROWS), metavar="A,B", help=f"of {', '.join(ROWS)}"
    )
    made.add_argument("--rounds", type=_positive, default=5, help="interleaved rounds (default 5)")
    made.add_argument("--seconds", type=_positive, default=2, help="length of one measurement (default 2)")
    made.add_argument("--warm-up", type=_positive, default=10, help="half of a warm-up, seconds (default 10)")
    made.add_argument("--device", choices=("cpu", "cuda"), default="cpu", help="for the row models")
    made.add_argument(
        "--models",
        type=_positive,
        default=200,
        help="most models of the rows scaling, groups and metrics (default 200)",
    )
    made.add_argument(
        "--only", type=_words, default=(), metavar="A,B", help="systems, for instance mariner,mosec"
    )
    what = made.add_mutually_exclusive_group()
    what.add_argument("--report", action="store_true", help="write docs/performance.md from the last results")
    what.add_argument("--gate", action="store_true", help="compare the last results with the floors")
    return made


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in text.split(",") if word)


def _row_names(text: str) -> tuple[str, ...]:
    names = _words(text)
    for name in names:
        if name not in ROWS:
            raise argparse.ArgumentTypeError(f"{name!r} (expected: some of {', '.join(ROWS)})")
    return names


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} (expected: a whole number, >= 1)")
    return int(text)


def command_line(options: argparse.Namespace, row: str) -> str:
    """Returns the command that measures one row again in the same way."""
    words = [
        "test/bench/run",
        "--rows",
        row,
        "--rounds",
        str(options.rounds),
        "--seconds",
        str(options.seconds),
    ]
    defaults = parser().parse_args([])
    for name in ("warm_up", "device", "models"):
        if getattr(options, name) != getattr(defaults, name):
            words += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    return " ".join([*words, *(["--only", ",".join(options.only)] if options.only else [])])


def measure(options: argparse.Namespace) -> int:
    """Measures rows one after the other; returns 1 when one of them could not be measured."""
    failed = 0
    facts = machine.facts(options.device)
    for row in options.rows:
        print(f"row {row}", file=sys.stderr, flush=True)
        context = Context(
            options.rounds,
            options.seconds,
            warm_up_seconds=options.warm_up,
            device=options.device,
            most_models=options.models,
            only=options.only,
        )
        results = Results(
            row=row,
            measurements=(),
            rounds=options.rounds,
            seconds=options.seconds,
            date=datetime.date.today().isoformat(),
            command=command_line(options, row),
            machine=facts,
        )
        began = time.monotonic()
        try:
            measured = ROWS[row](context)
        except (NotAvailableError, RuntimeError, ValueError, OSError, subprocess.SubprocessError) as error:
            # The other rows are worth having all the same.
            print(f"row {row} was not measured: {error}", file=sys.stderr, flush=True)
            failed = 1
            continue
        done = replace(
            results,
            measurements=tuple(measured),
            notes=tuple(context.notes),
            took_seconds=time.monotonic() - began,
        )
        print(page.section(done))
        print(f"wrote {write(done, RESULTS)} after {done.took_seconds:.0f} s", file=sys.stderr, flush=True)
    return failed


def main() -> int:
    """Runs what the flags ask for."""
    options = parser().parse_args()
    # Whoever ends the run by a signal means the servers too, which are in sessions of their own.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    if options.report:
        page.write(read_all(RESULTS), PAGE, PLOTS)
        return 0
    if options.gate:
        return gate.main(read_all(RESULTS), options.rows)
    return measure(options)


if __name__ == "__main__":
    sys.exit(main())
