# ruff: noqa: D103 (the functions are named after the things of README.md that they write)
"""Writes vectors.json: the bytes of the wire as README.md defines them, made with plain struct calls.

It imports neither implementation, so that the vectors check both. Run `python proto/wire/make_vectors.py`
after a change of README.md; `--check` only compares and exits with 1 where the file is out of date.

Layout of the file:
  valid       {name, hex, frame}: `hex` decodes to `frame` and `frame` encodes to `hex`.
  invalid     {name, hex, reason[, where]}: the receiver closes the connection. `where` is "header block"
              when a receiver that reads header blocks lazily may find the fault only then.
  incomplete  {name, hex, missing}: the beginning of a valid frame. The receiver waits for `missing` more
              bytes (null: the length itself is not there yet); the end of the stream here is an error.
  labels      {prefix, id, label}: derived request labels.
In `frame`, u64 values (run, id) are 16 hex digits, binary values (body) are hex, an absent text is null.
"""

from __future__ import annotations

import json
import struct
import sys
import uuid
from pathlib import Path
from typing import Any

TYPES = {
    "HELLO": 0x01,
    "LOAD": 0x10,
    "LOADED": 0x11,
    "UNLOAD": 0x12,
    "UNLOADED": 0x13,
    "PREDICT": 0x20,
    "EXPLAIN": 0x21,
    "DESCRIBE": 0x22,
    "RESULT": 0x23,
    "PIECE": 0x24,
    "CREDIT": 0x25,
    "CANCEL": 0x26,
    "HEARTBEAT": 0x30,
    "STOP": 0x31,
}
Json = dict[str, Any]


def text(value: str | None) -> bytes:
    return (value or "").encode("utf-8")


def pairs(entries: list[list[str]]) -> bytes:
    out = b""
    for name, value in entries:
        out += struct.pack(">HI", len(text(name)), len(text(value))) + text(name) + text(value)
    return out


def part(entry: Json) -> bytes:
    name, content_type, body = text(entry["name"]), text(entry["type"]), bytes.fromhex(entry["body"])
    return struct.pack(">HHI", len(name), len(content_type), len(body)) + name + content_type + body


def request_item(item: Json) -> bytes:
    label, sequence = text(item["label"]), text(item["sequence"])
    headers = pairs(item["headers"])
    fixed = struct.pack(
        ">QIHHIHHHHI",
        int(item["id"], 16),
        item["deadline"],
        item["flags"],
        len(item["parts"]),
        len(headers),
        len(label),
        len(sequence),
        item["route"],
        0,
        item["credits"],
    )
    return fixed + label + sequence + headers + b"".join(part(p) for p in item["parts"])


def reply_item(item: Json) -> bytes:
    reason, content_type, headers = text(item["reason"]), text(item["type"]), pairs(item["headers"])
    body = bytes.fromhex(item["body"])
    fixed = struct.pack(
        ">QHBBHHII",
        int(item["id"], 16),
        item["status"],
        item["flags"],
        item["error"],
        len(reason),
        len(content_type),
        len(headers),
        len(body),
    )
    return fixed + reason + content_type + headers + body


def frame_bytes(frame: Json) -> bytes:
    kind = frame["type"]
    if "fields" in frame:
        payload = pairs(frame["fields"])
    elif kind in ("PREDICT", "EXPLAIN", "DESCRIBE"):
        payload = b"".join(request_item(item) for item in frame["items"])
    elif kind in ("RESULT", "PIECE"):
        payload = b"".join(reply_item(item) for item in frame["items"])
    elif kind == "CREDIT":
        payload = b"".join(struct.pack(">QI", int(e["id"], 16), e["credits"]) for e in frame["items"])
    elif kind == "CANCEL":
        payload = b"".join(struct.pack(">QB", int(e["id"], 16), e["reason"]) for e in frame["items"])
    else:
        payload = b""
    return raw_frame(
        TYPES[kind], payload, len(frame.get("items", [])), frame["flags"], frame["model"], frame["run"]
    )


def raw_frame(
    kind: int,
    payload: bytes,
    count: int = 0,
    flags: int = 0,
    model: int = 0,
    run: str = "0",
    version: int = 1,
) -> bytes:
    head = struct.pack(">BBHIQI", version, kind, flags, model, int(run, 16), count)
    return struct.pack(">I", len(head) + len(payload)) + head + payload


def u64(value: int) -> str:
    return f"{value:016x}"


def frame(kind: str, model: int = 0, run: int = 0, flags: int = 0, **rest: Any) -> Json:
    return {"type": kind, "flags": flags, "model": model, "run": u64(run), **rest}


def request(id_: int, parts: list[Json], **rest: Any) -> Json:
    item: Json = {
        "id": u64(id_),
        "deadline": 0,
        "flags": 0,
        "credits": 0,
        "label": None,
        "sequence": None,
        "route": 0,
        "headers": [],
        "parts": parts,
    }
    return {**item, **rest}


def body(data: bytes, name: str = "body", content_type: str | None = None) -> Json:
    return {"name": name, "type": content_type, "body": data.hex()}


def reply(id_: int, data: bytes = b"", **rest: Any) -> Json:
    item: Json = {
        "id": u64(id_),
        "status": 0,
        "flags": 0,
        "error": 0,
        "reason": None,
        "type": None,
        "headers": [],
        "body": data.hex(),
    }
    return {**item, **rest}


def control_frames() -> dict[str, Json]:
    hello = [
        ["protocol", "1"],
        ["worker", "9000"],
        ["generation", "3"],
        ["nonce", "00ff10a5c3d2e1f0"],
        ["rank", "0"],
        ["world_size", "1"],
        ["pid", "4711"],
        ["python", "3.11.7"],
    ]
    load = [
        ["model_name", "mnist"],
        ["model_version", "1.0"],
        ["model_dir", "/tmp/models/Modell-ä"],
        ["handler", "mnist_handler.py:handle"],
        ["envelope", "kservev2"],
        ["batch_size", "8"],
        ["gpu_id", "1"],
        ["limit_max_image_pixels", "true"],
        ["decode_input_request", "false"],
        ["max_response_size", "6553500"],
        ["label_prefix", "0191c2d3a4b58f00"],
        ["mode", "concurrent"],
        ["concurrency", "64"],
        ["routes", "/v1/inference\n/v1/größe"],
        ["non_finite", "null"],
    ]
    failed = [
        ["status", "failed"],
        ["error", "LOAD_FAILED"],
        ["message", "No module named 'mnist' (expected: in the archive)"],
        ["trace", "Traceback (most recent call last):\n  …\n"],
    ]
    return {
        "hello": frame("HELLO", fields=hello),
        "hello with an unknown and an empty field": frame(
            "HELLO", fields=[["colour", "blau"], ["nonce", ""]]
        ),
        "hello without fields": frame("HELLO", fields=[]),
        "load": frame("LOAD", model=1, fields=load),
        "load for the CPU": frame("LOAD", model=0xFFFFFFFF, fields=[["model_name", "m"], ["handler", "h"]]),
        "loaded": frame("LOADED", model=1, fields=[["status", "ok"], ["mode", "serial"], ["slots", "1"]]),
        "loaded concurrent": frame(
            "LOADED",
            model=2,
            fields=[
                ["status", "ok"],
                ["mode", "concurrent"],
                ["slots", "64"],
                ["streams", "true"],
                ["dialect", "oip"],
                ["declares", '{"platform": "größe"}'],
            ],
        ),
        "loaded continuous": frame(
            "LOADED", model=3, fields=[["status", "ok"], ["mode", "continuous"], ["slots", "8"]]
        ),
        "load failed": frame("LOADED", model=1, fields=failed),
        "unload": frame("UNLOAD", model=1),
        "unloaded": frame("UNLOADED", model=1),
        "heartbeat": frame("HEARTBEAT", run=0xFFFFFFFFFFFFFFFF),
        "stop": frame("STOP"),
        "stop with unknown flags": frame("STOP", flags=0xFFFE),
        "credit": frame("CREDIT", items=[{"id": u64(5), "credits": 16}]),
        "credit for several": frame(
            "CREDIT", items=[{"id": u64(5), "credits": 1}, {"id": u64(2**64 - 1), "credits": 2**32 - 1}]
        ),
        "credit for none": frame("CREDIT", items=[]),
        "cancel": frame(
            "CANCEL",
            items=[{"id": u64(reason), "reason": reason} for reason in range(1, 5)],
        ),
    }


def run_frames() -> dict[str, Json]:
    headers = [
        ["Content-Type", "application/json"],
        ["X-API-Key", "geheim ✓"],
        ["x-api-key", ""],
        ["X-Api-Key", "twice"],
    ]
    parts = [
        body(b"\x00\xff" * 3, "data", "image/png"),
        body(b"", "leer"),
        body("größe".encode(), "名前", "text/plain; charset=utf-8"),
        body(b"again", "data"),
    ]
    return {
        "predict": frame(
            "PREDICT", model=1, run=7, items=[request(1, [body(b'{"a": 1}', "body", "application/json")])]
        ),
        "predict with everything": frame(
            "PREDICT",
            model=1,
            run=2**64 - 1,
            flags=0x8000,
            items=[
                request(
                    2**64 - 1,
                    parts,
                    deadline=4294967295,
                    flags=55,
                    credits=8,
                    label="anfrage-№1",
                    sequence="folge-ü",
                    route=65535,
                    headers=headers,
                )
            ],
        ),
        "predict with several items": frame(
            "PREDICT",
            model=3,
            run=8,
            items=[
                request(10, [body(b"x" * 300)], deadline=250),
                request(11, [], flags=16, sequence="s", route=1),
                request(12, [body(b"", "body"), body(b"2", "k")], label="client-label", headers=[["A", "b"]]),
            ],
        ),
        "predict with labels present and derived": frame(
            "PREDICT",
            model=1,
            run=9,
            items=[request(20, [body(b"a")], label="mine"), request(21, [body(b"b")])],
        ),
        "predict alone": frame("PREDICT", model=1, run=14, flags=1, items=[request(41, [body(b"a")])]),
        "predict without items": frame("PREDICT", model=1, run=10, items=[]),
        "predict a stream with credits": frame(
            "PREDICT", model=1, run=11, items=[request(30, [body(b"prompt")], flags=4, credits=32)]
        ),
        "predict a stream with the default window": frame(
            "PREDICT", model=1, run=11, items=[request(30, [body(b"prompt")], flags=4)]
        ),
        "predict at both ends of a graph": frame(
            "PREDICT", model=2, run=15, items=[request(33, [body(b"x")], flags=48, route=2)]
        ),
        "predict in a sequence": frame(
            "PREDICT",
            model=1,
            run=12,
            items=[
                request(31, [body(b"1")], flags=1, sequence="a"),
                request(32, [body(b"2")], flags=2, sequence="b"),
            ],
        ),
        "explain": frame(
            "EXPLAIN", model=1, run=13, items=[request(40, [body(b"[1]", "body", "application/json")])]
        ),
        "describe": frame("DESCRIBE", model=1, run=14, items=[request(41, [])]),
    }


def reply_frames() -> dict[str, Json]:
    result = [
        reply(1, b'{\n  "a": 1\n}', type="application/json"),
        reply(
            2,
            b"\x80\x02",
            status=201,
            flags=1,
            reason="Créé",
            type="image/png",
            headers=[["X-Größe", "2"], ["X", ""]],
        ),
        reply(3),
    ]
    error = reply(
        4,
        b"division by zero",
        error=1,
        headers=[["exception", "ZeroDivisionError"], ["detail", "division by zero"]],
    )
    errors = [reply(100 + code, f"error {code}".encode(), error=code) for code in range(1, 14)]
    return {
        "result": frame("RESULT", model=1, run=7, items=[reply(1, b"ok")]),
        "result with everything": frame("RESULT", model=1, run=8, items=result),
        "result without items": frame("RESULT", model=1, run=9, items=[]),
        "result with a handler's exception": frame("RESULT", model=1, run=10, items=[error]),
        "result with a prediction exception": frame(
            "RESULT", model=1, run=11, items=[reply(5, "zu groß".encode(), status=413, error=2)]
        ),
        "result with every error": frame("RESULT", model=1, run=12, items=errors),
        "result of a spent worker": frame(
            "RESULT",
            model=1,
            run=13,
            flags=1,
            items=[reply(6, b"CUDA error: device-side assert triggered", error=10)],
        ),
        "piece": frame("PIECE", model=1, run=14, items=[reply(30, b"Hel", type="text/event-stream")]),
        "piece that ends one of two": frame(
            "PIECE", model=1, run=14, items=[reply(30, b"lo", flags=1), reply(31, b"x")]
        ),
    }


def invalid_frames() -> list[Json]:
    item = request_item(request(1, [body(b"abc", "body", "text/plain")], label="l", headers=[["A", "b"]]))
    answer = reply_item(reply(1, b"abc", reason="r", type="t", headers=[["A", "b"]]))

    def patched(source: bytes, at: int, layout: str, value: int) -> bytes:
        changed = bytearray(source)
        struct.pack_into(layout, changed, at, value)
        return bytes(changed)

    part_at = len(item) - len(b"abc" + b"text/plain" + b"body") - 8
    block_at = 32 + 1
    cases: list[tuple[str, bytes, str]] = [
        ("length 0", struct.pack(">I", 0), "length below 20"),
        ("length 19", struct.pack(">I", 19) + bytes(19), "length below 20"),
        ("version 0", raw_frame(0x31, b"", version=0), "unknown version"),
        ("version 2", raw_frame(0x31, b"", version=2), "unknown version"),
        ("type 0", raw_frame(0x00, b""), "unknown type"),
        ("type 0x27", raw_frame(0x27, b""), "unknown type"),
        ("type 0xff", raw_frame(0xFF, b""), "unknown type"),
        ("stop with a payload", raw_frame(0x31, b"\x00"), "payload where there is none"),
        ("fields: half a pair's head", raw_frame(0x10, b"\x00\x01\x00"), "pair does not fit"),
        ("fields: name too long", raw_frame(0x10, struct.pack(">HI", 9, 0) + b"short"), "pair does not fit"),
        (
            "fields: value too long",
            raw_frame(0x10, struct.pack(">HI", 1, 2**32 - 1) + b"n"),
            "pair does not fit",
        ),
        (
            "fields: byte after the last pair",
            raw_frame(0x10, pairs([["a", "b"]]) + b"\x00"),
            "pair does not fit",
        ),
        ("request: count above the items", raw_frame(0x20, item, 2), "item does not fit"),
        ("request: count of 4294967295", raw_frame(0x20, item, 2**32 - 1), "item does not fit"),
        ("request: count below the items", raw_frame(0x20, item + item, 1), "bytes after the last item"),
        (
            "request: byte after the last item",
            raw_frame(0x20, item + b"\x00", 1),
            "bytes after the last item",
        ),
        ("request: head cut off", raw_frame(0x20, item[:31], 1), "item does not fit"),
        ("request: body cut off", raw_frame(0x20, item[:-1], 1), "part does not fit"),
        (
            "request: more parts than bytes",
            raw_frame(0x20, patched(item, 14, ">H", 2), 1),
            "part does not fit",
        ),
        ("request: label too long", raw_frame(0x20, patched(item, 20, ">H", 65535), 1), "item does not fit"),
        (
            "request: sequence too long",
            raw_frame(0x20, patched(item, 22, ">H", 65535), 1),
            "item does not fit",
        ),
        (
            "request: headers too long",
            raw_frame(0x20, patched(item, 16, ">I", 2**32 - 1), 1),
            "item does not fit",
        ),
        (
            "request: part name too long",
            raw_frame(0x20, patched(item, part_at, ">H", 65535), 1),
            "part does not fit",
        ),
        (
            "request: part type too long",
            raw_frame(0x20, patched(item, part_at + 2, ">H", 999), 1),
            "part does not fit",
        ),
        (
            "request: body too long",
            raw_frame(0x21, patched(item, part_at + 4, ">I", 4), 1),
            "part does not fit",
        ),
        (
            "request: body of 4 GiB",
            raw_frame(0x22, patched(item, part_at + 4, ">I", 2**32 - 1), 1),
            "part does not fit",
        ),
        ("reply: count above the items", raw_frame(0x23, answer, 2), "item does not fit"),
        (
            "reply: byte after the last item",
            raw_frame(0x24, answer + b"\x00", 1),
            "bytes after the last item",
        ),
        ("reply: head cut off", raw_frame(0x23, answer[:23], 1), "item does not fit"),
        ("reply: reason too long", raw_frame(0x23, patched(answer, 12, ">H", 65535), 1), "item does not fit"),
        ("reply: type too long", raw_frame(0x23, patched(answer, 14, ">H", 65535), 1), "item does not fit"),
        (
            "reply: headers too long",
            raw_frame(0x23, patched(answer, 16, ">I", 2**32 - 1), 1),
            "item does not fit",
        ),
        ("reply: body too long", raw_frame(0x23, patched(answer, 20, ">I", 4), 1), "item does not fit"),
        (
            "credit: count above the entries",
            raw_frame(0x25, struct.pack(">QI", 1, 1), 2),
            "entries do not fit",
        ),
        ("credit: half an entry", raw_frame(0x25, struct.pack(">Q", 1), 1), "entries do not fit"),
        (
            "cancel: count below the entries",
            raw_frame(0x26, struct.pack(">QBQB", 1, 1, 2, 1), 1),
            "entries do not fit",
        ),
    ]
    lazily = [
        (
            "request: header name too long",
            raw_frame(0x20, patched(item, block_at, ">H", 2), 1),
            "pair does not fit",
        ),
        (
            "request: header value too long",
            raw_frame(0x20, patched(item, block_at + 2, ">I", 2**32 - 1), 1),
            "pair does not fit",
        ),
        (
            "reply: header value too long",
            raw_frame(0x23, patched(answer, 24 + 2 + 2, ">I", 2), 1),
            "pair does not fit",
        ),
    ]
    found = [{"name": name, "hex": data.hex(), "reason": reason} for name, data, reason in cases]
    late = [{"name": n, "hex": d.hex(), "reason": r, "where": "header block"} for n, d, r in lazily]
    return found + late


def incomplete_frames() -> list[Json]:
    whole = frame_bytes(frame("PREDICT", model=1, run=7, items=[request(1, [body(b"abc")])]))
    cuts = [
        ("nothing but half a length", 2),
        ("only the length", 4),
        ("half a header", 15),
        ("no payload", 24),
        ("all but one", len(whole) - 1),
    ]
    return [
        {"name": name, "hex": whole[:cut].hex(), "missing": len(whole) - cut if cut >= 4 else None}
        for name, cut in cuts
    ]


def label_vectors() -> list[Json]:
    found = []
    for prefix, id_ in [
        ("0191c2d3a4b58f00", 1),
        ("ffffffffffff8fff", 2**62 - 1),
        ("000000000000800a", 0),
        ("0191c2d3a4b58f00", 2**64 - 1),
    ]:
        lower = (id_ & (2**62 - 1)) | (1 << 63)
        found.append(
            {"prefix": prefix, "id": u64(id_), "label": str(uuid.UUID(int=(int(prefix, 16) << 64) | lower))}
        )
    return found


def vectors() -> str:
    valid = {**control_frames(), **run_frames(), **reply_frames()}
    document = {
        "valid": [{"name": name, "hex": frame_bytes(f).hex(), "frame": f} for name, f in valid.items()],
        "invalid": invalid_frames(),
        "incomplete": incomplete_frames(),
        "labels": label_vectors(),
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    path = Path(__file__).with_name("vectors.json")
    if "--check" in arguments:
        return 0 if path.exists() and path.read_text(encoding="utf-8") == vectors() else 1
    path.write_text(vectors(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
