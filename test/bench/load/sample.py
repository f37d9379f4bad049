"""What a load generator reports."""

from __future__ import annotations

from dataclasses import dataclass

from bench.measurement import Parameter, Recorder


@dataclass(frozen=True)
class Sample:
    """One measurement of a server under load.

    Attributes:
        rate: answers per second.
        p50_ms: median latency.
        p99_ms: 99th percentile of latency.
        errors: requests that were not answered with success.
        p999_ms: 99.9th percentile of latency, where the generator tells it.
    """

    rate: float
    p50_ms: float
    p99_ms: float
    errors: int
    p999_ms: float | None = None

    def record(self, recorder: Recorder, system: str, **parameters: Parameter) -> None:
        """Adds the four values as one round of four measurements."""
        recorder.add(system, "requests/s", round(self.rate, 2), **parameters)
        recorder.add(system, "p50 ms", self.p50_ms, **parameters)
        recorder.add(system, "p99 ms", self.p99_ms, **parameters)
        recorder.add(system, "errors", self.errors, **parameters)

    def __str__(self) -> str:
        return (
            f"{self.rate:10,.1f}/s p50 {self.p50_ms:8.2f} ms p99 {self.p99_ms:8.2f} ms errors {self.errors}"
        )
