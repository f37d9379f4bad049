"""How busy a GPU is, by NVML, the library of NVIDIA's driver."""

from __future__ import annotations

import ctypes
import statistics
import threading
from types import TracebackType

from bench.context import NotAvailableError

_PERIOD_SECONDS = 0.1


class _Utilization(ctypes.Structure):
    """NVML's answer: percent of the last period in which a kernel ran, or memory moved."""

    _fields_ = (("gpu", ctypes.c_uint), ("memory", ctypes.c_uint))


class BusyShare:
    """Samples the first GPU's utilization while a block runs; use as a context, then ask `percent`.

    Raises:
        NotAvailableError: there is no NVML or no GPU.
    """

    def __init__(self) -> None:
        try:
            self._nvml = ctypes.CDLL("libnvidia-ml.so.1")
        except OSError as error:
            raise NotAvailableError("libnvidia-ml.so.1 is missing (expected: NVIDIA's driver)") from error
        self._device = ctypes.c_void_p()
        self._call("nvmlInit_v2")
        self._call("nvmlDeviceGetHandleByIndex_v2", 0, ctypes.byref(self._device))
        self._samples: list[int] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def _call(self, name: str, *arguments: object) -> None:
        code = getattr(self._nvml, name)(*arguments)
        if code != 0:
            raise NotAvailableError(f"{name} returned {code} (expected: 0)")

    def _sample(self) -> None:
        found = _Utilization()
        while not self._done.wait(_PERIOD_SECONDS):
            self._call("nvmlDeviceGetUtilizationRates", self._device, ctypes.byref(found))
            self._samples.append(found.gpu)

    def __enter__(self) -> BusyShare:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    @property
    def percent(self) -> float:
        """Mean of the samples."""
        return statistics.fmean(self._samples) if self._samples else 0.0
