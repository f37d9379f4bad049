"""Requests that nobody sends in good faith: pages of other sites, and random bytes."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator

import pytest
from faults import call_grpc, order
from observation import Observation
from support import rest
from support.rest import RawConnection, request_bytes
from support.server import RunningServer

FUZZ_ROUNDS = 200
NIGHTLY_SEEDS = 30

STATE_CHANGES = [
    ("POST", "/models?url=faulty.mar&model_name=owned"),
    ("PUT", "/models/bystander?min_worker=0"),
    ("PUT", "/models/bystander/1.0/set-default"),
    ("DELETE", "/models/bystander"),
]


@pytest.mark.parametrize(("method", "path"), STATE_CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "evil.example:8081", "Origin": "http://evil.example:8081"},
        {"Host": "localhost.evil.example"},
    ],
    ids=["origin", "sandbox", "host", "rebinding", "suffix"],
)
def test_another_sites_page_changes_nothing(
    server: RunningServer, base: Observation, method: str, path: str, headers: dict[str, str]
) -> None:
    refused = rest.call(server.management, method, path, headers=headers)
    assert (refused.status, refused.json()["type"]) == (403, "ForeignOriginException")
    assert len(server.workers("bystander")) == 1


def seeds() -> list[bytes]:
    plain = order("answer").encode()
    form = b'--b\r\nContent-Disposition: form-data; name="data"\r\n\r\n' + plain + b"\r\n--b--\r\n"
    return [
        request_bytes("POST", "/predictions/bystander", plain),
        request_bytes("POST", "/predictions/bystander/1.0", plain, {"X-Request-Timeout-Ms": "100"}),
        request_bytes(
            "POST", "/predictions/bystander", form, {"Content-Type": "multipart/form-data; boundary=b"}
        ),
        request_bytes(
            "POST", "/predictions/bystander", b'5\r\n{"do"\r\n0\r\n\r\n', {"Transfer-Encoding": "chunked"}
        ),
        request_bytes("GET", "/models?limit=10&next_page_token=1"),
        request_bytes("GET", "/models/bystander/1.0?customized=true"),
        request_bytes("PUT", "/models/bystander?min_worker=1&max_worker=1"),
        request_bytes("OPTIONS", "/"),
        request_bytes("GET", "/metrics?name%5B%5D=ts_inference_requests_total"),
    ]


def mutations(generator: random.Random) -> Iterator[bytes]:
    """Yields requests in which bytes are changed, taken out, repeated, or cut off."""
    while True:
        data = bytearray(generator.choice(seeds()))
        for _ in range(generator.randrange(1, 6)):
            at = generator.randrange(len(data)) if data else 0
            match generator.randrange(5):
                case 0:
                    data[at : at + 1] = generator.randbytes(1)
                case 1:
                    del data[at : at + generator.randrange(1, 20)]
                case 2:
                    data[at:at] = data[at : at + generator.randrange(1, 40)]
                case 3:
                    data[at:at] = generator.choice([b"\r\n", b"\x00", b"%00", b"..", b"\xff" * 8, b"9" * 30])
                case _:
                    data += generator.choice(seeds())
        yield bytes(data)


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def frames(generator: random.Random) -> bytes:
    """Returns frames of HTTP/2 that are right in their lengths and in nothing else."""
    sent = b""
    for _ in range(generator.randrange(1, 30)):
        payload = generator.randbytes(generator.randrange(0, 200))
        kind, flags, stream = generator.randrange(12), generator.randrange(256), generator.randrange(1, 9)
        sent += len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
    return sent


def test_random_frames_break_no_grpc_listener(server: RunningServer, base: Observation) -> None:
    generator = random.Random(3)
    for _ in range(FUZZ_ROUNDS // 4):
        data = generator.choice([b"", PREFACE]) + generator.choice([frames, noise])(generator)
        address = f"http://{generator.choice([server.grpc_inference, server.grpc_management])}"
        with contextlib.suppress(OSError), RawConnection(address, timeout=0.05) as connection:
            connection.send(data)
            while connection.socket.recv(65536):
                continue
    assert call_grpc(server, "bystander", order("answer")).text == "1"
    server.assert_clean_output()


def noise(generator: random.Random) -> bytes:
    """Returns random bytes."""
    return generator.randbytes(generator.randrange(1, 2000))


@pytest.mark.parametrize(
    "seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(3, NIGHTLY_SEEDS))]
)
def test_random_requests_break_nothing(server: RunningServer, base: Observation, seed: int) -> None:
    generator, sent = random.Random(seed), 0
    addresses = [server.inference, server.management, server.metrics]
    statuses: set[int] = set()
    faults: list[str] = []
    for data in mutations(generator):
        if sent == FUZZ_ROUNDS:
            break
        if b"DELETE" in data or (b"min_worker=1" not in data and b"PUT" in data):
            continue
        sent += 1
        with (
            contextlib.suppress(OSError, AssertionError, ValueError, IndexError),
            RawConnection(generator.choice(addresses), timeout=0.05) as connection,
        ):
            connection.send(data)
            reply = connection.read_reply()
            statuses.add(reply.status)
            # Damaged orders reach the handler, which raises; that is no fault of the server.
            if reply.status >= 500 and "Internal error of the server" in reply.text:
                faults.append(f"{data!r}: {reply.text}")
    assert 400 in statuses
    assert faults == []
    assert server.predict("bystander", order("answer")).text == "1"
    server.assert_clean_output()
