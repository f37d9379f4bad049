"""Tensors in the form of proto/oip, and every vector of it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ts._worker.tensor_reader import read_form, read_text
from ts._worker.tensors import (
    Message,
    Tensor,
    TensorError,
    elements,
    key_of,
    merged,
    of_elements,
    plain,
    split,
    values,
    write_form,
)

OIP = Path(__file__).parents[2] / "proto" / "oip"
VECTORS = json.loads((OIP / "vectors.json").read_text(encoding="utf-8"))
MESSAGES = [pytest.param(vector, id=vector["name"]) for vector in VECTORS["messages"]]
REFUSED = [pytest.param(vector, id=vector["name"]) for vector in VECTORS["refused"]]


def test_the_vectors_are_up_to_date() -> None:
    assert (
        subprocess.run([sys.executable, str(OIP / "make_vectors.py"), "--check"], check=False).returncode == 0
    )


@pytest.mark.parametrize("vector", MESSAGES)
def test_form_and_text_are_the_same_message(vector: dict[str, Any]) -> None:
    form = read_form(bytes.fromhex(vector["form"]), vector["side"])
    assert read_text(vector["text"], vector["side"]) == form


@pytest.mark.parametrize("vector", MESSAGES)
def test_text_becomes_the_form(vector: dict[str, Any]) -> None:
    assert write_form(read_text(vector["text"], vector["side"]), vector["side"]).hex() == vector["form"]


@pytest.mark.parametrize("vector", MESSAGES)
def test_what_is_written_as_json_reads_as_the_same_message(vector: dict[str, Any]) -> None:
    message = read_form(bytes.fromhex(vector["form"]), vector["side"])
    assert read_text(json.dumps(plain(message, vector["side"])), vector["side"]) == message


@pytest.mark.parametrize("vector", REFUSED)
def test_refuses_with_a_message_that_says_why(vector: dict[str, Any]) -> None:
    read, given = (
        (read_form, bytes.fromhex(vector["form"])) if "form" in vector else (read_text, vector["text"])
    )
    with pytest.raises(TensorError) as refusal:
        read(given, vector["side"])
    assert vector["says"].lower() in str(refusal.value).lower()
    assert "expected:" in str(refusal.value)


def test_data_are_views_of_the_body() -> None:
    body = bytearray(write_form(Message([Tensor("x", "INT8", (2,), b"\1\2")]), "request"))
    tensor = read_form(body).tensors[0]
    body[-1] = 9
    assert bytes(tensor.data) == b"\1\x09"


def test_requests_of_one_key_are_joined_along_their_rows_and_divided_again() -> None:
    one = Message([Tensor("x", "INT16", (1, 2), b"abcd"), of_elements("t", [1], ["p"])])
    two = Message([Tensor("x", "INT16", (2, 2), b"efghijkl"), of_elements("t", [2], ["qq", "r"])])
    assert key_of(one) == key_of(two)

    numbers, texts = merged([one, two])

    assert (numbers.shape, bytes(numbers.data)) == ((3, 2), b"abcdefghijkl")
    assert elements(texts) == [b"p", b"qq", b"r"]
    assert split(numbers, [1, 2]) == [one.tensors[0], two.tensors[0]]
    assert split(texts, [1, 2]) == [one.tensors[1], two.tensors[1]]


def test_keys_differ_by_name_type_inner_shape_and_rank() -> None:
    base = key_of(Message([Tensor("x", "INT8", (1, 2), b"ab")]))
    for other in (
        Tensor("y", "INT8", (1, 2), b"ab"),
        Tensor("x", "UINT8", (1, 2), b"ab"),
        Tensor("x", "INT8", (2, 1), b"ab"),
    ):
        assert key_of(Message([other])) != base
    scalar, vector = Tensor("x", "INT8", (), b"a"), Tensor("x", "INT8", (1,), b"a")
    assert key_of(Message([scalar])) != key_of(Message([vector]))


def test_an_output_with_other_rows_than_the_inputs_is_refused() -> None:
    with pytest.raises(TensorError, match=r'output "y": shape \[3\] \(expected: 4 rows'):
        split(Tensor("y", "INT8", (3,), b"abc"), [2, 2])


def test_what_json_can_not_say_is_null_or_base64() -> None:
    nan = Tensor("x", "FP16", (2,), b"\x00\x7e\x00\x7c")
    assert values(nan) == [None, None]
    raw = plain(Message([of_elements("y", [1], [b"\xff\xfe"])]))["outputs"][0]
    assert (raw["parameters"], raw["data"]) == ({"content_type": "base64"}, ["//4="])


def test_reading_tensors_imports_neither_numpy_nor_torch() -> None:
    code = "import sys, ts._worker.tensors; assert not {'numpy', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
