"""The table of devices that a handler can run on."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from ts._looking_ahead import looks_ahead


class DeviceKind(NamedTuple):
    """A kind of device.

    Attributes:
        map_location: the name that `torch.load` knows it by.
        is_there: whether it can be used, given the GPU that the frontend chose (None: none).
        device: the device itself.
    """

    map_location: str
    is_there: Callable[[int | None], bool]
    device: Callable[[int | None], Any]


def _torch() -> Any:
    import torch

    return torch


def _has_xpu(gpu_id: int | None) -> bool:
    wanted = os.environ.get("TS_IPEX_GPU_ENABLE", "false").lower() == "true"
    return wanted and gpu_id is not None and hasattr(_torch(), "xpu") and bool(_torch().xpu.is_available())


def _xla_device(gpu_id: int | None) -> Any:
    from torch_xla.core import xla_model  # type: ignore[import-not-found,unused-ignore]

    return xla_model.xla_device()


DEVICES = (
    DeviceKind(
        "cuda",
        lambda gpu_id: gpu_id is not None and bool(_torch().cuda.is_available()),
        lambda gpu_id: _torch().device(f"cuda:{gpu_id}"),
    ),
    DeviceKind("xpu", _has_xpu, lambda gpu_id: _torch().device(f"xpu:{gpu_id}")),
    DeviceKind(
        "mps",
        lambda gpu_id: gpu_id is not None and bool(_torch().backends.mps.is_available()),
        lambda gpu_id: _torch().device("mps"),
    ),
    DeviceKind("cpu", lambda gpu_id: importlib.util.find_spec("torch_xla") is not None, _xla_device),
    DeviceKind("cpu", lambda gpu_id: True, lambda gpu_id: _torch().device("cpu")),
)
"""In order of preference; the last is always there."""


def moved(data: Any, device: Any) -> Any:
    """Returns a tensor, or what else has a method `to`, on a device.

    While another batch runs, a tensor goes to a CUDA device through pinned memory, from which the copy is
    made when the device gets to it: the thread that prepares need not wait for each one. PyTorch keeps the
    pinned memory until then, and for later use. Otherwise the copy is there when this returns.
    """
    pinned = looks_ahead() and getattr(device, "type", None) == "cuda" and hasattr(data, "pin_memory")
    if pinned and getattr(getattr(data, "device", None), "type", None) == "cpu":
        return data.pin_memory().to(device, non_blocking=True)
    return data.to(device)


def select_device(gpu_id: int | str | None) -> tuple[str, Any]:
    """Returns the name for `map_location` and the device for the GPU that the frontend chose."""
    number = None if gpu_id is None else int(gpu_id)
    kind = next(kind for kind in DEVICES if kind.is_there(number))
    return kind.map_location, kind.device(number)
