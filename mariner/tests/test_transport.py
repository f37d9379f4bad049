from __future__ import annotations

import pytest

from mariner import transport
from mariner.transport import TransportError, decode, encode


@pytest.mark.parametrize(
    "value", [None, 1, "text", b"\x00bytes", [1, {"a": (2.5, b"x")}], {"k": bytearray(b"y")}]
)
def test_plain_values_come_back(value: object) -> None:
    assert decode(encode(value)) == value


def test_arrays_are_views_of_the_body_and_can_be_changed() -> None:
    np = pytest.importorskip("numpy")
    body = encode({"a": np.arange(6.0).reshape(2, 3), "empty": np.zeros((0, 3))})
    found = decode(body)
    assert found["a"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert found["empty"].shape == (0, 3)
    found["a"][0, 0] = 9.0
    assert np.shares_memory(found["a"], np.frombuffer(body, np.uint8))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int64", "bool"])
def test_tensors_keep_type_and_shape(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    value = torch.ones(3, 4).to(getattr(torch, dtype))
    first, none, single = decode(encode((value.T, torch.zeros(0, 2), torch.tensor(5))))
    assert torch.equal(first, value.T)
    assert first.dtype == value.dtype
    assert none.shape == (0, 2)
    assert single.item() == 5


def test_what_can_not_be_pickled_is_named() -> None:
    with pytest.raises(TransportError, match="function can't go to another stage"):
        encode(lambda: None)


@pytest.mark.parametrize("damage", ["", "short", "version", "longer"])
def test_damaged_bodies_are_refused(damage: str) -> None:
    whole = encode([1, 2])
    bodies = {"": b"", "short": whole[:-1], "version": b"\x09" + whole[1:], "longer": whole + b"x"}
    damaged = bytes(bodies[damage])
    with pytest.raises(TransportError):
        decode(damaged)


def test_the_type_is_none_that_clients_send() -> None:
    assert transport.CONTENT_TYPE.startswith("application/x-mariner")
