"""The load generators in Java, and where their jars come from."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.context import NotAvailableError
from bench.load.sample import Sample
from bench.places import ROOT, TOOLS

_STAMP = TOOLS.parent / "tools.stamp"
_SOURCES = (ROOT / "test" / "bench" / "java" / "src", ROOT / "test" / "bench" / "limit", ROOT / "proto")
_SUFFIXES = (".java", ".proto", ".py")


def java_command(main: str, flags: Mapping[str, str | int]) -> list[str]:
    """Returns the command that runs one of the Java tools; builds them if they are not there.

    Raises:
        NotAvailableError: there is no Java, or they can't be built.
    """
    _require_tools()
    command = ["java", "-cp", f"{TOOLS}/*", main]
    for name, value in flags.items():
        command += [name, str(value)]
    return command


def _require_tools() -> None:
    if shutil.which("java") is None:
        raise NotAvailableError("java is missing (expected: a JDK, 17 or newer)")
    if _fresh():
        return
    gradle = shutil.which(os.environ.get("GRADLE", "gradle"))
    if gradle is None:
        raise NotAvailableError("gradle is missing (expected: Gradle, which builds the load tools)")
    print("building the load tools", file=sys.stderr, flush=True)
    command = [gradle, "--no-daemon", "-q", "-PnoLint", "installBenchTools"]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if code != 0 or not any(TOOLS.glob("*.jar")):
        raise NotAvailableError(
            f"`{' '.join(command[1:])}` ended with {code} (expected: jars of the load tools)"
        )
    _STAMP.touch()


def _fresh() -> bool:
    """Returns whether the jars were built after every source; Gradle leaves jars alone that didn't change."""
    if not _STAMP.is_file() or not any(TOOLS.glob("*.jar")):
        return False
    built = _STAMP.stat().st_mtime
    sources = [path for folder in _SOURCES for path in folder.rglob("*") if path.suffix in _SUFFIXES]
    return all(path.stat().st_mtime <= built for path in [ROOT / "build.gradle", *sources])


def _report(command: list[str], limit_seconds: float) -> Mapping[str, Any]:
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=limit_seconds)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        raise RuntimeError(
            f"{command[3]} ended with {done.returncode} (expected: a report): {done.stderr[:1000]}"
        )
    report: Mapping[str, Any] = json.loads(lines[-1])
    return report


def _sample(report: Mapping[str, Any]) -> Sample:
    return Sample(
        float(report["requestsPerSecond"]),
        float(report["p50Millis"]),
        float(report["p99Millis"]),
        int(report["errors"]),
    )


@dataclass(frozen=True)
class GrpcLoad:
    """Unary gRPC calls from one process, so many at a time.

    Attributes:
        target: host and port.
        api: `torchserve` (Predictions) or `oip` (ModelInfer).
        streams: calls under way at any time.
        body_bytes: size of each body.
    """

    target: str
    api: str
    streams: int
    body_bytes: int = 1024

    def run(self, seconds: int, warm_up_seconds: int) -> Sample:
        """Loads the model `echo` of the server with bodies of zeros."""
        flags: dict[str, str | int] = {
            "--target": self.target,
            "--api": self.api,
            "--model": "echo",
            "--streams": self.streams,
            "--seconds": seconds,
            "--warm-up": warm_up_seconds,
            "--body-bytes": self.body_bytes,
        }
        command = java_command("ai.mariner.bench.GrpcLoad", flags)
        return _sample(_report(command, seconds + warm_up_seconds + 60))


@dataclass(frozen=True)
class OpenLoopSample:
    """What came of requests that were due at fixed times.

    Attributes:
        sample: rate of answers and latencies, counted from when each request was due.
        dropped: requests that were due and never sent.
    """

    sample: Sample
    dropped: int


def closed_loop(url: str, body: Path, content_type: str, connections: int, seconds: int) -> Sample:
    """Loads a server with a body over and over, after a second that does not count."""
    flags: dict[str, str | int] = {
        "--url": url,
        "--body-file": str(body),
        "--content-type": content_type,
        "--connections": connections,
        "--seconds": seconds,
        "--warm-up": 1,
    }
    return _sample(_report(java_command("ai.mariner.bench.HttpLoad", flags), seconds + 60))


def open_loop(url: str, rate: int, connections: int, seconds: int, warm_up_seconds: int) -> OpenLoopSample:
    """Loads a server with 1 KB bodies at a fixed rate, whether it keeps up or not."""
    body = TOOLS.parent / "body-1k.bin"
    body.parent.mkdir(parents=True, exist_ok=True)
    body.write_bytes(b"x" * 1024)
    flags: dict[str, str | int] = {
        "--url": url,
        "--body-file": str(body),
        "--connections": connections,
        "--seconds": seconds,
        "--warm-up": warm_up_seconds,
        "--rate": rate,
    }
    report = _report(java_command("ai.mariner.bench.HttpLoad", flags), seconds + warm_up_seconds + 60)
    return OpenLoopSample(_sample(report), int(report.get("dropped", 0)))
