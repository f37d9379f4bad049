"""Every vector of proto/wire, both ways, and at every place where a frame can be cut."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ts._wire.channel import Channel, Disconnected
from ts._wire.codec import decode, decode_pairs, derived_label, encode, encode_pairs, frame_size, label_head
from ts._wire.messages import (
    Cancel,
    Credit,
    Frame,
    FrameType,
    Part,
    ProtocolError,
    ReplyItem,
    RequestItem,
)

WIRE = Path(__file__).parents[2] / "proto" / "wire"
VECTORS = json.loads((WIRE / "vectors.json").read_text(encoding="utf-8"))
VALID = [pytest.param(v["hex"], v["frame"], id=v["name"]) for v in VECTORS["valid"]]
INVALID = [pytest.param(v["hex"], v.get("where"), id=v["name"]) for v in VECTORS["invalid"]]


def frame_of(source: dict[str, Any]) -> Frame:
    """Builds the message that a vector's JSON describes."""
    kind = FrameType[source["type"]]
    payload: Any = None
    if "fields" in source:
        payload = dict(source["fields"])
    elif kind in (FrameType.PREDICT, FrameType.EXPLAIN, FrameType.DESCRIBE):
        payload = [request_of(item) for item in source["items"]]
    elif kind in (FrameType.RESULT, FrameType.PIECE):
        payload = [reply_of(item) for item in source["items"]]
    elif kind == FrameType.CREDIT:
        payload = [Credit(int(e["id"], 16), e["credits"]) for e in source["items"]]
    elif kind == FrameType.CANCEL:
        payload = [Cancel(int(e["id"], 16), e["reason"]) for e in source["items"]]
    return Frame(kind, source["flags"], source["model"], int(source["run"], 16), payload)


def request_of(item: dict[str, Any]) -> RequestItem:
    return RequestItem(
        int(item["id"], 16),
        item["deadline"],
        item["flags"],
        item["credits"],
        item["label"] or "",
        item["sequence"] or "",
        item["route"],
        encode_pairs(item["headers"]),
        [Part(p["name"], p["type"] or "", bytes.fromhex(p["body"])) for p in item["parts"]],
    )


def reply_of(item: dict[str, Any]) -> ReplyItem:
    return ReplyItem(
        int(item["id"], 16),
        bytes.fromhex(item["body"]),
        item["status"],
        item["flags"],
        item["error"],
        item["reason"] or "",
        item["type"] or "",
        encode_pairs(item["headers"]),
    )


def open_lazily(frame: Frame) -> None:
    """Reads what a receiver may leave unread."""
    if isinstance(frame.payload, list):
        for item in frame.payload:
            if isinstance(item, (RequestItem, ReplyItem)):
                decode_pairs(item.header_block)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, Channel]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, Channel(theirs)


def test_the_vectors_are_what_their_maker_makes() -> None:
    assert (
        subprocess.run([sys.executable, str(WIRE / "make_vectors.py"), "--check"], check=False).returncode
        == 0
    )


@pytest.mark.parametrize(("data", "described"), VALID)
def test_a_valid_vector_decodes_to_its_frame(data: str, described: dict[str, Any]) -> None:
    source = bytes.fromhex(data)
    for place in (bytearray(source), b"before" + source + b"after"):
        at = 6 if isinstance(place, bytes) else 0
        assert frame_size(place, at) == len(source)
        assert decode(place, at) == frame_of(described)


@pytest.mark.parametrize(("data", "described"), VALID)
def test_a_frame_encodes_to_its_vector(data: str, described: dict[str, Any]) -> None:
    assert encode(frame_of(described)).hex() == data


@pytest.mark.parametrize(("data", "where"), INVALID)
def test_an_invalid_vector_is_a_protocol_error(data: str, where: str | None) -> None:
    source = bytearray.fromhex(data)
    if where == "header block":
        frame = decode(source)
        with pytest.raises(ProtocolError):
            open_lazily(frame)
        return
    with pytest.raises(ProtocolError):
        decode(source[: frame_size(source, 0)])


@pytest.mark.parametrize("vector", VECTORS["incomplete"], ids=lambda v: v["name"])
def test_a_beginning_waits_for_its_rest_and_the_end_of_the_stream_is_an_error(
    pair: tuple[socket.socket, Channel], vector: dict[str, Any]
) -> None:
    ours, channel = pair
    data = bytes.fromhex(vector["hex"])
    ours.sendall(data)
    assert channel.receive() == []
    if vector["missing"] is not None:
        assert frame_size(data, 0) - len(data) == vector["missing"]
    ours.close()
    with pytest.raises(ProtocolError, match="inside a frame"):
        channel.receive()


@pytest.mark.parametrize("vector", VECTORS["labels"], ids=lambda v: v["label"])
def test_labels_are_derived(vector: dict[str, str]) -> None:
    assert derived_label(label_head(vector["prefix"]), int(vector["id"], 16)) == vector["label"]


def test_every_prefix_and_every_split_point_gives_the_same_frame(pair: tuple[socket.socket, Channel]) -> None:
    ours, channel = pair
    for vector in VECTORS["valid"]:
        data, expected = bytes.fromhex(vector["hex"]), frame_of(vector["frame"])
        for cut in range(1, len(data)):
            ours.sendall(data[:cut])
            assert channel.receive() == [], f"{vector['name']} cut at {cut}"
            ours.sendall(data[cut:])
            assert channel.receive() == [expected], f"{vector['name']} cut at {cut}"


def test_all_vectors_in_one_stream_arrive_in_order(pair: tuple[socket.socket, Channel]) -> None:
    ours, channel = pair
    ours.sendall(b"".join(bytes.fromhex(v["hex"]) for v in VECTORS["valid"]))
    ours.close()
    received: list[Frame] = []
    while len(received) < len(VECTORS["valid"]):
        received += channel.receive()
    with pytest.raises(Disconnected):
        channel.receive()
    assert received == [frame_of(v["frame"]) for v in VECTORS["valid"]]
