"""One soak from the start of the server to its end: `soak` returns what was found."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from observation import Observation, assert_recovers
from support.waiting import eventually

from soak.clients import Clients
from soak.journal import Journal
from soak.mischief import Mischief
from soak.server import CHANGING, SoakServer
from soak.watch import MEGABYTE, SETTLING_SECONDS, SLOPE_LIMIT, Sample, Watch, netty_bytes

_CHECK_EVERY = 3
# A chunk of 4 MiB stays for as long as a loop keeps one of its buffers; a leak grows past a few of them.
_NETTY_SLACK = 3 * 4_194_304
_QUIET_SECONDS = 30.0


@dataclass(frozen=True)
class Finding:
    """The end of a soak. `slope` is in megabytes a minute, None when the soak was too short to tell."""

    journal: Journal
    samples: Sequence[Sample]
    slope: float | None
    netty_base: float
    netty_rest: float
    swaps: bool


def warm_up(server: SoakServer, seconds: float) -> float:
    """Goes through every kind of request and some faults, so that pools grow; returns Netty's memory then."""
    journal, over = Journal(), threading.Event()
    with Clients(server, journal, 0):
        over.wait(seconds)
        mischief = Mischief(server, journal, lambda _: None)
        mischief.once("kill", "flood", "scale", "register")
    assert not journal.broken, f"broken while warming up: {journal.broken}"
    return netty_bytes(server)


def soak(
    base: Path, seconds: float, seed: int, leaks: str, show: Callable[[str], None], warm_seconds: float = 10.0
) -> Finding:
    """Soaks a server in the folder `base` for so long; `show` gets a line for each event.

    Raises AssertionError when the server does not start; whatever else breaks is in the journal.
    """
    server = SoakServer(base, leaks)
    server.start()
    try:
        show("warming up")
        netty_base = warm_up(server, warm_seconds)
        resting = Observation.of(server, CHANGING)
        journal, over = Journal(), threading.Event()
        watch, mischief = Watch(server, journal, resting), Mischief(server, journal, show)
        _soak(server, journal, watch, mischief, seconds, seed, over, show)
        netty_rest = _at_rest(server, journal, watch, resting, netty_base)
        found = Finding(
            journal, watch.samples, _slope(watch, journal), netty_base, netty_rest, mischief.swaps
        )
        _stop(server, journal)
        return found
    finally:
        server.kill()


def _soak(
    server: SoakServer,
    journal: Journal,
    watch: Watch,
    mischief: Mischief,
    seconds: float,
    seed: int,
    over: threading.Event,
    show: Callable[[str], None],
) -> None:
    thread = threading.Thread(target=mischief.run, args=(seed, over), daemon=True)
    with Clients(server, journal, seed):
        thread.start()
        turn = 0
        while watch.seconds < seconds:
            over.wait(1.0)
            taken = watch.sample()
            turn += 1
            if turn % _CHECK_EVERY == 0:
                watch.check()
            show(
                f"\r{taken.second:5.0f} s  {journal.open()} open, {sum(journal.outcomes.values())} ended, "
                f"{taken.rss / MEGABYTE:.0f} MB, {taken.threads} threads, {taken.descriptors} descriptors, "
                f"{len(journal.broken)} broken"
            )
            if server.process.poll() is not None:
                journal.breach(f"the server ended: exit code {server.process.poll()}")
                break
        over.set()
        thread.join(60)
        if thread.is_alive():
            journal.breach("a fault has not come to its end within 60 s")


def _at_rest(
    server: SoakServer, journal: Journal, watch: Watch, resting: Observation, netty_base: float
) -> float:
    """Checks what must hold when the clients have gone; returns Netty's memory."""
    try:
        assert_recovers(server, resting, CHANGING)
        watch.check_books()
        eventually(
            lambda: netty_bytes(server) <= netty_base + _NETTY_SLACK,
            _QUIET_SECONDS,
            f"Netty holds no more than the {netty_base:.0f} bytes before, and {_NETTY_SLACK}",
        )
    except (AssertionError, OSError) as fault:
        journal.breach(f"at rest: {fault}")
    return netty_bytes(server) if server.process.poll() is None else 0.0


def _slope(watch: Watch, journal: Journal) -> float | None:
    if not watch.samples or watch.samples[-1].second < 2 * SETTLING_SECONDS:
        return None
    found = watch.slope()
    if found >= SLOPE_LIMIT:
        journal.breach(f"memory grows by {found:.2f} MB a minute (expected: under {SLOPE_LIMIT:g})")
    return found


def _stop(server: SoakServer, journal: Journal) -> None:
    try:
        server.stop()
    except AssertionError as fault:
        journal.breach(f"at the end: {fault}")
