"""Scenarios in which something breaks: clients, workers, the queue, and at last the server's own end."""

from __future__ import annotations

import resource
import select
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import psutil

from ts._cli.drill.client import OpenRequest, Reply, until
from ts._cli.drill.run import Drill, Failed, Seen, expect

_DEADLINE_MILLIS = 300
_PROMPT_SECONDS = 3.0
_FLOOD_LIMIT = 1200
_FLOOD_SECONDS = 60.0
_REFUSAL_MILLIS = 1000
_BURST = 50
_LOAD = 8
_GONE_SECONDS = 8.0


def keeps_deadlines(drill: Drill) -> Seen:
    """A request whose deadline passes in the worker ends then; the worker is kept."""
    with drill.server.frozen() as worker:
        reply = drill.ask(headers={"X-Request-Timeout-Ms": str(_DEADLINE_MILLIS)})
    expect(reply.status == 504, f"{reply.brief} (expected: 504 after {_DEADLINE_MILLIS} ms)")
    limit = _DEADLINE_MILLIS / 1000 + _PROMPT_SECONDS
    expect(reply.seconds < limit, f"504 after {reply.seconds:.1f} s (expected: within {limit:.1f} s)")
    drill.answered()
    drill.same_worker(worker)
    return Seen(f"504 after {reply.seconds * 1000:.0f} ms of {_DEADLINE_MILLIS}, worker kept")


def outlives_clients(drill: Drill) -> Seen:
    """A client leaves while its request runs; the worker goes on."""
    with drill.server.frozen() as worker:
        leaving = drill.server.open_request(timeout=drill.patience)
        drill.await_running()
        leaving.leave()
    drill.answered()
    drill.same_worker(worker)
    left = until(lambda: drill.server.running() == 0, 10.0)
    expect(bool(left), "the request of the client that left still counts as running after 10 s")
    return Seen("the next sample 200, worker kept")


def replaces_a_killed_worker(drill: Drill) -> Seen:
    """SIGKILL under a request: it ends with an error at once, and a new worker answers."""
    with ThreadPoolExecutor(1) as client:
        with drill.server.frozen() as worker:
            asked = client.submit(drill.ask)
            drill.await_running()
            killed = drill.signal(worker, signal.SIGKILL)
        reply = asked.result()
    told = time.monotonic() - killed
    expect(reply.status == 500, f"{reply.brief} (expected: 500 that names the signal)")
    expect(told < _PROMPT_SECONDS, f"told after {told:.1f} s (expected: within {_PROMPT_SECONDS:g} s)")
    recovery = drill.recovered(killed)
    return Seen(f"500 after {told * 1000:.0f} ms, a new worker answers after {recovery:.1f} s", recovery)


def sheds_a_flood(drill: Drill) -> Seen:
    """More requests than the queue holds: what is too much is refused at once, the rest is answered."""
    described = drill.server.describe()
    capacity = int(described.get("jobQueueStatus", {}).get("remainingCapacity", 0))
    length = capacity * drill.sample_time / int(described.get("batchSize", 1))
    if length > _FLOOD_SECONDS:
        return Seen(f"not tried: the queue of {capacity} would take {length:.0f} s to answer", noted=True)
    limit = min(_FLOOD_LIMIT, _descriptors() // 2)
    if capacity > limit - _BURST:
        return Seen(f"not tried: the queue of {capacity} is longer than a flood of {limit}", noted=True)
    flood: list[OpenRequest] = []
    try:
        with drill.server.frozen() as worker:
            refusals = _flood(drill, flood, limit)
        thawed = time.monotonic()
        expect(bool(refusals), f"{len(flood)} requests, none refused (expected: 503)")
        odd = [reply.brief for reply in refusals if reply.status != 503 or "retry-after" not in reply.headers]
        expect(not odd, f"refused with {', '.join(sorted(set(odd))[:2])} (expected: 503 with Retry-After)")
        replies = [request.reply() for request in flood]
    finally:
        for request in flood:
            request.leave()
    lost = [reply.brief for reply in replies if reply.status not in (200, 503)]
    expect(not lost, f"{len(lost)} accepted requests got no answer: {', '.join(sorted(set(lost))[:2])}")
    recovery = drill.recovered(thawed)
    drill.same_worker(worker)
    refused = len(refusals) + sum(reply.status == 503 for reply in replies)
    kept = len(replies) + len(refusals) - refused
    return Seen(f"{kept} answered, {refused} refused with 503 and Retry-After", recovery)


def _flood(drill: Drill, flood: list[OpenRequest], limit: int) -> list[Reply]:
    """Opens requests until some are refused; returns the refusals, leaves the others in `flood`."""
    while len(flood) < limit:
        flood += [drill.server.open_request(timeout=drill.patience) for _ in range(_BURST)]
        # Not `select`, which knows no descriptor above 1023.
        poll = select.poll()
        for request in flood:
            poll.register(request.socket, select.POLLIN)
        ready = {descriptor for descriptor, _ in poll.poll(_REFUSAL_MILLIS)}
        if ready:
            refused = [request for request in flood if request.socket.fileno() in ready]
            flood[:] = [request for request in flood if request.socket.fileno() not in ready]
            return [request.reply() for request in refused]
    return []


def _descriptors() -> int:
    """Returns how many files and sockets this process may open, after asking for as many as it may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * _FLOOD_LIMIT
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == resource.RLIM_INFINITY else soft


def replaces_a_stopped_worker(drill: Drill) -> Seen:
    """SIGSTOP under a request: found by a short response timeout, which takes another registration."""
    timeout = drill.short_timeout
    removed = drill.server.manage("DELETE", f"/models/{quote(drill.server.model)}", drill.patience)
    expect(removed.status == 200, f"the model can't be removed: {removed.brief}")
    drill.load(response_timeout=timeout)
    drill.answered()
    stopped = time.monotonic()
    with drill.server.frozen() as worker:
        reply = drill.ask()
        expect(reply.status == 504, f"{reply.brief} (expected: 504 after {timeout} s)")
        gone = until(lambda: worker not in drill.server.workers(), _PROMPT_SECONDS)
        expect(bool(gone), "the stopped worker still counts as ready")
        recovery = drill.recovered(stopped)
    late = reply.seconds - timeout
    expect(late < _PROMPT_SECONDS, f"504 after {reply.seconds:.1f} s (expected: {timeout} s)")
    after = recovery - reply.seconds
    return Seen(f"504 after {reply.seconds:.1f} s of {timeout}, answers {after:.1f} s later", recovery)


def drains(drill: Drill) -> Seen:
    """SIGTERM while requests are under way: all of them are answered, exit code 0."""
    server, family = drill.server, drill.server.family()
    # All may run in one batch: what is asked later waits.
    with ThreadPoolExecutor(_LOAD) as clients:
        with server.frozen():
            asked = [clients.submit(drill.ask) for _ in range(_LOAD)]
            arrived = until(lambda: pending_all(drill) >= _LOAD, 10.0)
            server.terminate()
            stopping = until(lambda: server.state().phase == "stopping", 10.0)
        replies = [future.result() for future in asked]
    ended = until(lambda: server.exit_code() is not None, drill.patience)
    expect(bool(arrived and stopping), "SIGTERM had no effect within 10 s")
    lost = [reply.brief for reply in replies if reply.status != 200]
    expect(not lost, f"{len(lost)} of {_LOAD} lost: {', '.join(sorted(set(lost))[:2])}")
    expect(bool(ended), f"the server still runs after {drill.patience:.0f} s")
    expect(server.exit_code() == 0, f"exit code {server.exit_code()} (expected: 0)")
    _expect_gone(family)
    return Seen(f"{_LOAD} of {_LOAD} answered, exit code 0")


def pending_all(drill: Drill) -> int:
    """Returns all requests that the model has and has not answered."""
    status = drill.server.describe().get("jobQueueStatus", {})
    return int(status.get("pendingRequests", 0)) + drill.server.running()


def _expect_gone(family: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(family, timeout=_GONE_SECONDS)
    expect(not alive, f"{len(alive)} processes are left after the end: {[one.pid for one in alive]}")


def leaves_nothing(drill: Drill) -> Seen:
    """After the end there are no temporary files."""
    if drill.server.exit_code() is None:
        raise Failed("the server still runs")
    left = sorted(path.name for path in drill.server.temp.iterdir())
    expect(not left, f"left in the temporary folder: {', '.join(left)}")
    return Seen("no processes, no temporary files")
