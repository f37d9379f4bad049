"""Load by the released tritonclient, as `perf_analyzer` makes it: so many requests always under way.

    python load.py --model doubler --url 127.0.0.1:8080 --concurrency 1,4,16 --seconds 5
    python load.py --model doubler --url 127.0.0.1:7070 --protocol grpc --rows 8

Inputs are zeros, of the types and shapes that the model's metadata tell; a line for each concurrency.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tritonclient.grpc
import tritonclient.http
from tritonclient.utils import InferenceServerException, triton_to_np_dtype


@dataclass
class Load:
    """What is asked, and what came of it.

    Attributes:
        module: tritonclient.http or tritonclient.grpc.
        url: host and port.
        model: its name.
        rows: size of dimensions that the model leaves open.
        latencies: seconds of each answer.
        failures: what each refusal said.
    """

    module: Any
    url: str
    model: str
    rows: int
    latencies: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def inputs(self) -> list[Any]:
        """Returns zeros for each input that the metadata name."""
        as_json = {} if self.module is tritonclient.http else {"as_json": True}
        with self.module.InferenceServerClient(self.url) as client:
            told = client.get_model_metadata(self.model, **as_json)
        found = []
        for one in told.get("inputs", []):
            shape = [self.rows if int(dim) < 0 else int(dim) for dim in one["shape"]]
            kind = triton_to_np_dtype(one["datatype"])
            values = np.full(shape, b"", object) if kind is np.object_ else np.zeros(shape, kind)
            made = self.module.InferInput(one["name"], shape, one["datatype"])
            made.set_data_from_numpy(values)
            found.append(made)
        return found

    def run(self, concurrency: int, seconds: float) -> float:
        """Asks from so many threads; returns the answers of a second."""
        inputs = self.inputs()
        if not inputs:
            raise SystemExit(
                f"{self.model}: no inputs in its metadata (expected: a model that declares tensors)"
            )
        self.latencies.clear()
        began = time.monotonic()
        threads = [
            threading.Thread(target=self._ask, args=(inputs, began + seconds)) for _ in range(concurrency)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(self.latencies) / (time.monotonic() - began)

    def _ask(self, inputs: list[Any], until: float) -> None:
        with self.module.InferenceServerClient(self.url) as client:
            while (began := time.monotonic()) < until:
                try:
                    client.infer(self.model, inputs)
                except InferenceServerException as fault:
                    self.failures.append(str(fault))
                    return
                self.latencies.append(time.monotonic() - began)


def main(arguments: list[str] | None = None) -> int:
    """Loads a server; returns 1 if a request failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--url", default="127.0.0.1:8080")
    parser.add_argument("--model", required=True)
    parser.add_argument("--protocol", choices=("http", "grpc"), default="http")
    parser.add_argument("--concurrency", default="1", help="numbers with commas between them")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each of them")
    parser.add_argument("--rows", type=int, default=1, help="size of open dimensions")
    given = parser.parse_args(arguments)
    module = tritonclient.http if given.protocol == "http" else tritonclient.grpc
    load = Load(module, given.url, given.model, given.rows)
    for concurrency in (int(one) for one in given.concurrency.split(",")):
        rate = load.run(concurrency, given.seconds)
        p50, p99 = np.percentile(load.latencies or [0.0], [50, 99]) * 1000
        print(
            f"concurrency {concurrency:3}: {rate:8.1f} infer/s, p50 {p50:7.2f} ms, p99 {p99:7.2f} ms",
            flush=True,
        )
    for fault in load.failures:
        print(fault, file=sys.stderr)
    return 1 if load.failures else 0


if __name__ == "__main__":
    sys.exit(main())
