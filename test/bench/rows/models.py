"""Real models: a residual network and a transformer encoder, next to the same loop without a server."""

from __future__ import annotations

import io
import json
import random
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.context import Context
from bench.load import closed_loop, tools
from bench.load.gpu import BusyShare
from bench.load.in_process import InProcess
from bench.load.sample import Sample
from bench.measurement import Measurement, Parameter, Recorder
from bench.places import BUILD, HANDLERS
from bench.servers.archive_servers import Serving, mariner, torchserve
from bench.servers.archives import Archive, echo
from bench.servers.fleet import Starter, fleet
from bench.servers.process import Running

BATCHES = (1, 4, 8)
CONNECTIONS = (1, 4, 16, 32)
NO_BATCHING = "none"
GREEDY = "greedy"
AHEAD = "greedy, prepared ahead"
_SHARED = ("nets.py", "real_model.py")
# Where floors compare what differs by a few percent: batch sizes at one connection, and the loop without a
# server at most connections. The machine's speed changes by as much from one second to the next, so these are
# measured more often, each for a shorter time.
_CLOSE = (min(CONNECTIONS), max(CONNECTIONS))
_TURNS = 5
_TURN_SHARE = 0.5
_RESPONSE_SECONDS = 120
# Served beside the models: a frontend that has answered but some hundred requests is still being compiled.
_ECHO = "echo"


def window(millis: int) -> str:
    """Returns the name of the policy that waits so long for a batch to fill."""
    return f"window {millis} ms"


@dataclass(frozen=True)
class Model:
    """One of the models.

    Attributes:
        name: module of its handler.
        content_type: of its requests.
        windows: delays in milliseconds at which batch 8 is measured beside greedy.
        batches: largest batches that are measured.
        ahead: whether batch 8 is measured with `prepareAhead` too.
        needs: modules beside those that all share.
        sends: width and height of its pictures; None: what the network expects.
    """

    name: str
    content_type: str
    windows: tuple[int, ...] = ()
    batches: tuple[int, ...] = BATCHES
    ahead: bool = False
    needs: tuple[str, ...] = ()
    sends: tuple[int, int] | None = None


MODELS = (
    Model("resnet", "image/jpeg", windows=(10, 50)),
    Model("encoder", "application/json"),
    Model("photo", "image/jpeg", batches=(8,), ahead=True, needs=("resnet.py",), sends=(1280, 960)),
)


@dataclass(frozen=True)
class Variant:
    """A model with a batch size and a policy; registered under a name of its own."""

    model: Model
    batch: int
    policy: str
    delay_millis: int | None = None

    @property
    def name(self) -> str:
        """The name under which it is registered."""
        return f"{self.model.name}-{self.batch}-{self.policy.replace(',', '').replace(' ', '-')}"

    @property
    def parameters(self) -> dict[str, Parameter]:
        """What the results say of it."""
        return {"model": self.model.name, "batch": self.batch, "policy": self.policy}

    @property
    def compared(self) -> bool:
        """Whether a floor compares it, if it is Mariner that serves it."""
        return self.delay_millis is None

    def archive(self) -> Archive:
        """Returns its archive."""
        options: dict[str, str | int] = {"batchSize": self.batch, "responseTimeout": _RESPONSE_SECONDS}
        if self.delay_millis is not None:
            options["maxBatchDelay"] = self.delay_millis
        if self.policy == AHEAD:
            options["prepareAhead"] = "true"
        return Archive(self.name, f"{self.model.name}.py", options, (*_SHARED, *self.model.needs))


def variants(model: Model) -> Mapping[str, list[Variant]]:
    """Returns what each system serves of a model."""
    sizes = [Variant(model, batch, GREEDY if batch > 1 else NO_BATCHING) for batch in model.batches]
    return {
        "mariner": [
            *sizes,
            *([Variant(model, 8, AHEAD)] if model.ahead else []),
            *(Variant(model, 8, window(millis), millis) for millis in model.windows),
        ],
        "torchserve": [*(one for one in sizes if one.batch == 1), Variant(model, 8, window(50), 50)],
    }


def body(model: Model, device: str) -> bytes:
    """Returns the request that is sent again and again."""
    sys.path.insert(0, str(HANDLERS))
    try:
        from nets import VOCABULARY, sizes
    finally:
        sys.path.remove(str(HANDLERS))
    chosen = sizes(device)
    source = random.Random(7)  # the same pictures and text each time
    if model.name == "encoder":
        return json.dumps({"ids": [source.randrange(VOCABULARY) for _ in range(chosen.tokens)]}).encode()
    from PIL import Image

    small = Image.frombytes("RGB", (8, 8), source.randbytes(192))
    out = io.BytesIO()
    small.resize(model.sends or (chosen.pixels, chosen.pixels)).save(out, "JPEG", quality=90)
    return out.getvalue()


@dataclass(frozen=True)
class Bench:
    """One model with its servers and its loop, all of them up."""

    context: Context
    recorder: Recorder
    model: Model
    request: Path

    def load(self, url: str, connections: int, seconds: float) -> Sample:
        """Loads one variant; a GPU answers more than Python can ask, so it gets the Java client."""
        if self.context.device == "cuda":
            whole = max(1, round(seconds))
            return tools.closed_loop(url, self.request, self.model.content_type, connections, whole)
        data = self.request.read_bytes()
        return closed_loop.load(url, data, self.model.content_type, connections, seconds)

    def one_round(self, servers: list[Running], loop: InProcess) -> None:
        """Measures everything once, and several times what floors compare closely."""
        for connections in CONNECTIONS:
            turns = _TURNS if connections in _CLOSE else 1
            for turn in range(turns):
                for server in servers:
                    for variant in variants(self.model)[server.name]:
                        repeated = turns > 1 and server.name == "mariner" and variant.compared
                        seconds = self.context.seconds * (_TURN_SHARE if repeated else 1)
                        if repeated and connections == max(CONNECTIONS):
                            self.measure_beside(loop, server, variant, connections, seconds)
                        elif repeated or turn == 0:
                            self.measure(server, variant, connections, seconds)

    def measure_beside(
        self, loop: InProcess, server: Running, variant: Variant, connections: int, seconds: float
    ) -> None:
        """Measures a variant and, right before and after it, the loop without a server."""
        before = loop.rate(variant.batch, seconds)
        self.measure(server, variant, connections, seconds)
        rate = (before + loop.rate(variant.batch, seconds)) / 2
        parameters = {**variant.parameters, "connections": connections}
        self.recorder.add("in-process", "requests/s", round(rate, 2), **parameters)
        self.context.say(f"  {self.model.name} batch {variant.batch} in-process {rate:10.1f}/s")

    def measure(self, server: Running, variant: Variant, connections: int, seconds: float) -> None:
        """Measures one variant at one number of connections."""
        url = f"{server.url}/predictions/{variant.name}"
        parameters = {**variant.parameters, "connections": connections}
        if self.context.device == "cuda":
            with BusyShare() as busy:
                sample = self.load(url, connections, seconds)
            self.recorder.add(server.name, "GPU busy %", round(busy.percent, 1), **parameters)
        else:
            sample = self.load(url, connections, seconds)
        sample.record(self.recorder, server.name, **parameters)
        self.context.say(f"  {variant.name:22} c {connections:2} {server.name:10} {sample}")


def starters(context: Context, model: Model, request: bytes) -> Mapping[str, Starter]:
    """Returns how each server is started with all variants of a model."""

    def serving(system: str) -> Serving:
        return Serving(
            f"models-{model.name}",
            [*(variant.archive() for variant in variants(model)[system]), echo(name=_ECHO)],
            probe=request,
            content_type=model.content_type,
            environment={"MARINER_BENCH_DEVICE": context.device},
        )

    return {
        "mariner": lambda: mariner(serving("mariner")),
        "torchserve": lambda: torchserve(serving("torchserve")),
    }


@contextmanager
def benches(
    context: Context, recorder: Recorder, model: Model
) -> Iterator[tuple[Bench, list[Running], InProcess]]:
    """Starts the servers and the loop of a model, and warms up the frontends."""
    folder = BUILD / "models"
    folder.mkdir(parents=True, exist_ok=True)
    request = folder / f"{model.name}-{context.device}.body"
    request.write_bytes(body(model, context.device))
    bench = Bench(context, recorder, model, request)

    def warm_up(server: Running) -> None:
        echoing = f"{server.url}/predictions/{_ECHO}"
        tools.closed_loop(echoing, request, model.content_type, 16, context.warm_up_seconds)
        for variant in variants(model)[server.name]:
            bench.load(f"{server.url}/predictions/{variant.name}", 16, context.seconds)

    all_starters = starters(context, model, request.read_bytes())
    with (
        InProcess(model.name, request, context.device) as loop,
        fleet(context, all_starters, warm_up) as servers,
    ):
        loop.rate(max(BATCHES), 1)
        yield bench, servers, loop


def measure(context: Context) -> list[Measurement]:
    """Returns rates of the loop without a server, and rates and latencies of the servers."""
    recorder = Recorder()
    if context.device == "cuda" and shutil.which("nvidia-smi") is None:
        context.note("nvidia-smi is missing: the GPU is not named")
    for model in MODELS:
        with benches(context, recorder, model) as (bench, servers, loop):
            for _ in context.each_round():
                bench.one_round(servers, loop)
    return recorder.measurements()
