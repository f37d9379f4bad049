"""How data come to the device of a model."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from ts._looking_ahead import look_ahead_from_here
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
def test_ahead_of_its_run_a_tensor_goes_to_cuda_through_pinned_memory(
    source: str, target: str, done: list[Any]
) -> None:
    tensor = Recorded(source)

    def prepare() -> None:
        look_ahead_from_here()
        moved(tensor, SimpleNamespace(type=target))

    thread = threading.Thread(target=prepare)
    thread.start()
    thread.join()
    assert tensor.done == done


def test_in_a_run_a_tensor_is_there_when_it_is_asked_for() -> None:
    tensor = Recorded("cpu")
    assert moved(tensor, SimpleNamespace(type="cuda")) is tensor
    assert tensor.done == [("cuda", False)]


def test_a_tensor_stays_what_it_is() -> None:
    tensor = torch.arange(6.0).reshape(2, 3)
    assert moved(tensor, torch.device("cpu")) is tensor


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_tensor_comes_to_a_cuda_device_whole() -> None:
    tensor, found = torch.randn(512, 512), []

    def prepare() -> None:
        look_ahead_from_here()
        found.append(moved(tensor, torch.device("cuda:0")))

    thread = threading.Thread(target=prepare)
    thread.start()
    thread.join()
    assert found[0].device.type == "cuda"
    assert torch.equal(found[0].cpu(), tensor)
