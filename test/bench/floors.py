"""The floors of the gate: ratios that a release must reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.measurement import Parameter


@dataclass(frozen=True)
class Side:
    """Which measurement stands on one side of a ratio."""

    system: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    metric: str = "requests/s"

    @property
    def setting(self) -> str:
        """The parameters in words."""
        return ", ".join(f"{name} {value}" for name, value in self.parameters.items())

    def __str__(self) -> str:
        return f"{self.system} ({self.setting})" if self.parameters else self.system


@dataclass(frozen=True)
class Floor:
    """A ratio and the least it may be.

    Attributes:
        row: the row family that measures both sides.
        ours: what is divided.
        theirs: what it is divided by.
        floor: the least ratio.
        source: where the floor is from.
    """

    row: str
    ours: Side
    theirs: Side
    floor: float
    source: str


PEERS = "next to released peers"
YARDSTICK = "of a server without features"
IN_PROCESS = "of the same loop without a server"
OVERLAP = "of the same model without preparing ahead, where decoding takes as long as the network"
PLAIN = "of the same server in plain HTTP"
STAGES = "of one stage; a second one is a second process on two processors"
WAITING = "of what the waiting of the handler allows"
SLOWEST = "the peer's slowest hundredth next to ours: 1 when ours is not slower"
HANDLER = "of a bare handler"
TURNS = "two turns: the one under way and one more; a twentieth for the way there and back"
TEXT = "of the same tensor as JSON"
BARE = "of the same bytes over /predictions"
BATCHING = "batching must not cost throughput; 3 % for noise"

# batch: peer: floors by number of connections.
_ECHO: Mapping[int, Mapping[str, Mapping[int, float]]] = {
    1: {"mosec": {1: 1.5, 16: 3, 64: 3}, "torchserve": {1: 6, 16: 10, 64: 10}},
    32: {"mosec": {1: 10, 16: 5, 64: 1.3, 256: 1.3}, "torchserve": {1: 15, 16: 6, 64: 3}},
}


def _echo() -> Iterator[Floor]:
    for batch, peers in _ECHO.items():
        for peer, floors in peers.items():
            for connections, floor in floors.items():
                at = {"batch": batch, "connections": connections}
                yield Floor("echo", Side("mariner", at), Side(peer, at), floor, PEERS)
        for connections in (1, 16, 64, 256):
            at = {"batch": batch, "connections": connections}
            yield Floor("echo", Side("mariner", at), Side("limit", at), 0.6, YARDSTICK)


def _tail() -> Iterator[Floor]:
    for connections in (1, 16, 64):
        at: dict[str, Parameter] = {"seconds": "warm", "connections": connections}
        theirs, ours = (Side(system, at, "p99 ms") for system in ("mosec", "mariner"))
        yield Floor("tail", theirs, ours, 1, SLOWEST)


def _grpc() -> Iterator[Floor]:
    at = {"streams": 64}
    yield Floor("grpc", Side("mariner", at), Side("limit", at), 0.6, YARDSTICK)
    yield Floor("grpc", Side("mariner", at), Side("torchserve", at), 3, PEERS)
    yield Floor("grpc", Side("mariner", at), Side("mlserver", at), 3, PEERS)


def _bodies() -> Iterator[Floor]:
    for size in (1, 10):
        at = {"MB": size}
        yield Floor("bodies", Side("mariner", at), Side("limit", at), 0.8, YARDSTICK)


def _tls() -> Iterator[Floor]:
    at = {"connections": 64}
    secured = Side("mariner-tls", at)
    yield Floor("tls", secured, Side("mariner", at), 0.6, PLAIN)
    yield Floor("tls", secured, Side("torchserve-tls", at), 5, PEERS)


def _models() -> Iterator[Floor]:
    for model in ("resnet", "encoder"):
        for batch in (1, 4, 8):
            policy = "greedy" if batch > 1 else "none"
            ours = {"model": model, "batch": batch, "policy": policy, "connections": 32}
            yield Floor("models", Side("mariner", ours), Side("in-process", ours), 0.97, IN_PROCESS)
        for connections in (1, 4, 16, 32):
            greedy = {"model": model, "batch": 8, "policy": "greedy", "connections": connections}
            single = {**greedy, "batch": 1, "policy": "none"}
            yield Floor("models", Side("mariner", greedy), Side("mariner", single), 0.97, BATCHING)


def _photo() -> Iterator[Floor]:
    at: dict[str, Parameter] = {"model": "photo", "batch": 8, "connections": 32}
    plain = Side("mariner", {**at, "policy": "greedy"})
    ahead = Side("mariner", {**at, "policy": "greedy, prepared ahead"})
    yield Floor("models", plain, Side("in-process", plain.parameters), 0.97, IN_PROCESS)
    yield Floor("models", ahead, plain, 1.2, OVERLAP)


def _concurrent() -> Iterator[Floor]:
    at: dict[str, Parameter] = {"model": "awaiting", "connections": 64}
    yield Floor("concurrent", Side("mariner", at), Side("waiting alone", at), 0.8, WAITING)
    bound, ours = (Side(name, {"model": "turns"}, "first token ms") for name in ("two turns", "mariner"))
    yield Floor("concurrent", bound, ours, 0.95, TURNS)


def _mosec() -> Iterator[Floor]:
    for stages in (1, 2, 3):
        for connections in (1, 16, 64):
            yield _mosec_floor(f"{stages} stages", connections, 1.5)
    yield _mosec_floor("1 MB msgpack", 4, 1.5)
    yield _mosec_floor("10 MB between stages", 4, 2)
    yield _mosec_floor("100 events", 4, 1.5)


def _mosec_floor(what: str, connections: int, floor: float) -> Floor:
    at: dict[str, Parameter] = {"what": what, "connections": connections}
    return Floor("mosec", Side("mariner", at), Side("mosec", at), floor, PEERS)


def _apps() -> Iterator[Floor]:
    one: dict[str, Parameter] = {"nodes": 1, "connections": 64}
    yield Floor("apps", Side("mariner", {**one, "nodes": 2}), Side("mariner", one), 0.45, STAGES)


def _typed() -> Iterator[Floor]:
    for connections in (1, 16, 64):
        typed, bare = (
            Side("mariner", {"way": way, "connections": connections})
            for way in ("dataclasses", "bare handler")
        )
        yield Floor("typed", typed, bare, 0.85, HANDLER)


def _oip() -> Iterator[Floor]:
    def ours(way: str, metric: str = "requests/s") -> Side:
        return Side("mariner", {"way": way}, metric)

    def theirs(way: str, metric: str = "requests/s") -> Side:
        return Side("mlserver", {"way": way}, metric)

    yield Floor("oip", ours("REST JSON"), theirs("REST JSON"), 10, PEERS)
    yield Floor("oip", ours("REST binary"), ours("REST JSON"), 5, TEXT)
    yield Floor("oip", ours("gRPC raw"), ours("bytes, /predictions"), 0.67, BARE)
    yield Floor("oip", ours("scikit-learn"), theirs("scikit-learn"), 10, PEERS)
    yield Floor("oip", ours("40 models"), theirs("40 models"), 5, PEERS)
    yield Floor("oip", theirs("40 models", "MiB"), ours("40 models", "MiB"), 1, PEERS)


FLOORS: tuple[Floor, ...] = (
    *_echo(),
    *_tail(),
    *_grpc(),
    *_bodies(),
    *_oip(),
    *_tls(),
    *_models(),
    *_photo(),
    *_concurrent(),
    *_apps(),
    *_typed(),
    *_mosec(),
)
