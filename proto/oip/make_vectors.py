# ruff: noqa: D103 (the functions are named after the things of README.md that they write)
"""Writes vectors.json: tensors as README.md defines their form, made with plain struct calls.

It imports neither implementation, so that the vectors check both. `--check` only compares and exits with 1
where the file is out of date.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]
PLACE = Path(__file__).with_name("vectors.json")
FORMATS = {
    "BOOL": "?",
    "INT8": "b",
    "INT16": "h",
    "INT32": "i",
    "INT64": "q",
    "UINT8": "B",
    "UINT16": "H",
    "UINT32": "I",
    "UINT64": "Q",
    "FP16": "e",
    "FP32": "f",
    "FP64": "d",
}


def flat(data: Any) -> list[Any]:
    return [each for part in data for each in flat(part)] if isinstance(data, list) else [data]


def raw(datatype: str, data: Any) -> bytes:
    values = flat(data)
    if datatype == "BYTES":
        texts = [text.encode("utf-8") for text in values]
        return b"".join(struct.pack("<I", len(text)) + text for text in texts)
    values = [float("nan") if value is None else value for value in values]
    if datatype == "BF16":
        # The values of the vectors need no rounding.
        return b"".join(struct.pack("<f", value)[2:] for value in values)
    return struct.pack(f"<{len(values)}{FORMATS[datatype]}", *values)


def framed(head: Json | str, data: bytes) -> str:
    text = (head if isinstance(head, str) else json.dumps(head, separators=(",", ":"))).encode("utf-8")
    text += b" " * (-(4 + len(text)) % 8)
    return (struct.pack("<I", len(text)) + text + data).hex()


def tensor(name: str, datatype: str, shape: list[int], data: Any, **parameters: Any) -> Json:
    found: Json = {"name": name, "datatype": datatype, "shape": shape}
    if parameters:
        found["parameters"] = parameters
    return {**found, "data": data}


def head(name: str, datatype: str, shape: list[Any], size: int) -> Json:
    return {"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": size}}


def formed(text: Json, key: str) -> str:
    data = b""
    tensors = []
    for each in text[key]:
        own = raw(each["datatype"], each["data"])
        parameters = {**each.get("parameters", {}), "binary_data_size": len(own)}
        plain = {name: each[name] for name in ("name", "datatype", "shape")}
        tensors.append({**plain, "parameters": parameters})
        data += own
    return framed({**text, key: tensors}, data)


def message(name: str, text: Json, side: str = "request") -> Json:
    key = "inputs" if side == "request" else "outputs"
    return {"name": name, "side": side, "text": json.dumps(text), "form": formed(text, key)}


def messages() -> list[Json]:
    extremes = {
        "BOOL": [True, False],
        "INT8": [-128, 127],
        "INT16": [-32768, 32767],
        "INT32": [-(2**31), 2**31 - 1],
        "INT64": [-(2**63), 2**63 - 1],
        "UINT8": [0, 255],
        "UINT16": [0, 65535],
        "UINT32": [0, 2**32 - 1],
        "UINT64": [0, 2**64 - 1],
        "FP16": [-65504, 6.103515625e-05],
        "BF16": [-1.5, 3.3895313892515355e38],
        "FP32": [1.401298464324817e-45, -3.4028234663852886e38],
        "FP64": [5e-324, -1.7976931348623157e308],
        "BYTES": ["", 'h\u00e9 \U0001f600\n"\\'],
    }
    found = [
        message(f"extremes of {datatype}", {"inputs": [tensor("x", datatype, [2], values)]})
        for datatype, values in extremes.items()
    ]
    two = [
        tensor("a", "FP32", [2, 3], [1.5, -2, 3.25, 0.1, 1e10, 0.333251953125]),
        tensor("b", "BYTES", [1], ["text"], content_type="str"),
    ]
    asked = [{"name": "y"}, {"name": "z", "parameters": {"binary_data": True}}]
    full = {
        "id": "an id",
        "model_name": "m",
        "model_version": "1.0",
        "parameters": {
            "flag": True,
            "count": -5,
            "ratio": 0.5,
            "text": "t",
            "headers": {"a": "b", "list": [1, 2]},
        },
        "inputs": two,
        "outputs": asked,
    }
    found.append(message("all there is", full))
    nested = [tensor("x", "INT32", [2, 1, 2], [[[1, 2]], [[3, 4]]])]
    found.append(message("nested data", {"inputs": nested}))
    found.append(message("no rows", {"inputs": [tensor("x", "FP32", [0, 4], [])]}))
    found.append(message("nested without elements", {"inputs": [tensor("x", "FP32", [2, 0], [[], []])]}))
    found.append(message("a scalar", {"inputs": [tensor("x", "INT64", [], [7])]}))
    found.append(message("no inputs", {"inputs": []}))
    answer = {"id": "1", "model_name": "m", "outputs": [tensor("y", "FP64", [1, 2], [0.25, 0.75])]}
    found.append(message("an answer", answer, "answer"))
    return found


def refused_form(name: str, says: str, form: str) -> Json:
    return {"name": name, "side": "request", "form": form, "says": says}


def refused_text(name: str, says: str, text: Json | str) -> Json:
    return {
        "name": name,
        "side": "request",
        "text": text if isinstance(text, str) else json.dumps(text),
        "says": says,
    }


def of(**tensor_keys: Any) -> Json:
    return {"inputs": [tensor_keys]}


def refused() -> list[Json]:
    four = bytes(4)
    one = {"inputs": [head("x", "FP32", [1], 4)]}
    big = 2**62
    forms = [
        refused_form("empty", "4", ""),
        refused_form(
            "a head longer than the body", "head of 100 bytes", struct.pack("<I", 100).hex() + b"{}".hex()
        ),
        refused_form("no JSON", "JSON", framed("nonsense", b"")),
        refused_form("bytes left over", "4 bytes after the last tensor", framed(one, four + four)),
        refused_form("data that end early", "binary_data_size: 4", framed(one, bytes(3))),
        refused_form(
            "a size beyond the shape",
            "8 bytes of data (expected: 4",
            framed({"inputs": [head("x", "FP32", [1], 8)]}, four + four),
        ),
        refused_form(
            "a negative size", "binary_data_size: -4", framed({"inputs": [head("x", "FP32", [1], -4)]}, four)
        ),
        refused_form("a negative dimension", "[-1]", framed({"inputs": [head("x", "FP32", [-1], 4)]}, four)),
        refused_form(
            "dimensions whose product overflows",
            str(big),
            framed({"inputs": [head("x", "FP32", [big, big, 0], 0)]}, b""),
        ),
        refused_form(
            "huge dimensions", "bytes of data", framed({"inputs": [head("x", "FP32", [2**40], 4)]}, four)
        ),
        refused_form(
            "a BYTES element that overruns",
            "element 0: 9 bytes",
            framed({"inputs": [head("x", "BYTES", [1], 6)]}, struct.pack("<I", 9) + b"ab"),
        ),
        refused_form(
            "BYTES with an element too many",
            "after the last element",
            framed({"inputs": [head("x", "BYTES", [1], 8)]}, four + four),
        ),
        refused_form(
            "BYTES with an element too few",
            "at least 8",
            framed({"inputs": [head("x", "BYTES", [2], 4)]}, four),
        ),
        refused_form("a BOOL of 2", "element 1: 2", framed({"inputs": [head("x", "BOOL", [2], 2)]}, b"\1\2")),
        refused_form("text that is no UTF-8", "UTF-8", framed_bytes(b'{"inputs":[],"id":"\xff\xfe"}')),
    ]
    good = {"name": "x", "datatype": "FP32", "shape": [1], "data": [1]}
    texts = [
        refused_text("no object", "object", "[]"),
        refused_text("nothing", "object", ""),
        refused_text("more behind it", "after the JSON object", json.dumps({"inputs": []}) + "{}"),
        refused_text("no inputs", 'no "inputs"', {}),
        refused_text("an unknown key", '"instances" is unknown', {"instances": [], "inputs": []}),
        refused_text("a key twice", '"inputs" twice', '{"inputs": [], "inputs": []}'),
        refused_text("a name twice", 'input "x" twice', {"inputs": [good, good]}),
        refused_text("no name", "inputs[0]: no name", of(datatype="FP32", shape=[1], data=[1])),
        refused_text("no datatype", 'input "x": no datatype', of(name="x", shape=[1], data=[1])),
        refused_text(
            "an unknown datatype",
            'input "x": datatype: FLOAT',
            of(name="x", datatype="FLOAT", shape=[1], data=[1]),
        ),
        refused_text("no shape", 'input "x": no shape', of(name="x", datatype="FP32", data=[1])),
        refused_text("no data", 'input "x": no data', of(name="x", datatype="FP32", shape=[1])),
        refused_text(
            "a shape that is a number",
            'input "x": shape: a number',
            of(name="x", datatype="FP32", shape=1, data=[1]),
        ),
        refused_text(
            "a dimension that is no number",
            'input "x": shape: two',
            of(name="x", datatype="FP32", shape=["two"], data=[1]),
        ),
        refused_text(
            "a negative dimension in JSON", "[-1]", of(name="x", datatype="FP32", shape=[-1], data=[1])
        ),
        refused_text(
            "huge dimensions in JSON", 'input "x"', of(name="x", datatype="FP32", shape=[2**50], data=[1])
        ),
        refused_text(
            "too many dimensions",
            "dimensions (expected: at most 32",
            of(name="x", datatype="FP32", shape=[1] * 33, data=[1]),
        ),
        refused_text(
            "too few elements", "1 elements (expected: 2", of(name="x", datatype="FP32", shape=[2], data=[1])
        ),
        refused_text(
            "too many elements", "expected: 1", of(name="x", datatype="FP32", shape=[1], data=[1, 2])
        ),
        refused_text(
            "nested otherwise", 'input "x": data', of(name="x", datatype="FP32", shape=[2, 1], data=[[1, 2]])
        ),
        refused_text(
            "a string for a number", "element 0: one", of(name="x", datatype="FP32", shape=[1], data=["one"])
        ),
        refused_text(
            "a fraction for a whole number",
            "element 0: 1.5",
            of(name="x", datatype="INT32", shape=[1], data=[1.5]),
        ),
        refused_text(
            "null for a whole number",
            "element 0: null",
            of(name="x", datatype="INT32", shape=[1], data=[None]),
        ),
        refused_text(
            "a number for BYTES", "element 0: 1", of(name="x", datatype="BYTES", shape=[1], data=[1])
        ),
        refused_text("out of range", "element 0: 256", of(name="x", datatype="UINT8", shape=[1], data=[256])),
        refused_text(
            "negative for unsigned", "element 0: -1", of(name="x", datatype="UINT64", shape=[1], data=[-1])
        ),
        refused_text(
            "too large for a float", "element 0: 1e+39", of(name="x", datatype="FP32", shape=[1], data=[1e39])
        ),
        refused_text(
            "NaN", "NaN", '{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [NaN]}]}'
        ),
        refused_text(
            "Infinity",
            "Infinity",
            '{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1], "data": [-Infinity]}]}',
        ),
        refused_text(
            "half of a surrogate pair",
            "Unicode",
            '{"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1], "data": ["\\ud800"]}]}',
        ),
        refused_text(
            "data behind JSON that has none behind it",
            "binary_data_size: 4",
            {"inputs": [head("x", "FP32", [1], 4)]},
        ),
        refused_text(
            "data and a size", "only one of them", of(**{**good, "parameters": {"binary_data_size": 0}})
        ),
        refused_text("an output without a name", "outputs[0]: no name", {"inputs": [], "outputs": [{}]}),
        refused_text("parameters that are no object", "parameters", {"inputs": [], "parameters": [1]}),
    ]
    return forms + texts


def framed_bytes(text: bytes) -> str:
    return (struct.pack("<I", len(text)) + text).hex()


def main() -> int:
    vectors = {"messages": messages(), "refused": refused()}
    text = json.dumps(vectors, indent=1) + "\n"
    if "--check" in sys.argv[1:]:
        return int(PLACE.read_text(encoding="utf-8") != text)
    PLACE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
