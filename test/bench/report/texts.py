"""What the page says about each row before its table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """Heading and explanation of a row."""

    title: str
    explanation: str


TEXTS: Mapping[str, Text] = {
    "echo": Text(
        "Echo, 1 KB",
        """\
One worker, HTTP, wrk on one thread of the same machine. Mariner as it comes: metrics on, access log on,
no token. TorchServe with its lines per request switched off. Batch 32: TorchServe and Mosec wait 1 ms
for a batch to fill, Mariner is greedy. `limit` is no server but a yardstick: bare Netty, of the same
version, in front of one bare Python loop, with no features at all.""",
    ),
    "tail": Text(
        "Latency at low load",
        """\
Echo of 1 KB by wrk, one worker, batch 1: the slowest hundredth and thousandth of requests, once warm, and
in the first five seconds of a server that has just become ready.""",
    ),
    "grpc": Text(
        "gRPC, 1 KB",
        """\
Unary calls, 64 at any time over one channel, from a small grpc-java client on the same machine; one
worker, batch 1. Mariner, TorchServe and `limit` (bare grpc-java in front of the bare Python loop)
answer TorchServe's `Predictions`, MLServer the Open Inference Protocol's `ModelInfer`.""",
    ),
    "bodies": Text(
        "Large bodies",
        """\
Echo of 1 MB and 10 MB over four connections by wrk, one worker, batch 1. `limit` is a bare copy through
the same sockets. The peak of the frontend's memory was sampled under load.""",
    ),
    "tls": Text(
        "TLS",
        """\
Echo of 1 KB on 64 connections that stay open, TLS 1.3 with an RSA key of 2048 bits, by wrk; one worker,
batch 1. `mariner` is the same server in plain HTTP.""",
    ),
    "oip": Text(
        "Tensors",
        """\
FP32 1x3x224x224 in, 1x1000 out, over four connections by wrk; one worker. The same tensor as JSON, as
bytes behind JSON (`Inference-Header-Content-Length`), as bare bytes over `/predictions`, and raw over gRPC.
`scikit-learn`: a logistic regression, four numbers in; `40 models`: echo of four numbers, all models in one
process (MLServer: its pool), asked in turn; both JSON, on 64 connections.""",
    ),
    "models": Text(
        "Real models",
        """\
One worker, one torch thread everywhere. On the CPU: ResNet-18 in plain torch for JPEGs of 96x96 pixels,
and an encoder of 4 layers, width 256, for 64 token ids in JSON; photo: JPEGs of 1280x960 pixels, reduced
to 96x96 for the same network, with and without `prepareAhead`. With `--device cuda`: ResNet-50 at
224x224, 12 layers of width 768 for 128 ids. `in-process` is the same handler called in a loop with
whole batches and no server: decoding, preprocessing, forward pass, postprocessing and JSON are in it.
The rates are slopes through all answers, because answers of a batch come together. Both frontends were
warmed up by an echo model beside the others.""",
    ),
    "concurrent": Text(
        "Many requests in one worker",
        """\
`awaiting` is an `async def` handler that waits 10 ms a request, 64 connections by wrk, one worker with
`asyncCommunication`; "waiting alone" is what 64 requests of 10 ms allow at most. `turns` makes a token of
each request in a turn of 20 ms (`continuousBatching`): the time to the first token of a request that
joins one under way, beside two turns, measured meanwhile.""",
    ),
    "apps": Text(
        "Applications",
        """\
An echo of 1 KB through one, two and three stages of an application, each with one worker and batches of
up to 32. One stage is a model without a graph; with two cores each further stage is another process
that wants its share of them.""",
    ),
    "typed": Text(
        "What type hints cost",
        """\
1 KB of JSON that goes back as it came: through a model whose method takes and answers dataclasses, one
without hints, and a bare handler, which gets what the worker decoded. One worker each, no batches.""",
    ),
    "mosec": Text(
        "A script for Mosec",
        """\
The same file on Mosec 0.9.8 and, by the alias distribution, on Mariner: an echo of 1 KB through one, two
and three stages with batches of up to 32 and a wait of 1 ms; 1 MB in MessagePack to numpy and back; 10 MB
of numpy from one stage to the next; 100 server-sent events a request.""",
    ),
    "stages": Text(
        "Decoding, network and classes as stages",
        """\
Photos of 1280x960 pixels for ResNet-18 at 96x96, one torch thread a process, batches of up to 8: all in
one stage with one worker and with two, and as three stages with two workers for decoding, one for the
network and one for the classes. Workers beyond the number of processors gain nothing by themselves; the
network's batches are fuller when nothing else runs in its process.""",
    ),
    "scaling": Text(
        "Scaling",
        """\
wrk with 64 connections. `sleeping` waits 10 ms a request, `computing` is a loop in Python; both with 1
to 8 workers. Event loops: echo with four workers and so many loops in the frontend. Models: so many
echo models with a worker each, all asked in turn.""",
    ),
    "rest": Text(
        "Cost at rest",
        """\
One echo model with one worker; each round starts afresh. Memory is the resident memory of the
frontend's process, and the share (PSS) of all processes together, in which shared pages count once. The
idle connections have had one answer each. Rates and latencies are those of 16 other connections
meanwhile. The registered models have no workers.""",
    ),
    "startup": Text(
        "Start",
        """\
From the command until every model has answered and all its workers are ready. digits: a TorchScript
model with one worker, of which `import torch` is more than half, and the same with four; echo: handlers
without torch, one worker each. The first start in the background leaves an archive of the frontend's
classes in the user's cache folder, which later starts map. "preload" is Mariner with
`preload_modules=torch`, or `json` where there is no torch: its workers are forked from a process that
has imported it. Pages that processes share count once.""",
    ),
    "groups": Text(
        "Models that share a process",
        """\
From the command until every model has answered once, and the memory of the worker processes then: echo
models without torch, all in one process (`default_worker_group`), or a process for each. Pages that
processes share count once.""",
    ),
    "metrics": Text(
        "Metrics",
        """\
A scrape of the metrics page, by the number of models, which share one process and have answered once; and
the time of the processor that a value costs the handler which emits it, while its lines wait for the end
of the run. `scraped`: whether somebody reads the page once a second while 16 connections load a model.""",
    ),
    "open_loop": Text(
        "Open loop",
        """\
Echo of 1 KB, batch 1, 64 connections. Requests are due at a fixed rate whether or not the server keeps
up, and latency counts from then, so a stall is not hidden by clients that wait for it. A server below
the rate that is due has a queue that grows until the end: its latencies say only that.""",
    ),
}
