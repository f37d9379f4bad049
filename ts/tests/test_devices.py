"""How data come to the device of a model."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from ts.torch_handler.devices import moved

torch = pytest.importorskip("torch")


class Recorded:
    """A tensor that writes down what is done with it, for a device that this machine need not have."""

    def __init__(self, kind: str) -> None:
        self.device = SimpleNamespace(type=kind)
        self.done: list[Any] = []

    def pin_memory(self) -> Recorded:
        self.done.append("pinned")
        return self

    def to(self, device: Any, non_blocking: bool = False) -> Recorded:
        self.done.append((device.type, non_blocking))
        return self


@pytest.mark.parametrize(
    ("source", "target", "done"),
    [
        ("cpu", "cuda", ["pinned", ("cuda", True)]),
        ("cuda", "cuda", [("cuda", False)]),
        ("cpu", "cpu", [("cpu", False)]),
        ("cpu", "xpu", [("xpu", False)]),
    ],
)
def test_only_the_way_from_the_host_to_cuda_leads_through_pinned_memory(
    source: str, target: str, done: list[Any]
) -> None:
    tensor = Recorded(source)
    assert moved(tensor, SimpleNamespace(type=target)) is tensor
    assert tensor.done == done


def test_a_tensor_stays_what_it_is() -> None:
    tensor = torch.arange(6.0).reshape(2, 3)
    assert moved(tensor, torch.device("cpu")) is tensor


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_tensor_comes_to_a_cuda_device_whole() -> None:
    tensor = torch.randn(512, 512)
    found = moved(tensor, torch.device("cuda:0"))
    assert found.device.type == "cuda"
    assert torch.equal(found.cpu(), tensor)
