"""Scenarios in which nothing breaks: load, answers, load of many clients, memory, bounds of a request."""

from __future__ import annotations

import random
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import urlsplit

from ts._cli.drill.client import Reply, until
from ts._cli.drill.run import MEGABYTE, Drill, Hopeless, Seen, expect, rss
from ts._cli.drill.sample import Sample
from ts._cli.drill.scorecard import Growth

CLIENTS = 16
_REQUESTS, _QUICK_REQUESTS = 200, 60
_GROWTH_SECONDS = 30.0
# Allocators take memory in steps and keep it; a leak of this size an answer is none of that.
_LEAK_BYTES_PER_REQUEST = 100_000
_LEAK_BYTES = 10 * MEGABYTE
_RANDOM_BYTES = 512


def loads(drill: Drill) -> Seen:
    """Registers the model; its worker becomes ready."""
    drill.load_time = drill.load()
    memory = rss(drill.worker())
    return Seen(f"ready after {drill.load_time:.1f} s, worker {memory / MEGABYTE:.0f} MB")


def answers_the_sample(drill: Drill) -> Seen:
    """The sample gets an answer; without one the rest means nothing."""
    first = drill.ask()
    if first.status != 200:
        raise Hopeless(f"{first.brief} (expected: 200) for {drill.server.sample.origin}")
    second = drill.answered()
    drill.sample_time = second.seconds
    kind = first.headers.get("content-type", "no content type")
    return Seen(f"200, {len(first.body)} bytes of {kind}, {second.seconds * 1000:.0f} ms when warm")


def answers_alike(drill: Drill) -> Seen:
    """Asks twice; other bytes are worth a note, not a failure: models may draw at random."""
    same = drill.answered().body == drill.answered().body
    return Seen("the same bytes" if same else "other bytes: the model is not deterministic", noted=not same)


def many_at_once(drill: Drill) -> Seen:
    """Many clients together; all are answered."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        replies = list(clients.map(lambda _: drill.ask(), range(CLIENTS)))
    wrong = [reply.brief for reply in replies if reply.status != 200]
    expect(not wrong, f"{len(wrong)} of {CLIENTS} got no answer: {', '.join(sorted(set(wrong))[:3])}")
    slowest = max(reply.seconds for reply in replies)
    return Seen(f"{CLIENTS} answers, the slowest after {slowest * 1000:.0f} ms")


def bad_inputs() -> dict[str, Sample]:
    """Returns what no model expects."""
    noise = random.Random(7).randbytes(_RANDOM_BYTES)
    return {"empty": Sample(b"", None, "empty"), "random bytes": Sample(noise, None, "random bytes")}


def survives_bad_input(drill: Drill) -> Seen:
    """Bad input gets an answer of some kind, the next sample its own, from the same worker."""
    worker, told = drill.worker(), []
    for name, bad in bad_inputs().items():
        reply = drill.ask(bad)
        expect(reply.status > 0, f"{name}: {reply.brief} (expected: an answer)")
        alive = drill.server.workers()[:1] == [worker]
        expect(alive, f"{name}: {reply.status}, and the worker died: {reply.message}")
        drill.answered()
        told.append(f"{name}: {reply.status}")
    drill.same_worker(worker)
    return Seen(f"{', '.join(told)}; the next sample 200, worker kept")


def batch_mates(drill: Drill) -> Seen:
    """Bad input in one batch with samples: the mates may be harmed by the handler, the worker must not."""
    size = int(drill.server.describe().get("batchSize", 1))
    if size < 2:
        return Seen("batchSize is 1: no mates")
    worker, bad = drill.worker(), list(bad_inputs().values())
    mates = min(size, CLIENTS) - 1
    with ThreadPoolExecutor(mates + 2) as clients:
        with drill.server.frozen():
            first = clients.submit(drill.ask)
            drill.await_running()
            spoilt = clients.submit(drill.ask, bad[1])
            asked = [clients.submit(drill.ask) for _ in range(mates)]
            until(lambda: pending(drill) > mates, 5.0)
        replies = [future.result() for future in (first, *asked)]
        answer = spoilt.result()
    drill.answered()
    drill.same_worker(worker)
    harmed = [reply for reply in replies if reply.status != 200]
    if harmed:
        text = f"{len(harmed)} of {mates} mates: {harmed[0].brief}; let the handler judge each row by itself"
        return Seen(text, noted=True)
    return Seen(f"{mates} mates 200, the bad one {answer.status}, worker kept")


def pending(drill: Drill) -> int:
    """Returns the requests in the queue and in workers but the first."""
    waiting = int(drill.server.describe().get("jobQueueStatus", {}).get("pendingRequests", 0))
    return waiting + max(0, drill.server.running() - 1)


def refuses_oversize(drill: Drill) -> Seen:
    """A body over `max_request_size` is refused, and costs the worker nothing."""
    worker, size = drill.worker(), drill.server.request_bytes + 1
    reply = _oversize(drill, size)
    expect(reply.status == 413, f"{size} bytes: {reply.brief} (expected: 413)")
    drill.answered()
    drill.same_worker(worker)
    return Seen(f"{size} bytes: 413")


def _oversize(drill: Drill, size: int) -> Reply:
    """Tells the size first: a server may answer before it has read a body that it will not take."""
    parts = urlsplit(drill.server.state().listeners["inference"])
    head = f"POST {drill.server.route} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n"
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=drill.patience) as client:
        client.sendall(head.encode())
        with suppress(OSError):
            client.sendall(bytes(MEGABYTE))
        line = b""
        with suppress(OSError):
            while b"\r\n" not in line and (piece := client.recv(4096)):
                line += piece
    words = line.split(b" ", 2)
    return Reply(int(words[1]) if len(words) > 1 and words[1].isdigit() else 0, {}, b"", 0.0)


def keeps_memory(drill: Drill) -> Seen:
    """Samples one after the other; the worker's memory settles."""
    wanted = _QUICK_REQUESTS if drill.quick else _REQUESTS
    each = max(drill.sample_time, 0.001)
    requests = max(10, min(wanted, int(_GROWTH_SECONDS / each)))
    worker, server = drill.worker(), drill.server.pid
    # The worker is a child of the server: its memory is counted once.
    before, before_server = rss(worker), rss(server) - rss(worker)
    half = before
    for number in range(requests):
        drill.answered()
        if number == requests // 2:
            half = rss(worker)
    after = rss(worker)
    drill.growth = Growth(requests, after - before, rss(server) - after - before_server)
    drill.same_worker(worker)
    late, counted = after - half, requests - requests // 2
    leaks = late > _LEAK_BYTES and late > counted * _LEAK_BYTES_PER_REQUEST
    expect(
        not leaks, f"the worker grew by {late / MEGABYTE:.1f} MB in the last {counted} of {requests} answers"
    )
    return Seen(str(drill.growth))
